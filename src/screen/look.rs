//! Colours and width.

use console::Style;

use super::visible::inline;

/// The minimum and maximum width of text.
const WIDTHS: (usize, usize) = (40, 100);

/// How text looks on one stream.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// Long values are shortened to fit their line; a file or a pipe gets them whole.
    pub shortens: bool,
}

impl Look {
    /// With or without colours, for a terminal with this number of columns; 80 if that is unknown.
    pub fn new(colour: bool, columns: Option<u16>) -> Self {
        let width = columns.map_or(80, usize::from).clamp(WIDTHS.0, WIDTHS.1);
        Self { colour, width, shortens: columns.is_some() }
    }

    /// `text` in at most `room` columns, or whole where nothing is shortened.
    pub fn fit(&self, text: &str, room: usize) -> String {
        if self.shortens { cut(text, room) } else { inline(text) }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        style.force_styling(self.colour).apply_to(inline(text)).to_string()
    }

    /// For the most important words.
    pub fn bold(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// For evidence and comments.
    pub fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dim(), text)
    }

    /// For errors and removals.
    pub fn red(&self, text: &str) -> String {
        self.paint(Style::new().red(), text)
    }

    /// For successes and additions.
    pub fn green(&self, text: &str) -> String {
        self.paint(Style::new().green(), text)
    }

    /// For warnings.
    pub fn yellow(&self, text: &str) -> String {
        self.paint(Style::new().yellow(), text)
    }

    /// For notes.
    pub fn cyan(&self, text: &str) -> String {
        self.paint(Style::new().cyan(), text)
    }

    /// Breaks `text`, with its invisible characters escaped, at spaces into lines that fit beside
    /// an indent. A longer word is broken anywhere.
    pub fn wrap(&self, text: &str, indent: usize) -> Vec<String> {
        let room = self.width.saturating_sub(indent).max(10);
        let mut lines = vec![String::new()];
        let mut used = 0;
        for word in inline(text).split(' ') {
            let long = console::measure_text_width(word);
            if used > 0 && used + 1 + long > room {
                lines.push(String::new());
                used = 0;
            }
            let Some(line) = lines.last_mut() else { break };
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            if used + long <= room {
                line.push_str(word);
                used += long;
                continue;
            }
            for c in word.chars() {
                let wide = console::measure_text_width(c.encode_utf8(&mut [0; 4]));
                if used + wide > room {
                    lines.push(String::new());
                    used = 0;
                }
                if let Some(line) = lines.last_mut() {
                    line.push(c);
                }
                used += wide;
            }
        }
        for line in &mut lines {
            line.truncate(line.trim_end().len());
        }
        lines
    }
}

/// `text`, with its invisible characters escaped, in at most `room` columns. A text that is cut
/// ends in `…`.
pub fn cut(text: &str, room: usize) -> String {
    console::truncate_str(&inline(text), room, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_inside_long_words() {
        let look = Look { colour: false, width: 20, shortens: true };
        assert_eq!(look.wrap("one two three four", 8), ["one two", "three four"]);
        assert_eq!(look.wrap("abcdefghijklmnopqrst u", 8), ["abcdefghijkl", "mnopqrst u"]);
        assert_eq!(look.wrap("", 8), [""]);
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(look.fit("abcdef", 4), "abc…");
        assert_eq!(Look::new(false, None).fit("abcdef", 4), "abcdef");
    }

    #[test]
    fn a_value_stays_in_its_line() {
        let look = Look { colour: true, width: 20, shortens: true };
        assert_eq!(look.wrap("a\n::error::b\u{1b}[8m", 0), ["a\\n::error::b\\x1b[8m"]);
        assert_eq!(look.bold("a\nb\u{202e}"), "\u{1b}[1ma\\nb\\u202e\u{1b}[0m");
        assert_eq!(cut("a\rb", 9), "a\\rb");
    }
}
