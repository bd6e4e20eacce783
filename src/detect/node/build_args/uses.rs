//! The places where sources use variables that the build compiles in.

/// A use of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) name: String,
    /// The byte offset.
    pub(super) at: usize,
    /// True if the build stops when the variable is not set.
    pub(super) required: bool,
    /// True if the code works without the variable.
    pub(super) fallback: bool,
}

/// How far back the braces of a destructuring pattern are searched, in bytes.
const BACK: usize = 600;

/// The object of Vite and its relatives.
pub(super) const META: &str = "import.meta.env";
/// The object of Node.js, which other bundlers replace too.
pub(super) const PROCESS: &str = "process.env";

/// An object whose members the build replaces by values, and how their names begin.
pub(super) type Compiled<'a> = (&'a str, &'a str);

/// Modules whose exports the build replaces by values. The build stops if an imported one is
/// missing.
const MODULES: [&str; 3] = ["$env/static/public", "$env/static/private", "astro:env/client"];

/// Every use of a variable that the build replaces. `page` holds the prefixes that it replaces in
/// HTML, such as `%VITE_A%`; it is empty for other texts.
pub(super) fn uses(text: &str, compiled: &[Compiled], page: &[&str]) -> Vec<Use> {
    let begins = |name: &str, prefix: &str| name.len() > prefix.len() && name.starts_with(prefix);
    let mut found = Vec::new();
    for object in [META, PROCESS] {
        let known = |name: &str| {
            compiled.iter().any(|(held, prefix)| *held == object && begins(name, prefix))
        };
        if !compiled.iter().any(|(held, _)| *held == object) {
            continue;
        }
        for (at, _) in text.match_indices(object) {
            if in_comment(text, at) || text[..at].ends_with(is_name) {
                continue;
            }
            let rest = &text[at + object.len()..];
            // Formatters break a long line before the dot.
            let broken = rest.trim_start();
            let rest = if broken.starts_with(['.', '?']) { broken } else { rest };
            let member = rest.strip_prefix('?').unwrap_or(rest);
            let (name, after) = if let Some(member) = member.strip_prefix('.') {
                let end = member.find(|c| !is_name(c)).unwrap_or(member.len());
                (&member[..end], &member[end..])
            } else if let Some(member) = member.strip_prefix("['").or(member.strip_prefix("[\"")) {
                let end = member.find(['\'', '"']).unwrap_or(0);
                (&member[..end], member[end..].trim_start_matches(['\'', '"', ']']))
            } else {
                found.extend(of_alias(text, at, &known));
                let names = braces(text, at, '=').into_iter().filter(|(name, _)| known(name));
                found.extend(names.map(|(name, fallback)| Use {
                    name,
                    at,
                    required: false,
                    fallback,
                }));
                continue;
            };
            if known(name) && valid(name) {
                let fallback = goes_on(&text[..at], after);
                found.push(Use { name: name.to_owned(), at, required: false, fallback });
            }
        }
    }
    for module in MODULES {
        for (at, _) in text.match_indices(module) {
            let before = text[..at].trim_end_matches(['"', '\'']).trim_end();
            let Some(before) = before.strip_suffix("from").filter(|_| !in_comment(text, at)) else {
                continue;
            };
            let names = braces(text, before.len(), ' ').into_iter().filter(|(name, _)| valid(name));
            found.extend(names.map(|(name, _)| Use {
                name,
                at,
                // SvelteKit's build stops at a name that is not set.
                required: module.starts_with('$'),
                fallback: false,
            }));
        }
    }
    // Vite and Create React App replace `%NAME%` in HTML.
    if !page.is_empty() {
        let known = |name: &str| page.iter().any(|prefix| begins(name, prefix));
        for (at, part) in text.split('%').scan(0, |at, part| {
            let here = *at;
            *at += part.len() + 1;
            Some((here, part))
        }) {
            if known(part) && valid(part) {
                found.push(Use { name: part.to_owned(), at, required: false, fallback: false });
            }
        }
    }
    found
}

/// How many uses of another name for the object are read.
const MAX_ALIASED: usize = 200;

