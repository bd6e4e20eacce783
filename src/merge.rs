//! Three-way merge of a generated file. Base is the last output, ours the file on disk, theirs the
//! new output.
//!
//! A hand edit is never lost: if both sides changed the same lines there is a conflict, and the
//! caller decides what to write. Line endings and the final newline depend on the editor and are
//! not edits: they stay as they are on disk.

use diffy::{ConflictStyle, MergeOptions};
use similar::{DiffTag, TextDiff};

use crate::budget::MAX_MERGE_LINES;

/// How to resolve hunks in which both sides changed the same lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflict {
    /// Write nothing.
    #[default]
    Refuse,
    /// Use the file on disk in a conflict.
    Ours,
    /// Use the new output in a conflict.
    Theirs,
    /// Write both, between conflict markers.
    Markers,
}

/// Lines that both sides changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk {
    /// Its first line in the file on disk, from 1.
    pub line: usize,
    /// The last output.
    pub base: String,
    /// The text on disk.
    pub ours: String,
    /// The new output.
    pub theirs: String,
}

/// The outcome of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    pieces: Vec<Piece>,
    /// The file on disk, whose line endings are kept.
    ours: String,
    /// The length of a conflict marker.
    mark: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Lines without a conflict.
    Text(String),
    Hunk(Hunk),
}

/// The side of a hunk that a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Ours,
    Base,
    Theirs,
}

/// The characters of the markers, the same as git's.
const MARKS: [char; 4] = ['<', '|', '=', '>'];

/// The usual length of a marker. Longer ones are used if a text contains such a line.
const MARK: usize = 7;

/// Merges line by line.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Merge {
    let (base, mine, theirs) = (plain(base), plain(ours), plain(theirs));
    let mark = [&base, &mine, &theirs]
        .into_iter()
        .map(|text| longest_mark(text))
        .max()
        .map_or(MARK, |n| MARK.max(n + 1));
    let pieces = if base == theirs || mine == theirs {
        vec![Piece::Text(mine)]
    } else if base == mine {
        vec![Piece::Text(theirs)]
    } else {
        by_lines(&base, &mine, &theirs, mark)
    };
    Merge { pieces, ours: ours.to_owned(), mark }
}

fn by_lines(base: &str, mine: &str, theirs: &str, mark: usize) -> Vec<Piece> {
    let lines = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count();
    if [base, mine, theirs].into_iter().all(|text| lines(text) <= MAX_MERGE_LINES) {
        let mut options = MergeOptions::new();
        options.set_conflict_style(ConflictStyle::Diff3).set_conflict_marker_length(mark);
        return match options.merge(base, mine, theirs) {
            Ok(text) => vec![Piece::Text(text)],
            Err(marked) => pieces(&marked, mark),
        };
    }
    // The cost is quadratic in the size of the differences. If there are too many lines between the
    // first and the last difference, treat them as one conflict.
    let texts = [base, mine, theirs];
    let all = texts.map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let shortest = all.iter().map(Vec::len).min().unwrap_or_default();
    let same = |at: &dyn Fn(&[&str]) -> usize| {
        let [base, mine, theirs] = [0, 1, 2].map(|text| all[text][at(&all[text])]);
        base == mine && base == theirs
    };
    let head = (0..shortest).take_while(|n| same(&|_| *n)).count();
    let tail = (0..shortest - head).take_while(|n| same(&|lines| lines.len() - 1 - n)).count();
    let middle = |text: usize| all[text][head..all[text].len() - tail].concat();
    let [base, ours, theirs] = [0, 1, 2].map(middle);
    let hunk = |hunk: Hunk| Piece::Hunk(Hunk { line: hunk.line + head, ..hunk });
    let inner = if [&base, &ours, &theirs].into_iter().all(|text| lines(text) <= MAX_MERGE_LINES) {
        by_lines(&base, &ours, &theirs, mark)
    } else if base == theirs {
        vec![Piece::Text(ours)]
    } else if base == ours || ours == theirs {
        vec![Piece::Text(theirs)]
    } else {
        vec![Piece::Hunk(Hunk { line: 1, base, ours, theirs })]
    };
    let inner = inner.into_iter().map(|piece| match piece {
        Piece::Hunk(found) => hunk(found),
        text @ Piece::Text(_) => text,
    });
    let before = Piece::Text(all[0][..head].concat());
    let after = Piece::Text(all[0][all[0].len() - tail..].concat());
    [before].into_iter().chain(inner).chain([after]).collect()
}

impl Merge {
    /// True if there is no conflict.
    pub fn is_clean(&self) -> bool {
        self.hunks().next().is_none()
    }

    /// The conflicts.
    pub fn hunks(&self) -> impl Iterator<Item = &Hunk> {
        self.pieces
            .iter()
            .filter_map(|piece| if let Piece::Hunk(hunk) = piece { Some(hunk) } else { None })
    }

