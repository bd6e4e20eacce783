//! A self-contained HTML page with the checks, and the layers drawn to scale before and after an
//! edit.

use std::fmt::Write;

use super::caching::Rebuild;
use super::checks::{Outcome, short};
use super::image::Layer;
use super::report::size;
use super::{ImageReport, Proof};
use crate::screen::visible;

/// The HTML frame.
const PAGE: &str = include_str!("page.html");

/// The whole page.
pub fn page(engine: &str, proofs: &[Proof]) -> String {
    let apps: String = proofs.iter().map(app).collect();
    // The engine comes first, so that nothing in the applications' texts is replaced.
    PAGE.replacen("{{engine}}", &escape(engine), 1).replacen("{{apps}}", &apps, 1)
}

fn app(proof: &Proof) -> String {
    let mut out = String::from("<section class=\"app\">\n");
    let (class, verdict) = if proof.proved { ("ok", "proved") } else { ("broken", "not proved") };
    let heading =
        format!("<span class=\"verdict {class}\">{verdict}</span><h1>{}</h1>", escape(&proof.name));
    let about = format!("{} &middot; base {}", escape(&proof.dockerfile), escape(&proof.base));
    writeln!(out, "{heading}<p class=\"soft\">{about}</p>").ok();
    figures(proof, &mut out);
    if let Some(image) = &proof.image {
        layers(image, proof, &mut out);
    }
    checks(proof, &mut out);
    stages(proof, &mut out);
    bases(proof, &mut out);
    out + "</section>\n"
}

fn figures(proof: &Proof, out: &mut String) {
    writeln!(out, "<ul class=\"figures\">").ok();
    let mut figure = |value: String, what: &str| {
        writeln!(out, "<li><b>{}</b><span class=\"soft\">{what}</span></li>", escape(&value)).ok();
    };
    figure(format!("{:.1} s", proof.build.seconds), "build");
    if let Some(image) = &proof.image {
        figure(size(image.size), "image");
        figure(image.packages.to_string(), "packages");
    }
    if let Some(boot) = &proof.boot {
        figure(format!("{:.1} s", boot.seconds), "start");
        if let Some(stop) = &boot.stop {
            figure(format!("{:.1} s", stop.seconds), "stop");
        }
    }
    for rebuild in proof.caching.iter().flat_map(|caching| &caching.rebuilds) {
        figure(format!("{:.1} s", rebuild.seconds), words(rebuild));
    }
    writeln!(out, "</ul>").ok();
}

fn words(rebuild: &Rebuild) -> &'static str {
    match rebuild.proof {
        "source" => "build after an edit of the source",
        "dependency" => "build after an edit of the dependencies",
        _ => "the same with empty cache mounts",
    }
}

