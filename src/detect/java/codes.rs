//! Findings that only Java reports.

use crate::findings::{FindingCode, Row};

/// All of them.
pub(super) const ALL: &[FindingCode] = &[
    ARGUMENTS_EXPECTED,
    ARGUMENTS_REQUIRED,
    ARTIFACT_NAME_UNKNOWN,
    ARTIFACT_NAME_VERSIONED,
    ASSEMBLY_SKIPPED,
    BUILD_DATABASE,
    BUILD_PROFILE,
    CONFIGURATION_UNKNOWN,
    DEVELOPMENT_PROFILE,
    FRAMEWORK_END_OF_LIFE,
    FRAMEWORK_VERSION_UNKNOWN,
    FRONTEND_DOWNLOAD,
    FRONTEND_LEFT_OUT,
    BROWSER_OF_THE_CODE,
    INPUT_AWAITED,
    LIBRARY_OF_SYSTEM,
    BUILD_PROGRAM_MISSING,
    GIT_HISTORY_NEEDED,
    IMAGE_SETTINGS,
    JDK_DISPUTED,
    JDK_OF_TOOLCHAINS,
    ONE_LAYER,
    ONE_PLATFORM,
    OPENS_WINDOW,
    PACKAGED_FOR_LAYERS,
    PARENT_NOT_IN_TREE,
    REPOSITORY_BLOCKED,
    MAIN_CLASS_UNCLEAR,
    RUNTIME_OPTIONS,
    RUNTIME_PROFILE,
    SERVLET_CONTAINER,
    SERVLET_CONTAINER_DIFFERS,
    SHIPPING_SKIPPED,
    WRAPPER_INCOMPLETE,
];

pub(super) const ARGUMENTS_EXPECTED: FindingCode = FindingCode::Own(&Row::note(
    "arguments-expected",
    "the command stops at once if it is started without arguments",
    "the image starts it without arguments",
    "give them to the container: `docker run IMAGE ARGUMENTS`, or set them with --args",
));

pub(super) const ARGUMENTS_REQUIRED: FindingCode = FindingCode::Own(&Row::warning(
    "arguments-required",
    "the program stops at once if it is started without arguments",
    "the image starts it without arguments",
    "set them with --args, or give them to the container: `docker run IMAGE ARGUMENTS`",
));

pub(super) const ARTIFACT_NAME_UNKNOWN: FindingCode = FindingCode::Own(&Row::error(
    "artifact-name-unknown",
    "dockgen cannot read the name of the archive that the build makes",
    "a COPY names its file exactly; a pattern could take the wrong one",
    "name the file, relative to the module, with --entrypoint target/NAME.jar, or set <finalName>",
));

pub(super) const ARTIFACT_NAME_VERSIONED: FindingCode = FindingCode::Own(&Row::note(
    "artifact-name-versioned",
    "the name of the archive holds the version of the project",
    "a release changes the name, and the Dockerfile does not find the archive until `dockgen \
    update`",
    "give the build a fixed name, such as <finalName>${project.artifactId}</finalName>",
));

pub(super) const ASSEMBLY_SKIPPED: FindingCode = FindingCode::Own(&Row::note(
    "assembly-skipped",
    "an assembly takes a file that the build context does not hold",
    "the plugin would stop the build, and the image holds nothing of the assembly",
    "nothing for the image; commit the file if the assembly itself is meant to be made",
));

pub(super) const BUILD_DATABASE: FindingCode = FindingCode::Own(&Row::warning(
    "build-database",
    "a plugin of the build connects to a database",
    "no database is reachable while an image is built, so the build stops there",
    "generate the code before the image is built and commit it, or build the archive where the \
    database is and copy it into an image",
));

pub(super) const BUILD_PROFILE: FindingCode = FindingCode::Own(&Row::note(
    "build-profile",
    "the repository builds with a Maven profile, and the image without it",
    "a profile can add what the program needs, or only what a publication needs",
    "set `profiles` in dockgen.toml if the image needs it",
));

pub(super) const CONFIGURATION_UNKNOWN: FindingCode = FindingCode::Own(&Row::warning(
    "configuration-unknown",
    "the program starts without a configuration file, and the repository holds one that fits",
    "the file's settings are not set: ports are the defaults, and the program stops if it \
    needs one of them",
    "mount the file, and name it with --args",
));

