{% include "base/header.Dockerfile" %}

# Java's bytecode is the same for any platform: these stages run on the machine that builds, whatever the image is for.
FROM --platform=$BUILDPLATFORM {{ builder }} AS deps
{%- if build_packages %}
RUN apt-get update \
    && apt-get install -y --no-install-recommends{% for package in build_packages %} {{ package }}{% endfor %} \
    && rm -rf /var/lib/apt/lists/*
{%- endif %}
# The image sets it to a folder, which the wrapper would take for an option.
ENV MAVEN_CONFIG=""
WORKDIR /deps
COPY <<"EOF" /placeholder/Main.java
package placeholder;

public class Main {
    public static void main(String[] args) {}
}
EOF

# The same build over the poms alone, with a placeholder class in place of the sources, makes Maven download everything
# that the build needs, plugins included. What it makes is not used, and a failure (-fn) only means that the build
# downloads the rest. Downloads go through a cache mount, so that a changed pom fetches only what is new, and are copied
# into this layer, so that a machine that has only the layer cache fetches nothing after an edit. What was not found is
# asked for again.
{%- include "base/members.Dockerfile" %}
RUN --mount=type=cache,id={{ details.cache }},target=/var/cache/maven,sharing=locked \
{%- if details.credentials %}
    --mount=type=secret,id=maven-settings,target=/root/.m2/settings.xml \
{%- endif %}
{%- if details.frontend %}
    --mount=type=cache,target=/root/.npm \
{%- endif %}
{%- for manifest in manifests %}{% for path in manifest.src %}
    --mount=type=bind,source={{ path }},target=/deps/{{ path }}{% if path is ending_with(pat=".mvn") %},rw{% endif %} \
{%- endfor %}{% endfor %}
    {% for folder in details.source_folders %}install -D /placeholder/Main.java {{ [folder] | shell }}/placeholder/Main.java \
    && {% endfor %}{{ details.resolve | shell }}{% include "base/build-flags.Dockerfile" %} \
    && find /var/cache/maven -name '*.lastUpdated' -delete \
    && mkdir -p /root/.m2/repository \
    && cp -a /var/cache/maven/. /root/.m2/repository/

{{ front_end_stages }}

FROM deps AS build
WORKDIR /src
COPY . .
{%- include "base/front-end-copies.Dockerfile" %}
{%- include "base/build-args.Dockerfile" %}
{%- if details.renamed %}
# The archive's name holds the version: a pattern stands for it, so that a release needs no edit here.
{%- endif %}
RUN {% if build_secrets %}\
{%- include "base/build-secrets.Dockerfile" %}
    {% endif %}{% if details.credentials %}--mount=type=secret,id=maven-settings,target=/root/.m2/settings.xml \
    {% endif %}{% if details.frontend %}--mount=type=cache,target=/root/.npm \
    {% endif %}{% if build_command %}{% include "base/build-command.Dockerfile" %}{% else %}{{ details.build | shell }}{% include "base/build-flags.Dockerfile" %}{% endif %}
{%- if details.renamed %} \
    && mv {{ [details.renamed.before] | shell }}[0-9]*{{ [details.renamed.after] | shell }} {{ [details.renamed.to] | shell }}
{%- endif %}
{%- if details.folders %} \
    && mkdir -p {{ details.folders | shell }}
{%- endif %}
{%- if details.extract %}
{%- if details.extract.jarmode == "tools" %} \
    && java -Djarmode=tools -jar {{ [details.extract.archive] | shell }} extract{% if details.extract.layers %} --layers{% endif %}{% if details.extract.launcher %} --launcher{% else %} --application-filename app.jar{% endif %} --destination /layers
{%- else %} \
    && java -Djarmode=layertools -jar {{ [details.extract.archive] | shell }} extract --destination /layers
{%- endif %}
{%- endif %}
{%- if details.servlet %}

# The war brings no server: Jetty's own distribution, and its settings for this kind of application.
FROM --platform=$BUILDPLATFORM {{ builder }} AS jetty
RUN --mount=type=cache,id={{ details.cache }},target=/var/cache/maven,sharing=locked \
    mvn -B -ntp -Dmaven.repo.local=/var/cache/maven dependency:unpack \
        -Dartifact=org.eclipse.jetty:jetty-home:{{ details.servlet.version }}:zip -DoutputDirectory=/opt \
    && mv /opt/jetty-home-{{ details.servlet.version }} /jetty \
    && mkdir -p /base/webapps \
    && java -jar /jetty/start.jar jetty.base=/base --add-modules=http,{{ details.servlet.environment }}-deploy,{{ details.servlet.environment }}-jsp
{%- endif %}
{%- if dev %}

# `docker build --target development`, then run it with `-v "$PWD":/src` to see edits without a build.
FROM deps AS development
WORKDIR /src
COPY . .
{%- include "base/expose.Dockerfile" %}
CMD {{ dev.command | exec }}
{%- endif %}

{% include "base/runtime.Dockerfile" %}
{%- if details.servlet %}
COPY --from=jetty /jetty /jetty
COPY --from=jetty /base /app
{%- endif %}

{% include "base/artifacts.Dockerfile" %}

{% include "base/start.Dockerfile" %}
