{# Every manifest; those of a workspace's members keep their folders. -#}
{% for manifest in manifests %}
COPY {% if manifest.each %}--parents {% endif %}{{ manifest.src | copy(each=manifest.each, dest=manifest.dest) }}
{%- endfor %}