//! The findings that Python alone can say.

use crate::findings::{FindingCode, Row};

/// All of them.
pub(super) const ALL: &[FindingCode] = &[
    BROWSER_NOT_INSTALLED,
    BROWSER_SANDBOXED,
    CUDA_MISSING,
    DEBUG_ON,
    DEPENDENCIES_IN_CODE,
    DEVELOPMENT_IMPORTED,
    DEVELOPMENT_SERVER,
    EXTRA_IMPORTED,
    GIT_OVER_SSH,
    GROUP_INSTALLED,
    HOSTS_REFUSED,
    LARGE_PACKAGE,
    LOCAL_MISSING,
    LOCK_BEHIND,
    MAIN_BLOCK_SKIPPED,
    MODEL_MISSING,
    NO_SERVER,
    MODULE_GENERATED,
    PACKAGES_LISTED,
    PACKAGE_DATA_MISSING,
    PAGES_OUTSIDE,
    PRIVATE_INDEX,
    PROJECT_UNBUILDABLE,
    PROXY_TRUSTED,
    PYTHON_OUTSIDE_RANGE,
    PYTHON_UNTESTED,
    REQUIREMENTS_MISSING,
    REQUIREMENTS_OPEN,
    REQUIREMENTS_UNHASHED,
    SCRIPT_SHORTENED,
    SECRET_UNCHANGED,
    SETUPTOOLS_MISSING,
    STATIC_PACKAGES_MISSING,
    STATIC_ROOT_MISSING,
    STATIC_UNSERVED,
    SUBCOMMAND_MISSING,
    TRANSLATIONS_AS_TEXT,
    VERSION_FROM_GIT,
    WORKER_NEEDED,
];

pub(super) const BROWSER_NOT_INSTALLED: FindingCode = FindingCode::Own(&Row::warning(
    "browser-not-installed",
    "the program drives a browser with a library, and the image holds none",
    "pip installs no browser with the library: the first page that it opens fails",
    "give the library the path of a browser from a variable: the image then gets chromium",
));

pub(super) const BROWSER_SANDBOXED: FindingCode = FindingCode::Own(&Row::warning(
    "browser-sandboxed",
    "the program starts a browser without --no-sandbox",
    "the sandbox needs namespaces that a container has only with extra rights: the browser stops \
    as it starts",
    "start it with the arguments --no-sandbox and --disable-dev-shm-usage, or give the container a \
    seccomp profile that allows the sandbox",
));

pub(super) const CUDA_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "cuda-missing",
    "a package needs the libraries of CUDA's toolkit, which the image does not hold",
    "the driver of the card comes from the container runtime, the toolkit does not: the package \
    fails where it first uses the card",
    "install the libraries with the package, from its extra or from the nvidia packages on PyPI, or \
    build on an image of nvidia/cuda",
));

pub(super) const DEPENDENCIES_IN_CODE: FindingCode = FindingCode::Own(&Row::note(
    "dependencies-in-code",
    "only a build of the project can read its dependencies",
    "the image installs them together with the project, so that each edit of the source installs \
    all of them again",
    "list them under `dependencies` in pyproject.toml, or in a requirements file",
));

pub(super) const GIT_OVER_SSH: FindingCode = FindingCode::Own(&Row::warning(
    "git-over-ssh",
    "git fetches a dependency over ssh",
    "a build has no key of its own: without one of yours the server refuses it, and the install \
    stops",
    "build with `docker build --ssh default ...`, which lends the keys of your ssh agent",
));

