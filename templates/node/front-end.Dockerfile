# The front end: what it makes, {{ path | comment }}, is {% if built_in %}built into the program{% else %}carried into the image{% endif %}, and the same for any platform.
{%- set deps_stage = stage ~ "-deps" %}
{%- set build_stage = stage %}
{% include "node/dependencies.Dockerfile" %}
