{# Why the environment below it trusts every proxy. -#}
{% for var in runtime.env %}{% if var.key == "FORWARDED_ALLOW_IPS" %}# Requests come from a proxy or a bridge whose address nobody knows before: its headers are believed.
{% endif %}{% endfor -%}
