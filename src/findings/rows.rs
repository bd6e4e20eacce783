//! The declarations of shared codes.

use super::{FindingCode, Row};

/// The row of a shared code; `None` for any other.
#[expect(clippy::too_many_lines, reason = "a table, a row for each code")]
pub(super) fn shared(code: &FindingCode) -> Option<Row> {
    Some(match code {
        FindingCode::LocalhostOnly => Row::warning(
            "localhost-only",
            "the program listens on the loopback address only (localhost, 127.0.0.1 or ::1)",
            "a published port leads to the container's network address, so nothing outside the \
            container reaches the program",
            "listen on 0.0.0.0, or read the address from an environment variable such as HOST",
        ),
        FindingCode::PortUnknown => Row::warning(
            "port-unknown",
            "the program listens, and dockgen did not find its port",
            "the image has no EXPOSE, and dockgen cannot tell which port to publish",
            "set the port with --port, or --port none if the program listens on none",
        ),
        FindingCode::PortDisputed => Row::warning(
            "port-disputed",
            "two files of the repository name different ports",
            "a published port on which nobody listens answers nothing",
            "check which port is right, and set it with --port",
        ),
        FindingCode::PortNotTold => Row::note(
            "port-not-told",
            "the image documents a port, and no environment variable tells the program to listen \
            there",
            "if the program listens on another port, the published one answers nothing",
            "make sure that the program listens there, with --args or --env",
        ),
        FindingCode::AnswerUnused => Row::note(
            "answer-unused",
            "an answer changes nothing in the image",
            "whoever gave it expects another image than the one that is built",
            "correct it, or remove it with `dockgen answer --unset`",
        ),
        FindingCode::PrivilegedPort => Row::note(
            "privileged-port",
            "the program listens on a port below 1024 as a user without privileges",
            "current Docker engines and Kubernetes allow that; older ones and host networking \
            answer `permission denied`",
            "let the program listen on port 1024 or above and publish it, such as -p 80:8080",
        ),
        FindingCode::NothingToStart => Row::error(
            "nothing-to-start",
            "the manifest describes a library: no program can be built from it",
            "an image needs a program to start",
            "write a program, or run dockgen on the folder that holds one",
        ),
        FindingCode::StartArguments => Row::warning(
            "start-arguments",
            "the repository starts the program with other arguments than the image does",
            "the container may not do what the repository's own start does",
            "choose the arguments with --args",
        ),
        FindingCode::StartFileMissing => Row::warning(
            "start-file-missing",
            "the command line names a file that the image does not hold",
            "a program that reads the file stops when the container starts",
            "mount the file with `-v`, or set other arguments with --args",
        ),
        FindingCode::ArgumentsUnknown => Row::warning(
            "arguments-unknown",
            "the service needs a subcommand or an argument that dockgen does not know",
            "the image starts the program without it, so the program shows its help or stops",
            "set the arguments with --args, or give them to `docker run IMAGE`",
        ),
        FindingCode::SeveralProcesses => Row::warning(
            "several-processes",
            "one script starts several programs side by side",
            "an image starts one of them: if another one stops, nobody restarts it and the \
            container goes on",
            "run each program in a container of its own, from the same image: --entrypoint sets \
            which one starts",
        ),
        FindingCode::OtherProcesses => Row::warning(
            "other-processes",
            "a file such as a Procfile starts further processes, and the image does not",
            "a container runs one process: the work of the others is not done",
            "run the image again for each of them with its command, or start all of them with \
            --entrypoint",
        ),
        FindingCode::EntrypointNotRun => Row::warning(
            "entrypoint-not-run",
            "the repository has a script that prepares a container, and the image does not run it",
            "what the script derives from variables, the files that it makes and the steps that it \
            takes are missing in the container",
            "set with -e what the program itself reads, and repeat the steps that it needs with \
            --set before-start=COMMAND on a base with a shell",
        ),
        FindingCode::VariablesRequired => Row::note(
            "variables-required",
            "the program has no default for an environment variable that it reads",
            "if the variable is not set, the container stops when it starts, or fails when the \
            program needs the value",
            "set the variables when the container starts: `docker run -e NAME=VALUE ...`",
        ),
        FindingCode::VariablesGiven => Row::note(
            "variables-given",
            "the documentation or a compose file starts the image with variables that the image \
            does not set",
            "the code does not show what the program does without them: it may stop, or work on \
            other data",
            "give `docker run` those that the container needs: `-e NAME=VALUE` or --env-file",
        ),
        FindingCode::EngineOptions => Row::note(
            "engine-options",
            "the repository starts its container with capabilities, devices or namespaces that an \
            image cannot ask for",
            "what the program does with them fails in a container that is started without",
            "start the container with the same options, if the program needs what they give",
        ),
        FindingCode::MountsGiven => Row::note(
            "mounts-given",
            "the documentation or a compose file mounts files that the image does not hold",
            "the program may read them: without them it can stop, or work with its defaults",
            "mount those that the program needs: `docker run -v FILE:PATH:ro ...`",
        ),
        FindingCode::ContainerVariable => Row::note(
            "container-variable",
            "the code asks a variable whether the program runs in a container, and the image does \
            not set it",
            "without the variable, the program works as on a developer's machine: it can use \
            other folders and addresses",
            "set the variable with --env, if the program is to work as in the repository's own \
            container",
        ),
        FindingCode::SettingsPlaceholder => Row::warning(
            "settings-placeholder",
            "a settings file in the image has a value that its reader must replace",
            "the program works with a value that everybody knows, or does not work",
            "mount your own file over it when the container starts",
        ),
        FindingCode::ServiceByName => Row::note(
            "service-by-name",
            "the program looks for a service under a name that only a network of containers knows",
            "elsewhere the name leads nowhere, and localhost is the container itself: the program \
            stops or fails when it needs the service",
            "start the container in the network of that service, or name another one by a variable",
        ),
        FindingCode::ServiceAtLocalhost => Row::warning(
            "service-at-localhost",
            "by default the program looks for a database or another service at localhost",
            "in a container, localhost is the container itself, where no other service runs",
            "give the container the address of the service",
        ),
        FindingCode::DotenvRequired => Row::warning(
            "dotenv-required",
            "the program stops if there is no .env file, and the image holds none",
            "the values of one place, and secrets among them, do not belong in an image: the \
            container stops as it starts",
            "let the program go on without the file and pass the variables with `docker run \
            --env-file`, or mount the file with `-v`",
        ),
        FindingCode::ConfigNotInGit => Row::warning(
            "config-not-in-git",
            "the program opens a file of which the repository holds only an example",
            "the image holds only what the repository holds, so the program does not find the file",
            "mount the file when the container starts: `-v ./FILE:/app/FILE:ro`",
        ),
        FindingCode::MigrationsNotRun => Row::note(
            "migrations-not-run",
            "the container does not run the database migrations when it starts",
            "a database that is new, or older than the program, lacks the tables until the \
            migrations have run",
            "run them once for each release, beside the containers that serve; or put them into \
            the start script, before the program: dockgen then runs both",
        ),
        FindingCode::DevelopmentFile => Row::note(
            "development-file",
            "the image does not hold a file that the program tries among others, and whose name says \
            that it is for development",
            "a developer's settings would hold in every container",
            "mount the file when the container starts, if they are to: `-v ./FILE:/app/FILE:ro`",
        ),
        FindingCode::ServedFolderMissing => Row::note(
            "served-folder-missing",
            "the program serves a folder that the repository does not hold and no known build \
            writes",
            "the image has no such folder: the files that the program should serve are not found",
            "let a build of the repository write the folder, or mount it when the container starts",
        ),
        FindingCode::FileMissing => Row::warning(
            "file-missing",
            "the program stops if it cannot open a file that the repository does not hold",
            "the image holds only what the repository holds: the container stops as it starts",
            "mount the file when the container starts, with `-v`",
        ),
        FindingCode::SystemProgram => Row::note(
            "system-program",
            "code that may run only during the build starts a program that the image does not hold",
            "if the code runs in the container, the start of that program fails there",
            "if production needs it, add its package to the final stage on --base debian or \
            --base alpine",
        ),
        FindingCode::CommandUnknown => Row::warning(
            "command-unknown",
            "the program starts a command, and dockgen knows no package that holds it",
            "the image does not hold the command: the part of the program that needs it fails",
            "add its package to the final stage on --base debian or --base alpine, or do without \
            that part of the program",
        ),
        FindingCode::PrivilegesNeeded => Row::warning(
            "privileges-needed",
            "the program uses a library whose work takes a capability, a device or a socket of the \
            host",
            "a container has no device and no socket of the host unless it is handed over, and the \
            image's user has no capability: Docker gives one to root alone, unless the program's \
            file holds it",
            "start the container with `--cap-add` and `--user 0`, or with `--device` or `-v` and \
            `--group-add`",
        ),
        FindingCode::ProgramDocumented => Row::note(
            "program-documented",
            "the documentation names a program as required, and the image does not hold it",
            "the code does not show that it is started; if it is, that part of the program fails",
            "add its package to the final stage if the program starts it",
        ),
        FindingCode::FolderUnknown => Row::warning(
            "folder-unknown",
            "the program writes files, and dockgen did not find the folder",
            "the image's user can write only into the folders that the image makes for it: \
            elsewhere the write fails, or what is written is lost with the container",
            "set the folder with --writable, and mount a volume there",
        ),
        FindingCode::WritesBesideProgram => Row::warning(
            "writes-beside-program",
            "the program writes a file into its own folder",
            "the image's user cannot write there, and what is written is lost with the \
            container; a volume there would hide the program",
            "write into a folder of its own, such as data/, or read the path from an environment \
            variable",
        ),
        FindingCode::VolumeUnread => Row::warning(
            "volume-unread",
            "a recipe mounts a volume at a folder that no code or setting names",
            "the program may keep its data elsewhere: in a folder that it cannot write, or that is \
            lost with the container",
            "find the variable or the argument that leads the program to the folder, and set it \
            with --env NAME=FOLDER or --args",
        ),
        FindingCode::VolumeElsewhere => Row::note(
            "volume-elsewhere",
            "a compose file, a unit or the documentation mounts a volume at a folder that this \
            image does not write",
            "a volume at a folder that nothing writes keeps nothing",
            "mount the volume where the `docker run` line of the report has it",
        ),
        FindingCode::HomeOfOtherUser => Row::warning(
            "home-of-other-user",
            "a compose file, a unit or the documentation mounts a volume in the home of a user \
            that the image does not have",
            "the program runs as user 65532, which cannot write there: the write fails, or the \
            data is lost with the container",
            "mount the volume at the folder that the message names, and tell the program so \
            where it reads the folder from a variable or an argument",
        ),
        FindingCode::ToolchainTooOld => Row::error(
            "toolchain-too-old",
            "the repository pins a toolchain older than the one that it needs",
            "the image is built with the pinned toolchain: the build stops",
            "pin the version that is needed or a newer one, or set it with --toolchain",
        ),
        FindingCode::ToolchainUnknown => Row::warning(
            "toolchain-unknown",
            "this version of dockgen does not know the release of the toolchain that is asked for",
            "the build stops at its first line if there is no image of that version",
            "set --toolchain to a version that has an image, or update dockgen",
        ),
        FindingCode::EndOfLife => Row::warning(
            "end-of-life",
            "the release of the toolchain is past its end of life",
            "its images get no more security fixes",
            "move to a supported release: change the version where it is stated, or set \
            --toolchain",
        ),
        FindingCode::NoLockfile => Row::warning(
            "no-lockfile",
            "there is no lockfile, or git does not hold it",
            "each build takes the versions that are newest at that moment: two builds of one \
            commit can differ or break",
            "make the lockfile and commit it",
        ),
        FindingCode::BuildFlagsUnknown => Row::warning(
            "build-flags-unknown",
            "the repository builds the program with flags that dockgen cannot read",
            "without them the program may lack a part, or stop when it needs that part",
            "add them to the build",
        ),
        FindingCode::BuildFlagsDisputed => Row::note(
            "build-flags-disputed",
            "the repository builds the program in two ways, with different flags",
            "the flags decide what is compiled, and the image is built with the first ones",
            "change them if the other ones are right",
        ),
        FindingCode::BuildArgument => Row::warning(
            "build-argument",
            "the build reads a variable that has no value",
            "what the build reads is fixed in the image: a container cannot change it later",
            "build with `docker build --build-arg NAME=VALUE ...`",
        ),
        FindingCode::BuildSecret => Row::note(
            "build-secret",
            "the build reads a token, a password or a login from a build secret",
            "an ARG, an ENV or a COPY would leave it readable in the image",
            "build with `docker build --secret id=NAME,env=NAME ...`",
        ),
        FindingCode::SecretInContext => Row::warning(
            "secret-in-context",
            "a file of the repository that the build needs holds a password or a login",
            "a COPY would put it into a layer, and everybody who pulls the image can read that \
            layer",
            "take it out of the repository, replace it, and pass the file as a build secret",
        ),
        FindingCode::GeneratedMissing => Row::error(
            "generated-missing",
            "the code needs a source file that the repository does not hold",
            "generated code that git does not hold is not in the build context: the build stops",
            "generate the file and commit it, or let the build make it",
        ),
        FindingCode::EmbedMissing => Row::error(
            "embed-missing",
            "the program embeds a file that the repository does not hold",
            "the compiler stops at a file that is not in the build context",
            "make the file before the image is built and commit it; check that no .gitignore \
            hides it",
        ),
        FindingCode::EmbedGenerated => Row::warning(
            "embed-generated",
            "the program embeds files that another build makes, and git does not hold all of them",
            "if that build does not run, the image is built without them, or the build stops",
            "run that build before the image is built, or add a stage to the Dockerfile that \
            makes them",
        ),
        FindingCode::GitRead => Row::warning(
            "git-read",
            "the build or the program reads the git repository",
            "the .dockerignore keeps .git out of the build context: the read fails or finds no \
            revision, whether or not git itself is installed",
            "read the revision from a variable, ask git only if it is unset, and set it with \
            --build-arg (for the build) or -e (for the program)",
        ),
        FindingCode::LfsPointer => Row::warning(
            "lfs-pointer",
            "a file in the build context is a pointer of Git LFS",
            "the image gets a text of three lines in place of the file: whatever reads it fails",
            "run `git lfs pull` before the build, in CI too",
        ),
        FindingCode::SubmoduleMissing => Row::warning(
            "submodule-missing",
            "a git submodule is not checked out",
            "the build context holds an empty folder there, and a build that reads it fails",
            "run `git submodule update --init --recursive` before the build, in CI too",
        ),
        FindingCode::PinUnread => Row::warning(
            "pin-unread",
            "--pin could not read the digest of a base image",
            "a tag can mean another image tomorrow; a digest cannot",
            "run `dockgen update --pin` where the registry can be reached",
        ),
        FindingCode::SecretsInContext => Row::warning(
            "secrets-in-context",
            "files that look like secrets are in the build context",
            "a COPY puts them into a layer, and everybody who pulls the image can read that layer",
            "hide them in the .dockerignore; pass secrets at run time, or to the build with `RUN \
            --mount=type=secret`",
        ),
        FindingCode::SourcesNamedLikeSecrets => Row::note(
            "sources-named-like-secrets",
            "sources named like secrets are in the build context",
            "the build reads them: they lie among the sources, or a document of the repository \
            refers to them, and dockgen found no key and no password in them",
            "if one is a secret all the same, hide it at the end of the .dockerignore",
        ),
        FindingCode::CredentialInFile => Row::warning(
            "credential-in-file",
            "a settings file holds a credential itself, not a reference to a variable",
            "the file stays out of the build context, because a COPY would put it into a layer \
            that everybody who pulls the image can read",
            "replace the credential by a reference to an environment variable",
        ),
        FindingCode::FileKeptOut => Row::warning(
            "file-kept-out",
            "the program reads a file that the .dockerignore keeps out of the image",
            "the image does not hold the file: a program that reads it as it starts stops there",
            "mount the file when the container starts, or, if it is no secret, let it in with a \
            line `!FILE` at the end of the .dockerignore",
        ),
        FindingCode::KeptOut => Row::note(
            "kept-out",
            "files named like secrets or databases are in the repository and stay out of the \
            build context",
            "a build that reads them (public values in an env file, a CA certificate, data) does \
            not find them",
            "pass the values as build arguments, or let a file in with a line `!FILE` at the end \
            of the .dockerignore",
        ),
        FindingCode::BigFilesInContext => Row::warning(
            "big-files-in-context",
            "large files are in the build context",
            "each build sends them to the engine, and a COPY of the tree puts them into a layer",
            "list the files that the program does not read in the .dockerignore",
        ),
        FindingCode::IgnoreHidesNeeded => Row::warning(
            "ignore-hides-needed",
            "the .dockerignore hides a file that the Dockerfile copies",
            "the file is not in the build context: the build would stop",
            "narrow the pattern; until then dockgen lets the file in with a line `!FILE`",
        ),
        FindingCode::IgnoreHidesSources => Row::warning(
            "ignore-hides-sources",
            "the .dockerignore lets in only what it lists, and the sources are not listed",
            "such a list is for an image of what was built before; this image is built from the \
            sources, which the build would not find",
            "list the sources in the .dockerignore to decide yourself; until then dockgen lets \
            in the rest",
        ),
        FindingCode::DockerfileDiffers => Row::warning(
            "dockerfile-differs",
            "the Dockerfile that dockgen did not write has a port, a package, a file, a feature or \
            a start command that this image lacks",
            "its author may have seen the program fail without that",
            "take over what is still true: --port, --env, --writable and --args set what they name, \
            and packages and files belong into the final stage",
        ),
        FindingCode::DockerfileNotCompared => Row::note(
            "dockerfile-not-compared",
            "the repository has a Dockerfile, and dockgen does not know which application it is for",
            "its author may have seen this program fail without a port, a package or a file that it \
            has",
            "read it beside this one, and take over what is true for this application",
        ),
        FindingCode::DockerfileSetsMore => Row::note(
            "dockerfile-sets-more",
            "the Dockerfile that dockgen did not write sets a variable or a volume that this \
            image lacks",
            "its author may have needed it",
            "take over what is still true with --writable and --env",
        ),
        FindingCode::EarlierOutput => Row::warning(
            "earlier-output",
            "an earlier run of dockgen wrote a Dockerfile of the same application under another \
            name",
            "dockgen keeps one Dockerfile of an application up to date; images from the other \
            one fall behind the repository",
            "delete the earlier file, or keep it with `dockgen init --output FILE`",
        ),
        FindingCode::TemplateOverride => Row::warning(
            "template-override",
            "the repository replaces dockgen's own templates",
            "the text that they print is built and started like dockgen's own, and it comes from \
            the repository",
            "read the templates before you build, or delete them to use dockgen's own",
        ),
        FindingCode::ApplicationLeftOut => Row::warning(
            "application-left-out",
            "dockgen writes nothing for one of several applications",
            "no image of that application can be built; the other applications do not need it",
            "remove the cause, then run dockgen again",
        ),
        FindingCode::SourceUnread => Row::note(
            "source-unread",
            "dockgen did not read a source file",
            "dockgen does not see a port, a folder that is written or a signal handler in that \
            file",
            "check the port, the folders and the stop signal yourself, or set them with flags",
        ),
        FindingCode::GitIndexUnread => Row::note(
            "git-index-unread",
            "dockgen did not read .git/index",
            "dockgen takes a file that git tracks although a .gitignore names it for an ignored \
            file, and leaves it out of the image",
            "narrow the line of the .gitignore if the image needs such a file",
        ),
        FindingCode::GitignoreUnread => Row::warning(
            "gitignore-unread",
            "dockgen did not read a .gitignore as a whole",
            "dockgen may take files that it names for sources, and does not keep them out of the \
            build context",
            "replace it by a regular file with the lines that matter",
        ),
        FindingCode::WalkCut => Row::warning(
            "walk-cut",
            "the repository is larger than dockgen reads",
            "dockgen does not see a manifest or a source file beyond that point, so the image \
            may lack what it says",
            "list large generated folders in .gitignore, or run dockgen on the application's own \
            folder",
        ),
        FindingCode::SymlinkOut => Row::warning(
            "symlink-out",
            "a symbolic link leads out of the repository, in a circle or to nothing",
            "the build context holds the link and not what it points to",
            "replace the link by the file, or leave it out of the image",
        ),
        FindingCode::Own(_) | FindingCode::Unknown(_) => return None,
    })
}
