//! Rows of the catalog on the functions of libraries: one vocabulary for all languages.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::facts::{Call, Definition, Form};
use super::file::{File, is_below};

/// What a call returns or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Does {
    /// Returns its argument `at`, as far as a path or an address is concerned.
    Passes,
    /// Returns the value below the key in argument `at` of its receiver, or else the argument
    /// `default`.
    Below,
    /// Writes its second argument under the key in the first one.
    Sets,
    /// Returns an object with the keys of all its arguments; the last one that has a key wins.
    Merges,
    /// Returns the exports of the module that argument `at` names.
    Module,
    /// Returns the environment variable that argument `at` names, or else the argument `default`.
    Environment,
    /// Returns the format in argument `at`, with its verbs replaced by the arguments after it.
    Formats,
    /// Returns its arguments, joined by `between`.
    Joins,
    /// Returns the first of its arguments that is not empty.
    Chooses,
    /// Returns its receiver.
    Keeps,
    /// Returns its receiver, or else argument `at`.
    Falls,
    /// Returns its receiver, `between` and argument `at`, joined.
    Appends,
    /// Returns the parent folder of its receiver.
    ParentOf,
    /// Registers the flag that argument `at` names, with the default `default`, and stores it in
    /// argument `into`.
    Flag,
    /// Returns the parent folder of argument `at`.
    Parent,
    /// Returns the user's home, followed by `between`.
    Home,
    /// Returns a folder below the user's home with the name in its receiver.
    HomeOf,
    /// Returns the path of the program's own file.
    Program,
    /// Returns the working directory.
    Here,
    /// Asks whether a value is missing or empty: its argument, or else its receiver.
    IsEmpty,
    /// Asks whether a value is there and not empty: its argument, or else its receiver.
    IsFilled,
    /// Asks whether its receiver equals its argument.
    Equals,
    /// Asks whether its receiver contains its argument.
    Contains,
    /// Asks whether its receiver starts with its argument.
    StartsWith,
    /// Opens the path in argument `at`, or in every argument.
    Opens,
    /// Serves the folder in argument `at`.
    Serves,
    /// Tests whether the path in argument `at` exists.
    Tests,
    /// Creates the folder in argument `at`.
    MakesFolder,
    /// Writes the file in argument `at`.
    WritesFile,
    /// Opens the database in argument `at`: a file, possibly after `file:` and before `?`.
    OpensDatabase,
    /// Connects to a service at the address in argument `at`, or in a named one.
    Connects,
    /// Does not do without its argument `at`, or a named one of `named`; without it, it reads the
    /// variable `between`.
    Demands,
    /// Creates temporary files.
    Temporary,
    /// Starts the program in argument `at`.
    Starts,
    /// Listens on the address in argument `at`.
    Listens,
    /// Receives datagrams on the address in argument `at`.
    Receives,
    /// Handles the stop signal.
    TakesSignals,
    /// Reads an environment file that has to exist.
    Dotenv,
    /// Opens the git repository in the folder in argument `at`, or in one above it.
    OpensRepository,
}

/// Functions with the same effect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallRow {
    /// The package, or one above it. Empty: a method of any type, or a function of any package;
    /// `*`: any function.
    #[serde(default)]
    pub of: String,
    /// Names of the functions.
    pub names: Vec<String>,
    /// What they do.
    pub does: Does,
    /// The argument that the row is about.
    pub at: Option<usize>,
    /// Named arguments with which the row does not apply.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The row counts only where the code states a path: the argument can also be something else,
    /// such as a buffer or a number, and functions of other libraries can have the name.
    #[serde(default)]
    pub stated: bool,
    /// The library fills the name of the file: `{time}.log`, `%Y.log`.
    #[serde(default)]
    pub patterned: bool,
    /// The argument with the default.
    pub default: Option<usize>,
    /// The argument that receives the result.
    pub into: Option<usize>,
    /// The text between joined arguments.
    #[serde(default)]
    pub between: String,
    /// The row applies only if argument `when` is one of `is`, as text or as words of the code.
    pub when: Option<usize>,
    /// See `when`.
    #[serde(default)]
    pub is: Vec<String>,
    /// The row applies only to calls with this number of arguments.
    pub arguments: Option<usize>,
    /// The row is about the receiver, not about an argument.
    #[serde(default)]
    pub on: bool,
    /// The row is about a function, not about a method of that name.
    #[serde(default)]
    pub plain: bool,
    /// The row applies only in a file with one of these words, because the name alone is too
    /// common.
    #[serde(default)]
    pub near: Vec<String>,
    /// Names of arguments with the same meaning as `at`, in languages that have such. `at` then
    /// counts for an argument without a name.
    #[serde(default)]
    pub named: Vec<String>,
    /// The service that the call connects to, by its id in `services.toml`; by the address if none.
    pub service: Option<String>,
    /// Without an address, it connects to this machine.
    #[serde(default)]
    pub local: bool,
}

impl CallRow {
    /// True if the file has one of the words that the row requires.
    pub(crate) fn is_near(&self, file: &File) -> bool {
        self.near.is_empty() || self.near.iter().any(|word| !file.places(word).is_empty())
    }

    /// True if the call is one of the row's, by its name and its package.
    pub(crate) fn fits(&self, call: &Call) -> bool {
        let package = match self.of.as_str() {
            "*" => true,
            "" => call.is_method(),
            of if call.file.dialect().indents => call.is_in(of),
            of => call.package().is_some_and(|path| is_below(path, of)),
        };
        package
            && !(self.plain && call.is_method())
            && self.arguments.is_none_or(|count| call.arguments().len() == count)
            && self.unless.iter().all(|name| call.named(name).is_none())
            && self.is_near(&call.file)
    }
}

