{# The stage with a server that reloads. -#}
# `docker build --target development`, then run it with `-v "$PWD":{{ details.root }}` to see edits without a build.
FROM {% if details.projects %}build{% else %}deps{% endif %} AS development
{%- if not details.projects %}
COPY . {{ details.root }}
{%- endif %}
{%- if details.tools %}
WORKDIR {{ details.lock | path }}
# What tests and checks need.
RUN --mount=type=cache,target={{ details.install.cache }} \
{%- include "python/mounts.Dockerfile" %}
    {{ details.tools | shell }}
{%- endif %}
{%- if details.projects and not details.whole and not details.steps %}
# The commands of the project; its code is imported from its folder.
RUN cp -a {{ details.own }}/. {{ details.venv }}/
{%- endif %}
WORKDIR {{ details.home | path }}
ENV {% for var in dev.env %}{{ var.key }}={{ var.value | env }}{% if not loop.last %} \
    {% endif %}{% endfor %}
{%- include "base/expose.Dockerfile" %}
CMD {{ dev.command | exec }}