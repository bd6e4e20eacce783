{# Variables that only the build can take, in the stage that builds, right above its RUN. -#}
{%- for arg in build_args %}
{%- if loop.first %}
# Compiled into what is built: `docker build --build-arg NAME=value`.
{%- endif %}
ARG {{ arg.name }}{% if arg.default is defined %}={{ arg.default | env }}{% endif %}
{%- endfor %}