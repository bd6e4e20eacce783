//! Findings that only Node.js reports.

use crate::findings::{FindingCode, Row};

/// All of them.
pub(super) const ALL: &[FindingCode] = &[
    ADAPTER_BY_CONDITION,
    ADAPTER_MISSING,
    ALLOWED_HOSTS,
    BROWSER_MISSING,
    BROWSER_SANDBOX,
    BUILD_ARGUMENT_FROM_EXAMPLE,
    BUILD_FILE_MISSING,
    BUILD_MIGRATES,
    BUILD_PLACEHOLDER,
    BUN_ONLY,
    DEPENDENCY_BREAKS,
    DEV_DEPENDENCY_AT_RUN_TIME,
    ENV_FILE_HOLDS_SECRETS,
    ENV_FILE_IN_CONTEXT,
    FOLDER_NOBODY_MAKES,
    FOLDER_UNINSTALLED,
    FRONT_END_OUTSIDE,
    GIT_BY_SSH,
    INSTALL_SCRIPTS_BLOCKED,
    LEGACY_OPENSSL,
    LIFECYCLE_SCRIPTS,
    LOCKFILE_BEHIND,
    MODULE_MISSING,
    NATIVE_MODULE_ON_ALPINE,
    PATCH_MISSING,
    PLUG_AND_PLAY,
    PRELOAD_LEFT_OUT,
    PROGRAM_FILE_UNMADE,
    RUNS_ELSEWHERE,
    SEVERAL_APPLICATIONS,
    SEVERAL_LOCKFILES,
    SITE_FOLDER_ASSUMED,
    SITE_FORWARDS,
    SPEAKS_OVER_STDIO,
    START_CHAIN,
    START_SCRIPT_SHORTENED,
    START_SCRIPT_UNUSED,
    START_SECRET,
    START_UNKNOWN,
    START_VARIABLE_FIXED,
    TOOL_VERSION_DISAGREES,
    VERSION_OUTSIDE_ENGINES,
];

pub(super) const ADAPTER_BY_CONDITION: FindingCode = FindingCode::Own(&Row::warning(
    "adapter-by-condition",
    "the configuration names two adapters, and dockgen did not find which one the build uses",
    "the image starts the server of adapter-node: with the other adapter the build writes none",
    "name one adapter, or name the folder of the pages with --entrypoint",
));

pub(super) const ADAPTER_MISSING: FindingCode = FindingCode::Own(&Row::error(
    "adapter-missing",
    "the framework builds no server that Node.js can start",
    "what the build writes for a hosting service is no server that a container can start",
    "configure the framework's adapter or preset for Node.js",
));

pub(super) const ALLOWED_HOSTS: FindingCode = FindingCode::Own(&Row::warning(
    "allowed-hosts",
    "Angular's server answers requests for localhost only",
    "a request for a host name that the server does not know gets status 400",
    "list the names in security.allowedHosts of angular.json, or start with -e \
    NG_ALLOWED_HOSTS=example.com",
));

pub(super) const BROWSER_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "browser-missing",
    "the program drives a browser, and the image holds none",
    "the installation of the package brings no browser: the first page that it opens fails",
    "give launch an executablePath from a variable such as process.env.BROWSER_PATH: the image \
    then gets chromium",
));

pub(super) const BROWSER_SANDBOX: FindingCode = FindingCode::Own(&Row::warning(
    "browser-sandbox",
    "the program starts a browser with its sandbox on",
    "the sandbox needs namespaces that a container has only with extra rights: the browser stops \
    as it starts",
    "start it with args: [\"--no-sandbox\", \"--disable-dev-shm-usage\"], or give the container \
    a seccomp profile that allows it",
));

pub(super) const BUILD_ARGUMENT_FROM_EXAMPLE: FindingCode = FindingCode::Own(&Row::note(
    "build-argument-from-example",
    "an example of an env file gives the defaults of build arguments",
    "the values of an example may be wrong for this image, and a container cannot change them \
    later",
    "build with `docker build --build-arg NAME=VALUE ...` if they differ",
));

