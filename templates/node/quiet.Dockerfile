{# Removes lifecycle scripts before an install that would run them without their tools. -#}
{%- if details.quiet is defined %}
{%- for drop in details.quiet %}npm pkg delete{% if drop.folder %} --prefix {{ [drop.folder] | shell }}{% endif %} {{ drop.names | shell }} \
    && {% endfor -%}
{%- endif -%}
