//! How long `dockgen init --yes --dry-run` takes: in a monorepo beside the bare walk of the same
//! tree, and as a whole process in a small repository.

#![allow(clippy::expect_used, reason = "a benchmark that cannot read its input must fail")]
#![allow(missing_docs, reason = "criterion's macros make public items")]

mod monorepo;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use dockgen::facts::Facts;
use dockgen::pipeline;
use dockgen::repo::{Budget, Repo};
use ignore::{WalkBuilder, WalkState};

/// Everything of `init --yes --dry-run` but the printing: the bytes of the Dockerfiles.
fn init(root: &Path) -> usize {
    let mut survey = pipeline::survey(root, &[], &[], &|_| {}).expect("a repository");
    let chosen: Vec<Facts> = std::mem::take(&mut survey.selection.taken);
    let apps = pipeline::apps(&survey, chosen, &[]).expect("answers");
    apps.iter().map(|app| app.draft(None).expect("a draft").dockerfile.len()).sum()
}

/// The walk as the repository does it.
fn walker(root: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .follow_links(false)
        .max_depth(Some(32));
    builder.filter_entry(|entry| entry.file_name() != ".git");
    builder
}

fn walk_serial(root: &Path) -> usize {
    walker(root).build().flatten().count()
}

fn walk_parallel(root: &Path) -> usize {
    let count = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    walker(root).threads(threads).build_parallel().run(|| {
        Box::new(|_| {
            count.fetch_add(1, Ordering::Relaxed);
            WalkState::Continue
        })
    });
    count.into_inner()
}

fn large(criterion: &mut Criterion) {
    let root = monorepo::make().expect("room for 100,000 files");
    assert!(walk_serial(&root) > monorepo::FILES && init(&root) > 0);
    let mut group = criterion.benchmark_group("monorepo");
    group.sample_size(10).measurement_time(Duration::from_secs(15));
    group.bench_function("walk, one thread", |b| b.iter(|| walk_serial(&root)));
    group.bench_function("walk, all threads", |b| b.iter(|| walk_parallel(&root)));
    let repository = || Repo::open(&root, Budget::default(), &|_| {}).expect("a repository");
    group.bench_function("the repository alone", |b| b.iter(repository));
    group.bench_function("init --yes --dry-run", |b| b.iter(|| init(&root)));
    group.finish();
}

fn small(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/apps/go-chi");
    let process = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(["init", "--yes", "--dry-run", "--force"]).arg(&root).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("dockgen runs")
    };
    assert!(process().success());
    let mut group = criterion.benchmark_group("small");
    group.bench_function("the whole process", |b| b.iter(process));
    group.bench_function("in this process", |b| b.iter(|| init(&root)));
    group.finish();
}

criterion_group!(benches, large, small);
criterion_main!(benches);
