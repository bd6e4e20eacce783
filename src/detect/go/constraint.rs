//! Which files a build for Linux compiles, by file name and by build constraint:
//! <https://pkg.go.dev/cmd/go#hdr-Build_constraints>.

/// The system and architecture of the build. arm64 differs in nothing that detection reads.
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

/// False for tests, hidden files and files whose name ends in another system or architecture.
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

/// The `//go:build` and `// +build` lines before the package clause.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraint {
    modern: Option<String>,
    legacy: Vec<String>,
}

impl Constraint {
    /// Adds a comment line from before the package clause.
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

    /// The tag that is all that the constraint asks for, and whether it must be set.
    pub(super) fn single(&self) -> Option<(&str, bool)> {
        let whole = match (&self.modern, self.legacy.as_slice()) {
            (Some(modern), _) => modern,
            (None, [one]) => one,
            _ => return None,
        };
        let (tag, set) = whole.strip_prefix('!').map_or((whole.as_str(), true), |tag| (tag, false));
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        (!tag.is_empty() && tag.chars().all(named)).then_some((tag, set))
    }

    /// True if a build with these tags compiles the file, with or without cgo.
    pub(super) fn fits(&self, cgo: bool, tags: &[String]) -> bool {
        let holds = |tag: &str| holds(tag, cgo) || tags.iter().any(|given| given == tag);
        // Go ignores `+build` lines in a file that has a `//go:build` line.
        if let Some(expression) = &self.modern {
            // Go refuses a constraint that it cannot parse, so nobody builds such a file.
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

/// True for a tag that the go command sets by itself, or never.
pub(super) fn is_known(tag: &str) -> bool {
    let tools =
        ["unix", "gc", "gccgo", "cgo", "race", "msan", "asan", "ignore", "purego", "boringcrypto"];
    SYSTEMS.contains(&tag)
        || ARCHITECTURES.contains(&tag)
        || tools.contains(&tag)
        || tag.starts_with("go1")
        || tag.starts_with("goexperiment")
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
        // A hostile constraint may nest parentheses without end; the limit protects the stack.
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