/// The layers as bars on one scale: the first build, then the build after each edit.
fn layers(image: &ImageReport, proof: &Proof, out: &mut String) {
    let rebuilds: Vec<&Rebuild> =
        proof.caching.iter().flat_map(|caching| &caching.rebuilds).collect();
    let sum = |layers: &[Layer]| layers.iter().map(|layer| layer.size).sum::<u64>();
    let largest = rebuilds
        .iter()
        .map(|rebuild| sum(&rebuild.layers))
        .chain([sum(&image.layers)])
        .max()
        .unwrap_or(1);
    writeln!(out, "<h2>Layers, to scale</h2>").ok();
    let key = |class: &str, text: &str| format!("<span class=\"key {class}\"></span>{text}");
    let keys = [
        key("base", "base image"),
        key("own", "own layers"),
        key("changed", "changed by the edit (4 pixels at least)"),
    ]
    .join(" &nbsp; ");
    writeln!(out, "<p class=\"soft\">{keys}</p>").ok();
    bar("the image", &image.layers, &[], largest, out);
    let shown: Vec<(String, &Rebuild)> = rebuilds
        .iter()
        .filter(|rebuild| !rebuild.layers.is_empty() && rebuild.proof != "cold")
        .map(|rebuild| {
            let what = if rebuild.proof == "source" { "source" } else { "dependencies" };
            let changed = size(rebuild.changed_bytes);
            (
                format!(
                    "after an edit of the {what} ({}): {changed} changed",
                    rebuild.edited.join(", ")
                ),
                *rebuild,
            )
        })
        .collect();
    for (text, rebuild) in &shown {
        bar(text, &rebuild.layers, &rebuild.changed, largest, out);
    }
    let own =
        |layers: &[Layer]| layers.iter().filter(|layer| !layer.base).cloned().collect::<Vec<_>>();
    let lists = shown.iter().map(|(_, rebuild)| own(&rebuild.layers)).chain([own(&image.layers)]);
    let largest = lists.map(|layers| sum(&layers)).max().unwrap_or(1);
    writeln!(out, "<h2>Own layers alone, to a scale of their own</h2>").ok();
    bar("the image", &own(&image.layers), &[], largest, out);
    for (text, rebuild) in &shown {
        bar(text, &own(&rebuild.layers), &rebuild.changed, largest, out);
    }
    writeln!(out, "<table><tr><th class=\"n\">size</th><th>made by</th></tr>").ok();
    for layer in image.layers.iter().rev().filter(|layer| !layer.base) {
        let made_by = escape(&short(&layer.made_by));
        writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td><code>{made_by}</code></td></tr>",
            size(layer.size)
        )
        .ok();
    }
    let base: Vec<&Layer> = image.layers.iter().filter(|layer| layer.base).collect();
    if !base.is_empty() {
        let bytes = base.iter().map(|layer| layer.size).sum();
        writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td>the base image ({} layers)</td></tr>",
            size(bytes),
            base.len()
        )
        .ok();
    }
    writeln!(out, "</table>").ok();
}

fn bar(title: &str, layers: &[Layer], changed: &[Layer], largest: u64, out: &mut String) {
    write!(out, "<div>{}</div><div class=\"bar\" role=\"img\" aria-label=\"{0}\">", escape(title))
        .ok();
    for layer in layers {
        let class = if changed.iter().any(|other| other.digest == layer.digest) {
            "changed"
        } else if layer.base {
            "base"
        } else {
            "own"
        };
        let percent = super::megabytes(layer.size) / super::megabytes(largest.max(1)) * 100.0;
        let title = escape(&format!("{}: {}", size(layer.size), short(&layer.made_by)));
        // An empty layer has no area, but a changed one must be visible.
        if layer.size > 0 || class == "changed" {
            write!(
                out,
                "<span class=\"{class}\" style=\"width:{percent:.4}%\" title=\"{title}\"></span>"
            )
            .ok();
        }
    }
    writeln!(out, "</div>").ok();
}

fn checks(proof: &Proof, out: &mut String) {
    writeln!(out, "<h2>Promises</h2><table>").ok();
    for check in &proof.checks {
        let (class, word) = match check.outcome {
            Outcome::Ok => ("ok", "ok"),
            Outcome::Broken => ("broken", "broken"),
            Outcome::Note => ("note", "note"),
            Outcome::Skipped => ("skipped", "skipped"),
        };
        write!(
            out,
            "<tr><td class=\"{class}\">{word}</td><td class=\"id\">{}</td><td>{}",
            check.id,
            escape(&check.what)
        )
        .ok();
        if let Some(fix) = check.fix.as_ref().filter(|_| check.outcome == Outcome::Broken) {
            write!(out, "<div class=\"fix\">&rarr; {}</div>", escape(fix)).ok();
        }
        if !check.lines.is_empty() {
            write!(out, "<pre>{}</pre>", escape(&check.lines.join("\n"))).ok();
        }
        writeln!(out, "</td></tr>").ok();
    }
    writeln!(out, "</table>").ok();
}

fn stages(proof: &Proof, out: &mut String) {
    writeln!(out, "<h2>Stages</h2><table><tr><th>build</th><th>stage</th><th class=\"n\">steps that ran</th><th class=\"n\">seconds</th></tr>").ok();
    let rebuilds = proof.caching.iter().flat_map(|caching| &caching.rebuilds);
    let builds = [("first", &proof.build.stages)]
        .into_iter()
        .chain(rebuilds.map(|rebuild| (words(rebuild), &rebuild.stages)));
    for (name, stages) in builds {
        for stage in stages {
            let stage_name =
                escape(if stage.name.is_empty() { "(the only one)" } else { &stage.name });
            let figures = format!(
                "<td class=\"n\">{} of {}</td><td class=\"n\">{:.1}</td>",
                stage.ran, stage.steps, stage.seconds
            );
            writeln!(out, "<tr><td>{name}</td><td>{stage_name}</td>{figures}</tr>").ok();
        }
    }
    writeln!(out, "</table>").ok();
}