pub(super) const DEVELOPMENT_PROFILE: FindingCode = FindingCode::Own(&Row::warning(
    "development-profile",
    "the image is built with the Maven profile that is active by default, and not with the one \
    for production",
    "what the profile for production packs or sets is not in the image",
    "set `profiles` in dockgen.toml if the image is for production",
));

pub(super) const FRAMEWORK_END_OF_LIFE: FindingCode = FindingCode::Own(&Row::warning(
    "framework-end-of-life",
    "the release of the framework gets no more open-source fixes",
    "the known security holes of its libraries stay in the image",
    "move to a supported release of Spring Boot",
));

pub(super) const FRAMEWORK_VERSION_UNKNOWN: FindingCode = FindingCode::Own(&Row::note(
    "framework-version-unknown",
    "no pom in the repository states the version of Spring Boot, so dockgen assumes a current one",
    "older releases extract archives into layers with another command, and the build would stop \
    there",
    "state the version of spring-boot-maven-plugin or of the bom spring-boot-dependencies",
));

pub(super) const FRONTEND_DOWNLOAD: FindingCode = FindingCode::Own(&Row::note(
    "frontend-download",
    "the build downloads Node.js and npm packages",
    "the machine that builds must reach nodejs.org and the npm registry, besides Maven Central",
    "nothing, if it reaches both; otherwise set the plugin's nodeDownloadRoot",
));

pub(super) const FRONTEND_LEFT_OUT: FindingCode = FindingCode::Own(&Row::warning(
    "frontend-left-out",
    "the build leaves the front end out",
    "the image serves no pages, unless the repository holds them as they are built",
    "turn the front end on in the pom, or set a flag of the build that does: `--build-flags \
    -Dskip.npm=false`",
));

pub(super) const BROWSER_OF_THE_CODE: FindingCode = FindingCode::Own(&Row::warning(
    "browser-of-the-code",
    "the program starts a browser, and the image holds none",
    "the program fails as soon as it needs the browser",
    "run the browser in a container of its own and connect to it, or write the final stage by hand \
    on an image that holds one",
));

pub(super) const INPUT_AWAITED: FindingCode = FindingCode::Own(&Row::warning(
    "input-awaited",
    "the program waits for a line on its standard input, and ends when it comes",
    "a container has no standard input: the read returns at once, and the server ends",
    "start it with `docker run -i IMAGE`, or wait without reading, as with \
    Thread.currentThread().join()",
));

pub(super) const LIBRARY_OF_SYSTEM: FindingCode = FindingCode::Own(&Row::warning(
    "library-of-system",
    "the program loads a library of the system that dockgen does not add to the image",
    "the program stops with an UnsatisfiedLinkError if the image lacks it",
    "add its package with --packages, or pack the library into the archive",
));

pub(super) const BUILD_PROGRAM_MISSING: FindingCode = FindingCode::Own(&Row::warning(
    "build-program-missing",
    "the build starts a program that the builder image does not hold",
    "Maven stops if it cannot start the program",
    "let frontend-maven-plugin bring Node.js, or add the program to the build stage with a template \
    of your own",
));

pub(super) const GIT_HISTORY_NEEDED: FindingCode = FindingCode::Own(&Row::note(
    "git-history-needed",
    "a plugin reads .git, and the image's build skips it",
    "the build context holds no .git, which would change with every commit and invalidate every cache",
    "pass the commit that the program shows with --build-arg REVISION and a label, or let the \
    plugin do without .git",
));

pub(super) const IMAGE_SETTINGS: FindingCode = FindingCode::Own(&Row::warning(
    "image-settings",
    "the pom builds an image of its own, which starts differently",
    "this image may not do what the other one does",
    "set what this image lacks with flags",
));

pub(super) const JDK_DISPUTED: FindingCode = FindingCode::Own(&Row::warning(
    "jdk-disputed",
    "the repository states several versions of Java that do not go together",
    "a JDK that is older than the code stops the build, and so does a rule that the JDK does not meet",
    "state one version everywhere, or set --toolchain",
));

pub(super) const JDK_OF_TOOLCHAINS: FindingCode = FindingCode::Own(&Row::warning(
    "jdk-of-toolchains",
    "a plugin of the build looks for the JDK in ~/.m2/toolchains.xml",
    "the builder image has no such file: the build stops with `Cannot find matching toolchain \
    definitions`",
    "set maven.compiler.release and remove maven-toolchains-plugin, or bind it in a profile that \
    the image does not build with",
));