    /// The merged text; `None` if it must not be written.
    pub fn settle(&self, how: Conflict) -> Option<String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match (piece, how) {
                (Piece::Text(lines), _) => text.push_str(lines),
                (Piece::Hunk(_), Conflict::Refuse) => return None,
                (Piece::Hunk(hunk), Conflict::Ours) => text.push_str(&hunk.ours),
                (Piece::Hunk(hunk), Conflict::Theirs) => text.push_str(&hunk.theirs),
                (Piece::Hunk(hunk), Conflict::Markers) => {
                    let line = |mark: char, name: &str| {
                        format!("{}{name}\n", mark.to_string().repeat(self.mark))
                    };
                    for (mark, side) in [
                        (line('<', " on disk"), &hunk.ours),
                        (line('|', " written by dockgen the last time"), &hunk.base),
                        (line('=', ""), &hunk.theirs),
                    ] {
                        text.push_str(&mark);
                        text.push_str(side);
                    }
                    text.push_str(&line('>', " written by dockgen now"));
                }
            }
        }
        Some(dress(&self.ours, &text))
    }
}

/// The first line, from 1, that is a marker of [`Conflict::Markers`].
pub fn unsettled(text: &str) -> Option<usize> {
    let mark = |line: &str| {
        let rest = line.trim_start_matches('<');
        line.len() - rest.len() >= MARK && rest.trim_end() == " on disk"
    };
    text.lines().position(mark).map(|at| at + 1)
}

