{# What is built into the program, where its sources name it: lines of a RUN. -#}
{%- for front_end in built_in %}
    --mount=type=bind,from={{ front_end.stage }},source={{ front_end.output }},target=/src/{{ front_end.path }} \
{%- endfor %}