pub(super) const ONE_LAYER: FindingCode = FindingCode::Own(&Row::note(
    "one-layer",
    "the archive is one layer of the image",
    "an edit of one line changes the whole archive, dependencies included: each push and pull \
    sends all of it",
    "package the program without what makes it one archive, if pushes should be small",
));

pub(super) const ONE_PLATFORM: FindingCode = FindingCode::Own(&Row::note(
    "one-platform",
    "the base image is published for amd64 only",
    "the image cannot be built for arm64, neither on such a machine nor with --platform",
    "choose another base or a newer JDK if the image must run on arm64",
));

pub(super) const OPENS_WINDOW: FindingCode = FindingCode::Own(&Row::warning(
    "opens-window",
    "the program opens a window",
    "an image has no display, so the program stops with a HeadlessException or an error of the \
    toolkit",
    "name the class of the server with --entrypoint, if there is one",
));

pub(super) const PACKAGED_FOR_LAYERS: FindingCode = FindingCode::Own(&Row::note(
    "packaged-for-layers",
    "the image uses another form of archive than the build makes",
    "one archive would be one layer: an edit of one line would change all of it",
    "nothing, unless something reads the archive itself",
));

pub(super) const PARENT_NOT_IN_TREE: FindingCode = FindingCode::Own(&Row::note(
    "parent-not-in-tree",
    "the parent of the pom is not in the repository, so dockgen did not read its settings",
    "the parent may set the Java version, plugins or the name of the archive",
    "check the JDK and the archive, and set what differs with --toolchain and --entrypoint",
));

pub(super) const REPOSITORY_BLOCKED: FindingCode = FindingCode::Own(&Row::warning(
    "repository-blocked",
    "the pom names a repository with an http address, which current Maven refuses",
    "the build stops with `Blocked mirror for repositories`",
    "write https in the pom, or remove the repository if Maven Central has its packages",
));

pub(super) const MAIN_CLASS_UNCLEAR: FindingCode = FindingCode::Own(&Row::warning(
    "main-class-unclear",
    "Spring Boot's plugin finds several main classes, or none, and no pom names one",
    "the build stops when it packages the archive",
    "name the class in the pom: <start-class> or the plugin's <mainClass>",
));

pub(super) const RUNTIME_OPTIONS: FindingCode = FindingCode::Own(&Row::note(
    "runtime-options",
    "the repository starts the program with options that the image does not set",
    "memory follows the container's limit, and a path in an option may not be in the image",
    "pass the options that are needed in JAVA_TOOL_OPTIONS when the container starts",
));

pub(super) const RUNTIME_PROFILE: FindingCode = FindingCode::Own(&Row::warning(
    "runtime-profile",
    "the program starts with the settings of a developer, although the repository holds settings \
    for production",
    "the settings of a developer point at a developer's services, which the container does not \
    reach",
    "start it with `docker run -e SPRING_PROFILES_ACTIVE=NAME ...`",
));

pub(super) const SERVLET_CONTAINER: FindingCode = FindingCode::Own(&Row::note(
    "servlet-container",
    "the war brings no server, so the image runs it in Jetty",
    "what another servlet container is configured with (data sources, realms) is not in the image",
    "configure Jetty with a jetty-env.xml in WEB-INF, or make the application executable, as \
    Spring Boot does",
));

pub(super) const SERVLET_CONTAINER_DIFFERS: FindingCode = FindingCode::Own(&Row::warning(
    "servlet-container-differs",
    "the war is written for another server, and the image runs it in Jetty",
    "what that server gives to an application is not in Jetty: the war may not start",
    "write the final stage by hand, on an image of that server, and copy the war into it",
));

pub(super) const SHIPPING_SKIPPED: FindingCode = FindingCode::Own(&Row::note(
    "shipping-skipped",
    "a plugin builds an image or a native program while Maven packages",
    "the build of this image has no container engine, no registry and no GraalVM",
    "nothing; set with flags what the plugin's own image has and this one lacks",
));

pub(super) const WRAPPER_INCOMPLETE: FindingCode = FindingCode::Own(&Row::note(
    "wrapper-incomplete",
    "there is an mvnw but no .mvn/wrapper/maven-wrapper.properties, so the image's own Maven \
    builds",
    "without its properties the wrapper cannot know which Maven to download",
    "run `mvn wrapper:wrapper` and commit .mvn/wrapper",
));
