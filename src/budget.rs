//! The limits of everything that dockgen reads and works out, in one place.
//!
//! A repository is written by strangers. What goes beyond a limit is an error or a finding that
//! names the file and the limit; nothing is dropped in silence.

/// Files and folders of one walk.
pub(crate) const MAX_ENTRIES: usize = 250_000;

/// Levels of folders below the root that are walked.
pub(crate) const MAX_DEPTH: usize = 32;

/// Folders above PATH that are looked at where no .git says where to stop.
pub(crate) const MAX_LEVELS_ABOVE: usize = 32;

/// Symlinks that one path may lead through.
pub(crate) const MAX_LINKS: usize = 16;

/// Bytes of one manifest or lockfile; a larger one is an error.
pub(crate) const MAX_MANIFEST: u64 = 32 << 20;

/// Bytes of one source file; a larger one is left unread and reported.
pub(crate) const MAX_SOURCE: u64 = 1 << 20;

/// Bytes of source files read in all.
pub(crate) const MAX_TOTAL: u64 = 256 << 20;

/// Bytes of a file that dockgen writes and reads again: a Dockerfile, a .dockerignore, and what is
/// in `.dockgen`.
pub(crate) const MAX_OUTPUT: u64 = 4 << 20;

/// Memory of a container, in bytes, that a repository's dockgen.toml may ask for; a flag may ask for
/// more, as for the times and the services below.
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

/// Bytes of one line of a .gitignore or a .dockerignore, and of any other pattern: no operating
/// system opens a longer path, so a longer pattern names nothing.
pub(crate) const MAX_PATTERN: usize = 4096;

/// Patterns that the braces of one pattern stand for: `{a,b}/{c,d}` are four.
pub(crate) const MAX_ALTERNATIVES: usize = 64;

/// Patterns with wildcards in one list, such as the `workspaces` of a manifest.
pub(crate) const MAX_GLOBS: usize = 1_000;

/// Bytes of git's index: some 500,000 files.
pub(crate) const MAX_INDEX: u64 = 64 << 20;

/// Bytes of one name in git's index.
pub(crate) const MAX_INDEX_NAME: usize = 4096;

/// Bytes of all names that are built from git's index: version 4 stores what they share once, so
/// that a small index can stand for names without end.
pub(crate) const MAX_INDEX_NAMES: usize = 128 << 20;

/// Tokens of one expression of source code that are read; a longer one has no known value.
pub(crate) const MAX_EXPRESSION: usize = 400;

/// Tokens of modules that are read to find what they export, for all names of a program: what is
/// asked for later is unknown.
pub(crate) const MAX_EXPORT_TOKENS: usize = 20_000_000;

/// Steps of the search for what one expression of source code is worth: names lead to expressions
/// that hold names. What is more entangled has no known value.
pub(crate) const MAX_VALUE_STEPS: usize = 100_000;

/// Bytes of a value that is put together from others: an address, a path, a property, a variable of
/// a Dockerfile. Each may hold another one twice, so that a short file stands for values without
/// end.
pub(crate) const MAX_VALUE: usize = 16 << 10;

/// References that are replaced for one value; those to nothing double without a byte.
pub(crate) const MAX_REPLACED: usize = 10_000;

/// Stages of a Dockerfile.
pub(crate) const MAX_STAGES: usize = 256;

/// Pairs of places between which the stages of one Dockerfile of the repository's may copy.
pub(crate) const MAX_MOVES: usize = 10_000;

/// Lines of each of the texts that are merged line by line where they differ throughout: the work
/// grows with their square.
pub(crate) const MAX_MERGE_LINES: usize = 10_000;

/// Bytes of one word of a Dockerfile with its variables put in.
pub(crate) const MAX_EXPANDED: usize = 1 << 20;

/// Calls inside each other, and names of one path, that source code is followed through.
pub(crate) const MAX_CALLS: usize = 64;

/// Bytes of one template of the user's.
pub(crate) const MAX_TEMPLATE: usize = 64 << 10;

/// What the loops of the user's templates may cost: each round costs the bytes of its template.
pub(crate) const MAX_TEMPLATE_WORK: usize = 256 << 20;
