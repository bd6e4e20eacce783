//! .dockerignore: Docker's matching rules.
