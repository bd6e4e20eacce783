{# All front ends, where the sources name them: for a development target. -#}
{%- for front_end in front_ends %}
COPY --from={{ front_end.stage }} {{ [front_end.output] | copy(dest="/src/" ~ front_end.path) }}
{%- endfor %}