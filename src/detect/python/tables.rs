//! What the catalog says about frameworks, servers and workers.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use crate::catalog;
use crate::catalog::Catalog;
use crate::code::Rows;
use crate::detect::privileges::Privileged;

/// The catalog's tables about what is started.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) code: Rows,
    pub(super) frameworks: Vec<Framework>,
    pub(super) servers: Vec<Server>,
    pub(super) workers: Vec<Worker>,
    pub(super) caches: Vec<Cache>,
    pub(super) listeners: Vec<Listener>,
    pub(super) starting: Vec<Starting>,
    /// Commands that every image has, and those of a desktop.
    pub(super) present: Present,
    pub(super) commands: &'static BTreeMap<String, String>,
    pub(super) privileged: Vec<Privileged>,
    pub(super) browsers: Vec<Browser>,
    pub(super) drivers: Drivers,
    pub(super) demanding: Vec<Demanding>,
    pub(super) settings: Vec<Setting>,
    pub(super) workings: Vec<Working>,
    pub(super) removed: Vec<Removed>,
    pub(super) setuptools: Setuptools,
    pub(super) before_static: Vec<Before>,
}

/// A library that drives a browser.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Browser {
    pub(super) package: String,
    /// Its module.
    pub(super) of: String,
    /// The functions that start one.
    pub(super) names: Vec<String>,
    /// The argument with the path of the browser.
    pub(super) path: Option<String>,
    /// The key in packages.toml of the browser that it finds by itself, and the variables for it.
    #[serde(default)]
    pub(super) system: String,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// What to do where the image holds none.
    #[serde(default)]
    pub(super) fix: String,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    pub(super) source: String,
}

/// Drivers of databases, and the functions that take an address of any of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drivers {
    /// Packages that reach a server.
    pub(super) servers: Vec<String>,
    /// Packages that open a file.
    pub(super) files: Vec<String>,
    pub(super) by_address: Vec<String>,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    pub(super) source: String,
}

/// A function that reads a `.env` file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Demanding {
    pub(super) of: String,
    pub(super) name: String,
    /// The argument that is true where the file must exist; none: a value of it is taken by its key.
    pub(super) strict: Option<String>,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    pub(super) source: String,
}

/// A setting that makes a library write.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    pub(super) of: String,
    pub(super) name: String,
    /// The value with which it writes `folder`; none: the value is the path.
    pub(super) is: Option<String>,
    #[serde(default)]
    pub(super) folder: String,
    /// The setting that names another folder.
    pub(super) unless: Option<String>,
    /// The path is a file, whose name the library fills.
    #[serde(default)]
    pub(super) file: bool,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    pub(super) source: String,
}

/// How a server calls an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Interface {
    /// <https://peps.python.org/pep-3333/>
    Wsgi,
    /// <https://asgi.readthedocs.io/>
    Asgi,
    /// The framework's own server alone runs it.
    Own,
    /// The file is a script that a command of the framework runs.
    Script,
}

/// A framework whose applications are objects, or scripts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Framework {
    /// The module, and the package where its name differs.
    pub(super) of: String,
    pub(super) package: Option<String>,
    /// What makes an application, or takes another one in.
    #[serde(default)]
    pub(super) names: Vec<String>,
    pub(super) interface: Interface,
    /// The servers that run it, before those of its interface.
    #[serde(default)]
    pub(super) servers: Vec<String>,
    /// The attribute of the object that servers take: `server` of Dash.
    pub(super) attribute: Option<String>,
    /// Names of which the file of a script has to use one.
    #[serde(default)]
    pub(super) marks: Vec<String>,
    /// It takes in an application that another framework made.
    #[serde(default)]
    pub(super) wraps: bool,
    /// The command with a development server; `{app}` is the object, `{file}` its file, `{port}` the
    /// port.
    #[serde(default)]
    pub(super) reload: Vec<String>,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    pub(super) source: String,
}

