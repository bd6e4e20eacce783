//! Finds the likely cause of a failure, and its fix, in the last lines of a log.

use anyhow::Result;
use serde::Serialize;

use super::catalog::{CauseRow, catalog};

/// Where a log comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// A build.
    Build,
    /// A container.
    Run,
}

/// A likely cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The line that reveals it.
    pub line: String,
    /// What is wrong.
    #[serde(rename = "cause")]
    pub what: String,
    /// What to do.
    pub fix: String,
    /// The engine or this machine is the cause: nothing was proved or disproved.
    pub engine: bool,
}

/// The likely cause that the lines reveal; `None` if they reveal none.
///
/// # Errors
/// None in practice: the catalog is compiled in.
pub(super) fn cause<S: AsRef<str>>(when: When, lines: &[S]) -> Result<Option<Cause>> {
    let Some((row, line)) = trace(when, lines)? else { return Ok(None) };
    let line = line.trim().chars().take(200).collect();
    Ok(Some(Cause { line, what: row.cause.clone(), fix: row.fix.clone(), engine: row.engine }))
}

/// True if the lines reveal a cause that may be temporary.
///
/// # Errors
/// As [`cause`].
pub(super) fn passes<S: AsRef<str>>(when: When, lines: &[S]) -> Result<bool> {
    Ok(trace(when, lines)?.is_some_and(|(row, _)| row.again))
}

/// The first row that matches a line, and the line.
fn trace<S: AsRef<str>>(when: When, lines: &[S]) -> Result<Option<(&'static CauseRow, &str)>> {
    let word = if when == When::Build { "build" } else { "run" };
    for row in
        catalog()?.cause.iter().filter(|row| row.when.as_deref().is_none_or(|when| when == word))
    {
        let found = lines.iter().map(AsRef::as_ref).find(|line| {
            let line = line.to_lowercase();
            row.find.iter().any(|words| line.contains(&words.to_lowercase()))
        });
        if let Some(line) = found {
            return Ok(Some((row, line)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as programs and engines print them, and a word of the cause that they reveal.
    #[test]
    fn lines_speak_of_their_cause() {
        for (when, line, word) in [
            (When::Run, "Error: Cannot find module 'express'", "module"),
            (When::Run, "node:internal/modules/esm/resolve: ERR_MODULE_NOT_FOUND", "module"),
            (When::Run, "Error: Could not find or load main class example.Main", "module"),
            (When::Build, "Error: Cannot find module 'webpack'", "the build needs"),
            (
                When::Build,
                "Could not resolve dependencies: x:jar:1: packages.example: Name or service not known",
                "cannot reach a host",
            ),
            (
                When::Build,
                "main.go:4:2: no required module provides package github.com/x/y",
                "the build needs",
            ),
            (
                When::Run,
                "/app/server: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found",
                "newer C library",
            ),
            (
                When::Run,
                "error while loading shared libraries: libpq.so.5: cannot open shared object file",
                "shared library",
            ),
            (When::Run, "exec /app/server: exec format error", "another CPU"),
            (When::Run, "Error: listen EADDRINUSE: address already in use :::3000", "same port"),
            (When::Run, "listen tcp :80: bind: permission denied", "below 1024"),
            (
                When::Run,
                "Error: EROFS: read-only file system, mkdir '/app/cache'",
                "does not say that it writes",
            ),
            (When::Run, "panic: open /var/log/app.log: permission denied", "user may not"),
            (When::Run, "connect ECONNREFUSED 127.0.0.1:5432", "service"),
            (When::Run, "java.net.UnknownHostException: db", "service"),
            (When::Run, "dial tcp: lookup db on 10.0.0.1:53: no such host", "service"),
            (When::Run, "thread 'main' panicked: DATABASE_URL must be set", "environment"),
            (
                When::Run,
                "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
                "memory",
            ),
            (
                When::Run,
                "exec: \"/app/server\": stat /app/server: no such file or directory",
                "not in the image",
            ),
            (When::Build, "write /var/lib/docker/tmp: no space left on device", "full"),
            (
                When::Build,
                "node:26: failed to resolve source metadata for docker.io/library/node:26",
                "registry",
            ),
            (When::Build, "npm error code E401", "private registry"),
            (When::Build, "failed to compute cache key: \"/x\": not found", "build context"),
            (
                When::Run,
                "driver failed programming external connectivity: Error starting userland proxy: listen tcp4 \
                 127.0.0.1:1: bind: address already in use",
                "port on this machine",
            ),
            (
                When::Run,
                "Bind for 127.0.0.1:80 failed: port is already allocated",
                "port on this machine",
            ),
        ] {
            let found =
                cause(when, &["starting", line]).unwrap().unwrap_or_else(|| panic!("{line}"));
            assert!(found.what.contains(word), "{line}: {}", found.what);
            assert_eq!(found.line, line.chars().take(200).collect::<String>());
        }
    }

    #[test]
    fn nothing_is_made_up() {
        assert_eq!(cause(When::Run, &["listening on 3000", "bye"]).unwrap(), None);
        assert_eq!(cause::<&str>(When::Build, &[]).unwrap(), None);
    }

    #[test]
    fn what_is_the_machines_fault_is_told_apart() {
        let engine = |line| cause(When::Build, &[line]).unwrap().unwrap().engine;
        assert!(engine("no space left on device") && !engine("permission denied"));
        let passes = |line| passes(When::Run, &[line]).unwrap();
        assert!(passes(
            "runc create failed: unable to start container process: waiting for init preliminary setup: EOF"
        ));
        assert!(!passes(
            "runc create failed: unable to start container process: exec: \"/x\": not found"
        ));
        assert!(!passes("no space left on device"));
    }
}
