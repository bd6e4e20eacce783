{# What a person adds to the command of the build tool; build arguments stand in it as variables. -#}
{%- if build_flags %} {{ build_flags | flags }}{% endif %}