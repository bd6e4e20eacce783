{% include "base/header.Dockerfile" %}

{% include "node/dependencies.Dockerfile" %}

{% if details.prune -%}
FROM deps AS production-deps
# No network: what is installed only shrinks, so that these bytes change with the manifests alone.
{%- if details.tool == "npm" %}
RUN --network=none npm prune --omit=dev --ignore-scripts
{%- elif details.tool == "pnpm" %}
RUN --network=none CI=true pnpm prune --prod --ignore-scripts
{%- elif details.tool == "yarn" %}
RUN --network=none --mount=type=cache,target=/usr/local/share/.cache/yarn \
    yarn install --frozen-lockfile --production --offline --ignore-scripts
{%- elif details.tool == "yarn-berry" %}
RUN --mount=type=cache,target=/root/.yarn/berry/cache \
    yarn workspaces focus --production
{%- else %}
RUN --mount=type=cache,target=/root/.bun/install/cache \
    rm -rf node_modules \
    && bun install --frozen-lockfile --production
{%- endif %}
{%- endif %}

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

{% if dev -%}
FROM deps AS development
COPY --chown=1000:1000 . .
{%- if details.folder %}
WORKDIR {{ details.folder }}
{%- endif %}
ENV {% for var in dev.env %}{{ var.key }}={{ var.value | env }}{% if not loop.last %} \
    {% endif %}{% endfor %}
USER 1000:1000
{%- if runtime.port %}
EXPOSE {{ runtime.port }}
{%- endif %}
CMD {{ dev.command | exec }}
{%- endif %}
