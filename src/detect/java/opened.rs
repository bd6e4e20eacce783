//! Files and folders of the repository that the running program opens.

use super::pom::relative;
use super::surroundings::Surroundings;
use crate::detect::{add_front_end, certain_suppliers};
use crate::facts::{Evidence, Program, Sourced};
use crate::path::RelPath;

/// Adds a path in the code, if the repository holds it.
pub(super) fn opens(program: &mut Program, around: &Surroundings, text: &str, evidence: &Evidence) {
    let dir = around.project.model.dir();
    let looks_like_path = !text.is_empty()
        && !text.contains(['*', ':', '\n', '$', '{', '%', ' ', '\\'])
        && !text.starts_with('/')
        && !text.starts_with("..")
        && (text.contains(['/', '.'])
            || dir.join(text).is_some_and(|path| around.project.repo.is_dir(&path)));
    let text = text.strip_prefix("./").unwrap_or(text);
    if !looks_like_path {
        return;
    }
    let Some(path) = dir.join(text).filter(|path| !path.is_root() && *path != dir) else { return };
    // Sources and build output are not files of the running program.
    let first = relative(text).split('/').next().unwrap_or_default().to_owned();
    // Programs that are started from their own repository read what lies there.
    let read = ["src/main/webapp", "src/main/resources/"];
    let built = ["src", "target", "pom.xml"].contains(&first.as_str())
        && !read.iter().any(|start| text.starts_with(start));
    let held = program.files.iter().any(|held| path.is_within(&held.value));
    // Another package of the repository builds it.
    if !around.project.repo.exists(&path) && !built {
        let made = certain_suppliers(around.project.repo, &RelPath::root(), &path);
        for mut made in made {
            made.evidence.insert(0, evidence.clone());
            made.value.opened = Some(text.to_owned());
            add_front_end(&mut program.front_ends, made);
        }
    }
    if around.project.repo.exists(&path) && !built && !held {
        program.files.retain(|held| !held.value.is_within(&path));
        program.files.push(Sourced::new(path, evidence.clone()));
    }
}
