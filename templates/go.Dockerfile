{% include "base/header.Dockerfile" %}

{% include "base/init.Dockerfile" %}

{%- if not details.cgo %}

# Go compiles for any platform: these stages run on the machine that builds, whatever the image is for.
FROM --platform=$BUILDPLATFORM {{ builder }} AS deps
{%- else %}

# cgo compiles C code for the platform that it runs on: for another one, the engine emulates these stages.
FROM {{ builder }} AS deps
{%- endif %}
{%- if build_packages %}
RUN {% if details.musl %}apk add --no-cache{% for package in build_packages %} {{ package }}{% endfor %}
{%- else %}apt-get update \
    && apt-get install -y --no-install-recommends{% for package in build_packages %} {{ package }}{% endfor %} \
    && rm -rf /var/lib/apt/lists/*
{%- endif %}
{%- endif %}
WORKDIR {{ details.workdir | path }}
{%- if details.download %}
# Modules are downloaded into a cache mount, so that a changed go.mod fetches only what is new, and taken from there
# into this layer, so that a machine that has only the layer cache fetches nothing. For private modules set GOPRIVATE
# for the first command, with a secret mount for the credentials. The second one asks no network: what it takes was
# checked against go.sum, or the checksum database, by the first.
{%- include "base/members.Dockerfile" %}
RUN --mount=type=cache,target=/go-download \
{%- for manifest in manifests %}{% for path in manifest.src %}
    --mount=type=bind,source={{ path }},target=/src/{{ path }} \
{%- endfor %}{% endfor %}
{%- include "base/install-secrets.Dockerfile" %}
{%- if details.private and not install_secrets %}
    --mount=type=secret,id=netrc,target=/root/.netrc \
{%- endif %}
    {% for pattern in details.private %}GOPRIVATE={{ [pattern] | shell }} {% endfor %}GOMODCACHE=/go-download go mod download \
    && GOPROXY=file:///go-download/cache/download GONOPROXY=none GOSUMDB=off go mod download
{%- elif details.vendor %}
# vendor/ holds every dependency: nothing is downloaded.
{%- else %}
# The module requires no other: nothing is downloaded.
{%- endif %}

{{ front_end_stages }}

FROM deps AS build
{%- if not details.cgo %}
ARG TARGETOS
ARG TARGETARCH
{%- endif %}
{%- include "base/build-args.Dockerfile" %}
{%- if details.generate %}
# The repository does not hold what the first command writes.
{%- endif %}
RUN --mount=type=bind,target=/src{% if details.unsummed or built_in or build_command or details.generate %},rw{% endif %} \
{%- include "base/front-end-mounts.Dockerfile" %}
{%- include "base/build-secrets.Dockerfile" %}
    --mount=type=cache,target=/root/.cache/go-build \
    {% for words in details.generate %}{{ words | shell }} \
    && {% endfor %}{% if details.cgo %}CGO_ENABLED=1{% else %}CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH{% endif %} \
    {% if build_command %}{% include "base/build-command.Dockerfile" %} \
    && install -D {{ [details.made] | shell }} {{ [details.output] | shell }}
{%- else %}go build {% if details.vendor %}-mod=vendor {% elif details.unsummed %}-mod=mod {% endif %}
{%- if details.tags %}-tags={{ details.tags | join(sep=",") }} {% endif %}-trimpath -buildvcs=false -ldflags="-s -w{% for set in details.linked %} -X {{ set.name }}={{ set.value }}{% endfor %}{% for set in details.arguments %} -X '{{ set.name }}=${{ set.value }}'{% endfor %}{% if details.linked_static %} -linkmode=external -extldflags=-static{% endif %}"
{%- include "base/build-flags.Dockerfile" %} -o {{ [details.output] | shell }} {{ [details.package] | shell }}
{%- endif %}
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
