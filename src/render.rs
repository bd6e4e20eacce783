//! Renders a plan into the text of a Dockerfile. Only this module uses Tera.
//!
//! A template may print plain words only. Anything else must go through one of the filters `exec`,
//! `shell`, `flags`, `env`, `path`, `comment` and `copy`, which escape it for its position. Undefined
//! variables are errors.

mod bounds;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

use bounds::Printed;

use crate::catalog::{self, TEMPLATES};
use crate::docker::quote;
use crate::plan::{EachMember, Plan};

/// Prefix of the built-in templates for overrides that include or extend them.
const BUILTIN: &str = "builtin/";

/// A template of the user's: its name (`node.Dockerfile`, `base/user.Dockerfile`) and its text. It
/// replaces the built-in template of that name, and can still include or extend it as
/// `builtin/<name>`.
pub type Override = (String, String);

/// Renders the Dockerfile of a plan.
///
/// # Errors
/// If a template is invalid, or prints a value unescaped. The error names the template, the line
/// and the value.
pub fn dockerfile(plan: &Plan, overrides: &[Override]) -> Result<String> {
    let own = if overrides.is_empty() { None } else { Some(engine(all()?, overrides)?) };
    let render = |stem: &str, context: &Context| {
        let name = format!("{stem}.Dockerfile");
        let tera = own.as_ref().map_or_else(|| builtin(&name), Ok)?;
        let mut printed = Printed::default();
        tera.render_to(&name, context, &mut printed)
            .map_err(|e| explain(&e))
            .with_context(|| format!("cannot render {name}"))?;
        String::from_utf8(printed.0).with_context(|| format!("cannot render {name}"))
    };
    let mut stages = String::new();
    for front_end in &plan.front_ends {
        let mut context = Context::from_serialize(front_end).map_err(|e| explain(&e))?;
        context.insert("build_args", &front_end.build_args);
        context.insert("build_secrets", &front_end.build_secrets);
        context.insert("install_secrets", &front_end.install_secrets);
        // Answers on the build are about the program's.
        context.insert("build_command", &None::<&str>);
        context.insert("build_flags", &[""; 0]);
        stages.push_str(&render(&front_end.template, &context)?);
    }
    let mut context = Context::from_serialize(plan).map_err(|e| explain(&e))?;
    // A serialised plan omits an empty list.
    context.insert("build_args", &plan.build_args);
    context.insert("build_secrets", &plan.build_secrets);
    context.insert("install_secrets", &plan.install_secrets);
    context.insert("build_command", &plan.build_command);
    context.insert("build_flags", &plan.build_flags);
    context.insert("front_ends", &plan.front_ends);
    context.insert(
        "built_in",
        &plan.front_ends.iter().filter(|front_end| front_end.built_in).collect::<Vec<_>>(),
    );
    // Rendered by the same rules, so its values are already escaped.
    context.insert_value("front_end_stages", Value::safe_string(&stages));
    Ok(tidy(&render(&plan.template, &context)?))
}

/// Renders `compose.yaml`.
///
/// # Errors
/// If a template is invalid, or prints a value unescaped.
pub(crate) fn compose<T: serde::Serialize>(values: &T) -> Result<String> {
    const NAME: &str = "compose.yaml";
    let context = Context::from_serialize(values).map_err(|e| explain(&e))?;
    let mut printed = Printed::default();
    builtin(NAME)?
        .render_to(NAME, &context, &mut printed)
        .map_err(|e| explain(&e))
        .with_context(|| format!("cannot render {NAME}"))?;
    Ok(tidy(&String::from_utf8(printed.0)?))
}

/// The names of the overrides that the Dockerfile of a plan can contain: those that its templates
/// name, directly or indirectly.
///
/// # Errors
/// If a template is unknown.
pub fn used(plan: &Plan, overrides: &[Override]) -> Result<BTreeSet<String>> {
    let mut known: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut builtin = Vec::new();
    collect(&TEMPLATES, &mut builtin)?;
    for (name, text) in builtin.iter().chain(overrides) {
        known.entry(name.strip_prefix(BUILTIN).unwrap_or(name)).or_default().push(text);
    }
    let stems = plan.front_ends.iter().map(|front_end| &front_end.template);
    let mut open: Vec<String> =
        stems.chain([&plan.template]).map(|stem| format!("{stem}.Dockerfile")).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        for text in known.get(name.as_str()).into_iter().flatten() {
            // A name is in quotes, and Tera has three kinds of them.
            let words = text.split(['"', '\'', '`']).map(|w| w.strip_prefix(BUILTIN).unwrap_or(w));
            let named = words.filter(|word| known.contains_key(word) && !seen.contains(*word));
            open.extend(named.map(str::to_owned));
        }
        seen.insert(name);
    }
    Ok(overrides.iter().map(|(name, _)| name.clone()).filter(|name| seen.contains(name)).collect())
}

