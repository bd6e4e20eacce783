//! What functions of libraries do, as rows of the catalog: one vocabulary for every language.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::facts::Call;
use super::file::{File, is_below};

/// What a call gives, or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Gives its argument `at`, as far as a path or an address is concerned.
    Passes,
    /// Gives what lies below the key that argument `at` names of what the method is called on, else
    /// the argument `default`.
    Below,
    /// Writes its second argument under the key that the first one names.
    Sets,
    /// Gives what the module exports that argument `at` names.
    Module,
    /// Gives the environment variable that argument `at` names, else the argument `default`.
    Environment,
    /// Gives the format in argument `at`, with the arguments behind it in place of its verbs.
    Formats,
    /// Gives its arguments with `between` between them.
    Joins,
    /// Gives the first of its arguments that says something.
    Chooses,
    /// Gives what the method is called on.
    Keeps,
    /// Gives what the method is called on, else argument `at`.
    Falls,
    /// Gives what the method is called on, `between`, and argument `at`.
    Appends,
    /// Gives the folder that holds what the method is called on.
    ParentOf,
    /// Registers the flag that argument `at` names, with the default `default`; reads it into
    /// argument `into`.
    Flag,
    /// Gives the folder that holds what argument `at` names.
    Parent,
    /// Gives the user's home, with `between` behind it.
    Home,
    /// Gives a folder below the user's home that has the name of what the method is called on.
    HomeOf,
    /// Gives the path of the program's own file.
    Program,
    /// Gives the working directory.
    Here,
    /// Opens what argument `at` names, or what every argument names.
    Opens,
    /// Asks whether what argument `at` names is there.
    Tests,
    /// Makes the folder that argument `at` names.
    MakesFolder,
    /// Writes the file that argument `at` names.
    WritesFile,
    /// Opens the database that argument `at` names: a file, perhaps behind `file:` and before `?`.
    OpensDatabase,
    /// Keeps temporary files.
    Temporary,
    /// Starts the program that argument `at` names.
    Starts,
    /// Listens on the address in argument `at`.
    Listens,
    /// Receives datagrams on the address in argument `at`.
    Receives,
    /// Takes over the signal to stop.
    TakesSignals,
    /// Reads an environment file that has to exist.
    Dotenv,
}

/// Functions that do the same.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRow {
    /// The package, or one above it. Empty: a method of anything, or a function of any package;
    /// `*`: any function at all.
    #[serde(default)]
    pub of: String,
    /// Names of the functions.
    pub names: Vec<String>,
    /// What they do.
    pub does: Does,
    /// Which argument it is about.
    pub at: Option<usize>,
    /// The argument that is the default.
    pub default: Option<usize>,
    /// The argument that takes the result.
    pub into: Option<usize>,
    /// What stands between joined arguments.
    #[serde(default)]
    pub between: String,
    /// Only where argument `when` is one of `is`, as text or as words of the code.
    pub when: Option<usize>,
    /// See `when`.
    #[serde(default)]
    pub is: Vec<String>,
    /// Only with that number of arguments.
    pub arguments: Option<usize>,
    /// It is about what the method is called on, not about an argument.
    #[serde(default)]
    pub on: bool,
    /// Only in a file that has one of these words: the name alone is too common.
    #[serde(default)]
    pub near: Vec<String>,
}

impl CallRow {
    /// The file has one of the words that the row asks for.
    pub fn is_near(&self, file: &File) -> bool {
        self.near.is_empty() || self.near.iter().any(|word| !file.places(word).is_empty())
    }

    /// The call is one of the row's, by its name and its package.
    pub fn fits(&self, call: &Call) -> bool {
        let package = match self.of.as_str() {
            "*" => true,
            "" => call.is_method(),
            of => call.package().is_some_and(|path| is_below(path, of)),
        };
        package
            && self.arguments.is_none_or(|count| call.arguments().len() == count)
            && self.is_near(&call.file)
    }
}

/// A field of a library's type that says the same as a call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRow {
    /// The package that the file imports; any where empty.
    #[serde(default)]
    pub of: String,
    /// Names of the field.
    pub names: Vec<String>,
    /// What it does.
    pub does: Does,
    /// What it is, for a reader.
    pub note: String,
    /// What stands behind the folder that it is.
    #[serde(default)]
    pub between: String,
}

impl FieldRow {
    /// The file imports what the row is about.
    pub fn is_used(&self, file: &File) -> bool {
        self.of.is_empty() || file.imports_from(&self.of)
    }
}

/// A server whose methods have common names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerRow {
    /// The package of the framework.
    pub of: String,
    /// The types that have them.
    #[serde(default)]
    pub types: Vec<String>,
    /// The methods that listen.
    pub names: Vec<String>,
    /// Which argument is the address.
    #[serde(default)]
    pub at: usize,
    /// The port without an address.
    pub port: Option<u16>,
    /// The variable that changes it.
    pub variable: Option<String>,
    /// The words of the command line with which it serves, open to the network.
    pub arguments: Option<String>,
    /// Folders that it writes in the working directory.
    #[serde(default)]
    pub folders: Vec<String>,
}

/// Sockets that are made first and bound later, by a method of a common name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketRow {
    /// The methods that bind.
    pub names: Vec<String>,
    /// A word of the call that made it.
    pub made: String,
    /// What it does then.
    pub does: Does,
}

/// How tags and attributes of fields say what sets them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagRow {
    /// Keys whose value is a variable's name: `env:"PORT"`.
    pub variable: Vec<String>,
    /// Keys whose value is the default: `default:"8080"`.
    pub default: Vec<String>,
    /// Keys whose value is a flag's name: `long:"port"`.
    pub flag: Vec<String>,
    /// Packages that name a flag after the field.
    #[serde(default)]
    pub flag_of_field: Vec<String>,
    /// Keys whose value holds several of these: `conf:"default:8080,env:PORT"`.
    pub options: Vec<String>,
    /// Keys of a field that holds others, whose value stands before their variables.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// The same with `_` behind the value.
    #[serde(default)]
    pub namespace: Vec<String>,
    /// Fields of a library's options whose text stands before all variables.
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
pub struct OptionRow {
    /// The library.
    pub of: String,
    /// The field.
    pub field: String,
}

/// A call that fills a struct from the environment or from files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FillRow {
    /// The library.
    pub of: String,
    /// Names of the functions.
    pub names: Vec<String>,
    /// The argument that is filled.
    pub into: usize,
    /// The argument that is the first word of all variables, which are named after the fields.
    pub prefix: Option<usize>,
    /// The key of a field whose words are separated by `_`; all are where there is no such key.
    #[serde(default)]
    pub split: String,
    /// The first word stands before variables that tags name, too.
    #[serde(default)]
    pub before_tags: bool,
}

/// The rows of a language.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
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
    /// Expressions that hold the environment's variables: `process.env`.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Variables that the image sets.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Names that are worth a text: the last two words of a path.
    #[serde(default)]
    pub constant: BTreeMap<String, String>,
    /// Words that end the program.
    #[serde(default)]
    pub ending: Vec<String>,
    /// Expressions that are the program's own file.
    #[serde(default)]
    pub program: Vec<String>,
}

impl Rows {
    /// The rows that do one of these things.
    pub fn doing<'r>(&'r self, does: &'r [Does]) -> impl Iterator<Item = &'r CallRow> {
        self.call.iter().filter(move |row| does.contains(&row.does))
    }
}
