//! A front end beside the module of a program: the build context must contain both.

use anyhow::Result;

use super::codes;
use super::layout::{Layout, common};
use crate::detect::{self, FrontEnds};
use crate::facts::{FindingCode, FrontEnd, Program};
use crate::path::RelPath;
use crate::repo::{Dir, Repo};

/// The layout with a context that contains a front end outside the module, if the program misses
/// files and `look`, which reads the program in a wider context, finds what makes them.
pub(super) fn widened(
    repo: &Repo,
    layout: &Layout,
    program: Option<&Program>,
    look: impl Fn(&Layout) -> Result<Option<Program>>,
) -> Result<Option<Layout>> {
    let Some(program) = program.filter(|program| misses(program)) else { return Ok(None) };
    if layout.context.is_root() {
        return Ok(None);
    }
    let root = Layout { context: RelPath::root(), ..layout.clone() };
    let Some(found) = look(&root)? else { return Ok(None) };
    let own = |made: &FrontEnd| program.front_ends.iter().any(|held| held.value == *made);
    let mut context = layout.context.clone();
    for made in found.front_ends.iter().map(|made| &made.value).filter(|made| !own(made)) {
        context = common(&context, &made.dir);
        // A workspace above it belongs to its build.
        let makes = detect::language(&made.language).and_then(|language| language.front_end);
        if let Some(FrontEnds { facts, .. }) = makes
            && let Ok(facts) = facts(&Dir::new(repo, made.dir.clone()))
        {
            context = common(&context, &facts.context);
        }
    }
    Ok((context != layout.context).then(|| Layout { context, ..layout.clone() }))
}

/// True if the program embeds or serves what the repository does not hold.
fn misses(program: &Program) -> bool {
    let codes = [
        FindingCode::EmbedMissing,
        FindingCode::EmbedGenerated,
        FindingCode::ServedFolderMissing,
        codes::EMBED_PLACEHOLDER,
    ];
    program.findings.iter().any(|finding| codes.contains(&finding.code))
}
