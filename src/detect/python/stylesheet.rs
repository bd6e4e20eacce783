//! Stylesheets that a tool without a package makes, by a line of the repository that no build of the
//! image runs: `tailwindcss -i in.css -o static/out.css` of a Makefile.

use anyhow::Result;

use super::world::World;
use crate::facts::{Evidence, Finding, FindingCode, Program};
use crate::shell;

/// Files with commands of a developer.
const FILES: [&str; 8] = [
    "Makefile",
    "makefile",
    "justfile",
    "Justfile",
    "Taskfile.yml",
    "Procfile.dev",
    "build.sh",
    "scripts/build.sh",
];

/// The tools, and their option with the file that they write.
const TOOLS: [&str; 2] = ["tailwindcss", "tailwind"];
const OUTPUT: [&str; 2] = ["-o", "--output"];

/// Longer lines are no commands.
const MAX_LINE: usize = 1000;

/// What to say of the first one that the repository does not hold.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn finding(world: &World, program: &Program) -> Result<Option<Finding>> {
    let dir = world.app.dir;
    for name in FILES {
        let Some((path, text)) = dir.text(name)? else { continue };
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| line.len() < MAX_LINE) {
            let Some(output) = written(line) else { continue };
            let Some(target) = dir.join(output.trim_start_matches("./")) else { continue };
            let mut built = program.front_ends.iter().map(|one| &one.value.output);
            if dir.repo.exists(&target) || built.any(|output| target.is_within(output)) {
                continue;
            }
            let what = format!("{name} writes {target}, and no step of the image does");
            let at = Evidence::at(&path, number, "writes a stylesheet that git does not hold");
            let finding = Finding::new(FindingCode::ServedFolderMissing, what, [at])
                .with_why("the image has the pages without their styles")
                .with_fix(format!(
                    "run that line before `docker build` and let {target} in, or write it into \
                     the Dockerfile before the sources are copied"
                ));
            return Ok(Some(finding));
        }
    }
    Ok(None)
}

/// The file that a line writes by one of the tools.
fn written(line: &str) -> Option<String> {
    if !TOOLS.iter().any(|tool| line.contains(tool)) {
        return None;
    }
    let line = line.trim_start().trim_start_matches(['@', '-']);
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    let chain = shell::parse(line);
    let by_tool = |words: &[String]| words.iter().any(|word| TOOLS.contains(&name(word).as_str()));
    let words = &chain.commands.iter().find(|one| by_tool(&one.argv))?.argv;
    let at = words.iter().position(|word| OUTPUT.contains(&word.as_str()));
    let stated = at.and_then(|at| words.get(at + 1).cloned());
    let joined = words.iter().find_map(|word| word.strip_prefix("--output="));
    stated.or_else(|| joined.map(str::to_owned)).filter(|way| !way.contains(['$', '{']))
}