/// A field of a library's type with the same effect as a call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldRow {
    /// The package that the file must import; any if empty.
    #[serde(default)]
    pub of: String,
    /// Names of the field.
    pub names: Vec<String>,
    /// The types of the literals with this field; any if empty.
    #[serde(default)]
    pub types: Vec<String>,
    /// It may also be assigned: `options.name = x`.
    #[serde(default)]
    pub assigned: bool,
    /// What it does.
    pub does: Does,
    /// A description for evidence.
    pub note: String,
    /// The text after the folder that it names.
    #[serde(default)]
    pub between: String,
    /// The service at the address.
    pub service: Option<String>,
}

impl FieldRow {
    /// True if the file imports the row's package.
    pub(crate) fn is_used(&self, file: &File) -> bool {
        self.of.is_empty() || file.imports_from(&self.of)
    }

    /// True if a definition of one of its names is such a field.
    pub(crate) fn is_at(&self, file: &File, definition: &Definition) -> bool {
        let of_type = || {
            let open = file.enclosing(definition.name).filter(|open| *open > 0);
            open.is_some_and(|open| self.types.iter().any(|of| of == file.word(open - 1)))
        };
        match definition.form {
            Form::Field => self.types.is_empty() || of_type(),
            Form::Assigned => self.assigned,
            _ => false,
        }
    }
}

/// A server whose methods have common names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerRow {
    /// The package of the framework.
    pub of: String,
    /// The types with these methods.
    #[serde(default)]
    pub types: Vec<String>,
    /// The methods that listen.
    pub names: Vec<String>,
    /// The index of the address argument.
    #[serde(default)]
    pub at: usize,
    /// The port if there is no address.
    pub port: Option<u16>,
    /// The variable that sets the port.
    pub variable: Option<String>,
    /// The arguments with which it serves and is reachable from outside.
    pub arguments: Option<String>,
    /// Folders that it writes, in the working directory.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Files and folders that it reads without being told, in the working directory.
    #[serde(default)]
    pub reads: Vec<String>,
    /// The key with the port in the first of these files.
    pub key: Option<String>,
}

/// Sockets that are created first and bound later, by a method with a common name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SocketRow {
    /// The methods that bind.
    pub names: Vec<String>,
    /// A word in the call that created it.
    pub made: String,
    /// What it then does.
    pub does: Does,
}

/// How tags and attributes of fields state their settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagRow {
    /// Keys whose value is the name of a variable: `env:"PORT"`.
    pub variable: Vec<String>,
    /// Keys whose value is the default: `default:"8080"`.
    pub default: Vec<String>,
    /// Keys whose value is the name of a flag: `long:"port"`.
    pub flag: Vec<String>,
    /// Packages that name a flag after the field.
    #[serde(default)]
    pub flag_of_field: Vec<String>,
    /// Keys whose value contains several of these: `conf:"default:8080,env:PORT"`.
    pub options: Vec<String>,
    /// Keys of a field that contains others, whose value is a prefix of their variables.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// As `prefix`, with `_` after the value.
    #[serde(default)]
    pub namespace: Vec<String>,
    /// Fields of a library's options whose text is a prefix of all variables.
    #[serde(default)]
    pub option: Vec<OptionRow>,
    /// Calls that fill a struct.
    #[serde(default)]
    pub fill: Vec<FillRow>,
    /// Keys whose value is the field's name in settings files.
    #[serde(default)]
    pub key: Vec<String>,
}

/// A field of a library's options.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptionRow {
    /// The library.
    pub of: String,
    /// The field.
    pub field: String,
}

/// A call that fills a struct from the environment or from files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FillRow {
    /// The package of the library.
    pub of: String,
    /// Names of the functions.
    pub names: Vec<String>,
    /// The argument that it fills.
    pub into: usize,
    /// The argument with the first word of all variables, which are named after the fields.
    pub prefix: Option<usize>,
    /// The key of a field whose words are separated by `_`. If it is empty, all are.
    #[serde(default)]
    pub split: String,
    /// The first word is also a prefix of variables that tags name.
    #[serde(default)]
    pub before_tags: bool,
}

/// The rows of a language.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows {
    /// Functions.
    pub call: Vec<CallRow>,
    /// Fields.
    #[serde(default)]
    pub field: Vec<FieldRow>,
    /// Servers.
    #[serde(default)]
    pub server: Vec<ServerRow>,
    /// Sockets.
    #[serde(default)]
    pub socket: Vec<SocketRow>,
    /// Tags.
    #[serde(default)]
    pub tag: TagRow,
    /// Expressions for the environment's variables: `process.env`.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Variables that the image sets.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Names with a constant text: the last two words of a path, or a property of the platform.
    #[serde(default)]
    pub constant: BTreeMap<String, String>,
    /// Words that exit the program.
    #[serde(default)]
    pub ending: Vec<String>,
    /// Expressions for the program's own file.
    #[serde(default)]
    pub program: Vec<String>,
}

impl Rows {
    /// The rows that do one of these things.
    pub(crate) fn doing<'r>(&'r self, does: &'r [Does]) -> impl Iterator<Item = &'r CallRow> {
        self.call.iter().filter(move |row| does.contains(&row.does))
    }
}
