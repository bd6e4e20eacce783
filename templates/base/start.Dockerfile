{# The tail of the final stage: environment, labels, user, folders that it writes, port, and what it starts. -#}
{% if runtime.env -%}
ENV {% for var in runtime.env %}{{ var.key }}={{ var.value | env }}{% if not loop.last %} \
    {% endif %}{% endfor %}
{%- endif %}

{# The version is an argument: a release changes no line of this file. -#}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title={{ labels.title | env }} \
      org.opencontainers.image.version="$VERSION" \
{%- if labels.source %}
      org.opencontainers.image.source={{ labels.source | env }} \
{%- endif %}
      org.opencontainers.image.revision="$REVISION"

USER {{ runtime.user }}
{%- if runtime.writable or runtime.make_tmp %}
# Folders that the program writes. WORKDIR makes them, owned by the user above; mount a volume to keep what is in them.
{%- for path in runtime.writable %}
WORKDIR {{ path | path }}
{%- endfor %}
{%- if runtime.make_tmp %}
WORKDIR /tmp
{%- endif %}
{%- if runtime.make_tmp or runtime.writable | last != runtime.workdir %}
WORKDIR {{ runtime.workdir | path }}
{%- endif %}
{%- endif %}
{%- include "base/expose.Dockerfile" %}
{%- if runtime.stop_signal %}
STOPSIGNAL {{ runtime.stop_signal }}
{%- endif %}
{%- if runtime.health is defined %}
HEALTHCHECK CMD {{ runtime.health | exec }}
{%- endif %}
ENTRYPOINT {{ runtime.entrypoint | exec }}
{%- if runtime.cmd %}
CMD {{ runtime.cmd | exec }}
{%- endif %}
