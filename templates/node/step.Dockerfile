{# One command of the build stage. -#}
RUN {% if command.own %}{% for cache in details.build_caches %}--mount=type=cache,target={{ cache }} \
    {% endfor %}{% if build_secrets %}\
{%- include "base/build-secrets.Dockerfile" %}
    {% endif %}{% endif %}{% for var in details.placeholders %}{{ var.key }}={{ [var.value] | shell }} {% endfor %}{% if command.own %}{% for var in details.build_env %}{{ var.key }}={{ [var.value] | shell }} {% endfor %}{% endif %}{% if command.own and build_command %}{% include "base/build-command.Dockerfile" %}
{%- else %}{% if command.script %}{{ tool.run | shell }}{% else %}{{ tool.exec | shell }}{% endif %} {{ command.words | shell }}
{%- if command.own %}{% if build_flags and command.script and details.tool == "npm" %} --{% endif %}{% include "base/build-flags.Dockerfile" %}{% endif %}
{%- endif %}