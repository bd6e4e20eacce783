{# Every port that the program listens on. -#}
{%- if runtime.port or runtime.more_ports is defined %}
EXPOSE{% if runtime.port %} {{ runtime.port }}{% endif %}{% if runtime.more_ports is defined %}{% for port in runtime.more_ports %} {{ port }}{% endfor %}{% endif %}
{%- endif -%}
