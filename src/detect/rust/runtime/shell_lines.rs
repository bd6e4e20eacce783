//! Lines that the code gives to a shell: `Command::new("sh").arg("-c").arg("git pull")`.

use crate::code::{Program as Source, shell_lines};
use crate::facts::Evidence;

/// How many tokens after the shell's name its line may stand.
const MAX_STATEMENT: usize = 120;

/// The programs that lines for a shell start, each with its place.
pub(super) fn started(source: &Source) -> Vec<(String, Evidence)> {
    let calls = source.calls_named("new").filter(|call| call.package() == Some("Command"));
    let shells = calls.filter(|call| {
        let text = source.argument(call, 0).and_then(|value| value.text());
        text.is_some_and(|text| shell_lines::SHELLS.contains(&text.as_str()))
    });
    let behind = shells.map(|call| {
        let from = call.file.closing(call.open);
        let last = call.file.len().min(from + MAX_STATEMENT);
        let end = (from..last).find(|at| call.file.word(*at) == ";").unwrap_or(last);
        (call, from..end)
    });
    shell_lines::started(source, behind)
}

#[cfg(test)]
mod tests {
    use crate::detect::rust;
    use crate::repo::Repo;

    fn packages(main: &str) -> Vec<String> {
        let manifest = "[package]\nname = \"p\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
        let repo = Repo::from_files([("Cargo.toml", manifest), ("src/main.rs", main)]);
        let facts = (rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let packages = facts.programs[0].needs.packages.iter();
        packages.map(|package| package.value.clone()).collect()
    }

    const RUN: &str =
        "fn run_shell(line: &str) { Command::new(\"sh\").arg(\"-c\").arg(line).output(); }\n";

    #[test]
    fn the_program_of_a_line() {
        for (main, expected) in [
            ("fn main() { run_shell(&format!(\"git clone {url} /tmp/x\")); }", vec!["git"]),
            (
                "fn main() { let line = format!(\"cd {dir} && git pull\"); run_shell(&line); }",
                vec!["git"],
            ),
            (
                "fn again(a: &str, l: &str) { run_shell(l) } fn main() { again(\"x\", \"ip addr | grep x\"); }",
                vec!["iproute2"],
            ),
            (
                "fn main() { Command::new(\"bash\").args([\"-c\", \"echo a; ffmpeg -i b\"]).spawn(); }",
                vec!["bash", "ffmpeg"],
            ),
            ("fn main() { run_shell(\"echo done\"); other(\"git clone x\"); }", vec![]),
            ("fn main() { run_shell(&format!(\"{tool} -v\")); }", vec![]),
        ] {
            let mut found = packages(&format!("{RUN}{main}"));
            found.sort();
            assert_eq!(found, expected, "{main}");
        }
    }
}
