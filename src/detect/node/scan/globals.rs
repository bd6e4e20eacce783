//! Paths that one file of a program puts into the global object for the others: `global.appRoot =
//! __dirname`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::App;
use super::super::expression::{Anchor, Names, PathValue, path};
use super::super::launch::Launch;
use super::Source;
use super::location::Location;

/// The paths by name, relative to the working directory.
pub(super) fn of(
    app: &App,
    launch: &Launch,
    sources: &[Source],
) -> Rc<BTreeMap<String, PathValue>> {
    let mut found = BTreeMap::new();
    for source in sources {
        let mut names = None;
        for window in source.tokens.windows(4) {
            let global = window[0].is_word("global") || window[0].is_word("globalThis");
            if !global || !window[1].is('.') || !window[3].is('=') {
                continue;
            }
            let Some(name) = window[2].word().filter(|name| !found.contains_key(*name)) else {
                continue;
            };
            let names: &Names = names.get_or_insert_with(|| Names::of(&source.tokens));
            let value = names.value_of(name).and_then(|tokens| path(tokens, names));
            let place = Location::of(app, launch, source);
            if let Some(way) = value.and_then(|value| place.resolve(&value))
                && !way.starts_with('/')
            {
                let value = PathValue::new(Anchor::WorkingDirectory, &way);
                found.insert(name.to_owned(), value);
            }
        }
    }
    Rc::new(found)
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    #[test]
    fn pages_below_a_path_of_the_global_object_are_built() {
        let served = "const dist = path.join(global.appRoot, '/client/dist');\n\
            require('express')().use(express.static(dist)).listen(3000)";
        let scan = scanned(&[
            ("package.json", r#"{"scripts": {"start": "node index.js"}}"#),
            ("index.js", "global.appRoot = __dirname; require('./server/app')"),
            ("server/app.js", served),
            (
                "client/package.json",
                r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#,
            ),
            ("client/index.html", ""),
        ]);
        assert_eq!(scan.front_ends[0].value.output.as_str(), "client/dist");
    }
}
