{% include "base/header.Dockerfile" %}

{% include "base/init.Dockerfile" %}

FROM {{ builder }} AS toolchain
{%- if build_packages %}
RUN {% if details.musl %}apk add --no-cache{% for package in build_packages %} {{ package }}{% endfor %}
{%- else %}apt-get update \
    && apt-get install -y --no-install-recommends{% for package in build_packages %} {{ package }}{% endfor %} \
    && rm -rf /var/lib/apt/lists/*
{%- endif %}
{%- endif %}
{%- include "base/nightly.Dockerfile" %}
ENV CARGO_TARGET_DIR=/target
{%- if details.strip %} \
    {{ details.strip }}=symbols
{%- endif %}
{%- if details.wrapper %} \
    RUSTC_WRAPPER="" \
    RUSTC_WORKSPACE_WRAPPER=""
{%- endif %}
{%- if details.sqlx %} \
    SQLX_OFFLINE=true
{%- endif %}
{%- include "rust/private.Dockerfile" %}
WORKDIR {{ details.workdir }}

{% include "rust/manifests.Dockerfile" %}

# Dependencies, downloaded and compiled into this layer. No binary is built here, and what was compiled of the
# stand-ins is removed, so that none of them can reach the image.
FROM toolchain AS deps
RUN --mount=type=bind,from=manifests,source=/src,target=/src,rw \
{%- include "base/install-secrets.Dockerfile" %}
{%- include "rust/private-mount.Dockerfile" %}
    cargo build {{ details.profile | shell }}{% if details.locked %} --locked{% endif %} --lib {{ details.package | shell }}
{%- if details.features %} {{ details.features | shell }}{% endif %}
{%- if details.target %} --target "$(rustc --print host-tuple)"{% endif %}{% include "base/build-flags.Dockerfile" %} \
    && cargo clean {{ details.profile | shell }}{% if details.target %} --target "$(rustc --print host-tuple)"{% endif %}
{%- for name in details.clean %} --package {{ [name] | shell }}{% endfor %}
{%- if not details.locked %} \
    && cp Cargo.lock /Cargo.lock
{%- endif %}

{{ front_end_stages }}

FROM deps AS build
{%- include "base/build-args.Dockerfile" %}
RUN --mount=type=bind,target=/src,rw \
{%- include "base/front-end-mounts.Dockerfile" %}
{%- include "base/build-secrets.Dockerfile" %}
{%- include "base/install-secrets.Dockerfile" %}
    {% if not details.locked %}cp /Cargo.lock . \
    && {% endif %}{% if build_command %}{% include "base/build-command.Dockerfile" %}
{%- else %}cargo build {{ details.profile | shell }}{% if details.locked %} --locked{% endif %} {{ details.package | shell }} --bin {{ details.binary }}
{%- if details.features %} {{ details.features | shell }}{% endif %}
{%- if details.target %} --target "$(rustc --print host-tuple)"{% endif %}{% include "base/build-flags.Dockerfile" %}{% endif %} \
    && mkdir /out \
    && cp {% if details.target %}"/target/$(rustc --print host-tuple)/{{ details.built }}"{% else %}/target/{{ details.built }}{% endif %} {{ details.output }}
{%- if dev %}

# `docker build --target development`, then run it with `-v "$PWD":/src` to see edits without a build.
FROM deps AS development
{%- if dev.env %}
ENV {% for var in dev.env %}{{ var.key }}={{ var.value | env }}{% if not loop.last %} \
    {% endif %}{% endfor %}
{%- endif %}
COPY . /src
{%- include "base/front-end-copies.Dockerfile" %}
{%- include "base/expose.Dockerfile" %}
CMD {{ dev.command | exec }}
{%- endif %}

{% include "base/runtime.Dockerfile" %}

{% include "base/artifacts.Dockerfile" %}

{% include "base/start.Dockerfile" %}