/// A server with its settings for a container.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    /// The package, and the name of the row.
    pub(super) package: String,
    /// Packages that bring it: `quart`, `fastapi[standard]`.
    #[serde(default)]
    pub(super) brought: Vec<String>,
    pub(super) interfaces: Vec<Interface>,
    /// The command before the application.
    pub(super) command: Vec<String>,
    /// The words before the application, by its interface.
    #[serde(default)]
    pub(super) of_interface: BTreeMap<String, Vec<String>>,
    /// The command that starts it anew at each edit; `{app}` is the object, `{port}` the port.
    #[serde(default)]
    pub(super) reload: Vec<String>,
    /// The variable that sets the number of its workers.
    pub(super) workers: Option<String>,
    /// The words before a factory: `--factory`; none where the factory is called: `app:create()`.
    #[serde(default)]
    pub(super) factory: Vec<String>,
    /// The application is a file.
    #[serde(default)]
    pub(super) file: bool,
    /// The server that comes with the framework of its name, for development. Its command names the
    /// application itself, as `{app}`, or needs no name.
    #[serde(default)]
    pub(super) development: bool,
    /// Options of the repository's own command that are kept, with their short names.
    #[serde(default)]
    pub(super) keeps: BTreeMap<String, String>,
    /// The same for options without a value.
    #[serde(default)]
    pub(super) switches: Vec<String>,
    /// A file of settings that it reads by itself, and the setting with the address.
    pub(super) settings: Option<String>,
    /// The port, and the variable that sets it.
    pub(super) port: u16,
    pub(super) variable: Option<String>,
    /// Arguments that a person may replace; `{port}` is the port.
    #[serde(default)]
    pub(super) args: Vec<String>,
    /// Variables.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// A file of TOML that states the port, and the keys that lead to it.
    pub(super) stated: Option<StatedPort>,
    /// Why it stops on SIGTERM. Without it, Python's own action holds, which process 1 does not have.
    pub(super) stops: Option<String>,
    /// It believes what the headers of a proxy say, from every address.
    #[serde(default)]
    pub(super) trusts: bool,
    /// It keeps files in the user's home, or in `/tmp`.
    #[serde(default)]
    pub(super) temporary: bool,
    pub(super) source: String,
}

/// Where a server's own settings state its port.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatedPort {
    pub(super) file: String,
    pub(super) keys: Vec<String>,
}

/// A library of tasks, whose workers are programs of their own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Worker {
    pub(super) of: String,
    pub(super) package: String,
    /// What makes the object that a worker is started with; none: the module is enough.
    #[serde(default)]
    pub(super) names: Vec<String>,
    /// What makes it may come from another package.
    #[serde(default)]
    pub(super) anywhere: bool,
    /// The object is a queue, whose name the worker is started with.
    #[serde(default)]
    pub(super) queue: bool,
    /// Decorators that mark a task.
    #[serde(default)]
    pub(super) tasks: Vec<String>,
    /// What it does, where it is not the only program of its library.
    #[serde(default)]
    pub(super) role: String,
    /// One of these words stands in a module of the application.
    #[serde(default)]
    pub(super) with: Vec<String>,
    /// A class of that name says what the worker does.
    pub(super) class: Option<String>,
    /// The command: `{app}` is `module:object`, `{dotted}` is `module.object`.
    pub(super) command: Vec<String>,
    pub(super) args: Vec<String>,
    /// Why it stops on SIGTERM.
    pub(super) stops: String,
    pub(super) source: String,
}

/// A library that keeps files in the user's home.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cache {
    pub(super) package: String,
    /// The name by which it is imported, if that differs.
    pub(super) module: Option<String>,
    /// It does so wherever it is installed, because other packages use it.
    #[serde(default)]
    pub(super) always: bool,
    /// Words of the code that make it do so.
    #[serde(default)]
    pub(super) words: Vec<String>,
    /// The variable that names another folder.
    pub(super) variable: String,
    /// The folder in the image; one below `/tmp` needs no volume.
    pub(super) folder: String,
    pub(super) note: String,
    pub(super) source: String,
}

