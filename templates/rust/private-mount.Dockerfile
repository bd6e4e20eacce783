{# What opens their repositories: a line of a RUN. -#}
{%- if details.private %}
    --mount=type={% if details.private == "ssh" %}ssh{% else %}secret,id=gitconfig,target=/root/.gitconfig,required=true{% endif %} \
{%- endif %}