/// A built-in template with those that it includes, parsed once and kept until the process ends.
fn builtin(name: &str) -> Result<&'static Tera> {
    static PARSED: Mutex<BTreeMap<String, &'static Tera>> = Mutex::new(BTreeMap::new());
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tera) = parsed.get(name) {
        return Ok(tera);
    }
    let tera: &'static Tera = Box::leak(Box::new(engine(including(name)?, &[])?));
    parsed.insert(name.to_owned(), tera);
    Ok(tera)
}

/// The built-in template of that name and those that it includes, whose names are in double quotes.
fn including(name: &str) -> Result<Vec<Override>> {
    let mut found: BTreeMap<String, &str> = BTreeMap::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        let text = catalog::text(&name)?;
        let included = text.split("include \"").skip(1).filter_map(|rest| rest.split('"').next());
        open.extend(included.filter(|name| !found.contains_key(*name)).map(str::to_owned));
        found.insert(name, text);
    }
    Ok(found
        .into_iter()
        .map(|(name, text)| (format!("{BUILTIN}{name}"), text.to_owned()))
        .collect())
}

/// Every built-in template.
fn all() -> Result<Vec<Override>> {
    let mut templates = Vec::new();
    collect(&TEMPLATES, &mut templates)?;
    Ok(templates)
}

/// The arguments of the filter `copy` beside its sources.
#[derive(Deserialize)]
struct To {
    dest: String,
    #[serde(default)]
    each: Vec<EachMember>,
}

fn engine(mut templates: Vec<Override>, overrides: &[Override]) -> Result<Tera> {
    let mut tera = Tera::new();
    tera.set_fallback_prefixes([BUILTIN]).map_err(|e| explain(&e))?;
    tera.autoescape_on([".Dockerfile", ".yaml"]);
    tera.set_escape_fn(refuse_unless_plain);
    tera.register_filter("exec", |argv: Vec<String>, _: Kwargs, _: &State| {
        Value::safe_string(&quote::exec_form(&argv))
    });
    tera.register_filter("shell", |argv: Vec<String>, _: Kwargs, _: &State| {
        Value::safe_string(&quote::shell_words(&argv))
    });
    tera.register_filter("flags", |words: Vec<String>, _: Kwargs, _: &State| {
        Value::safe_string(&quote::flags(&words))
    });
    tera.register_filter("env", |value: String, _: Kwargs, _: &State| {
        Value::safe_string(&quote::env_value(&value))
    });
    tera.register_filter("path", |path: String, _: Kwargs, _: &State| {
        Value::safe_string(&quote::path(&path))
    });
    tera.register_filter("comment", |text: String, _: Kwargs, _: &State| {
        Value::safe_string(&quote::comment(&text))
    });
    tera.register_filter(
        "copy",
        |sources: Vec<String>, words: Kwargs, _: &State| -> TeraResult<Value> {
            let to: To = words.deserialize()?;
            let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
            let each = to.each.iter().map(|each| (each.folder.as_str(), each.file.as_str()));
            let each: Vec<(&str, &str)> = each.collect();
            Ok(Value::safe_string(&quote::copy_operands(&sources, &each, &to.dest)))
        },
    );
    tera.register_filter("yaml", |text: String, _: Kwargs, _: &State| {
        Value::safe_string(&yaml::word(&text))
    });
    tera.register_filter("text", |text: String, _: Kwargs, _: &State| {
        Value::safe_string(&yaml::text(&text))
    });
    tera.register_filter("flow", |words: Vec<String>, _: Kwargs, _: &State| {
        Value::safe_string(&yaml::list(&words))
    });
    if !overrides.is_empty() {
        bounds::register(&mut tera);
    }
    for (name, text) in overrides {
        templates.push((name.clone(), bounds::guarded(name, text)?));
    }
    tera.add_raw_templates(templates.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .map_err(|e| explain(&e))?;
    Ok(tera)
}

fn collect(dir: &include_dir::Dir, into: &mut Vec<Override>) -> Result<()> {
    for file in dir.files() {
        let name = file.path().to_str().context("a template's name is not UTF-8")?;
        if name.ends_with(".Dockerfile") {
            let text = file.contents_utf8().with_context(|| format!("{name} is not UTF-8"))?;
            into.push((format!("{BUILTIN}{name}"), text.to_owned()));
        }
    }
    dir.dirs().try_for_each(|dir| collect(dir, into))
}

fn refuse_unless_plain(text: &str, out: &mut dyn Write) -> io::Result<()> {
    if quote::is_plain(text) {
        return out.write_all(text.as_bytes());
    }
    let hint = "is no plain word: print it through one of the filters exec, shell, env, path, comment or copy (in YAML: \
                yaml, text or flow)";
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("{text:?} {hint}")))
}

