//! Text that a person types, on one line of the terminal.

use std::io;

use console::Key;

use super::terminal::Board;
use crate::screen::look::cut;
use crate::screen::visible::inline;

/// A question that is answered with text.
pub(super) struct Typed<'a> {
    /// What is asked.
    pub prompt: &'a str,
    /// The text to begin with.
    pub start: &'a str,
    /// What Enter alone means, if nothing was typed.
    pub default: Option<&'a str>,
    /// An empty text is an answer.
    pub empty: bool,
    /// What Esc does, in a word.
    pub back: &'a str,
    /// Why a text cannot be taken; `None` if it can.
    pub refuses: &'a dyn Fn(&str) -> Option<String>,
}

/// A line while it is typed: its characters, and where the next one goes.
struct Line {
    text: Vec<char>,
    at: usize,
}

impl Line {
    fn new(text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        Self { at: text.len(), text }
    }

    /// True if a key was one of editing.
    fn take(&mut self, key: &Key) -> bool {
        match key {
            Key::Char(c) if !c.is_control() => {
                self.text.insert(self.at, *c);
                self.at += 1;
            }
            Key::Backspace | Key::Char('\u{8}' | '\u{7f}') if self.at > 0 => {
                self.at -= 1;
                self.text.remove(self.at);
            }
            Key::Del if self.at < self.text.len() => {
                self.text.remove(self.at);
            }
            Key::ArrowLeft => self.at = self.at.saturating_sub(1),
            Key::ArrowRight => self.at = (self.at + 1).min(self.text.len()),
            Key::Home => self.at = 0,
            Key::End => self.at = self.text.len(),
            // Ctrl-U, as in a shell.
            Key::Char('\u{15}') => *self = Self::new(""),
            _ => return false,
        }
        true
    }

    fn all(&self) -> String {
        self.text.iter().collect()
    }

    /// The part that fits into `room` columns with the cursor in it, and the columns behind the
    /// cursor.
    fn part(&self, room: usize) -> (String, usize) {
        let width = |chars: &[char]| {
            console::measure_text_width(&inline(&chars.iter().collect::<String>()))
        };
        let mut first = 0;
        while first < self.at && width(&self.text[first..self.at]) > room {
            first += 1;
        }
        let mut end = self.text.len();
        while end > self.at && width(&self.text[first..end]) > room {
            end -= 1;
        }
        let shown: String = self.text[first..end].iter().collect();
        (inline(&shown), width(&self.text[self.at..end]))
    }
}

impl Board<'_> {
    /// Lets a person type a text; `None` for Esc.
    pub(super) fn type_in(&self, typed: &Typed) -> io::Result<Option<String>> {
        let (columns, _) = self.size();
        let keys = format!("enter: take it   esc: {}", typed.back);
        self.say(&self.look.dim(&cut(&keys, columns - 1)))?;
        let default = typed.default.map_or_else(String::new, |text| format!(" ({})", inline(text)));
        let head = cut(&format!("? {}{default}: ", typed.prompt), columns * 2 / 3);
        let room = columns.saturating_sub(console::measure_text_width(&head) + 1).max(4);
        let mut line = Line::new(typed.start);
        loop {
            let (part, behind) = line.part(room);
            self.term.clear_line()?;
            self.term.write_str(&format!("{}{part}", self.look.bold(&head)))?;
            self.term.move_cursor_left(behind)?;
            match self.term.read_key()? {
                Key::Escape => {
                    self.say("")?;
                    return Ok(None);
                }
                Key::Enter => {
                    self.say("")?;
                    let text = line.all();
                    let taken = match typed.default {
                        Some(default) if text.trim().is_empty() => default,
                        _ => text.trim(),
                    };
                    if taken.is_empty() && !typed.empty {
                        continue;
                    }
                    let Some(why) = (typed.refuses)(taken) else {
                        return Ok(Some(taken.to_owned()));
                    };
                    for part in self.look.wrap(&why, 0) {
                        self.say(&self.look.red(&part))?;
                    }
                }
                key => {
                    line.take(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_where_the_cursor_is() {
        let mut line = Line::new("8080");
        let mut press = |keys: &[Key]| {
            for key in keys {
                line.take(key);
            }
            line.all()
        };
        assert_eq!(press(&[Key::Backspace, Key::Char('1')]), "8081");
        assert_eq!(press(&[Key::Home, Key::Char('1'), Key::Del]), "1081");
        assert_eq!(press(&[Key::ArrowRight, Key::Backspace, Key::End, Key::Char('é')]), "181é");
        assert_eq!(press(&[Key::Char('\u{15}'), Key::Backspace, Key::ArrowLeft]), "");
    }

    #[test]
    fn a_long_line_shows_what_is_around_the_cursor() {
        let mut line = Line::new("0123456789");
        assert_eq!(line.part(4), ("6789".to_owned(), 0));
        line.take(&Key::Home);
        assert_eq!(line.part(4), ("0123".to_owned(), 4));
        assert_eq!(line.part(40), ("0123456789".to_owned(), 10));
    }
}
