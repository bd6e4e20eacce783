//! A screen as a picture. The same screen gives the same bytes.

use std::fmt::Write;

use super::screen::{Cell, Screen, Style};

const CHARACTER: f32 = 8.4;
const LINE: usize = 19;
const MARGIN: usize = 18;
const BAR: usize = 34;

/// Lines of the screen as SVG; the font is whatever monospace the viewer has, stretched to the
/// grid.
pub(crate) fn picture(screen: &Screen, columns: usize, title: &str) -> String {
    let lines: Vec<&Vec<Cell>> = screen.lines.iter().collect();
    let used = lines
        .iter()
        .rposition(|line| line.iter().any(|(c, _)| *c != ' '))
        .map_or(0, |last| last + 1);
    #[allow(clippy::cast_precision_loss, reason = "a screen has few columns")]
    let width = (columns as f32 * CHARACTER).ceil() + (2 * MARGIN) as f32;
    let middle = width / 2.0;
    let height = BAR + MARGIN + used * LINE;
    let mut out = String::new();
    writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<title>{title}</title>
<style>text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d7dae0; white-space: pre }} .b {{ font-weight: 700 }} .d {{ fill: #868e9c }}</style>
<rect width="{width}" height="{height}" rx="8" fill="#1b1e24"/>
<circle cx="20" cy="17" r="5" fill="#ef6a5e"/><circle cx="38" cy="17" r="5" fill="#f5bf4f"/><circle cx="56" cy="17" r="5" fill="#61c554"/>
<text x="{middle}" y="22" text-anchor="middle" class="d">{title}</text>"##
    )
    .unwrap();
    for (number, line) in lines.iter().take(used).enumerate() {
        row(&mut out, BAR + MARGIN / 2 + number * LINE + 6, line);
    }
    out.push_str("</svg>\n");
    out
}

fn row(out: &mut String, y: usize, line: &[Cell]) {
    let mut at = 0;
    while at < line.len() {
        let style = line[at].1;
        let end = line[at..]
            .iter()
            .position(|(_, other)| *other != style)
            .map_or(line.len(), |length| at + length);
        let text: String = line[at..end].iter().map(|(c, _)| *c).collect();
        let kept = text.trim_end();
        let skipped = kept.len() - kept.trim_start().len();
        let kept = kept.trim_start();
        if !kept.is_empty() {
            #[allow(clippy::cast_precision_loss, reason = "a screen has few columns")]
            let (x, length) = (
                MARGIN as f32 + (at + skipped) as f32 * CHARACTER,
                kept.chars().count() as f32 * CHARACTER,
            );
            let kept = kept.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            // Not every viewer keeps runs of spaces.
            let kept = kept.replace("  ", "\u{a0}\u{a0}");
            writeln!(
                out,
                r#"<text x="{x:.1}" y="{y}" textLength="{length:.1}" lengthAdjust="spacingAndGlyphs"{}>{kept}</text>"#,
                class(style)
            )
            .unwrap();
        }
        at = end;
    }
}

fn class(style: Style) -> String {
    let mut text = String::new();
    if style.bold || style.dim {
        write!(text, r#" class="{}""#, if style.bold { "b" } else { "d" }).unwrap();
    }
    let fill = match style.colour {
        None => return text,
        Some(31 | 91) => "#ef6a5e",
        Some(32 | 92) => "#8cc570",
        Some(33 | 93) => "#e3b85f",
        Some(36 | 96) => "#5fb3c4",
        Some(30 | 90) => "#868e9c",
        Some(_) => "#d7dae0",
    };
    // An attribute would be weaker than the style sheet.
    write!(text, r#" style="fill:{fill}""#).unwrap();
    text
}
