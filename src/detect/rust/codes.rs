//! Findings that only Rust reports.

use crate::findings::{FindingCode, Row};

/// All of them.
pub(super) const ALL: &[FindingCode] = &[
    BROWSER_PACKAGE,
    BUILD_SCRIPT_STARTS,
    CARGO_DISAGREES,
    DAEMON,
    FOREIGN_TARGET,
    GIT_AT_BUILD,
    LIBRARY_OF_OLDER_DEBIAN,
    LOCKFILE_NEEDS_OLD_TOOLCHAIN,
    LOCKFILE_OUT_OF_SYNC,
    NIGHTLY_NEEDED,
    NIGHTLY_NOT_NEEDED,
    NIGHTLY_TOOLCHAIN,
    OPENED_MISSING,
    PATH_DEPENDENCY_MISSING,
    PRIVATE_GIT_DEPENDENCY,
    PRIVATE_REGISTRY,
    REVISION_ARGUMENT,
    SERVES_WORKING_DIRECTORY,
    SETTINGS_REQUIRED,
    SQLX_DATA_MISSING,
    SUBCOMMAND_UNKNOWN,
    TOOLCHAIN_NOT_STABLE,
    VENDOR_MISSING,
    VERSION_IN_DEPENDENCY_LAYER,
    WASM_TARGET,
];

pub(super) const BROWSER_PACKAGE: FindingCode = FindingCode::Own(&Row::warning(
    "browser-package",
    "a package is compiled for browsers, and the image builds the program only",
    "the pages that the program serves lack that part",
    "build the package before (wasm-pack, trunk) and commit its output, or add a stage with your \
    own template",
));

pub(super) const BUILD_SCRIPT_STARTS: FindingCode = FindingCode::Own(&Row::warning(
    "build-script-starts",
    "a build script starts a program that the build stage does not hold",
    "the build stops there, or leaves out the output of that program",
    "commit the output of that program and let the build script do without it, or add it to the \
    build stage with your own template",
));

pub(super) const CARGO_DISAGREES: FindingCode = FindingCode::Own(&Row::warning(
    "cargo-disagrees",
    "cargo and dockgen read the manifest differently",
    "dockgen planned the Dockerfile from its own reading, and cargo builds by its own",
    "set the program to start with --entrypoint, and report the manifest that dockgen reads \
    wrongly",
));

pub(super) const FOREIGN_TARGET: FindingCode = FindingCode::Own(&Row::warning(
    "foreign-target",
    "the project is configured for a target that does not run in a Linux container",
    "a program for that target does not start in a Linux container, so the image is built for \
    the container's platform",
    "check that the image starts the right program",
));

pub(super) const NIGHTLY_NEEDED: FindingCode = FindingCode::Own(&Row::warning(
    "nightly-needed",
    "the project asks for what only a nightly compiler takes, and names none",
    "the image builds with a stable compiler, which refuses it",
    "name a dated one in rust-toolchain.toml, such as `channel = \"nightly-2026-01-15\"`: the build \
    stage then installs it",
));

pub(super) const NIGHTLY_NOT_NEEDED: FindingCode = FindingCode::Own(&Row::note(
    "nightly-not-needed",
    "the toolchain file asks for a nightly compiler, and no source needs one",
    "the image builds with the newest stable release, which gets fixes",
    "if the build stops at a feature that is not stable, name a dated nightly in \
    rust-toolchain.toml: dockgen installs it where a source asks for it with `#![feature(..)]`",
));

pub(super) const NIGHTLY_TOOLCHAIN: FindingCode = FindingCode::Own(&Row::warning(
    "nightly-toolchain",
    "the project needs a nightly compiler, and the build stage installs it",
    "a nightly compiler gets no fixes, and the server of Rust's releases may remove it one day",
    "move to a stable release as soon as what it needs is stable",
));

pub(super) const OPENED_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "opened-missing",
    "the program opens a folder or a file that the image does not hold",
    "the image holds what the repository holds: what the program reads there is missing, so it \
    answers without it or stops",
    "mount it when the container starts, with `-v`",
));

pub(super) const GIT_AT_BUILD: FindingCode = FindingCode::Own(&Row::warning(
    "git-at-build",
    "a build dependency reads the git repository",
    ".git is not in the build context: the commit in the program is empty, or the build stops",
    "read the commit from a variable in build.rs, with a default, and pass it as a build argument",
));

pub(super) const LIBRARY_OF_OLDER_DEBIAN: FindingCode = FindingCode::Own(&Row::warning(
    "library-of-older-debian",
    "the program is linked with a library of an older Debian than that of the final image",
    "the final image has another version of the library, so that the program does not start",
    "build with a newer toolchain, or link statically with --base alpine",
));

