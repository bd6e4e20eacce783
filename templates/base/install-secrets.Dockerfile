{# Credentials of the step that fetches dependencies: lines of a RUN. -#}
{%- for secret in install_secrets %}
    --mount=type=secret,id={{ secret.id }}
{%- if secret.env is defined %},env={{ secret.env }}{% endif %}
{%- if secret.target is defined %},target={{ secret.target }}{% endif %}
{%- if secret.required %},required=true{% endif %} \
{%- endfor %}