/// A function that listens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listener {
    /// Its module; empty for a method of any object, in a file that imports `near`.
    #[serde(default)]
    pub(super) of: String,
    #[serde(default)]
    pub(super) near: String,
    pub(super) names: Vec<String>,
    /// Names of objects that need no import beside them.
    #[serde(default)]
    pub(super) receivers: Vec<String>,
    /// The names of the arguments, and their positions.
    #[serde(default)]
    pub(super) host: Option<String>,
    #[serde(default)]
    pub(super) port: Option<String>,
    #[serde(default)]
    pub(super) host_at: Option<usize>,
    #[serde(default)]
    pub(super) port_at: Option<usize>,
    /// The name and the position of `(host, port)`, or of a text such as `[::]:50051`.
    #[serde(default)]
    pub(super) address: Option<String>,
    #[serde(default)]
    pub(super) address_at: Option<usize>,
    /// The argument that decides whether it listens, and its values with which it does.
    #[serde(default)]
    pub(super) with: String,
    #[serde(default)]
    pub(super) is: Vec<String>,
    /// The class that the object is of: arguments of its call count too.
    #[serde(default)]
    pub(super) made: String,
    /// The variable that the library reads where the host is not given.
    pub(super) host_variable: Option<String>,
    /// What holds where they are not given.
    #[serde(default)]
    pub(super) default_host: String,
    pub(super) default_port: Option<u16>,
    /// A server for development.
    #[serde(default)]
    pub(super) development: bool,
    /// It speaks to others than the clients of a web application.
    #[serde(default)]
    pub(super) side: bool,
    /// It receives datagrams.
    #[serde(default)]
    pub(super) datagrams: bool,
    /// It is a socket, which listens only if the code says so.
    #[serde(default)]
    pub(super) socket: bool,
    /// It stops on SIGTERM.
    #[serde(default)]
    pub(super) stops: bool,
    pub(super) source: String,
}

/// Commands that need no package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Present {
    pub(super) names: Vec<String>,
}

/// A library that starts a program of the system.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Starting {
    pub(super) package: String,
    /// The name by which it is imported, if that differs.
    pub(super) module: Option<String>,
    pub(super) needs: String,
    pub(super) source: String,
}

/// Names that a release line was the last to have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removed {
    pub(super) last: String,
    /// Modules, and what modules export.
    pub(super) names: Vec<String>,
    /// A function that puts things right where the file calls it.
    pub(super) unless: Option<String>,
    /// Packages that bring a name back.
    #[serde(default)]
    pub(super) backports: BTreeMap<String, String>,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// The last version with all its modules, and who imports them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setuptools {
    pub(super) last: String,
    /// The last versions for release lines of Python that the last one of all does not take.
    pub(super) earlier: BTreeMap<String, String>,
    /// Packages that import them as they start, with the first version that does not.
    pub(super) users: BTreeMap<String, String>,
    /// Those of them that require setuptools themselves, with the first version that does not.
    pub(super) bringing: BTreeMap<String, String>,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// A command of an app that writes static files, before all of them are gathered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    pub(super) app: String,
    pub(super) words: Vec<String>,
    pub(super) note: String,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// How a server works where the image holds certain packages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Working {
    pub(super) server: String,
    /// All of them.
    pub(super) with: Vec<String>,
    pub(super) words: Vec<String>,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

impl Tables {
    pub(super) fn of(catalog: &Catalog) -> Result<Self> {
        Ok(Self {
            code: catalog.table("code")?,
            frameworks: catalog.table("framework")?,
            servers: catalog.table("server")?,
            workers: catalog.table("worker")?,
            caches: catalog.table("cache")?,
            listeners: catalog.table("listener")?,
            starting: catalog.table("starting")?,
            present: catalog.table("present")?,
            commands: catalog::commands()?,
            privileged: catalog.table("privileged")?,
            browsers: catalog.table("browser")?,
            drivers: catalog.table("drivers")?,
            demanding: catalog.table("demanding")?,
            settings: catalog.table("setting")?,
            workings: catalog.table("working")?,
            removed: catalog.table("removed")?,
            setuptools: catalog.table("setuptools")?,
            before_static: catalog.table("before-static")?,
        })
    }
}

impl Framework {
    /// The name of its package.
    pub(super) fn package(&self) -> &str {
        self.package.as_deref().unwrap_or(&self.of)
    }
}
