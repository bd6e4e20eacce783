{% include "base/header.Dockerfile" %}

{% include "base/init.Dockerfile" %}

FROM {{ builder }} AS deps
{%- if build_packages %}
RUN {% if details.musl %}apk add --no-cache{% for package in build_packages %} {{ package }}{% endfor %}
{%- else %}apt-get update \
    && apt-get install -y --no-install-recommends{% for package in build_packages %} {{ package }}{% endfor %} \
    && rm -rf /var/lib/apt/lists/*
{%- endif %}
{%- endif %}
ENV PIP_DISABLE_PIP_VERSION_CHECK="1" \
    PIP_ROOT_USER_ACTION="ignore" \
    VIRTUAL_ENV="{{ details.venv }}"
{%- if details.ssh %} \
    GIT_SSH_COMMAND="ssh -o StrictHostKeyChecking=accept-new"
{%- endif %}
{%- if details.install %}{% for var in details.install.env %} \
    {{ var.key }}={{ var.value | env }}{% endfor %}{% endif %}
{%- if details.install and details.install.tool %}
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/tool \
    && /opt/tool/bin/pip install {{ details.install.tool | shell }} \
    && ln -s {{ details.install.link | shell }} /usr/local/bin/
{%- endif %}
# The environment lies at the same path in every stage. It has no pip: nothing is installed in a running container.
RUN python -m venv --without-pip {{ details.venv }}
WORKDIR {{ details.root | path }}
{%- include "base/manifests.Dockerfile" %}
{%- if details.install %}
{%- if details.lock != details.root %}
WORKDIR {{ details.lock | path }}
{%- endif %}
RUN --mount=type=cache,target={{ details.install.cache }} \
{%- include "python/mounts.Dockerfile" %}
    {% for one in details.install.without -%}
    (grep -vxF{% for line in one.lines %} -e {{ [line] | shell }}{% endfor %} {{ [one.file] | shell }} || true) > {{ [one.file ~ ".external"] | shell }} \
    && {% if one.included %}mv {{ [one.file ~ ".external", one.file] | shell }} \
    && {% endif %}{% endfor %}{% for words in details.install.relock %}{{ words | shell }} \
    && {% endfor %}{{ details.install.command | shell }}
{%- if details.install.compile %} \
    && python -m compileall -qq {{ details.venv }}/lib
{%- endif %}
{%- endif %}
{%- if details.beside %}
# Imported, and not among the dependencies: the last version that has pkg_resources.
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python {{ details.venv }}/bin/python install {{ details.beside | shell }}
{%- endif %}

{{ front_end_stages }}

{% if details.build %}
FROM deps AS build
{%- if details.lock != details.root %}
WORKDIR {{ details.root | path }}
{%- endif %}
COPY . .
{%- for front_end in built_in %}
COPY --from={{ front_end.stage }} {{ [front_end.output] | copy(dest=details.root ~ "/" ~ front_end.path) }}
{%- endfor %}
{%- include "base/build-args.Dockerfile" %}
{%- if details.projects %}
{%- if details.versions %}
# The build has no git history: it takes its version from here.
ARG PACKAGE_VERSION=0.0.0
{%- endif %}
{%- if not details.whole %}
# Apart from the dependencies, whose layer an edit does not change.
{%- endif %}
RUN --mount=type=cache,target=/root/.cache/pip \
{%- include "python/mounts.Dockerfile" %}
    {% for name in details.versions %}{{ name }}="$PACKAGE_VERSION" {% endfor %}pip --python {{ details.venv }}/bin/python install {{ details.projects | shell }}
{%- if details.steps and not details.whole %} \
    && cp -a {{ details.own }}/. {{ details.venv }}/
{%- endif %}
{%- endif %}
{%- for step in details.steps %}
{%- if loop.first and step.workdir != details.root %}
WORKDIR {{ step.workdir | path }}
{%- endif %}
# {{ step.note | comment }}
RUN {% if build_secrets %}\
{%- include "base/build-secrets.Dockerfile" %}
    {% endif %}{% for var in step.env %}{{ var.key }}={{ [var.value] | shell }} \
    {% endfor %}PATH={{ details.venv }}/bin:$PATH {{ step.words | shell }}
{%- endfor %}
{%- endif %}

{% if dev %}
{% include "python/development.Dockerfile" %}
{%- endif %}

{% if details.interpreter %}
FROM {% if details.whole %}build{% else %}deps{% endif %} AS environment
# The final image holds the interpreter at another path.
RUN ln -sf {{ details.interpreter }} {{ details.venv }}/bin/python \
    && sed -i 's|^home = .*|home = /usr/bin|' {{ details.venv }}/pyvenv.cfg
{%- endif %}

{% include "base/runtime.Dockerfile" %}
{%- if runtime.shell %}
# The official image brings a pip of its own, which could change a running container.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip \
    /usr/local/lib/python3*/site-packages/pip*
{%- endif %}

{% include "base/artifacts.Dockerfile" %}

{% include "python/forwarded.Dockerfile" %}{% include "base/start.Dockerfile" %}
