{# Folders that the program writes and that the build may make. -#}
{%- if details.made is defined %}
# The program writes there, and the final stage gives the folder to its user: it exists whatever the build makes.
RUN mkdir -p {{ details.made | shell }}
{%- endif -%}
