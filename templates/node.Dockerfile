{% include "base/header.Dockerfile" %}

{% if details.deps -%}
{% include "node/stages.Dockerfile" %}
{%- endif %}

{% if details.prune -%}
FROM deps AS production-deps
{%- if details.tool == "npm" %}
# Before any source is copied: these bytes change with the manifests alone. The network is for peer dependencies that
# conflict: npm asks the registry about them.
RUN --mount=type=cache,target=/root/.npm
{%- include "node/secrets.Dockerfile" %} \
    npm prune --omit=dev --ignore-scripts{% if details.filter %} {{ details.filter | shell }}{% endif %}
{%- elif details.tool == "pnpm" and details.workspace %}
# Before any source is copied: these bytes change with the manifests alone. In a workspace `pnpm prune` takes the
# members' dependencies too; what was downloaded is in the cache, unless that was emptied.
RUN --mount=type=cache,target=/pnpm/store
{%- include "node/secrets.Dockerfile" %} \
    CI=true pnpm install --frozen-lockfile --prod --prefer-offline --ignore-scripts --config.modules-cache-max-age=0
{%- if details.filter %} {{ details.filter | shell }}{% endif %}
{%- elif details.tool == "pnpm" %}
# Without a network, and before any source is copied: these bytes change with the manifests alone.
RUN --network=none CI=true pnpm prune --prod --ignore-scripts
{%- elif details.tool == "yarn" %}
# Before any source is copied: these bytes change with the manifests alone. What was downloaded is in the cache, unless
# that was emptied.
{%- if details.patches is defined %} The install puts back the files that patches changed, so they are applied again.
{%- endif %}
RUN --mount=type=cache,target=/usr/local/share/.cache/yarn
{%- include "node/patcher.Dockerfile" %}
{%- include "node/secrets.Dockerfile" %} \
    yarn install --frozen-lockfile --production --prefer-offline --ignore-scripts
{%- set runner = ["yarn", "run"] %}
{%- include "node/patches.Dockerfile" %}
{%- elif details.tool == "yarn-berry" %}
# Before any source is copied: these bytes change with the manifests alone.
RUN --mount=type=cache,target=/root/.yarn/berry/cache
{%- include "node/secrets.Dockerfile" %} \
    {% include "node/quiet.Dockerfile" %}yarn workspaces focus {% if details.filter %}{{ details.filter | shell }} {% endif %}--production
{%- else %}
# Before any source is copied: these bytes change with the manifests alone.
RUN --mount=type=cache,target=/root/.bun/install/cache
{%- include "node/patcher.Dockerfile" %}
{%- include "node/secrets.Dockerfile" %} \
    {% include "node/quiet.Dockerfile" %}rm -rf node_modules \
    && bun install --frozen-lockfile --production
{%- set runner = ["bun", "x", "--no-install"] %}
{%- include "node/patches.Dockerfile" %}
{%- endif %}
{%- if details.member_modules %} \
    && mkdir -p {{ details.member_modules | shell }}{% endif %}
{%- endif %}

{% include "node/development.Dockerfile" %}

{{ front_end_stages }}

{% include "base/init.Dockerfile" %}

{% include "base/runtime.Dockerfile" %}
{%- if runtime.family == "alpine" %}
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn*
{%- endif %}
{%- if runtime.carry_interpreter %}
COPY --from=deps {{ runtime.interpreter }} {{ runtime.interpreter }}
{%- endif %}
{%- include "base/artifacts.Dockerfile" %}
{% include "base/start.Dockerfile" %}
