# The manifests alone, with an empty library in place of every source
{%- if details.masked %}, and with the versions of the project's own
# packages masked: neither an edit nor a release compiles dependencies again.
{%- else %}: an edit compiles no dependency again.
{%- endif %}
FROM toolchain AS manifests
{%- if details.workdir != "/src" %}
WORKDIR /src
{%- endif %}
{%- for manifest in manifests %}
COPY --parents {{ manifest.src | copy(each=manifest.each, dest=manifest.dest) }}
{%- endfor %}
RUN {% if details.masked -%}
    find . -name Cargo.toml -exec sed -i -E \
        -e '/^\[(workspace\.)?package\]/,/^\[/ s/^version *= *"[^"]*"/version = "{{ details.masked }}"/' \
        -e '/path *= *"/ s/version *= *"[^"]*"/version = "*"/' {} + \
    {% if details.locked -%}
    && sed -i -E {% if details.own -%}
    '/^name = "({% for name in details.own %}{{ name }}{% if not loop.last %}|{% endif %}{% endfor %})"$/ { n; s/".*"/"{{ details.masked }}"/ }'
    {%- else -%}
    '/^name = / { N; $!N; /\nsource = /! s/(\nversion = )"[^"]*"/\1"{{ details.masked }}"/ }'
    {%- endif %} {{ details.lockfile }} \
    {% endif -%}
    && {% endif -%}
    {% if details.each -%}
    find . -name Cargo.toml -exec sh -c 'for path; do mkdir -p "${path%/*}/src" && touch "${path%/*}/src/lib.rs"; done' sh {} +
{%- if details.folders %} \
    && {% endif %}{% endif -%}
    {% if details.folders %}mkdir -p {{ details.folders | shell }}{% endif %}
{%- if details.stubs %} \
    && touch {{ details.stubs | shell }}
{%- endif %}
{%- for script in details.scripts %} \
    && echo 'fn main() {}' > {{ [script] | shell }}
{%- endfor %}
{%- for folder in details.whole %}
COPY {{ [folder] | copy(dest="/src/" ~ folder) }}
{%- endfor %}
