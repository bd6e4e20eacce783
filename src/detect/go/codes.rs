//! Findings that only Go reports.

use crate::findings::{Finding, FindingCode, Row};

/// All of them.
pub(super) const ALL: &[FindingCode] = &[
    BUILD_TAG_MISSING,
    BUILD_TAG_TAKEN,
    EMBED_PLACEHOLDER,
    GENERATED_FILE_MISSING,
    IMPORT_NOT_REQUIRED,
    LIBRARY_UNKNOWN,
    LINKER_VARIABLE,
    PACKED_FILES,
    PIN_TOO_OLD,
    PRIVATE_MODULES,
    REPLACE_MISSING,
    SECRET_FILE,
    SERVES_OWN_FOLDER,
    SUM_STALE,
    VENDOR_STALE,
    WORKSPACE_MEMBER_MISSING,
];

pub(super) const BUILD_TAG_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "build-tag-missing",
    "a part of the program is compiled only with a build tag, and no command of the repository \
    states one",
    "the program is built without that part: it stops as soon as it looks for it, or serves \
    nothing in its place",
    "build with the tag: `--build-flags -tags=NAME`",
));

pub(super) const BUILD_TAG_TAKEN: FindingCode = FindingCode::Own(&Row::note(
    "build-tag-taken",
    "the program is built with a build tag that no command of the repository states",
    "only a build with the tag embeds the files that the program serves",
    "if the program is meant to be built without it, give the tags with --build-flags",
));

pub(super) const EMBED_PLACEHOLDER: FindingCode = FindingCode::Own(&Row::warning(
    "embed-placeholder",
    "the program embeds a folder that holds only a placeholder",
    "the program is built without the pages or files that another build puts there, and serves \
    nothing in their place",
    "run that build before the image is built, or run dockgen on the folder that holds both, so \
    that a stage of the image makes them",
));

pub(super) const GENERATED_FILE_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "generated-file-missing",
    "a step before the build writes a file that the repository does not hold",
    "the build context holds only what the repository holds: `go build` stops at the code \
    that uses the file",
    "run that step before the image is built, or commit its output",
));

pub(super) const IMPORT_NOT_REQUIRED: FindingCode = FindingCode::Own(&Row::warning(
    "import-not-required",
    "the program imports a package that no required module contains",
    "`go build` changes no go.mod, and stops at a package that no required module contains",
    "run `go mod tidy` and commit go.mod and go.sum",
));

pub(super) const LIBRARY_UNKNOWN: FindingCode = FindingCode::Own(&Row::warning(
    "library-unknown",
    "the program links a C library, and dockgen knows no package that holds it",
    "the build stops without its headers, and the program does not start without the library",
    "add its packages to the build stage and to the final stage by hand",
));

pub(super) const LINKER_VARIABLE: FindingCode = FindingCode::Own(&Row::warning(
    "linker-variable",
    "the repository sets a variable with the linker's -X, and the image does not",
    "the program keeps the value that its source gives it",
    "let the program read the value at run time, or add `-X` to the `go build` line by hand",
));

pub(super) const PACKED_FILES: FindingCode = FindingCode::Own(&Row::warning(
    "packed-files",
    "a tool beside the compiler packs files into the program, and the image is built without it",
    "the program finds none of these files: it stops, or serves nothing in their place",
    "commit what the tool writes, use `//go:embed` instead, or run the tool with --build-command",
));

pub(super) const PIN_TOO_OLD: FindingCode = FindingCode::Own(&Row::warning(
    "pin-too-old",
    "a version file pins an older Go than go.mod needs",
    "a developer's go command downloads the version of go.mod, and Go's images do not \
    (GOTOOLCHAIN=local): the image is built with the version of go.mod",
    "pin the version of go.mod or a newer one",
));

pub(super) const PRIVATE_MODULES: FindingCode = FindingCode::Own(&Row::warning(
    "private-modules",
    "GOPRIVATE names modules that the build downloads",
    "the build downloads them from their own host, which asks for a login",
    "build with `docker build --secret id=netrc,src=$HOME/.netrc ...`",
));

pub(super) const REPLACE_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "replace-missing",
    "`replace` in go.mod or go.work names a folder that holds no go.mod inside the repository",
    "the go command needs every module that is named there, and a build context cannot reach \
    what lies outside",
    Finding::OUTSIDE_FIX,
));

pub(super) const SECRET_FILE: FindingCode = FindingCode::Own(&Row::note(
    "secret-file",
    "the program opens a file that looks like a secret, and dockgen keeps it out of the image",
    "everybody who can pull an image can read every file in it",
    "mount the file when the container starts, or pass its content in environment variables",
));

pub(super) const SERVES_OWN_FOLDER: FindingCode = FindingCode::Own(&Row::warning(
    "serves-own-folder",
    "the program serves its working directory",
    "whoever reaches the program can download all that lies there, and where that is the \
    program's own folder, the program too",
    "mount the files to serve, or name another folder",
));

pub(super) const SUM_STALE: FindingCode = FindingCode::Own(&Row::warning(
    "sum-stale",
    "go.sum lacks the checksum of a module that go.mod requires",
    "`go build` stops at a checksum that is missing, so the build writes it, and nothing proves \
    that it is the one that the developers had",
    "run `go mod tidy` and commit go.sum",
));

pub(super) const VENDOR_STALE: FindingCode = FindingCode::Own(&Row::error(
    "vendor-stale",
    "vendor/ lacks a module that go.mod requires",
    "`go build` stops if vendor/ does not agree with go.mod",
    "run `go mod vendor` and commit vendor/, or delete it to download modules instead",
));

pub(super) const WORKSPACE_MEMBER_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "workspace-member-missing",
    "`use` in go.work names a folder that holds no go.mod inside the repository",
    "the go command needs every module that is named there, and a build context cannot reach \
    what lies outside",
    Finding::OUTSIDE_FIX,
));
