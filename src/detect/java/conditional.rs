//! Beans that Spring makes only where a setting says so: `@ConditionalOnProperty`.
//! <https://docs.spring.io/spring-boot/reference/features/developing-auto-configuration.html>

use super::code::{Code, Place, elements};
use super::config::Settings;
use super::source::Source;

/// The annotation.
const NAME: &str = "ConditionalOnProperty";

/// How many tokens stand between an annotation and the body of its class or method.
const MAX_HEAD: usize = 120;

/// How many annotations of one file are read.
const MAX_ANNOTATIONS: usize = 64;

/// True for code of a bean that the shipped settings leave out.
pub(super) fn is_left_out(code: &Code, settings: &Settings, (source, at): Place) -> bool {
    let file = &code.sources[source];
    if !file.names(NAME) {
        return false;
    }
    let own = code.calls(NAME).iter().filter(|place| place.0 == source);
    own.take(MAX_ANNOTATIONS)
        .any(|place| belongs(file, place.1, at) && is_off(file, settings, place.1))
}

/// True if the class or method of an annotation is around a place.
fn belongs(file: &Source, annotation: usize, at: usize) -> bool {
    let from = file.pair(annotation + 1).max(annotation);
    let open = (from..(from + MAX_HEAD).min(file.len())).find(|at| file.mark(*at, '{'));
    open.is_some_and(|open| (from..file.pair(open)).contains(&at))
}

/// True if the settings do not meet the condition. One that they do not decide is met.
fn is_off(file: &Source, settings: &Settings, annotation: usize) -> bool {
    let (mut prefix, mut keys) = (String::new(), Vec::new());
    let (mut wanted, mut if_missing) = (None, false);
    for one in elements(file, annotation + 1) {
        let texts = || one.clone().filter_map(|at| file.text(at)).map(str::to_owned);
        match file.word(one.start).filter(|_| file.mark(one.start + 1, '=')) {
            Some("prefix") => prefix = texts().next().unwrap_or_default(),
            Some("havingValue") => wanted = texts().next(),
            Some("matchIfMissing") => {
                if_missing = file.word(one.start + 2) == Some("true");
            }
            Some("name" | "value") | None => keys.extend(texts()),
            Some(_) => {}
        }
    }
    let wanted = wanted.filter(|text| !text.is_empty());
    keys.iter().any(|key| {
        let key = match prefix.trim_end_matches('.') {
            "" => key.clone(),
            prefix => format!("{prefix}.{key}"),
        };
        let Some(setting) = settings.get(&key) else { return !if_missing };
        let value = settings.expand(&setting.value).0;
        let known = !value.contains("${") && !value.contains('@');
        known
            && match &wanted {
                Some(wanted) => !value.eq_ignore_ascii_case(wanted),
                None => value.eq_ignore_ascii_case("false"),
            }
    })
}
