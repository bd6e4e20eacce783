{# The stages `deps` and `build`, shared by servers, sites and front ends of programs in other languages: who includes
   this says how the two are called. One row per package manager. -#}
{%- set tools = {
  "npm": {
    "locked": ["npm", "ci"], "loose": ["npm", "install"], "production": ["--omit=dev"],
    "run": ["npm", "run"], "exec": ["npm", "exec", "--"], "cache": "/root/.npm"
  },
  "pnpm": {
    "locked": ["pnpm", "install", "--frozen-lockfile"], "loose": ["pnpm", "install", "--no-frozen-lockfile"], "production": ["--prod"],
    "run": ["pnpm", "run"], "exec": ["pnpm", "exec"], "cache": "/pnpm/store"
  },
  "yarn": {
    "locked": ["yarn", "install", "--frozen-lockfile"], "loose": ["yarn", "install"], "production": ["--production"],
    "run": ["yarn", "run"], "exec": ["yarn", "run"], "cache": "/usr/local/share/.cache/yarn"
  },
  "yarn-berry": {
    "locked": ["yarn", "install", "--immutable"], "loose": ["yarn", "install"], "production": [],
    "run": ["yarn", "run"], "exec": ["yarn", "run"], "cache": "/root/.yarn/berry/cache"
  },
  "bun": {
    "locked": ["bun", "install", "--frozen-lockfile"], "loose": ["bun", "install"], "production": ["--production"],
    "run": ["bun", "run"], "exec": ["bun", "x", "--no-install"], "cache": "/root/.bun/install/cache"
  }
} -%}
{%- set tool = tools[details.tool] -%}

FROM {% if details.site %}--platform=$BUILDPLATFORM {% endif %}{{ builder }} AS {{ deps_stage }}
{%- if build_packages %}
{%- if details.musl %}
RUN apk add --no-cache{% for package in build_packages %} {{ package }}{% endfor %}
{%- else %}
RUN apt-get update \
    && apt-get install -y --no-install-recommends{% for package in build_packages %} {{ package }}{% endfor %} \
    && rm -rf /var/lib/apt/lists/*
{%- endif %}
{%- endif %}
{%- if details.install_env %}
ENV {% for var in details.install_env %}{{ var.key }}={{ var.value | env }}{% if not loop.last %} \
    {% endif %}{% endfor %}
{%- endif %}
{%- if details.install_tool %}
RUN npm install --global{% if details.replaces %} --force{% endif %} {{ details.install_tool }}
{%- endif %}
{%- if details.release %}
COPY --chmod=755 {{ [details.release] | copy(dest="/usr/local/bin/yarn") }}
{%- endif %}
WORKDIR {{ details.root | path }}
{%- include "base/manifests.Dockerfile" %}
{%- if details.drop %}
# Left out here: git hooks and guards, and what needs the sources, which runs after they are copied.
RUN {% for drop in details.drop %}npm pkg delete{% if drop.folder %} --prefix {{ [drop.folder] | shell }}{% endif %} {{ drop.names | shell }}
{%- if not loop.last %} \
    && {% endif %}{% endfor %}
{%- endif %}
RUN --mount=type=cache,target={{ tool.cache }}
{%- include "node/secrets.Dockerfile" %} \
    {% for var in details.placeholders %}{{ var.key }}={{ [var.value] | shell }} {% endfor %}{% if details.tool == "pnpm" %}CI=true {% endif %}{% if details.focus %}yarn workspaces focus {% if details.filter %}{{ details.filter | shell }} {% endif %}--production{% elif details.locked %}{{ tool.locked | shell }}{% else %}{{ tool.loose | shell }}{% endif %}
{%- if details.omit_development and not details.focus and tool.production %} {{ tool.production | shell }}{% endif %}
{%- if details.filter and details.tool != "yarn-berry" %} {{ details.filter | shell }}{% endif %}
{%- if details.member_modules %} \
    && mkdir -p {{ details.member_modules | shell }}{% endif %}
{%- include "node/nested.Dockerfile" %}
{%- for command in details.after_install %}
{%- if command.folder %}
WORKDIR {{ command.folder | path }}
{%- endif %}
RUN {% for var in details.placeholders %}{{ var.key }}={{ [var.value] | shell }} {% endfor %}{{ tool.exec | shell }} {{ command.words | shell }}
{%- if command.folder %}
WORKDIR {{ details.root | path }}
{%- endif %}
{%- endfor %}

{% if details.build %}
FROM {{ deps_stage }} AS {{ build_stage }}
{% include "node/sources.Dockerfile" %}
{%- include "base/build-args.Dockerfile" %}
{%- for command in details.build %}
{%- if command.folder %}
WORKDIR {{ command.folder | path }}
{%- endif %}
{% include "node/step.Dockerfile" %}
{%- endfor %}
{%- include "node/made.Dockerfile" %}
{%- endif %}