/// Collects the sources of Tera's errors, which contain the cause.
fn explain(error: &tera::Error) -> anyhow::Error {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    anyhow!(message)
}

/// Trims line ends and runs of blank lines, so that templates may use them freely.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out.push('\n');
    out
}

/// The names of the built-in templates, which overrides may replace.
pub fn names() -> Result<Vec<String>> {
    let mut templates = Vec::new();
    collect(&TEMPLATES, &mut templates)?;
    Ok(templates.into_iter().map(|(name, _)| name[BUILTIN.len()..].to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, value: &str) -> Result<String> {
        let tera = engine(all().unwrap(), &[("t.Dockerfile".to_owned(), template.to_owned())])?;
        let mut context = Context::new();
        context.insert("value", value);
        context.insert("words", &vec![value]);
        let mut printed = Printed::default();
        tera.render_to("t.Dockerfile", &context, &mut printed).map_err(|e| explain(&e))?;
        Ok(String::from_utf8(printed.0)?)
    }

    #[test]
    fn refuses_what_no_filter_escaped() {
        assert_eq!(render("WORKDIR {{ value }}", "/app").unwrap(), "WORKDIR /app");
        let error = render("WORKDIR {{ value }}", "/app\nRUN evil").unwrap_err().to_string();
        assert!(error.contains("no plain word"), "{error}");
        assert_eq!(
            render("WORKDIR {{ value | path }}", "/a b/$x'").unwrap(),
            r"WORKDIR /a b/\$x\'"
        );
        assert!(render("WORKDIR {{ typo }}", "x").is_err());
        assert_eq!(
            render("ENTRYPOINT {{ words | exec }}", "a\"\nb").unwrap(),
            r#"ENTRYPOINT ["a\"\nb"]"#
        );
        assert_eq!(
            render("COPY {{ words | copy(dest=\"./\") }}", "a b").unwrap(),
            r#"COPY ["a b", "./"]"#
        );
        assert!(render("ENTRYPOINT {{ value | exec }}", "a b").is_err());
    }

    #[test]
    fn a_template_ends_whatever_it_asks_for() {
        let many = "{% for a in range(end=99999) %}{% for b in range(end=99999) %}{% for c in range(end=99999) %}{% endfor %}{% endfor %}{% endfor %}";
        let kept = "{% set r = range(end=900) %}{% for a in r %}{% for b in r %}{% for c in r %}{% endfor %}{% endfor %}{% endfor %}";
        let doubled = format!("{{% set x = 'xxxxxxxx' %}}{}", "{% set x = x ~ x %}\n".repeat(40));
        let global = "{% set x = 'xxxxxxxx' %}{% for a in range(end=99) %}{% set_global x = x ~ x %}{% endfor %}";
        let replaced = "{% set x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}\n{{ x | replace(from='a', to=x) | replace(from='a', to=x) | replace(from='a', to=x) | replace(from='a', to=x) }}";
        let printed = "{% for a in range(end=9999) %}{% for b in range(end=9) %}".to_owned()
            + &"x".repeat(9999)
            + "{% endfor %}{% endfor %}";
        for (text, budget) in [
            (many, "MAX_TEMPLATE_WORK"),
            (kept, "MAX_TEMPLATE_WORK"),
            (doubled.as_str(), "MAX_VALUE"),
            (global, "MAX_VALUE"),
            (replaced, "MAX_VALUE"),
            (printed.as_str(), "MAX_"),
        ] {
            let error = render(text, "x").unwrap_err().to_string();
            assert!(error.contains(budget), "{error}");
            assert!(error.contains("t.Dockerfile") || budget == "MAX_", "{error}");
        }
        assert_eq!(render("{% for a in words -%}\n  {{ a }}\n{%- endfor %}", "b").unwrap(), "b");
        assert_eq!(render("{{ words | join(sep=',') }}", "b").unwrap(), "b");
    }

    #[test]
    fn tidies_blank_lines() {
        assert_eq!(tidy("\n\nFROM a  \n\n\n\nRUN b\n\n"), "FROM a\n\nRUN b\n");
    }

    #[test]
    fn an_override_replaces_a_template_and_can_include_it() {
        let text = "# ours\n{% include \"builtin/base/artifacts.Dockerfile\" %}";
        let tera =
            engine(all().unwrap(), &[("base/artifacts.Dockerfile".to_owned(), text.to_owned())])
                .unwrap();
        let mut context = Context::new();
        context.insert("artifacts", &Vec::<String>::new());
        assert!(tera.render("base/artifacts.Dockerfile", &context).unwrap().starts_with("# ours"));
        assert!(names().unwrap().contains(&"base/artifacts.Dockerfile".to_owned()));
    }
}
