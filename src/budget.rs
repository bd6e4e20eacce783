//! The limits on everything that dockgen reads and computes, in one place.
//!
//! A repository is untrusted input. Exceeding a limit is an error or a finding that names the file
//! and the limit; nothing is dropped silently.

/// Files and folders of one walk.
pub(crate) const MAX_ENTRIES: usize = 250_000;

/// Levels of folders below the root that are walked.
pub(crate) const MAX_DEPTH: usize = 32;

/// Maximum number of folders above PATH to examine, if no .git marks the top.
pub(crate) const MAX_LEVELS_ABOVE: usize = 32;

/// Maximum number of symlinks in the resolution of one path.
pub(crate) const MAX_LINKS: usize = 16;

/// Size of one manifest or lockfile in bytes. A larger one is an error.
pub(crate) const MAX_MANIFEST: u64 = 32 << 20;

/// Size of one source file in bytes. A larger one is skipped and reported.
pub(crate) const MAX_SOURCE: u64 = 1 << 20;

/// Total size of source files that are read, in bytes.
pub(crate) const MAX_TOTAL: u64 = 256 << 20;

/// Size in bytes of a file that dockgen writes and reads again: a Dockerfile, a .dockerignore, or a
/// file in `.dockgen`.
pub(crate) const MAX_OUTPUT: u64 = 4 << 20;

/// Memory of a container that a repository's dockgen.toml may request, in bytes. A flag may request
/// more; the same is true for the times and services below.
pub(crate) const MAX_MEMORY: u64 = 4 << 30;

/// Seconds of a build.
pub(crate) const MAX_BUILD: u64 = 2 * 60 * 60;

/// Seconds of a start.
pub(crate) const MAX_BOOT: u64 = 10 * 60;

/// Seconds of a stop.
pub(crate) const MAX_STOP: u64 = 2 * 60;

/// Services beside a program.
pub(crate) const MAX_SERVICES: usize = 8;

/// Bytes of one .gitignore.
pub(crate) const MAX_IGNORE_FILE: u64 = 1 << 20;

/// Length in bytes of a line of a .gitignore or a .dockerignore, and of any other pattern. No
/// operating system opens a longer path, so a longer pattern matches nothing.
pub(crate) const MAX_PATTERN: usize = 4096;

/// Number of patterns that the braces of one pattern expand to: `{a,b}/{c,d}` has four.
pub(crate) const MAX_ALTERNATIVES: usize = 64;

/// Number of patterns with wildcards in one list, such as the `workspaces` of a manifest.
pub(crate) const MAX_GLOBS: usize = 1_000;

/// Size of git's index in bytes, enough for some 500,000 files.
pub(crate) const MAX_INDEX: u64 = 64 << 20;

/// Length of one name in git's index in bytes.
pub(crate) const MAX_INDEX_NAME: usize = 4096;

/// Total length of the names in git's index in bytes. Version 4 stores common prefixes once, so a
/// small index can contain huge names.
pub(crate) const MAX_INDEX_NAMES: usize = 128 << 20;

/// Number of tokens in one expression of source code. A longer one has no known value.
pub(crate) const MAX_EXPRESSION: usize = 400;

/// Number of tokens of modules that are read to find their exports, for all names of a program.
/// After that, exports are unknown.
pub(crate) const MAX_EXPORT_TOKENS: usize = 20_000_000;

/// Length in bytes of a value composed of others: an address, a path, a property, a variable of a
/// Dockerfile. Each may contain another one twice, so a short file can describe a huge value.
pub(crate) const MAX_VALUE: usize = 16 << 10;

/// Number of references that are replaced in one value: empty ones can double without adding a
/// byte.
pub(crate) const MAX_REPLACED: usize = 10_000;

/// Stages of a Dockerfile.
pub(crate) const MAX_STAGES: usize = 256;

/// Number of pairs of paths between which the stages of a repository's Dockerfile may copy.
pub(crate) const MAX_MOVES: usize = 10_000;

/// Number of lines of each text in a line-by-line merge, if the texts differ throughout: the cost
/// is quadratic.
pub(crate) const MAX_MERGE_LINES: usize = 10_000;

/// Length in bytes of one word of a Dockerfile after its variables are expanded.
pub(crate) const MAX_EXPANDED: usize = 1 << 20;

/// Depth of nested calls, and number of names in one path, that are followed in source code.
pub(crate) const MAX_CALLS: usize = 64;

/// Size of one user template in bytes.
pub(crate) const MAX_TEMPLATE: usize = 64 << 10;

/// Total cost of the loops in user templates: each round costs the bytes of its template.
pub(crate) const MAX_TEMPLATE_WORK: usize = 256 << 20;
