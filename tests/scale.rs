//! Honest big repositories: twice as much of anything takes about twice as long.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use dockgen::docker::ignore::IgnoreFile;
use dockgen::glob::{Globs, Syntax};
use dockgen::repo::{Budget, Repo};

/// What twice the input may cost: a linear cost, and room for a busy machine. Quadratic costs four
/// times as much.
const TWICE: f64 = 3.0;

/// The best of three runs each, for the input of `size` and the one of twice that.
fn doubles(what: &str, size: usize, mut run: impl FnMut(usize) -> Duration) {
    let mut best = |size: usize| (0..3).map(|_| run(size)).min().unwrap().as_secs_f64();
    let (once, twice) = (best(size), best(2 * size));
    assert!(
        twice < once * TWICE + 0.05,
        "{what}: {once:.3} s for {size}, {twice:.3} s for twice as many"
    );
}

#[test]
fn a_dockerignore_of_many_exceptions() {
    doubles("lines `!dir/**`", 4_000, |size| {
        let mut text = "*\n".to_owned();
        (0..size).for_each(|at| writeln!(text, "!dir{at}/**").unwrap());
        let start = Instant::now();
        let file = IgnoreFile::parse(&text).unwrap();
        for at in 0..size {
            assert!(!file.hides(&format!("dir{at}/a/b")));
            assert!(file.hides(&format!("other{at}/a/b")));
        }
        start.elapsed()
    });
}

#[test]
fn a_gitignore_of_many_lines() {
    doubles("lines of a .gitignore", 5_000, |size| {
        let dir = tempfile::tempdir().unwrap();
        let mut text = String::new();
        for at in 0..size {
            writeln!(text, "tmp{at}/\n/generated/part{at}/out.txt\n*.ext{at}").unwrap();
        }
        std::fs::write(dir.path().join(".gitignore"), text).unwrap();
        let start = Instant::now();
        Repo::open(dir.path(), Budget::default(), &|_| {}).unwrap();
        start.elapsed()
    });
}

#[test]
fn a_list_of_many_members() {
    doubles("members by name", 50_000, |size| {
        let names: Vec<String> = (0..size).map(|at| format!("packages/p{at}")).collect();
        let start = Instant::now();
        let syntax = Syntax { braces: true, classes: false };
        let globs =
            Globs::new(names.iter().map(String::as_str), syntax, &|_| String::new()).unwrap();
        assert!(names.iter().all(|name| globs.matches(name)));
        start.elapsed()
    });
}
