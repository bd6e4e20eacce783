//! Lists and pages on the terminal. Each shows its keys; only Enter chooses.

use std::io;

use console::{Key, Term};

use crate::screen::look::{Look, cut};
use crate::screen::visible;

/// Lines of a list beside its items: the prompt and the keys.
const AROUND: usize = 2;

/// What was pressed in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    /// Enter, on this item.
    Item(usize),
    /// `?`, on this item.
    Why(usize),
    /// Esc.
    Back,
}

/// A list to choose one item from.
pub(super) struct List<'a> {
    /// What is asked.
    pub prompt: &'a str,
    /// The items.
    pub items: &'a [String],
    /// The item that is marked first.
    pub at: usize,
    /// What Esc does, in a word; `None` if it does nothing.
    pub back: Option<&'a str>,
    /// `?` explains an item.
    pub explains: bool,
}

/// The terminal, as a person sees it.
pub(super) struct Board<'a> {
    pub(super) term: Term,
    pub(super) look: &'a Look,
}

impl Board<'_> {
    /// Columns and lines.
    pub(super) fn size(&self) -> (usize, usize) {
        let (rows, columns) = self.term.size();
        (usize::from(columns).max(20), usize::from(rows).max(8))
    }

    /// The lines that the terminal has.
    pub(super) fn rows(&self) -> usize {
        self.size().1
    }

    pub(super) fn say(&self, text: &str) -> io::Result<()> {
        self.term.write_line(&visible::stream(text.trim_end_matches('\n'), self.look.colour))
    }

    /// Lets a person choose from a list.
    pub(super) fn pick(&self, list: &List) -> io::Result<Pressed> {
        self.term.hide_cursor()?;
        let pressed = self.picked(list);
        self.term.show_cursor()?;
        let pressed = pressed?;
        if let Pressed::Item(at) = pressed {
            let chosen = list.items.get(at).map_or("", String::as_str);
            let prompt = format!("{} · {chosen}", list.prompt);
            self.say(&self.look.bold(&cut(&prompt, self.size().0 - 1)))?;
        }
        Ok(pressed)
    }

    fn picked(&self, list: &List) -> io::Result<Pressed> {
        let end = list.items.len().saturating_sub(1);
        let mut at = list.at.min(end);
        loop {
            let drawn = self.draw(list, at)?;
            let key = self.term.read_key();
            self.term.clear_last_lines(drawn)?;
            match key? {
                Key::ArrowUp | Key::Char('k') | Key::BackTab => {
                    at = if at == 0 { end } else { at - 1 };
                }
                Key::ArrowDown | Key::Char('j') | Key::Tab => {
                    at = if at == end { 0 } else { at + 1 };
                }
                Key::Home | Key::PageUp => at = 0,
                Key::End | Key::PageDown => at = end,
                Key::Enter => return Ok(Pressed::Item(at)),
                Key::Char('?') if list.explains => return Ok(Pressed::Why(at)),
                Key::Escape if list.back.is_some() => return Ok(Pressed::Back),
                _ => {}
            }
        }
    }

    /// Draws the part of a list around an item; the number of lines.
    fn draw(&self, list: &List, at: usize) -> io::Result<usize> {
        let (columns, rows) = self.size();
        let room = rows.saturating_sub(AROUND + 1).max(3).min(list.items.len());
        let first = at.saturating_sub(room / 2).min(list.items.len() - room);
        let line = |text: &str| cut(text, columns - 1);
        self.say(&self.look.bold(&line(&format!("? {}", list.prompt))))?;
        for (number, item) in list.items.iter().enumerate().skip(first).take(room) {
            // The mark is a character, so that it shows without colours too.
            if number == at {
                self.say(&self.look.cyan(&line(&format!("> {item}"))))?;
            } else {
                self.say(&line(&format!("  {item}")))?;
            }
        }
        let mut keys = String::from("up, down: move   enter: choose");
        if list.explains {
            keys.push_str("   ?: why");
        }
        if let Some(back) = list.back {
            keys.push_str("   esc: ");
            keys.push_str(back);
        }
        self.say(&self.look.dim(&line(&keys)))?;
        Ok(room + AROUND)
    }

    /// Shows a text page by page.
    pub(super) fn page(&self, title: &str, text: &str) -> io::Result<()> {
        self.term.hide_cursor()?;
        let result = self.paged(title, text);
        self.term.show_cursor()?;
        result
    }

    fn paged(&self, title: &str, text: &str) -> io::Result<()> {
        let mut first = 0;
        loop {
            let (columns, rows) = self.size();
            let whole = visible::stream(text.trim_end(), self.look.colour);
            let lines: Vec<String> =
                whole.lines().flat_map(|line| folded(line, columns - 1)).collect();
            let room = rows.saturating_sub(AROUND + 1).max(3);
            let most = lines.len().saturating_sub(room);
            first = first.min(most);
            let shown = &lines[first..lines.len().min(first + room)];
            self.say(&self.look.bold(&cut(title, columns - 1)))?;
            for line in shown {
                self.term.write_line(line)?;
            }
            let end = first + shown.len();
            let keys = format!(
                "{}-{end} of {}   space, b, up, down: move   q, esc: close",
                first + 1,
                lines.len()
            );
            self.say(&self.look.dim(&cut(&keys, columns - 1)))?;
            let key = self.term.read_key();
            self.term.clear_last_lines(shown.len() + AROUND)?;
            match key? {
                Key::Char(' ' | 'f') | Key::PageDown => first += room,
                Key::Char('b') | Key::PageUp => first = first.saturating_sub(room),
                Key::Char('j') | Key::ArrowDown | Key::Enter => first += 1,
                Key::Char('k') | Key::ArrowUp => first = first.saturating_sub(1),
                Key::Char('g') | Key::Home => first = 0,
                Key::Char('G') | Key::End => first = most,
                Key::Char('q') | Key::Escape => return Ok(()),
                _ => {}
            }
        }
    }
}

/// A line in pieces of at most `room` columns, with the colour that it begins with in each.
fn folded(line: &str, room: usize) -> Vec<String> {
    const INDENT: &str = "    ";
    if console::measure_text_width(line) <= room {
        return vec![line.to_owned()];
    }
    let colour = line.strip_prefix('\u{1b}').and_then(|rest| rest.find('m'));
    let colour = colour.map_or("", |end| &line[..end + 2]);
    let end = if colour.is_empty() { "" } else { "\u{1b}[0m" };
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for c in console::strip_ansi_codes(line).chars() {
        let wide = console::measure_text_width(c.encode_utf8(&mut [0; 4]));
        if used + wide > room {
            pieces.push(INDENT.to_owned());
            used = INDENT.len();
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
        used += wide;
    }
    pieces.into_iter().map(|piece| format!("{colour}{piece}{end}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_read_in_full() {
        assert_eq!(folded("short", 10), ["short"]);
        assert_eq!(folded("0123456789abcdef", 10), ["0123456789", "    abcdef"]);
        let green = folded("\u{1b}[32m0123456789ab\u{1b}[0m", 10);
        assert_eq!(green, ["\u{1b}[32m0123456789\u{1b}[0m", "\u{1b}[32m    ab\u{1b}[0m"]);
    }
}
