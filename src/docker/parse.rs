//! Reads a Dockerfile back into stages and instructions.
