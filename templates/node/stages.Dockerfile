{# The stages of an application of its own: all that lies in the build context is copied. -#}
{%- set deps_stage = "deps" %}
{%- set build_stage = "build" %}
{%- set folder = "." %}
{%- set exclude = [] %}
{%- set exclude_extensions = [] %}
{% include "node/dependencies.Dockerfile" %}