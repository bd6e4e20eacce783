{# The sources, into the build stage. A folder outside of them that a script copies to must be there. -#}
COPY {% for extension in exclude_extensions %}--exclude=**/*.{{ extension }} {% endfor %}{% for name in exclude %}--exclude={{ name }} {% endfor %}{{ [folder] | copy(dest=".") }}
{%- if details.destination %}
RUN mkdir -p {{ [details.destination] | shell }}
{%- endif %}