{#- How an install logs in: at an index, and at a server of git's. -#}
{%- include "base/install-secrets.Dockerfile" %}
{%- if details.netrc %}
    --mount=type=secret,id=netrc,target=/root/.netrc \
{%- endif %}
{%- if details.ssh %}
    --mount=type=ssh \
{%- endif %}