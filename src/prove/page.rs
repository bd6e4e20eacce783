//! The files that a page names: scripts, styles and images, and whether they answer.

use crate::verify::Answered;

/// Number of files that are asked for.
const MAX_FILES: usize = 24;

/// Number of bytes of a page that are read.
const MAX_PAGE: usize = 512 << 10;

/// Tags, and the attribute that names a file.
const TAGS: [(&str, &str); 4] =
    [("script", "src"), ("link", "href"), ("img", "src"), ("source", "src")];

/// The paths on the same server to ask for after an answer, last one first: where it sends the
/// client, or the files that a page names.
pub(super) fn next(answer: &Answered) -> Vec<String> {
    match &answer.location {
        Some(place) if (300..400).contains(&answer.status) => {
            resolve(&answer.path, place).into_iter().collect()
        }
        _ => files(answer),
    }
}

fn files(page: &Answered) -> Vec<String> {
    if !(200..300).contains(&page.status) || !is_page(&page.body) {
        return Vec::new();
    }
    let end = (0..=MAX_PAGE.min(page.body.len())).rev().find(|at| page.body.is_char_boundary(*at));
    let body = &page.body[..end.unwrap_or(0)];
    let mut found: Vec<String> = Vec::new();
    for tag in body.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let name = tag.split([' ', '\n', '\t', '\r', '/']).next().unwrap_or_default();
        let row = TAGS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        let Some((_, attribute)) = row else { continue };
        // Of links, only those that a page needs: others lead to other pages.
        if name.eq_ignore_ascii_case("link") && !needed(tag) {
            continue;
        }
        let Some(path) = value(tag, attribute).and_then(|link| resolve(&page.path, link)) else {
            continue;
        };
        if !found.contains(&path) {
            found.push(path);
        }
        if found.len() == MAX_FILES {
            break;
        }
    }
    // They are taken from the end.
    found.reverse();
    found
}

/// The files of a page that do not answer as they should, with the reason.
pub(super) fn missing(answers: &[Answered]) -> Vec<(String, String)> {
    let page = |answer: &Answered| answer.status == 200 && is_page(&answer.body);
    let Some(at) = answers.iter().position(page) else { return Vec::new() };
    let (page, files) = (&answers[at], &answers[at + 1..]);
    let mut found = Vec::new();
    for file in files {
        if file.status >= 400 {
            found.push((file.path.clone(), format!("answers {}", file.status)));
        } else if file.body == page.body && !page.body.is_empty() {
            found.push((file.path.clone(), "answers with the page itself".to_owned()));
        }
    }
    found
}

fn is_page(body: &str) -> bool {
    let head: String = body.trim_start().chars().take(400).collect::<String>().to_lowercase();
    head.starts_with("<!doctype html") || head.contains("<html") || head.contains("<head")
}

fn needed(tag: &str) -> bool {
    let rel = value(tag, "rel").unwrap_or_default().to_lowercase();
    rel.split(' ').any(|word| ["stylesheet", "modulepreload"].contains(&word))
}

/// The value of an attribute, with or without quotes.
fn value<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let before = rest[..at].chars().next_back();
        let after = rest[at + name.len()..].trim_start();
        rest = &rest[at + name.len()..];
        if before.is_none_or(|c| !c.is_whitespace()) || !after.starts_with('=') {
            continue;
        }
        let text = after[1..].trim_start();
        return match text.chars().next()? {
            quote @ ('"' | '\'') => text[1..].split(quote).next(),
            _ => text.split([' ', '\t', '\n', '\r']).next(),
        };
    }
}

/// The path of a link on the same server; `None` for another server, or for data in the page.
fn resolve(page: &str, link: &str) -> Option<String> {
    let link = link.split('#').next()?.trim();
    let bad = |c: char| c.is_control() || c == ' ' || c == '\\';
    if link.is_empty() || link.starts_with("//") || link.contains(bad) || link.len() > 500 {
        return None;
    }
    let scheme = link.split(['/', '?']).next().unwrap_or_default().contains(':');
    if scheme || link.contains("{{") {
        return None;
    }
    if link.starts_with('/') {
        return Some(link.to_owned());
    }
    let folder = page.split('?').next()?.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, body: &str) -> Answered {
        Answered { path: path.to_owned(), status: 200, body: body.to_owned(), location: None }
    }

    #[test]
    fn files_of_a_page_are_found() {
        let body = "<!doctype html><html><head><script type=module src=\"/a.js\"></script>\
            <link rel=stylesheet href='css/b.css?v=1'><link rel=\"canonical\" href=\"/other\">\
            <script data-src=\"/no.js\">x</script><img alt=x src=../c.png><script src=\"https://cdn/x.js\"></script>\
            <img src=\"data:image/png;base64,x\"><a href=\"/page\">x</a></html>";
        let mut found = files(&page("/site/", body));
        found.reverse();
        assert_eq!(found, ["/a.js", "/site/css/b.css?v=1", "/c.png"]);
        assert!(files(&page("/", "{\"src\": \"<script src=/x>\"}")).is_empty());
        let many = (0..1000).fold(String::new(), |text, n| text + &format!("<img src=/{n}.png>"));
        assert_eq!(files(&page("/", &format!("<html>{many}"))).len(), MAX_FILES);
    }

    #[test]
    fn a_page_elsewhere_is_followed() {
        let sends = |place: &str| Answered { location: Some(place.to_owned()), ..page("/", "") };
        let to = |place: &str| next(&Answered { status: 302, ..sends(place) });
        assert_eq!(to("/app/"), ["/app/"]);
        assert_eq!(to("app/x?y#z"), ["/app/x?y"]);
        assert!(to("https://login.example/").is_empty() && to("//other/").is_empty());
    }

    #[test]
    fn a_page_in_place_of_its_script_is_no_script() {
        let file = |path: &str, status, body: &str| Answered {
            path: path.to_owned(),
            status,
            body: body.to_owned(),
            location: None,
        };
        let answers = [
            file("/", 200, "<html>"),
            file("/a.js", 200, "<html>"),
            file("/b.css", 404, "x"),
            file("/c.js", 200, "code"),
        ];
        let missing: Vec<String> = missing(&answers).into_iter().map(|(path, _)| path).collect();
        assert_eq!(missing, ["/a.js", "/b.css"]);
    }
}
