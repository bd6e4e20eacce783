{% if dev -%}
# `docker build --target development`: mount the folders that you edit, such as -v "$PWD/src":{{ details.root }}/src
FROM deps AS development
COPY --chown=1000:1000 . .
{%- if details.folder %}
WORKDIR {{ details.folder | path }}
{%- endif %}
RUN mkdir -p node_modules{% for folder in runtime.writable %} {{ [folder] | shell }}{% endfor %} \
    && chown 1000:1000 . node_modules{% for folder in runtime.writable %} {{ [folder] | shell }}{% endfor %}
ENV {% for var in dev.env %}{{ var.key }}={{ var.value | env }}{% if not loop.last %} \
    {% endif %}{% endfor %}
USER 1000:1000
{%- if runtime.port and not details.site %}
EXPOSE {{ runtime.port }}
{%- endif %}
CMD {{ dev.command | exec }}
{%- endif %}