/// The uses of a name that stands for the whole object: `const env = import.meta.env`.
fn of_alias(text: &str, at: usize, known: &dyn Fn(&str) -> bool) -> Vec<Use> {
    let before = text[..at].trim_end().strip_suffix('=').map_or("", str::trim_end);
    let last = before.char_indices().rev().find(|(_, c)| !is_name(*c));
    let begin = last.map_or(0, |(end, c)| end + c.len_utf8());
    let alias = &before[begin..];
    let declared = ["const", "let", "var"].iter().any(|w| before[..begin].trim_end().ends_with(w));
    if alias.is_empty() || !declared {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (here, _) in text.match_indices(alias).take(MAX_ALIASED) {
        let rest = &text[here + alias.len()..];
        let member = rest
            .strip_prefix('.')
            .or_else(|| rest.strip_prefix("['"))
            .or_else(|| rest.strip_prefix("[\""));
        let Some(member) = member.filter(|_| !text[..here].ends_with(|c| is_name(c) || c == '.'))
        else {
            continue;
        };
        let end = member.find(|c| !is_name(c)).unwrap_or(member.len());
        let name = &member[..end];
        if known(name) && valid(name) {
            let after = member[end..].trim_start_matches(['\'', '"', ']']);
            let fallback = goes_on(&text[..here], after);
            found.push(Use { name: name.to_owned(), at: here, required: false, fallback });
        }
    }
    found
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// These names are in capitals. Others, such as `import.meta.env.mode`, belong to the tool.
fn valid(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// True if a comment begins before `at` on its line.
fn in_comment(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default();
    let begins = line.trim_start();
    // The slashes of `https://` start no comment.
    let tail = line.find("//").is_some_and(|slashes| {
        slashes == 0 || line[..slashes].ends_with([' ', '\t', ';', '{', '}', ')'])
    });
    begins.starts_with('*') || begins.starts_with("/*") || begins.starts_with("<!--") || tail
}

/// True if the code around a use says that the variable may be missing.
fn goes_on(before: &str, after: &str) -> bool {
    let after = after.trim_start_matches([')', '!', ' ']).trim_start();
    let before = before.trim_end();
    ["||", "??", "? ", "?\n", "&&", "==", "!="].iter().any(|sign| after.starts_with(sign))
        || before.ends_with('!')
        || before.ends_with("if (")
        || before.ends_with("if(")
}

/// The names between the braces right before `at`, if `sign` separates the two, each with whether
/// it has a default.
fn braces(text: &str, at: usize, sign: char) -> Vec<(String, bool)> {
    let before = text[..at].trim_end();
    let before =
        if sign == '=' { before.strip_suffix('=').map(str::trim_end) } else { Some(before) };
    let Some(inside) = before.and_then(|before| before.strip_suffix('}')) else {
        return Vec::new();
    };
    let mut start = inside.len().saturating_sub(BACK);
    while !inside.is_char_boundary(start) {
        start += 1;
    }
    let Some(open) = inside[start..].rfind('{') else { return Vec::new() };
    let parts = inside[start + open + 1..].split(',');
    let named = parts.map(|part| {
        let name = part.trim();
        let end = name.find(|c| !is_name(c)).unwrap_or(name.len());
        (name[..end].to_owned(), part.contains('='))
    });
    named.filter(|(name, _)| valid(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_where_the_build_replaces_them() {
        let named = |text: &str, prefix: &str| -> Vec<String> {
            let show = |one: Use| {
                format!(
                    "{}{}{}",
                    one.name,
                    if one.required { "!" } else { "" },
                    if one.fallback { "?" } else { "" }
                )
            };
            uses(text, &[(META, prefix), (PROCESS, prefix)], &[]).into_iter().map(show).collect()
        };
        assert_eq!(named("f(import.meta.env.VITE_A)", "VITE_"), ["VITE_A"]);
        assert_eq!(named("import.meta.env.VITE_A || '/a'", "VITE_"), ["VITE_A?"]);
        let alias =
            "const env = import.meta.env;\nf(env.VITE_A, env['VITE_B'] || 1, my.env.VITE_C)";
        assert_eq!(named(alias, "VITE_"), ["VITE_A", "VITE_B?"]);
        assert_eq!(named("import.meta.env['VITE_A']", "VITE_"), ["VITE_A"]);
        assert_eq!(named("import.meta.env\n    .VITE_A;", "VITE_"), ["VITE_A"]);
        assert_eq!(named("import.meta.env.MODE; import.meta.env.VITE_", "VITE_"), [""; 0]);
        assert_eq!(
            named("const { VITE_A, VITE_B = '1', DEV } = import.meta.env;", "VITE_"),
            ["VITE_A", "VITE_B?"]
        );
        assert_eq!(named("// import.meta.env.VITE_A\nfetch('http://x') ", "VITE_"), [""; 0]);
        assert_eq!(
            named("f('https://x', process.env.NEXT_PUBLIC_A!)", "NEXT_PUBLIC_"),
            ["NEXT_PUBLIC_A"]
        );
        let svelte = "import { PUBLIC_A, B as C } from '$env/static/public';";
        assert_eq!(named(svelte, "PUBLIC_"), ["PUBLIC_A!", "B!"]);
        let one = |object| uses("f(process.env.A_B)", &[(object, "A_")], &[]).len();
        assert_eq!((one(META), one(PROCESS)), (0, 1));
        assert_eq!(named("é".repeat(700).as_str(), "VITE_"), [""; 0]);
        let page = uses("<a href=\"%VITE_A%/x\">100%</a>", &[], &["VITE_"]);
        assert_eq!(page[0].name, "VITE_A");
    }
}