pub(super) const LOCKFILE_NEEDS_OLD_TOOLCHAIN: FindingCode = FindingCode::Own(&Row::warning(
    "lockfile-needs-old-toolchain",
    "Cargo.lock locks a package that current Rust refuses",
    "current Rust refuses a locked package, so an old compiler builds the image, without later fixes",
    "run `cargo update` for that package and commit Cargo.lock",
));

pub(super) const DAEMON: FindingCode = FindingCode::Own(&Row::warning(
    "daemon",
    "the program goes into the background",
    "process 1 of the container ends then, and the container with it",
    "start it in the foreground with a flag or a setting of the program: --args sets a flag",
));

pub(super) const LOCKFILE_OUT_OF_SYNC: FindingCode = FindingCode::Own(&Row::error(
    "lockfile-out-of-sync",
    "Cargo.lock lacks a dependency that Cargo.toml names",
    "`cargo build --locked` refuses a lockfile that it would have to change",
    "run `cargo check` (or `cargo update --workspace`) and commit Cargo.lock",
));

pub(super) const PATH_DEPENDENCY_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "path-dependency-missing",
    "a member or a path dependency holds no Cargo.toml inside the repository",
    "cargo reads the manifest of every member and path dependency, and a build context cannot \
    reach what lies outside",
    "run dockgen on the folder that holds both, or commit that folder here",
));

pub(super) const PRIVATE_GIT_DEPENDENCY: FindingCode = FindingCode::Own(&Row::warning(
    "private-git-dependency",
    "cargo fetches a dependency from a git repository that is not public",
    "a build has no key and no token of its own: without yours the server refuses it, and the \
    build stops",
    "lend the build your ssh agent (`--ssh default`), or a file with git's settings (`--secret \
    id=gitconfig,src=FILE`)",
));

pub(super) const PRIVATE_REGISTRY: FindingCode = FindingCode::Own(&Row::warning(
    "private-registry",
    "packages come from a registry other than crates.io",
    "the build cannot download from a registry that asks for a token without that token",
    "pass the token as a build secret to the step that compiles the dependencies",
));

pub(super) const REVISION_ARGUMENT: FindingCode = FindingCode::Own(&Row::note(
    "revision-argument",
    "a build script takes the revision from a variable, or asks git for it",
    "the build context holds no .git: without a value the program does not know its revision",
    "pass it: `docker build --build-arg NAME=\"$(git rev-parse HEAD)\" ...`",
));

pub(super) const SERVES_WORKING_DIRECTORY: FindingCode = FindingCode::Own(&Row::note(
    "serves-working-directory",
    "the program serves its working directory",
    "in the image that folder is empty: it holds neither the program nor the repository",
    "mount the files to serve, with `-v`",
));

pub(super) const SETTINGS_REQUIRED: FindingCode = FindingCode::Own(&Row::warning(
    "settings-required",
    "the program stops if its settings lack a value that has no default",
    "no settings file in the image holds the value: the container stops as it starts",
    "mount a settings file that holds it, with `-v`",
));

pub(super) const SQLX_DATA_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "sqlx-data-missing",
    "sqlx checks a query against a database while it compiles, and the repository does not hold \
    its prepared data",
    "the build has no database, and stops there",
    "run `cargo sqlx prepare` (with `--workspace` in a workspace) and commit .sqlx/",
));

pub(super) const SUBCOMMAND_UNKNOWN: FindingCode = FindingCode::Own(&Row::note(
    "subcommand-unknown",
    "the program takes a subcommand, and dockgen does not know which one to run",
    "without a subcommand most programs print their usage and stop",
    "set the subcommand with --args, or give it at the end of `docker run`",
));

pub(super) const TOOLCHAIN_NOT_STABLE: FindingCode = FindingCode::Own(&Row::error(
    "toolchain-not-stable",
    "the toolchain file asks for a channel that has no official image",
    "code that needs a nightly compiler does not build with a stable one",
    "if a stable release builds it too, set --toolchain to that release; a nightly with its date, \
    such as `nightly-2026-01-15`, is installed into the build stage; otherwise build with your own \
    template",
));

pub(super) const VENDOR_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "vendor-missing",
    "the configuration of cargo takes packages from a vendor folder that the repository does not \
    hold",
    "cargo takes the packages from that folder and from nowhere else: the build stops",
    "run `cargo vendor` and commit the folder, or remove the source from the configuration",
));

pub(super) const VERSION_IN_DEPENDENCY_LAYER: FindingCode = FindingCode::Own(&Row::note(
    "version-in-dependency-layer",
    "the version of the package is part of the layer that holds the dependencies",
    "a release that changes only the version compiles all dependencies again",
    "write `version = \"...\"` of each of your packages on a line of its own",
));

pub(super) const WASM_TARGET: FindingCode = FindingCode::Own(&Row::note(
    "wasm-target",
    "the toolchain file adds a target for browsers",
    "that part of the project is compiled for browsers, and the image builds the program only",
    "build that part first and commit its output, or add the step to the Dockerfile",
));
