{# Folders with dependencies of their own, outside of any workspace. -#}
{%- if details.nested is defined %}
{%- for nested in details.nested %}
{%- set own = tools[nested.tool] %}
WORKDIR {{ details.root ~ "/" ~ nested.folder | path }}
RUN --mount=type=cache,target={{ own.cache }}
{%- include "node/secrets.Dockerfile" %} \
    {% if nested.tool == "pnpm" %}CI=true {% endif %}{% if nested.locked %}{{ own.locked | shell }}{% else %}{{ own.loose | shell }}{% endif %}{% if nested.tool == "pnpm" %} --ignore-workspace{% endif %}{% if details.omit_development and own.production %} {{ own.production | shell }}{% endif %}
{%- endfor %}
{%- if details.nested %}
WORKDIR {{ details.root | path }}
{%- endif %}
{%- endif -%}
