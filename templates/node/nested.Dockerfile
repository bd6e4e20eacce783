{# Folders with dependencies of their own, outside of any workspace. -#}
{%- if details.nested is defined %}
{%- for nested in details.nested %}
{%- set own = tools[nested.tool] %}
RUN --mount=type=cache,target={{ own.cache }}
{%- include "node/secrets.Dockerfile" %} \
    cd {{ [nested.folder] | shell }} && {% if nested.tool == "pnpm" %}CI=true {% endif %}{% if nested.locked %}{{ own.locked | shell }}{% else %}{{ own.loose | shell }}{% endif %}{% if nested.tool == "pnpm" %} --ignore-workspace{% endif %}{% if details.omit_development and own.production %} {{ own.production | shell }}{% endif %}
{%- endfor %}
{%- endif -%}
