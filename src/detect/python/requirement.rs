//! One dependency, as packaging writes it:
//! <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>.

/// A dependency of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Requirement {
    /// Its normalised name.
    pub(super) name: String,
    pub(super) extras: Vec<String>,
    /// The versions that it allows: `>=2,<3`.
    pub(super) versions: String,
    /// Where it is fetched from, if not from an index: `git+https://...`, a path.
    pub(super) url: Option<String>,
    /// It is needed under a condition: on some systems, for some Pythons.
    pub(super) conditional: bool,
    /// The line of its manifest.
    pub(super) line: u32,
}

/// A name as indexes compare it: lower case, with `-` between its parts
/// (<https://packaging.python.org/en/latest/specifications/name-normalization/>).
pub(super) fn normal(name: &str) -> String {
    let mut out = String::new();
    for c in name.trim().chars() {
        if !matches!(c, '-' | '_' | '.') {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}

/// True if a text can be the name of a package.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(plain)
        && text.ends_with(plain)
        && text.chars().all(|c| plain(c) || "-_.".contains(c))
}

impl Requirement {
    /// Reads `name[extra] >=1 ; marker` and `name @ url`. `None` if it is not a requirement, or one
    /// for another system than Linux.
    pub(super) fn parse(text: &str, line: u32) -> Option<Self> {
        let (text, marker) = match text.split_once(" @ ") {
            // A URL may hold `;`: only one after a blank begins a marker.
            Some(_) => text.split_once(" ;").unwrap_or((text, "")),
            None => text.split_once(';').unwrap_or((text, "")),
        };
        if !on_linux(marker) {
            return None;
        }
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
            .unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        if !is_name(name) {
            return None;
        }
        let mut extras = Vec::new();
        rest = rest.trim_start();
        if let Some((list, behind)) =
            rest.strip_prefix('[').and_then(|inside| inside.split_once(']'))
        {
            extras = list.split(',').map(normal).filter(|extra| !extra.is_empty()).collect();
            rest = behind.trim_start();
        }
        // A sentence that begins with a name: requirements files of old hold such lines.
        if !rest.is_empty() && !rest.starts_with(['<', '>', '=', '!', '~', '(', '@']) {
            return None;
        }
        let url = rest.strip_prefix('@').map(|url| url.trim().to_owned());
        let versions = if url.is_some() { "" } else { rest.trim_matches(['(', ')', ' ']) };
        let conditional = !marker.trim().is_empty();
        let versions = versions.to_owned();
        Some(Self { name: normal(name), extras, versions, url, conditional, line })
    }

    /// The version that it pins.
    pub(super) fn pinned(&self) -> Option<&str> {
        // `===` compares the text and pins as well.
        let version = self.versions.strip_prefix("==")?.trim_start_matches('=').trim();
        (!version.contains(['*', ','])).then_some(version)
    }
}

/// False for a marker that cannot hold on Linux. One with alternatives is not worked out.
pub(super) fn on_linux(marker: &str) -> bool {
    if marker.contains(" or ") {
        return true;
    }
    let marker: String = marker
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c == '"' { '\'' } else { c })
        .collect();
    let others = [
        "sys_platform=='win32'",
        "sys_platform=='darwin'",
        "sys_platform=='cygwin'",
        "platform_system=='Windows'",
        "platform_system=='Darwin'",
        "os_name=='nt'",
        "platform_python_implementation=='PyPy'",
        "implementation_name=='pypy'",
        "sys_platform!='linux'",
        "platform_system!='Linux'",
    ];
    !others.iter().any(|other| marker.contains(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_of_every_form() {
        let read = |text: &str| Requirement::parse(text, 1);
        let found = read("Uvicorn[standard, http_2] >=0.30,<1 ; python_version > '3.8'").unwrap();
        assert_eq!(found.name, "uvicorn");
        assert_eq!(found.extras, ["standard", "http-2"]);
        assert_eq!(found.versions, ">=0.30,<1");
        let found = read("zope.interface (==5.0)").unwrap();
        assert_eq!((found.name.as_str(), found.pinned()), ("zope-interface", Some("5.0")));
        let found = read("shop @ git+https://example.com/a;b@v1").unwrap();
        assert_eq!(found.url.as_deref(), Some("git+https://example.com/a;b@v1"));
        assert_eq!(read("pywin32==1; sys_platform == \"win32\""), None);
        assert_eq!(read("--no-binary"), None);
        assert_eq!(read("git+https://example.com/a.git"), None);
        assert_eq!(read("django~=5.0").unwrap().pinned(), None);
    }
}
