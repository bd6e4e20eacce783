{# The head of the final stage: its image, packages, user, and what a bare image lacks. -#}
FROM {{ runtime.image }} AS runtime
{%- if runtime.family == "scratch" %}
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
{%- if runtime.carry_zoneinfo %}
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
{%- endif %}
COPY <<EOF /etc/passwd
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
EOF

COPY <<EOF /etc/group
nonroot:x:65532:
EOF

{% elif runtime.family == "alpine" %}
RUN {% if runtime.packages or runtime.carry_zoneinfo %}apk add --no-cache{% for package in runtime.packages %} {{ package }}{% endfor %}{% if runtime.carry_zoneinfo %} tzdata{% endif %} \
    && {% endif %}addgroup -S -g 65532 app \
    && adduser -S -D -u 65532 -G app app
{%- elif runtime.family == "debian" %}
RUN {% if runtime.packages %}apt-get update \
    && apt-get install -y --no-install-recommends{% for package in runtime.packages %} {{ package }}{% endfor %} \
    && rm -rf /var/lib/apt/lists/* \
    && {% endif %}groupadd --system --gid 65532 nonroot \
    && useradd --system --no-log-init --uid 65532 --gid 65532 --create-home nonroot
{%- endif %}
{%- if runtime.init and not runtime.shell %}
COPY --from=init /usr/bin/tini-static /tini
{%- endif %}
{%- if runtime.workdir not in runtime.writable %}
WORKDIR {{ runtime.workdir | path }}
{%- endif %}
