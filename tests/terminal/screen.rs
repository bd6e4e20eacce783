//! The part of a terminal that dialoguer, console and dockgen use: enough to know what a person
//! sees.

/// How a character looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// 30 to 37 and 90 to 97, as in the escape sequence.
    pub(crate) colour: Option<u16>,
    pub(crate) bold: bool,
    pub(crate) dim: bool,
}

/// A character and its look.
pub(crate) type Cell = (char, Style);

/// A screen that keeps what scrolled away.
pub(crate) struct Screen {
    columns: usize,
    rows: usize,
    pub(crate) lines: Vec<Vec<Cell>>,
    row: usize,
    column: usize,
    style: Style,
    pub(crate) cursor_shown: bool,
    pending: Vec<u8>,
}

impl Screen {
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        Self {
            columns,
            rows,
            lines: vec![Vec::new()],
            row: 0,
            column: 0,
            style: Style::default(),
            cursor_shown: true,
            pending: Vec::new(),
        }
    }

    /// What is to be seen, and what scrolled away above it; without spaces at the ends of lines.
    pub(crate) fn text(&self) -> String {
        let line = |cells: &Vec<Cell>| {
            cells.iter().map(|(c, _)| *c).collect::<String>().trim_end().to_owned()
        };
        self.lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend(bytes);
        let pending = std::mem::take(&mut self.pending);
        let whole = match std::str::from_utf8(&pending) {
            Ok(_) => pending.len(),
            Err(error) => error.valid_up_to(),
        };
        let text = String::from_utf8_lossy(&pending[..whole]).into_owned();
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            if c == '\x1b' {
                let Some((length, sequence)) = escape(rest) else { break };
                self.escape(sequence);
                rest = &rest[length..];
            } else {
                self.put(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        self.pending = rest.as_bytes().to_vec();
        self.pending.extend(&pending[whole..]);
    }

    fn put(&mut self, c: char) {
        match c {
            '\r' => self.column = 0,
            '\n' => {
                self.row += 1;
                self.reach();
            }
            '\x08' => self.column = self.column.saturating_sub(1),
            c if c.is_control() => {}
            c => {
                // A terminal wraps when the next character comes, not before.
                if self.column == self.columns {
                    self.row += 1;
                    self.column = 0;
                    self.reach();
                }
                let line = &mut self.lines[self.row];
                while line.len() <= self.column {
                    line.push((' ', Style::default()));
                }
                line[self.column] = (c, self.style);
                self.column += 1;
            }
        }
    }

    fn reach(&mut self) {
        while self.lines.len() <= self.row {
            self.lines.push(Vec::new());
        }
    }

    /// The first line that has not scrolled away.
    fn top(&self) -> usize {
        self.lines.len().saturating_sub(self.rows)
    }

    fn escape(&mut self, sequence: &str) {
        let Some(kind) = sequence.chars().last() else { return };
        let numbers: Vec<u16> = sequence[..sequence.len() - 1]
            .trim_start_matches('?')
            .split(';')
            .map(|n| n.parse().unwrap_or(0))
            .collect();
        let count = usize::from(numbers[0]).max(1);
        match kind {
            'A' => self.row = self.row.saturating_sub(count).max(self.top()),
            'B' => {
                self.row += count;
                self.reach();
            }
            'C' => self.column = (self.column + count).min(self.columns - 1),
            'D' => self.column = self.column.min(self.columns - 1).saturating_sub(count),
            'G' => self.column = count - 1,
            'J' => {
                self.lines.truncate(self.row + 1);
                self.lines[self.row].truncate(self.column);
            }
            'K' => match numbers[0] {
                0 => self.lines[self.row].truncate(self.column),
                _ => self.lines[self.row].clear(),
            },
            'm' => numbers.iter().for_each(|number| self.paint(*number)),
            'h' | 'l' if sequence.starts_with("?25") => self.cursor_shown = kind == 'h',
            _ => panic!("an escape sequence that this screen does not know: {sequence:?}"),
        }
    }

    fn paint(&mut self, number: u16) {
        match number {
            0 => self.style = Style::default(),
            1 => self.style.bold = true,
            2 => self.style.dim = true,
            30..=37 | 90..=97 => self.style.colour = Some(number),
            // console writes bright colours as 38;5;8 to 38;5;15.
            38 | 5 => {}
            8..=15 => self.style.colour = Some(82 + number),
            _ => panic!("a style that this screen does not know: {number}"),
        }
    }
}

/// The length of the escape sequence that `text` begins with, and what follows its `[`.
fn escape(text: &str) -> Option<(usize, &str)> {
    let end = text.char_indices().skip(2).find(|(_, c)| c.is_ascii_alphabetic())?.0 + 1;
    Some((end, &text[2..end]))
}
