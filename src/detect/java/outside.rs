//! What the code takes from the machine around it, and no image gives by itself: a browser, a library
//! of the system, a line on the standard input.

use super::code::{Code, Place};
use super::codes;
use super::surroundings::Surroundings;
use crate::facts::{Finding, Kind, Program};

/// Libraries that every image of Java holds, or that belong to another system.
const BROUGHT: [&str; 12] = [
    "c",
    "m",
    "dl",
    "pthread",
    "rt",
    "jvm",
    "kernel32",
    "user32",
    "advapi32",
    "shell32",
    "msvcrt",
    "CoreFoundation",
];
/// Words of what reads the standard input: `System.in.read()`, `new Scanner(System.in).nextLine()`.
const WAITS: [&str; 3] = ["read", "nextLine", "readLine"];
/// How many tokens stand between `System.in` and the call that reads.
const MAX_BETWEEN: usize = 12;
/// How many libraries are reported.
const MAX_LIBRARIES: usize = 4;

/// Reports it.
pub(super) fn say(program: &mut Program, around: &Surroundings, code: &Code) {
    for row in &around.project.tables.browser {
        let uses = |place: &&Place| {
            let file = &code.sources[place.0];
            let library = row.import.rsplit('.').next().unwrap_or_default();
            file.imports.iter().any(|import| import.path.starts_with(&row.import))
                || file.names(library)
        };
        let found = row.calls.iter().flat_map(|name| code.calls(name)).find(uses);
        if let Some(place) = found {
            let what = format!("the program starts {}, and the image holds none", row.name);
            let evidence = code.evidence(*place, code.sources[place.0].raw(place.1).to_owned());
            let finding = Finding::new(codes::BROWSER_OF_THE_CODE, what, [evidence]);
            program.findings.push(finding.with_fix(row.instead.clone()));
        }
    }
    libraries(program, code);
    if program.kind == Kind::Service {
        program.findings.extend(awaited(code));
    }
}

/// Libraries of the system that the code loads by name, with JNA or by itself.
fn libraries(program: &mut Program, code: &Code) {
    let mut said: Vec<String> = Vec::new();
    let of_jna = |place: &&Place| {
        let file = &code.sources[place.0];
        file.imports.iter().any(|import| import.path.starts_with("com.sun.jna"))
            && place.1 >= 2
            && file.word(place.1 - 2) == Some("Native")
    };
    let jna = ["load", "loadLibrary"].into_iter().flat_map(|name| code.calls(name)).filter(of_jna);
    let own = code
        .calls("loadLibrary")
        .iter()
        .filter(|place| place.1 >= 2 && code.sources[place.0].word(place.1 - 2) == Some("System"));
    for place in jna.chain(own) {
        let Some(first) = code.arguments(*place).into_iter().next() else { continue };
        let Some(name) = code.value(place.0, first, 0).text() else { continue };
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.+".contains(c));
        if !plain || BROUGHT.contains(&name.as_str()) || said.contains(&name) {
            continue;
        }
        if said.len() >= MAX_LIBRARIES {
            return;
        }
        let what = format!("the program loads the library {name}, which dockgen does not add");
        let evidence = code.evidence(*place, format!("loads {name}"));
        program.findings.push(Finding::new(codes::LIBRARY_OF_SYSTEM, what, [evidence]));
        said.push(name);
    }
}

/// A server that ends when its standard input does: `System.in.read()` in `main`, outside of a loop
/// and of a condition.
fn awaited(code: &Code) -> Option<Finding> {
    for (source, file) in code.sources.iter().enumerate() {
        for at in file.places("in").iter().copied().filter(|at| *at >= 2) {
            let stdin = file.mark(at - 1, '.') && file.word(at - 2) == Some("System");
            let main = code.method_at((source, at)).is_some_and(|method| {
                method.at.0 == source && file.word(method.at.1) == Some("main")
            });
            let mut after = (at + 1..at + MAX_BETWEEN).take_while(|at| !file.mark(*at, ';'));
            let reads = after.any(|at| file.word(at).is_some_and(|word| WAITS.contains(&word)));
            if stdin && main && reads && code.conditions((source, at), None).is_empty() {
                let evidence = file.evidence(at, "it reads here");
                let what = "the server ends when a line comes on its standard input, or when that is \
                            closed";
                return Some(Finding::new(codes::INPUT_AWAITED, what, [evidence]));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::{main, program};

    fn codes(imports: &str, body: &str) -> Vec<String> {
        let app = format!("import {imports}; {}", main(body));
        let found = program("", &[("App.java", &app)]).findings;
        found.iter().map(|finding| finding.code.as_str().to_owned()).collect()
    }

    #[test]
    fn browsers_are_said() {
        let selenium = "org.openqa.selenium.chrome.*";
        assert_eq!(codes(selenium, "new ChromeDriver(options).get(u);"), ["browser-of-the-code"]);
        assert!(codes(selenium, "new RemoteWebDriver(url, new ChromeOptions());").is_empty());
        let playwright = "com.microsoft.playwright.*";
        assert_eq!(codes(playwright, "p.chromium().launch();"), ["browser-of-the-code"]);
        assert!(codes(playwright, "p.chromium().connect(address);").is_empty());
    }

    #[test]
    fn libraries_of_the_system_are_said() {
        let jna = "com.sun.jna.Native";
        assert_eq!(codes(jna, "Native.load(\"sodium\", A.class);"), ["library-of-system"]);
        assert!(codes(jna, "Native.load(\"c\", A.class);").is_empty());
        assert_eq!(codes("a.B", "System.loadLibrary(\"hash\");"), ["library-of-system"]);
    }

    #[test]
    fn a_server_that_waits_for_a_line_is_said() {
        let server = "HttpServer s = HttpServer.create(new InetSocketAddress(9000), 0); s.start();";
        let with = |wait: &str| codes("a.B", &format!("{server} {wait}"));
        assert_eq!(with("System.in.read(); s.stop(0);"), ["input-awaited"]);
        assert_eq!(with("new Scanner(System.in).nextLine();"), ["input-awaited"]);
        assert!(with("if (args.length > 3) { System.in.read(); }").is_empty());
        assert!(codes("a.B", "System.in.read();").is_empty());
    }
}
