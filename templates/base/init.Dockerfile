{% if runtime.init and not runtime.shell -%}
# The program does not handle SIGTERM. Process 1 has no default action for it, so a small init passes it on.
FROM {% if runtime.init_image is defined %}{{ runtime.init_image }}{% else %}{{ builder }}{% endif %} AS init
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*
{%- endif %}
