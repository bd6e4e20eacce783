//! JVM flags without which the program does not start. The build states them for the plugins that
//! run the program.

use super::artifact::SPRING_BOOT;
use super::plugins::Plugin;
use super::pom::Model;
use super::xml::Element;

/// The plugin that compiles.
pub(super) const COMPILER: &str = "org.apache.maven.plugins:maven-compiler-plugin";
const EXEC: &str = "org.codehaus.mojo:exec-maven-plugin";
/// Flags that open modules or enable features. Other flags only serve a developer's run.
const NEEDED: [&str; 6] = [
    "--add-opens",
    "--add-exports",
    "--add-modules",
    "--add-reads",
    "--enable-native-access",
    "--enable-preview",
];

/// An option of the program as it is written, or a property of the JVM: `--port`, `-Dport`.
pub(super) fn spelt(name: &str) -> String {
    if name.starts_with('-') { name.to_owned() } else { format!("-D{name}") }
}

/// The flags, each as one word.
pub(super) fn needed<'a>(
    model: &Model,
    plugin: impl Fn(&str) -> Option<&'a Plugin>,
) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    if let Some(boot) = plugin(SPRING_BOOT)
        && let Some((text, _)) = boot.anywhere(model, "jvmArguments")
    {
        words.extend(text.split_whitespace().map(str::to_owned));
    }
    if let Some((_, list)) = plugin(EXEC).and_then(|exec| exec.element("arguments")) {
        words.extend(list.children.iter().map(|child| model.resolve(&child.text)));
    }
    let mut found: Vec<String> = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let plain = !word.contains(['$', '`']) && !word.chars().any(char::is_control);
        let name = word.split('=').next().unwrap_or_default();
        if !plain || !NEEDED.contains(&name) {
            continue;
        }
        // `--add-opens a=b` means the same as `--add-opens=a=b`.
        let apart = word == name && name != "--enable-preview";
        let value = if apart { words.next_if(|next| !next.starts_with('-')) } else { None };
        let flag = value.map_or_else(|| word.clone(), |value| format!("{word}={value}"));
        if !found.contains(&flag) {
            found.push(flag);
        }
    }
    let preview = "--enable-preview".to_owned();
    if plugin(COMPILER).is_some_and(|compiler| previews(model, compiler))
        && !found.contains(&preview)
    {
        found.push(preview);
    }
    found
}

/// True if the compiler accepts preview features, which then need the flag at run time too.
pub(super) fn previews(model: &Model, compiler: &Plugin) -> bool {
    let of_list = |way: &str| {
        let list = |(_, list): (_, &Element)| {
            list.children.iter().any(|child| child.text.contains("--enable-preview"))
        };
        compiler.element(way).is_some_and(list)
    };
    compiler.anywhere(model, "enablePreview").is_some_and(|(text, _)| text == "true")
        || of_list("compilerArgs")
        || compiler
            .anywhere(model, "compilerArgument")
            .is_some_and(|(text, _)| text.contains("--enable-preview"))
}