pub(super) const GROUP_INSTALLED: FindingCode = FindingCode::Own(&Row::note(
    "group-installed",
    "the image installs a group of dependencies beside the dependencies themselves",
    "its name, or a server that nothing else brings, says that production needs it",
    "move what production needs to the dependencies of the project, or into an extra",
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

pub(super) const LOCK_BEHIND: FindingCode = FindingCode::Own(&Row::warning(
    "lock-behind",
    "the lockfile does not agree with the manifest of the project",
    "an install that obeys the lockfile stops, so the image is built with one that locks anew: each \
    build may get other versions",
    "write the lockfile anew with the project's tool and commit it; then `dockgen update` writes the \
    locked install again",
));

pub(super) const PACKAGE_DATA_MISSING: FindingCode = FindingCode::Own(&Row::note(
    "package-data-missing",
    "the wheel of the project lacks files that lie beside its modules",
    "setuptools packs modules alone: the image holds the folder of the project too, and imports the \
    modules from there",
    "list the files under [tool.setuptools.package-data], or in a MANIFEST.in with \
    include_package_data",
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

pub(super) const PYTHON_UNTESTED: FindingCode = FindingCode::Own(&Row::note(
    "python-untested",
    "the image takes a newer Python than any that the project's classifiers name",
    "the range of the project admits it, and nothing says that the project was tested with it",
    "choose the newest tested version with --toolchain",
));

pub(super) const REQUIREMENTS_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "requirements-missing",
    "a requirements file includes a file that the repository does not hold",
    "pip stops where it cannot read a file",
    "commit the file, or remove the line",
));

pub(super) const REQUIREMENTS_UNHASHED: FindingCode = FindingCode::Own(&Row::warning(
    "requirements-unhashed",
    "some requirements have hashes, and others have none",
    "where one line has a hash, pip asks for hashes of all: the install stops",
    "write the file anew with `pip-compile --generate-hashes` or `uv pip compile --generate-hashes`",
));

pub(super) const REQUIREMENTS_OPEN: FindingCode = FindingCode::Own(&Row::warning(
    "requirements-open",
    "requirements name no version",
    "the same commit gives another image tomorrow, and a new release of a package can break it",
    "pin them with `uv pip compile --generate-hashes` or `pip freeze`, and commit the result",
));

pub(super) const TRANSLATIONS_AS_TEXT: FindingCode = FindingCode::Own(&Row::warning(
    "translations-as-text",
    "translations lie in the repository as text (.po), git ignores the compiled ones (.mo), and no \
    step of the build makes them",
    "the program finds no translation and shows its texts in the language of its source",
    "compile them before the image is built and let git hold them, or add the command to the \
    Dockerfile (`pybabel compile`, `msgfmt`)",
));

pub(super) const VERSION_FROM_GIT: FindingCode = FindingCode::Own(&Row::note(
    "version-from-git",
    "the build of the project reads its version from git",
    "the build context has no git history: the package in the image gets the version that a build \
    argument names",
    "build with `docker build --build-arg PACKAGE_VERSION=$(git describe --tags) ...`",
));

pub(super) const SCRIPT_SHORTENED: FindingCode = FindingCode::Own(&Row::warning(
    "script-shortened",
    "a start script does more than the image does when it starts",
    "the image starts the program itself, so that signals reach it: what the script does before is \
    not done",
    "do it before the container starts, or in the program",
));

pub(super) const DEBUG_ON: FindingCode = FindingCode::Own(&Row::warning(
    "debug-on",
    "the settings turn Django's debug mode on, whatever the environment says",
    "every error page of the container shows code, settings and variables to whoever asks",
    "read DEBUG from a variable that is off by default",
));

pub(super) const DEVELOPMENT_IMPORTED: FindingCode = FindingCode::Own(&Row::warning(
    "development-imported",
    "the program imports a package that is installed for development alone",
    "the image has no packages for development: the import fails as the container starts",
    "move the package to the dependencies of the project",
));

pub(super) const DEVELOPMENT_SERVER: FindingCode = FindingCode::Own(&Row::warning(
    "development-server",
    "the program starts a server for development",
    "such a server handles few requests at a time, and its makers advise against it in production",
    "add a server such as gunicorn or waitress to the dependencies, and let dockgen start it",
));

pub(super) const EXTRA_IMPORTED: FindingCode = FindingCode::Own(&Row::warning(
    "extra-imported",
    "the program imports a package that only an extra of the project installs",
    "the image does not install the extra: the import fails as the container starts",
    "install the extra with `--set extras=NAME`, or move the package to the dependencies",
));

pub(super) const MODEL_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "model-missing",
    "the program loads a model that no requirement installs",
    "the image holds the library alone: loading the model fails as the container starts, or when \
    it is needed",
    "add the model to the requirements, by the address of its wheel",
));

pub(super) const HOSTS_REFUSED: FindingCode = FindingCode::Own(&Row::warning(
    "hosts-refused",
    "Django's settings allow no host name that a container has",
    "with DEBUG off, every request to another name is answered with status 400",
    "read ALLOWED_HOSTS from a variable, separated by commas",
));

pub(super) const MAIN_BLOCK_SKIPPED: FindingCode = FindingCode::Own(&Row::warning(
    "main-block-skipped",
    "a file does more below `if __name__ == \"__main__\":` than start the server",
    "a server that loads the application imports the file and skips that block: tables that it \
    makes are missing, and threads and clients that it starts do not run",
    "do it where the module is imported, or before the container starts; or start the file itself \
    with --entrypoint",
));

