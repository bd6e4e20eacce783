{%- for secret in details.secrets %} \
    --mount=type=secret,id={{ secret }},env={{ secret }}
{%- endfor %}