fn bases(proof: &Proof, out: &mut String) {
    let Some(rows) = &proof.bases else { return };
    writeln!(out, "<h2>Bases</h2><table><tr><th>base</th><th class=\"n\">size</th><th class=\"n\">packages</th><th>shell</th><th>starts in</th></tr>").ok();
    for row in rows {
        let dash = || "-".to_owned();
        let starts = match (row.boots, row.seconds) {
            (true, Some(seconds)) => format!("<span class=\"ok\">{seconds:.1} s</span>"),
            _ => format!(
                "<span class=\"broken\">no</span>: {}",
                escape(row.why.as_deref().unwrap_or_default())
            ),
        };
        writeln!(
            out,
            "<tr><td>{}{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{starts}</td></tr>",
            escape(&row.family),
            if row.planned { " (planned)" } else { "" },
            row.size.map_or_else(dash, size),
            row.packages.map_or_else(dash, |count| count.to_string()),
            if row.image.is_none() {
                "-"
            } else if row.shell {
                "yes"
            } else {
                "no"
            },
        )
        .ok();
    }
    writeln!(out, "</table>").ok();
}

/// Escapes text for any place in the page: text of the repository and of logs must not become
/// markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible::lines(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{BuildReport, Caching, Check};
    use super::*;

    fn layer(digest: &str, made_by: &str, base: bool, size: u64) -> Layer {
        Layer {
            digest: digest.to_owned(),
            made_by: made_by.to_owned(),
            base,
            size,
            ..Layer::default()
        }
    }

    fn proof() -> Proof {
        let before = vec![
            layer("1", "base", true, 90_000_000),
            layer("2", "COPY <a> /a", false, 10_000_000),
        ];
        let after = vec![before[0].clone(), layer("3", "COPY <a> /a", false, 10_000_000)];
        let rebuild = Rebuild {
            proof: "source",
            edited: vec!["main".to_owned()],
            changed: vec![after[1].clone()],
            changed_bytes: 10_000_000,
            layers: after,
            ..Rebuild::default()
        };
        Proof {
            name: "<script>alert(1)</script>".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            base: "debian".to_owned(),
            proved: false,
            checks: vec![
                Check::broken("boot", "it said \"{{apps}}\"", "do & mend")
                    .with(vec!["</pre>".to_owned()]),
            ],
            build: BuildReport::default(),
            image: Some(ImageReport {
                size: 100_000_000,
                layers: before,
                ..ImageReport::default()
            }),
            boot: None,
            caching: Some(Caching { rebuilds: vec![rebuild], checks: Vec::new() }),
            bases: None,
        }
    }

    #[test]
    fn nothing_of_the_repository_becomes_markup() {
        let page = page("Docker <1>", &[proof()]);
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
        assert!(page.contains("&lt;/pre&gt;") && page.contains("Docker &lt;1&gt;"));
        let mut hidden = proof();
        hidden.name = "a\u{202e}b\u{1b}[31m".to_owned();
        let shown = super::page("Docker", &[hidden]);
        assert!(shown.contains(r"a\u202eb\x1b[31m") && !shown.contains('\u{202e}'));
        // The page is self-contained: it loads nothing.
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="));
        assert!(page.matches("<section").count() == 1 && page.ends_with("</html>\n"));
    }

    #[test]
    fn layers_are_drawn_to_scale_and_what_changed_stands_out() {
        let page = page("Docker", &[proof()]);
        assert!(page.contains("class=\"base\" style=\"width:90.0000%\""), "{page}");
        assert!(page.contains("class=\"own\" style=\"width:10.0000%\""));
        assert_eq!(page.matches("class=\"changed\" style=\"width:10.0000%\"").count(), 1);
        assert_eq!(page.matches("class=\"changed\" style=\"width:100.0000%\"").count(), 1);
        assert!(page.contains("after an edit of the source (main): 10.0 MB changed"));
    }
}
