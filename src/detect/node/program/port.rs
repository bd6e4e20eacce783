//! Ports that a framework or a start command states, where the code states none.

use crate::detect::node::App;
use crate::detect::node::framework::Framework;
use crate::detect::node::scan::DefaultPort;
use crate::facts::{EnvVar, Evidence, FindingCode, Kind, Program, Sourced};

/// Takes the port that the framework uses if nothing says otherwise. Behind a variable it is a guess
/// that the image makes true.
pub(super) fn of_framework(
    app: &App,
    program: &mut Program,
    framework: &Framework,
    open: DefaultPort,
) {
    let (file, name) = (&app.package.path, framework.name);
    let asked = match open {
        DefaultPort::Refused => return,
        DefaultPort::Stated => None,
        DefaultPort::Behind(variable) => Some(variable),
    };
    if let Some(port) = framework.port.filter(|_| program.port.is_none()) {
        // Every framework that is known here reads PORT.
        program.port_variable = Some(asked.clone().unwrap_or_else(|| "PORT".to_owned()));
        program.port = Some(match asked {
            Some(key) => {
                let note = format!(
                    "the code listens on the port in {key}, and dockgen read no default: the image \
                     sets the port that {name}'s documentation uses"
                );
                let evidence = Evidence::file(file, note);
                let var = EnvVar { key, value: port.to_string() };
                program.env.push(Sourced::guessed(var, evidence.clone()));
                Sourced::guessed(port, evidence)
            }
            None => Sourced::new(port, Evidence::file(file, format!("{name}'s default port"))),
        });
    }
    program.findings.retain(|finding| finding.code != FindingCode::PortUnknown);
}

/// The default of `node server.js ${PORT:-3000}` stands for the port that no code states.
pub(super) fn fixed(program: &mut Program, fixed: &[(String, String)]) {
    let open = program.port.is_none() && program.kind == Kind::Service;
    let named = |name: &str| name == "PORT" || name.ends_with("_PORT");
    let port = fixed
        .iter()
        .filter(|_| open)
        .find_map(|(name, value)| Some((name, value.parse::<u16>().ok().filter(|_| named(name))?)));
    if let Some((name, port)) = port
        && let Some(stated) = program.evidence.first().cloned()
    {
        let note = format!("the default of {name} in the start command");
        program.port = Some(Sourced::new(port, Evidence { note, ..stated }));
        program.port_variable = None;
        program.findings.retain(|finding| finding.code != FindingCode::PortUnknown);
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::facts::Strength;
    use crate::repo::Repo;

    #[test]
    fn a_port_that_the_code_takes_from_a_variable_is_a_guess() {
        let of = |listen: &str| {
            let manifest = r#"{"scripts": {"build": "nest build", "start:prod": "node dist/main"},
                "dependencies": {"@nestjs/core": "11"}}"#;
            let config = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
            let main = format!("import {{ D }} from 'elsewhere'; {listen}");
            let repo = Repo::from_files([
                ("package.json", manifest),
                ("nest-cli.json", "{}"),
                ("tsconfig.json", config),
                ("src/main.ts", main.as_str()),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let program = program::all(&app).unwrap().programs.remove(0).0;
            let env = program.env.iter().any(|held| held.value.key == "PORT");
            program.port.map(|port| (port.value, port.strength, env))
        };
        let known = of("await app.listen(process.env.PORT ?? 4000)");
        assert_eq!(known, Some((4000, Strength::Stated, false)));
        assert_eq!(of("await app.listen(process.env.PORT)"), Some((3000, Strength::Guessed, true)));
        // A reader of settings hides the default: the port is unknown, or a guess.
        let unread = of("const p = config.get('PORT') || D; await app.listen(p)");
        assert!(unread.is_none_or(|port| port.1 == Strength::Guessed), "{unread:?}");
    }
}
