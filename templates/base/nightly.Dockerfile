{# A nightly compiler beside the stable one of the image. -#}
{%- if details.nightly %}
# The image holds a stable compiler; rustup adds the one that the project asks for
ENV RUSTUP_TOOLCHAIN={{ details.nightly }}
RUN rustup toolchain install "$RUSTUP_TOOLCHAIN" --profile minimal --no-self-update
{%- endif -%}
