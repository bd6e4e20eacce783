//! The findings that Python alone can say.

use crate::findings::{FindingCode, Row};

/// All of them.
pub(super) const ALL: &[FindingCode] = &[
    DEPENDENCIES_IN_CODE,
    LARGE_PACKAGE,
    LOCAL_MISSING,
    PRIVATE_INDEX,
    PYTHON_OUTSIDE_RANGE,
    REQUIREMENTS_MISSING,
    REQUIREMENTS_OPEN,
    VERSION_FROM_GIT,
];

pub(super) const DEPENDENCIES_IN_CODE: FindingCode = FindingCode::Own(&Row::note(
    "dependencies-in-code",
    "only a build of the project can read its dependencies",
    "the image installs them together with the project, so that each edit of the source installs \
    all of them again",
    "list them under `dependencies` in pyproject.toml, or in a requirements file",
));

pub(super) const LARGE_PACKAGE: FindingCode = FindingCode::Own(&Row::note(
    "large-package",
    "the default build of a package holds libraries for graphics cards",
    "the image has several gigabytes that a machine without a graphics card never reads",
    "install its build for the CPU",
));

pub(super) const LOCAL_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "local-missing",
    "the project depends on a folder that the repository does not hold",
    "a build context holds only what lies in the repository: the install stops",
    "run dockgen on the folder that holds both, commit that folder here, or depend on a published \
    version",
));

pub(super) const PRIVATE_INDEX: FindingCode = FindingCode::Own(&Row::warning(
    "private-index",
    "packages come from an index that is not PyPI",
    "such an index usually wants a login, and no layer of an image may hold one",
    "build with `docker build --secret id=netrc,src=$HOME/.netrc ...`",
));

pub(super) const PYTHON_OUTSIDE_RANGE: FindingCode = FindingCode::Own(&Row::error(
    "python-outside-range",
    "the pinned Python lies outside the range of the project",
    "the install in the image stops: the project refuses that version",
    "change the pin or the range, or set --toolchain",
));

pub(super) const REQUIREMENTS_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "requirements-missing",
    "a requirements file includes a file that the repository does not hold",
    "pip stops where it cannot read a file",
    "commit the file, or remove the line",
));

pub(super) const REQUIREMENTS_OPEN: FindingCode = FindingCode::Own(&Row::warning(
    "requirements-open",
    "requirements name no version",
    "the same commit gives another image tomorrow, and a new release of a package can break it",
    "pin them with `uv pip compile --generate-hashes` or `pip freeze`, and commit the result",
));

pub(super) const VERSION_FROM_GIT: FindingCode = FindingCode::Own(&Row::note(
    "version-from-git",
    "the build of the project reads its version from git",
    "the build context has no git history: the package in the image gets the version that a build \
    argument names",
    "build with `docker build --build-arg PACKAGE_VERSION=$(git describe --tags) ...`",
));
