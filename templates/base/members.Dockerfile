{# Manifests of a workspace's members; the RUN below binds each other one at its own place. -#}
{%- for manifest in manifests %}{% if manifest.each %}
COPY --parents {{ manifest.src | copy(each=manifest.each, dest=manifest.dest) }}
{%- endif %}{% endfor %}