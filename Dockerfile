# syntax=docker/dockerfile:1

# dockgen: written by dockgen, yours to edit. `dockgen explain` gives the reason for every decision here.

FROM rust:1.95.0-slim-trixie AS toolchain
ENV CARGO_TARGET_DIR=/target
WORKDIR /src

# The manifests alone, with an empty library in place of every source, and with the versions of the project's own
# packages masked: neither an edit nor a release compiles dependencies again.
FROM toolchain AS manifests
COPY --parents Cargo.toml Cargo.lock ./
RUN find . -name Cargo.toml -exec sed -i -E \
        -e '/^\[(workspace\.)?package\]/,/^\[/ s/^version *= *"[^"]*"/version = "0.0.0+deps"/' \
        -e '/path *= *"/ s/version *= *"[^"]*"/version = "*"/' {} + \
    && sed -i -E '/^name = / { N; $!N; /\nsource = /! s/(\nversion = )"[^"]*"/\1"0.0.0+deps"/ }' Cargo.lock \
    && mkdir -p benches src \
    && touch benches/pipeline.rs src/lib.rs \
    && echo 'fn main() {}' > build.rs

# Dependencies, downloaded and compiled into this layer. No binary is built here, and what was compiled of the
# stand-ins is removed, so that none of them can reach the image.
FROM toolchain AS deps
RUN --mount=type=bind,from=manifests,source=/src,target=/src,rw \
    cargo build --release --locked --lib --package dockgen \
    && cargo clean --release --package dockgen

FROM deps AS build
RUN --mount=type=bind,target=/src,rw \
    cargo build --release --locked --package dockgen --bin dockgen \
    && mkdir /out \
    && cp /target/release/dockgen /out/dockgen

FROM gcr.io/distroless/cc-debian13:nonroot AS runtime
WORKDIR /app

COPY --from=build /out/dockgen /app/dockgen

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dockgen" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.source="https://github.com/OWNER/dockgen" \
      org.opencontainers.image.revision="$REVISION"

USER 65532:65532
ENTRYPOINT ["/app/dockgen"]