pub(super) const NO_SERVER: FindingCode = FindingCode::Own(&Row::error(
    "no-server",
    "the project depends on a web framework, and on no server that runs its application",
    "the server that comes with the framework is for development: it handles few requests at a \
    time, and shows errors to whoever asks",
    "add a server such as gunicorn or uvicorn to the dependencies",
));

pub(super) const PROJECT_UNBUILDABLE: FindingCode = FindingCode::Own(&Row::warning(
    "project-unbuildable",
    "pip cannot build the project apart from its dependencies, and only that build knows them",
    "its setup.py imports a package that imports a dependency, its version stands in a module that is \
    not there, or setuptools does not know which of several folders are its packages: the build of \
    the image fails",
    "list the dependencies in a requirements file, from which they are installed without a build of \
    the project",
));

pub(super) const PROXY_TRUSTED: FindingCode = FindingCode::Own(&Row::note(
    "proxy-trusted",
    "the server takes the address and the scheme of a request from the headers of any peer",
    "in a container every request comes from a proxy or a bridge whose address nobody knows \
    before; without the headers, redirects lead to http and logs show the proxy",
    "where clients reach the container directly, set FORWARDED_ALLOW_IPS to the proxy's address",
));

pub(super) const SECRET_UNCHANGED: FindingCode = FindingCode::Own(&Row::warning(
    "secret-unchanged",
    "the program ends while a setting has the value that the repository gives it",
    "the image holds that value as it is: the container stops as it starts",
    "set it from the environment if the program reads it there, or mount a settings file of your own",
));

pub(super) const STATIC_PACKAGES_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "static-packages-missing",
    "Django gathers static files from node_modules, and no step of the build installs it",
    "pages lack the styles and scripts of those packages",
    "add a stage that installs the packages, and copy node_modules from it before collectstatic",
));

pub(super) const STATIC_ROOT_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "static-root-missing",
    "Django's settings have no folder for static files",
    "with DEBUG off, Django serves no static files: pages have no styles, those of the admin too",
    "set STATIC_ROOT, and add whitenoise to the dependencies and the MIDDLEWARE",
));

pub(super) const STATIC_UNSERVED: FindingCode = FindingCode::Own(&Row::warning(
    "static-unserved",
    "nothing in the image serves Django's static files",
    "with DEBUG off, Django itself serves none: pages have no styles unless a proxy has the files",
    "add whitenoise to the dependencies and the MIDDLEWARE, or let a proxy serve the folder",
));

pub(super) const PACKAGES_LISTED: FindingCode = FindingCode::Own(&Row::warning(
    "packages-listed",
    "a file for a host lists packages of the system that the image does not install",
    "what the program loads or starts from them is missing in the image",
    "add those that the program needs to the final stage, by their names in Debian 13",
));

pub(super) const MODULE_GENERATED: FindingCode = FindingCode::Own(&Row::warning(
    "module-generated",
    "the program imports a generated module that the build context does not hold",
    "nothing in the build makes it: the import fails, and the container stops as it starts",
    "generate the module before the build and let it into the build context, or commit it",
));

pub(super) const PAGES_OUTSIDE: FindingCode = FindingCode::Own(&Row::warning(
    "pages-outside",
    "the program reads pages that lie outside the build context",
    "the image has no such folder: the pages are not found",
    "serve the pages from an image of their own, or move the manifest of the program to the folder \
    above both",
));

pub(super) const SETUPTOOLS_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "setuptools-missing",
    "a module of setuptools is imported, and no dependency brings a setuptools that has it",
    "a virtual environment brings no setuptools of its own any more, and versions from 82 on have no \
    pkg_resources: the image installs an older one beside the dependencies",
    "add `setuptools<82` to the dependencies, or move to a version that does without it",
));

pub(super) const WORKER_NEEDED: FindingCode = FindingCode::Own(&Row::warning(
    "worker-needed",
    "the program hands tasks to a worker, and the image does not start one",
    "a container runs one process: the tasks wait in the queue until a worker takes them",
    "start the worker beside it, in an image of its own",
));

pub(super) const SUBCOMMAND_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "subcommand-missing",
    "the program has subcommands, and none of them is chosen",
    "without one it prints its help and ends: the container stops as it starts",
    "choose one with --args",
));
