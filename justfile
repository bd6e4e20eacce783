# `just` alone lists the recipes.
default:
    @just --list

# Format the code.
fmt:
    cargo fmt

# Formatting and lints, as CI checks them.
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# Every test that needs neither a container engine nor a network.
test *args:
    cargo test {{args}}

# Build and run real images: needs a container engine that answers.
e2e *args:
    DOCKGEN_E2E=1 cargo test --test e2e --test e2e_update --test e2e_verify --test e2e_prove --test e2e_compose --test e2e_self -- --test-threads=2 {{args}}

# Rewrite what is generated: snapshots/, the README's example, docs/findings.md, docs/wizard.svg, and this repository's own
# Dockerfile; read the diff before you commit it.
bless:
    DOCKGEN_BLESS=1 cargo test --test golden fixtures
    DOCKGEN_BLESS=1 cargo test --test readme --test wizard --test own

# Measure image sizes again and rewrite snapshots/sizes.md.
bless-sizes:
    DOCKGEN_BLESS=1 DOCKGEN_E2E=1 cargo test --test e2e --test e2e_update -- --test-threads=1

# The pipeline against the bare walk, and the whole process on a small repository.
bench *args:
    cargo bench {{args}}

# Licences, advisories and sources of the dependency tree.
deny:
    cargo deny check

# What CI runs, from a machine with nothing installed.
ci:
    .ci/run
