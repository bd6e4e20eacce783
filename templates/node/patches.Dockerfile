{# Patches of dependencies, after an install that wrote these anew. -#}
{%- if details.patches is defined %}
{%- for patch in details.patches %} \
    && {% if patch.folder %}cd {{ patch.folder | path }} && {% endif -%}
{%- if patch.left_out %}node /patcher/node_modules/patch-package/index.js{% else %}{{ runner | shell }} patch-package{% endif %}
{%- if patch.words %} {{ patch.words | shell }}{% endif %}
{%- endfor -%}
{%- endif -%}