pub(super) const BUILD_FILE_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "build-file-missing",
    "a script of the build names a file that the repository does not hold",
    "the command stops without it, and the image is not built",
    "add the file to the repository, or name what builds the application with --build-command",
));

pub(super) const BUILD_MIGRATES: FindingCode = FindingCode::Own(&Row::warning(
    "build-migrates",
    "the build updates the tables of a database",
    "no database is there while the image is built, so the build stops; and an image is built once \
    for many databases",
    "take the command out of the script that builds, and run it once for each release",
));

pub(super) const BUILD_PLACEHOLDER: FindingCode = FindingCode::Own(&Row::note(
    "build-placeholder",
    "a variable holds a placeholder while the image is built",
    "the Prisma client is generated without a database, but its configuration does not load \
    without an address",
    "give the true address when the container starts, with `-e` or in the environment of your \
    platform",
));

pub(super) const BUN_ONLY: FindingCode = FindingCode::Own(&Row::error(
    "bun-only",
    "the program needs Bun, and dockgen does not write images that run on Bun",
    "Node.js has no `Bun` object and no bun: modules: the program stops as it starts",
    "name a program that Node.js runs with --entrypoint (Hono serves there through \
    @hono/node-server)",
));

pub(super) const DEPENDENCY_BREAKS: FindingCode = FindingCode::Own(&Row::warning(
    "dependency-breaks",
    "a dependency or the code does not support this release of Node.js",
    "the build stops where the dependency is compiled, or the program stops as soon as it loads it",
    "use an earlier release of Node.js, or update what does not support it",
));

pub(super) const DEV_DEPENDENCY_AT_RUN_TIME: FindingCode = FindingCode::Own(&Row::warning(
    "dev-dependency-at-run-time",
    "the program needs a development dependency to run",
    "without them the program stops as it starts, so all development dependencies stay in the \
    image, which makes it larger",
    "move the package to `dependencies`, or do without it at run time",
));

pub(super) const ENV_FILE_HOLDS_SECRETS: FindingCode = FindingCode::Own(&Row::warning(
    "env-file-holds-secrets",
    "an env file that the build reads looks as if it held secrets, and stays out of the build \
    context",
    "a COPY would put the secrets into a layer; the public values that the build reads are the \
    defaults of its ARGs",
    "move the secrets out of the repository and replace them, since git keeps what was committed",
));

pub(super) const ENV_FILE_IN_CONTEXT: FindingCode = FindingCode::Own(&Row::note(
    "env-file-in-context",
    "an env file reaches the build, which compiles its values into the pages",
    "everybody who has the pages can read the values, so the file must hold no secret",
    "nothing; `--build-arg NAME=VALUE` overrides a value if the Dockerfile has an ARG of that name",
));

pub(super) const FOLDER_NOBODY_MAKES: FindingCode = FindingCode::Own(&Row::note(
    "folder-nobody-makes",
    "the program names a folder that no known code or build creates",
    "if the program writes there, the image's user cannot create the folder, and the files are \
    lost with the container",
    "if the program writes there, set --writable FOLDER",
));

pub(super) const FOLDER_UNINSTALLED: FindingCode = FindingCode::Own(&Row::warning(
    "folder-uninstalled",
    "the build enters a folder whose own dependencies the image does not install",
    "the folder is no member of a workspace and its package manager is another one: the build stops \
    at the first command or module that it does not find",
    "make the folder a member of the workspace, or let the script install it: `cd FOLDER && npm ci \
    && npm run build`",
));

pub(super) const FRONT_END_OUTSIDE: FindingCode = FindingCode::Own(&Row::warning(
    "front-end-outside",
    "the program serves pages that a build writes outside the build context",
    "the image has no such folder: the pages are not found",
    "make both folders members of one workspace, or serve the pages from an image of their own",
));

pub(super) const INSTALL_SCRIPTS_BLOCKED: FindingCode = FindingCode::Own(&Row::warning(
    "install-scripts-blocked",
    "the package manager does not run the install scripts of some dependencies",
    "their machine code is neither compiled nor downloaded: the program fails when it loads them",
    "allow the install scripts of these dependencies, or pin the version of the package manager \
    that you use",
));

