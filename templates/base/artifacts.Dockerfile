{# What the final image carries, in layer order. -#}
{% for artifact in artifacts %}
{%- if artifact.note %}
# {{ artifact.note | comment }}
{%- endif %}
COPY {% if artifact.stage %}--from={{ artifact.stage }} {% endif %}{% if artifact.owned %}--chown={{ runtime.user }} {% endif %}{% for name in artifact.exclude %}--exclude={{ name }} {% endfor %}{{ [artifact.src] | copy(dest=artifact.dest) }}
{%- endfor %}
