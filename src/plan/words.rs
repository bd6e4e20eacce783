//! Validated words: nothing enters a [`Plan`](super::Plan) that is not well-formed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many characters of an invalid text an error shows.
const SHOWN: usize = 40;

/// The reason why a text is not a valid word of that kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    kind: &'static str,
    text: String,
    rule: &'static str,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.text.chars().take(SHOWN).collect();
        let more = if start.len() < self.text.len() { "..." } else { "" };
        write!(f, "{start:?}{more} is not a valid {}: {}", self.kind, self.rule)
    }
}

impl std::error::Error for Invalid {}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks `text`.
            ///
            /// # Errors
            /// If it breaks the rule, which the error states.
            pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) { Ok(Self(text)) } else { Err(Invalid { kind: $kind, text, rule: $rule }) }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

word! {
    /// `name:tag`, `name:tag@sha256:...` or `scratch`; never `latest`, never without a tag.
    ImageRef, "image reference", "name:tag in lower case, a fixed tag other than latest, or scratch",
    |text| text == "scratch" || text.rsplit_once(':').is_some_and(|_| {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        let plain = |s: &str, extra: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c));
        name.rsplit_once(':').is_some_and(|(name, tag)| {
            plain(name, "./_-:") && !name.chars().any(|c| c.is_ascii_uppercase())
                && plain(tag, "._-") && tag != "latest" && tag.len() <= 128
        }) && digest.is_none_or(|d| d.strip_prefix("sha256:").is_some_and(|hex| {
            hex.len() == 64 && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
        }))
    })
}

word! {
    /// An absolute path in the image.
    ContainerPath, "path in the image", "absolute, without `..`, newlines or control characters",
    |text| text.starts_with('/') && !text.chars().any(char::is_control) && !text.split('/').any(|part| part == "..")
}

word! {
    /// The name of an environment variable.
    EnvKey, "environment variable", "letters, digits and underscores, not beginning with a digit",
    |text| !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

word! {
    /// A value on one line: environment values, labels, arguments, paths of the build context.
    Line, "value", "one line without control characters",
    |text| !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_references_have_a_fixed_tag() {
        for good in [
            "scratch",
            "node:26-trixie-slim",
            "gcr.io/distroless/static-debian13:nonroot",
            "localhost:5000/a:1",
        ] {
            assert!(ImageRef::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "node",
            "node:latest",
            "Node:26",
            "node:26\nRUN evil",
            "node:26 AS x",
            "localhost:5000/a",
            "node:$X",
            "node@sha256:abc",
        ] {
            assert!(ImageRef::new(bad).is_err(), "{bad}");
        }
        assert!(ImageRef::new(format!("node:26@sha256:{}", "a".repeat(64))).is_ok());
        assert!(ImageRef::new(format!("node:26@sha256:{}", "g".repeat(64))).is_err());
    }

    #[test]
    fn paths_keys_and_lines() {
        assert!(ContainerPath::new("/app/a b").is_ok());
        assert!(ContainerPath::new("/app/../etc").is_err());
        assert!(ContainerPath::new("app").is_err());
        assert!(EnvKey::new("NODE_ENV").is_ok());
        assert!(EnvKey::new("1X").is_err());
        assert!(EnvKey::new("A=B").is_err());
        assert!(Line::new("a\nb").is_err());
        assert!(Line::new("quotes \" and $").is_ok());
    }
}