pub(super) const LEGACY_OPENSSL: FindingCode = FindingCode::Own(&Row::note(
    "legacy-openssl",
    "the build runs with an option for old hashes, which an old bundler needs",
    "OpenSSL 3, in current releases of Node.js, refuses MD4, and the build would stop",
    "update the bundler",
));

pub(super) const LIFECYCLE_SCRIPTS: FindingCode = FindingCode::Own(&Row::note(
    "lifecycle-scripts",
    "some scripts of package.json do not run while dependencies are installed",
    "dependencies are installed before any source is copied, so that a change of the source \
    installs nothing again",
    "nothing, unless such a script changes node_modules: then report it in an issue",
));

pub(super) const LOCKFILE_BEHIND: FindingCode = FindingCode::Own(&Row::warning(
    "lockfile-behind",
    "the lockfile does not agree with package.json",
    "an install that obeys the lockfile stops, so the image is built with one that adds what is \
    missing: each build may get other versions",
    "run the package manager's install and commit the lockfile; then `dockgen update` writes the \
    locked install again",
));

pub(super) const RUNS_ELSEWHERE: FindingCode = FindingCode::Own(&Row::warning(
    "runs-elsewhere",
    "the package is made for another place than a container",
    "what the image starts shows a window, works in a browser or answers a service's calls there: in \
    a container it does nothing of use",
    "make no image of it, or name the program that serves with --entrypoint",
));

pub(super) const SEVERAL_LOCKFILES: FindingCode = FindingCode::Own(&Row::warning(
    "several-lockfiles",
    "lockfiles of several package managers are there",
    "only one of them is kept up to date as a rule, and an image that is built from the other one \
    holds versions that nobody tested",
    "remove the lockfile that is not used, or name the package manager with --tool",
));

pub(super) const GIT_BY_SSH: FindingCode = FindingCode::Own(&Row::warning(
    "git-by-ssh",
    "a dependency is fetched from git by SSH",
    "the build has neither a key nor the host key of the server, so the install stops",
    "name the dependency by an https address if it is public; else add `--mount=type=ssh` to the RUN \
    of the install, put the host key into known_hosts, and build with `docker build --ssh default`",
));

pub(super) const MODULE_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "module-missing",
    "the program imports a file that the repository does not hold",
    "a file that is generated, or that git ignores, is not in the image: Node.js stops there as \
    it starts",
    "commit the file, or let a script called `build` write it",
));

pub(super) const NATIVE_MODULE_ON_ALPINE: FindingCode = FindingCode::Own(&Row::warning(
    "native-module-on-alpine",
    "the program uses native modules, and the image runs them on musl",
    "files that were built for glibc do not load on musl, and some modules publish no others",
    "test the modules in the image, or choose --base distroless",
));

pub(super) const PATCH_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "patch-missing",
    "a manifest names a patch of a dependency, and the repository does not hold the file",
    "the install stops at a patch that is not in the build context",
    "commit the patch, or remove it from the manifest",
));

pub(super) const PLUG_AND_PLAY: FindingCode = FindingCode::Own(&Row::note(
    "plug-and-play",
    "the image holds the dependencies in node_modules, not as Plug'n'Play archives",
    "a plain `node` starts the program, without Yarn's loader",
    "nothing, unless the program reads .pnp.cjs itself",
));

pub(super) const PRELOAD_LEFT_OUT: FindingCode = FindingCode::Own(&Row::warning(
    "preload-left-out",
    "a flag of the start script loads a module that the image does not hold, so the image leaves \
    the flag out",
    "Node.js stops at once if a module that a flag loads is not there",
    "add the file or the dependency, or remove the flag from the start script",
));

pub(super) const PROGRAM_FILE_UNMADE: FindingCode = FindingCode::Own(&Row::warning(
    "program-file-unmade",
    "dockgen found nothing that makes the file that the image starts",
    "if the build does not write it, the build of the image stops at the COPY of that file",
    "name the file that the build writes with --entrypoint FILE",
));

