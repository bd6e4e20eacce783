{# The tool that applies patches is one for development: it comes from the stage that holds all of them. -#}
{%- if details.patches is defined and details.patches[0].left_out %} \
    --mount=type=bind,from=deps,source={{ details.root | path }}/node_modules,target=/patcher/node_modules
{%- endif -%}
