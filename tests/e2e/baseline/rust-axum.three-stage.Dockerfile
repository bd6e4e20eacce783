FROM rust:1.98-alpine AS deps
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo 'fn main() {}' > src/main.rs && cargo build --release

FROM deps AS build
COPY . .
RUN touch src/main.rs && cargo build --release

FROM alpine:3.24
RUN apk add --no-cache ca-certificates
WORKDIR /app
COPY --from=build /src/target/release/rust-axum ./server
EXPOSE 3000
CMD ["./server"]