pub(super) const SEVERAL_APPLICATIONS: FindingCode = FindingCode::Own(&Row::warning(
    "several-applications",
    "the project builds several applications, and the image starts one of them",
    "one image starts one application",
    "write an image for each of the others: --entrypoint NAME --output Dockerfile.NAME",
));

pub(super) const SITE_FOLDER_ASSUMED: FindingCode = FindingCode::Own(&Row::note(
    "site-folder-assumed",
    "dockgen assumes the folder into which the build writes the pages",
    "if the build writes another folder, the image's build stops",
    "name the folder with --entrypoint if it is another one",
));

pub(super) const SITE_FORWARDS: FindingCode = FindingCode::Own(&Row::warning(
    "site-forwards",
    "another server answers some of the paths that the pages ask for",
    "the image serves files alone: such a path gets a page of the site or an error 404",
    "put a proxy before the container that forwards these paths, or add a `location` with \
    `proxy_pass` to the settings of nginx in the Dockerfile",
));

pub(super) const SPEAKS_OVER_STDIO: FindingCode = FindingCode::Own(&Row::note(
    "speaks-over-stdio",
    "the program speaks over standard input and output unless told otherwise",
    "a container gets standard input only with `docker run -i`, and the image exposes no port",
    "start it with `docker run -i`",
));

pub(super) const START_CHAIN: FindingCode = FindingCode::Own(&Row::warning(
    "start-chain",
    "the start script runs a command before the server that the image cannot run",
    "the command is not among the production dependencies, so the image does not hold it",
    "run it before the container starts, on a machine with the development dependencies, or make \
    its tool a production dependency",
));

pub(super) const START_SCRIPT_SHORTENED: FindingCode = FindingCode::Own(&Row::warning(
    "start-script-shortened",
    "a shell script that starts the program does more than the image does",
    "what the script prepares is missing when the program starts",
    "do it in the program, or in a script of Node.js that the start script runs before it",
));

pub(super) const START_SCRIPT_UNUSED: FindingCode = FindingCode::Own(&Row::warning(
    "start-script-unused",
    "the image starts a file, because dockgen cannot follow the start script",
    "arguments, flags and steps of the script are not in the image: the program may do something \
    else than the script starts",
    "name what the container should start with --entrypoint, and its arguments with --args",
));

pub(super) const START_SECRET: FindingCode = FindingCode::Own(&Row::warning(
    "start-secret",
    "the start script sets a variable whose name looks like that of a secret",
    "whoever has the image reads the values of its ENV lines, so the image leaves the variable out, \
    and the program does not get the value",
    "pass it when the container starts: `docker run -e NAME=VALUE ...`",
));

pub(super) const START_UNKNOWN: FindingCode = FindingCode::Own(&Row::error(
    "start-unknown",
    "dockgen does not know which command the container should start",
    "an image needs one command to start",
    "name a script or a file with --entrypoint, or add a start script such as `node server.js`",
));

pub(super) const START_VARIABLE_FIXED: FindingCode = FindingCode::Own(&Row::note(
    "start-variable-fixed",
    "the start command names a variable, and the image holds its default in its place",
    "no shell starts the program, so the variable changes nothing of the command line when the \
    container starts",
    "give other arguments to `docker run IMAGE`, or set them with --args",
));

pub(super) const TOOL_VERSION_DISAGREES: FindingCode = FindingCode::Own(&Row::warning(
    "tool-version-disagrees",
    "packageManager and engines ask for different versions of the package manager",
    "pnpm stops an install outside the versions of engines; the others may write or read another \
    lockfile",
    "make packageManager and engines agree",
));

pub(super) const VERSION_OUTSIDE_ENGINES: FindingCode = FindingCode::Own(&Row::warning(
    "version-outside-engines",
    "the release of Node.js is outside the range of engines.node",
    "pnpm and Yarn stop the install, npm warns, and the program may use what this release lacks",
    "choose a release inside the range with --toolchain, or correct the file that is wrong",
));
