//! Proves the invariants of a Dockerfile against the plan, the repository and the .dockerignore.
