//! Which files a build for Linux takes: file names and build constraints,
//! <https://pkg.go.dev/cmd/go#hdr-Build_constraints>.

/// The system that images are built for; arm64 differs in nothing that detection looks at.
const SYSTEM: &str = "linux";
const ARCHITECTURE: &str = "amd64";

const SYSTEMS: [&str; 18] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
const ARCHITECTURES: [&str; 19] = [
    "386", "amd64", "arm", "arm64", "armbe", "arm64be", "loong64", "mips", "mips64", "mips64le",
    "mipsle", "ppc64", "ppc64le", "riscv", "riscv64", "s390x", "sparc64", "wasm", "amd64p32",
];

/// False for tests, hidden files and files whose name is for another system.
pub(super) fn name_fits(file: &str) -> bool {
    let Some(stem) = file.strip_suffix(".go") else { return false };
    if file.starts_with(['.', '_']) || stem.ends_with("_test") {
        return false;
    }
    let parts: Vec<&str> = stem.split('_').skip(1).collect();
    match parts.as_slice() {
        [.., system, arch] if SYSTEMS.contains(system) && ARCHITECTURES.contains(arch) => {
            *system == SYSTEM && *arch == ARCHITECTURE
        }
        [.., last] if SYSTEMS.contains(last) => *last == SYSTEM,
        [.., last] if ARCHITECTURES.contains(last) => *last == ARCHITECTURE,
        _ => true,
    }
}

/// A `//go:build` or `// +build` line found before the package clause, if any decides.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraint {
    modern: Option<String>,
    legacy: Vec<String>,
}

impl Constraint {
    /// Takes a comment line that stands before the package clause.
    pub(super) fn add(&mut self, comment: &str) {
        if let Some(expression) =
            comment.strip_prefix("//go:build").filter(|rest| rest.starts_with([' ', '\t']))
        {
            self.modern.get_or_insert_with(|| expression.trim().to_owned());
        } else if let Some(options) =
            comment.trim_start_matches('/').trim_start().strip_prefix("+build ")
        {
            self.legacy.push(options.trim().to_owned());
        }
    }

    /// True where a build with these tags takes the file, with or without cgo.
    pub(super) fn fits(&self, cgo: bool, tags: &[String]) -> bool {
        let holds = |tag: &str| holds(tag, cgo) || tags.iter().any(|given| given == tag);
        if let Some(expression) = &self.modern {
            // What cannot be parsed is not built either.
            return Parser { rest: expression, holds: &holds, depth: 0 }.whole().unwrap_or(false);
        }
        self.legacy.iter().all(|line| {
            line.split_whitespace().any(|option| {
                option.split(',').all(|term| match term.strip_prefix('!') {
                    Some(tag) => !holds(tag),
                    None => holds(term),
                })
            })
        })
    }
}

fn holds(tag: &str, cgo: bool) -> bool {
    match tag {
        SYSTEM | ARCHITECTURE | "unix" | "gc" => true,
        "cgo" => cgo,
        other => other.strip_prefix("go1.").is_some_and(|n| n.chars().all(|c| c.is_ascii_digit())),
    }
}

struct Parser<'t> {
    rest: &'t str,
    holds: &'t dyn Fn(&str) -> bool,
    depth: u32,
}

impl Parser<'_> {
    fn whole(mut self) -> Option<bool> {
        let value = self.or()?;
        self.rest.trim().is_empty().then_some(value)
    }

    fn take(&mut self, mark: &str) -> bool {
        let rest = self.rest.trim_start();
        let found = rest.strip_prefix(mark);
        self.rest = found.unwrap_or(rest);
        found.is_some()
    }

    fn or(&mut self) -> Option<bool> {
        self.depth += 1;
        if self.depth > 64 {
            return None;
        }
        let mut value = self.and()?;
        while self.take("||") {
            value |= self.and()?;
        }
        self.depth -= 1;
        Some(value)
    }

    fn and(&mut self) -> Option<bool> {
        let mut value = self.not()?;
        while self.take("&&") {
            value &= self.not()?;
        }
        Some(value)
    }

    fn not(&mut self) -> Option<bool> {
        let mut negated = false;
        while self.take("!") {
            negated = !negated;
        }
        let value = if self.take("(") {
            let value = self.or()?;
            if !self.take(")") {
                return None;
            }
            value
        } else {
            let rest = self.rest.trim_start();
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                .unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            self.rest = &rest[end..];
            (self.holds)(&rest[..end])
        };
        Some(value != negated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(line: &str) -> bool {
        let mut constraint = Constraint::default();
        constraint.add(line);
        constraint.fits(false, &[])
    }

    #[test]
    fn names() {
        for good in [
            "a.go",
            "linux.go",
            "a_linux.go",
            "a_linux_amd64.go",
            "a_amd64.go",
            "windows.go",
            "a_b.go",
        ] {
            assert!(name_fits(good), "{good}");
        }
        for bad in [
            "a_test.go",
            "a_windows.go",
            "a_linux_arm64.go",
            "a_js_wasm.go",
            "_a.go",
            ".a.go",
            "a.txt",
        ] {
            assert!(!name_fits(bad), "{bad}");
        }
    }

    #[test]
    fn expressions() {
        for good in [
            "linux",
            "linux && amd64",
            "!windows",
            "!(windows || darwin)",
            "go1.18",
            "unix",
            "!cgo",
            "a || !b",
        ] {
            assert!(fits(&format!("//go:build {good}")), "{good}");
        }
        for bad in [
            "ignore",
            "tools",
            "linux && integration",
            "cgo",
            "linux &&",
            "(linux",
            "",
            "linux amd64",
        ] {
            assert!(!fits(&format!("//go:build {bad} ")), "{bad}");
        }
        assert!(fits("//go:buildx ignore"));
        assert!(!fits(&format!("//go:build {}linux", "(".repeat(10_000))));
    }

    #[test]
    fn tags_of_the_build() {
        let tags = ["ui".to_owned()];
        let with = |line: &str| {
            let mut constraint = Constraint::default();
            constraint.add(line);
            constraint.fits(false, &tags)
        };
        assert!(with("//go:build ui && linux") && with("// +build ui") && !with("//go:build !ui"));
    }

    #[test]
    fn legacy_lines() {
        assert!(!fits("// +build ignore"));
        assert!(fits("// +build linux,!cgo windows"));
        assert!(!fits("// +build darwin windows"));
    }
}
