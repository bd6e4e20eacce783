{% if runtime.init_image -%}
# The program does not handle SIGTERM. Process 1 has no default action for it, so a small init passes it on.
FROM {{ runtime.init_image }} AS init
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*
{%- endif %}
