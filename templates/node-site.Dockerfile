{% include "base/header.Dockerfile" %}

{% if details.deps -%}
{% include "node/stages.Dockerfile" %}
{%- endif %}

{% include "node/development.Dockerfile" %}

FROM {{ runtime.image }} AS runtime
# A web server without privileges: it listens on a high port and writes to memory only.
COPY <<"EOF" /etc/nginx/site.conf
worker_processes auto;
pid /dev/shm/nginx.pid;
error_log /dev/stderr warn;

events {
    worker_connections 1024;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /dev/stdout;
    server_tokens off;
    sendfile on;
    gzip on;
    gzip_vary on;
    gzip_types text/css text/javascript application/javascript application/json application/wasm image/svg+xml;

    client_body_temp_path /dev/shm/nginx-body;
    proxy_temp_path /dev/shm/nginx-proxy;
    fastcgi_temp_path /dev/shm/nginx-fastcgi;
    uwsgi_temp_path /dev/shm/nginx-uwsgi;
    scgi_temp_path /dev/shm/nginx-scgi;

    # A file with a hash in its name never changes.
    map $uri $cache {
        default "no-cache";
        "~[.-][0-9a-zA-Z_-]{8,}\.(css|js|mjs|woff2?|png|jpe?g|gif|svg|webp|avif|ico|wasm|map)$" "public, max-age=31536000, immutable";
    }

    server {
        listen {{ runtime.port }};
        root {{ runtime.workdir }};
        absolute_redirect off;
        add_header Cache-Control $cache;
{%- if details.prefix %}

        # The pages ask for their files below this path.
        location = / {
            return 302 {{ details.prefix }}/;
        }
{%- endif %}
{% if details.fallback %}
        # Paths of the application's own router lead to its page; a missing file stays missing.
        location / {
            try_files $uri {% if details.fallback == "index.html" %}$uri/{% else %}$uri/index.html $uri.html{% endif %} {% if details.prefix %}{{ details.prefix }}{% endif %}/{{ details.fallback }};
        }
        location ~ \.(css|js|mjs|map|json|png|jpe?g|gif|svg|webp|avif|ico|woff2?|wasm|txt|xml)$ {
            try_files $uri =404;
        }
{% else %}
        location / {
            try_files $uri $uri/index.html $uri.html =404;
        }
        error_page 404 {% if details.prefix %}{{ details.prefix }}{% endif %}/404.html;
{% endif %}
    }
}
EOF

WORKDIR {{ runtime.workdir | path }}
{%- include "base/artifacts.Dockerfile" %}
{% include "base/start.Dockerfile" %}
