{# Variables with which git fetches dependencies that are not public: lines of an ENV. -#}
{%- if details.private %} \
    CARGO_NET_GIT_FETCH_WITH_CLI=true
{%- if details.private == "ssh" %} \
    GIT_SSH_COMMAND="ssh -o StrictHostKeyChecking=accept-new"
{%- endif %}
{%- endif %}