/// LF line endings and a final newline.
fn plain(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Gives `text` the line endings of `ours`: an existing line keeps its own, a new one gets the more
/// frequent one.
fn dress(ours: &str, text: &str) -> String {
    let (pairs, all) = (ours.matches("\r\n").count(), ours.matches('\n').count());
    let mut out = String::with_capacity(text.len());
    if pairs == 0 {
        out.push_str(text);
    } else if all.max(text.matches('\n').count()) > MAX_MERGE_LINES {
        // For a text of this size, new lines are not distinguished.
        out.push_str(&if 2 * pairs > all { text.replace('\n', "\r\n") } else { text.to_owned() });
    } else {
        let mine = plain(ours);
        let diff = TextDiff::from_lines(mine.as_str(), text);
        let (old, new): (Vec<&str>, Vec<&str>) =
            (ours.split_inclusive('\n').collect(), text.split_inclusive('\n').collect());
        for op in diff.ops() {
            let (tag, from, to) = op.as_tag_tuple();
            for (offset, line) in new[to].iter().enumerate() {
                let own = (tag == DiffTag::Equal).then(|| old.get(from.start + offset)).flatten();
                let crlf = own
                    .filter(|own| own.ends_with('\n'))
                    .map_or(2 * pairs > all, |own| own.ends_with("\r\n"));
                match line.strip_suffix('\n').filter(|_| crlf) {
                    Some(line) => out.extend([line, "\r\n"]),
                    None => out.push_str(line),
                }
            }
        }
    }
    if !ours.is_empty() && !ours.ends_with('\n') {
        let end =
            out.strip_suffix("\r\n").or_else(|| out.strip_suffix('\n')).map_or(out.len(), str::len);
        out.truncate(end);
    }
    out
}

/// The longest run of a marker character at the start of a line.
fn longest_mark(text: &str) -> usize {
    let run = |line: &str| {
        MARKS.iter().map(|mark| line.len() - line.trim_start_matches(*mark).len()).max()
    };
    text.lines().filter_map(run).max().unwrap_or_default()
}

/// Parses a text with markers. No line of the texts begins with a marker of this length.
fn pieces(marked: &str, mark: usize) -> Vec<Piece> {
    let marks = MARKS.map(|c| c.to_string().repeat(mark));
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut line, mut inside): (usize, Option<(Side, Hunk)>) = (1, None);
    for text in marked.split_inclusive('\n') {
        match (marks.iter().position(|mark| text.starts_with(mark)), inside.as_mut()) {
            (Some(0), _) => inside = Some((Side::Ours, Hunk { line, ..Hunk::default() })),
            (Some(1), Some((side, _))) => *side = Side::Base,
            (Some(2), Some((side, _))) => *side = Side::Theirs,
            (Some(_), _) => pieces.extend(inside.take().map(|(_, hunk)| Piece::Hunk(hunk))),
            (None, Some((side, hunk))) => match side {
                Side::Ours => {
                    line += 1;
                    hunk.ours.push_str(text);
                }
                Side::Base => hunk.base.push_str(text),
                Side::Theirs => hunk.theirs.push_str(text),
            },
            (None, None) => {
                line += 1;
                match pieces.last_mut() {
                    Some(Piece::Text(lines)) => lines.push_str(text),
                    _ => pieces.push(Piece::Text(text.to_owned())),
                }
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "FROM a:1 AS build\nRUN x\n\nFROM b:1\nUSER 1\nCMD [\"x\"]\n";

    fn clean(base: &str, ours: &str, theirs: &str) -> String {
        let merge = merge(base, ours, theirs);
        assert!(merge.is_clean(), "{merge:?}");
        merge.settle(Conflict::Refuse).unwrap()
    }

    #[test]
    fn keeps_an_edit_and_takes_the_new_output() {
        let ours = BASE.replace("USER 1\n", "ENV A=1\nUSER 1\n");
        let theirs = BASE.replace("a:1", "a:2");
        assert_eq!(clean(BASE, &ours, &theirs), ours.replace("a:1", "a:2"));
    }

    #[test]
    fn line_endings_and_the_final_newline_stay_ours() {
        let theirs = BASE.replace("a:1", "a:2").replace("USER 1\n", "EXPOSE 1\nUSER 1\n");
        assert_eq!(clean(BASE, &BASE.replace('\n', "\r\n"), &theirs), theirs.replace('\n', "\r\n"));
        assert_eq!(clean(BASE, BASE.trim_end(), &theirs), theirs.trim_end());
        let open = BASE.trim_end().replace('\n', "\r\n");
        assert_eq!(clean(BASE, &open, &theirs), theirs.trim_end().replace('\n', "\r\n"));
        // One line was pasted from elsewhere. The others keep their endings, and so does it.
        let mixed = BASE.replace("RUN x\n", "RUN x\r\n");
        assert_eq!(clean(BASE, &mixed, &theirs), theirs.replace("RUN x\n", "RUN x\r\n"));
        // git converted the pristine copy to CRLF too.
        assert_eq!(clean(&BASE.replace('\n', "\r\n"), BASE, &theirs), theirs);
    }

    #[test]
    fn a_collision_is_a_conflict_that_can_be_settled() {
        let ours = BASE.replace("a:1", "a:mine").replace("USER 1\n", "USER 1\nENV A=1\n");
        let theirs = BASE.replace("a:1", "a:2");
        let merge = merge(BASE, &ours, &theirs);
        let hunks: Vec<&Hunk> = merge.hunks().collect();
        assert_eq!((hunks.len(), hunks[0].line), (1, 1));
        assert_eq!(
            (hunks[0].base.as_str(), hunks[0].ours.as_str(), hunks[0].theirs.as_str()),
            ("FROM a:1 AS build\n", "FROM a:mine AS build\n", "FROM a:2 AS build\n")
        );
        assert_eq!(merge.settle(Conflict::Refuse), None);
        assert_eq!(merge.settle(Conflict::Ours).as_deref(), Some(ours.as_str()));
        assert_eq!(merge.settle(Conflict::Theirs), Some(ours.replace("a:mine", "a:2")));
        let marked = merge.settle(Conflict::Markers).unwrap();
        assert!(marked.contains("a:mine") && marked.contains("a:2"), "{marked}");
        assert_eq!(
            (unsettled(&marked), unsettled(&marked.replace('\n', "\r\n")), unsettled(&ours)),
            (Some(1), Some(1), None)
        );
    }

    #[test]
    fn lines_that_look_like_markers_are_lines() {
        let base = format!("a\nRUN <<X\n=======\n{}\nX\nz\n", ">".repeat(9));
        let (ours, theirs) =
            (base.replace("=======", "=======\nmine"), base.replace("=======", "=======\ntheirs"));
        let merge = merge(&base, &ours, &theirs);
        assert_eq!(merge.settle(Conflict::Ours), Some(ours));
        assert_eq!(merge.settle(Conflict::Theirs), Some(theirs));
        assert!(merge.settle(Conflict::Markers).unwrap().contains(&"<".repeat(10)));
    }

    #[test]
    fn a_deleted_stage_against_a_changed_one_is_a_conflict() {
        let ours = BASE.replace("FROM a:1 AS build\nRUN x\n\n", "");
        let theirs = BASE.replace("RUN x", "RUN y");
        assert!(!merge(BASE, &ours, &theirs).is_clean());
        assert_eq!(clean(BASE, &ours, BASE), ours);
        assert_eq!(
            clean(BASE, &ours, &BASE.replace("USER 1", "USER 2")),
            ours.replace("USER 1", "USER 2")
        );
    }

    #[test]
    fn long_texts_that_differ_throughout_are_one_collision() {
        let lines = |word: &str| {
            (0..40_000).fold(String::new(), |text, n| text + word + &n.to_string() + "\n")
        };
        let base = format!("FROM a:1\n{}USER 1\n", lines("RUN a "));
        let ours = format!("FROM a:1\n{}USER 1\n", lines("RUN b "));
        let theirs = format!("FROM a:1\n{}USER 1\n", lines("RUN c "));
        let merge = merge(&base, &ours, &theirs);
        let hunks: Vec<&Hunk> = merge.hunks().collect();
        assert_eq!((hunks.len(), hunks[0].line), (1, 2));
        assert_eq!(merge.settle(Conflict::Ours).as_deref(), Some(ours.as_str()));
        assert_eq!(merge.settle(Conflict::Theirs).as_deref(), Some(theirs.as_str()));
        // A long text with edits in two places merges like a short one.
        let ours = base.replace("RUN a 7\n", "RUN mine\n");
        let theirs = base.replace("RUN a 90\n", "RUN theirs\n");
        assert_eq!(clean(&base, &ours, &theirs), ours.replace("RUN a 90\n", "RUN theirs\n"));
    }

    #[test]
    fn an_emptied_file_stays_empty_unless_the_output_moves() {
        assert_eq!(clean(BASE, "", BASE), "");
        assert!(!merge(BASE, "", &BASE.replace("a:1", "a:2")).is_clean());
    }
}
