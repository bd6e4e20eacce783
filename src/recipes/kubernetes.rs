//! Kubernetes manifests and Helm templates: containers with their ports, commands, environment and
//! mounts.

use std::collections::BTreeMap;

use super::{Folder, Port, Recipe, Run, Running, Variable, port_number};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item};

/// Kinds whose pods run what the repository builds.
const KINDS: [&str; 6] = ["Deployment", "StatefulSet", "DaemonSet", "Pod", "Job", "CronJob"];

/// Kinds that end: their containers start no server.
const ENDING: [&str; 2] = ["Job", "CronJob"];

/// Templates of charts, and the values of each chart by its folder.
#[derive(Debug, Default)]
pub(super) struct Charts {
    templates: Vec<(RelPath, String)>,
    values: BTreeMap<RelPath, Item>,
}

/// Reads a manifest, or a template that is YAML after its control lines are removed.
pub(super) fn read(_: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let folder = file.parent().unwrap_or_default();
    if file.file_name() == "values.yaml" {
        let values = settings::parse_yaml(text).into_iter().next();
        into.charts.values.extend(values.map(|values| (folder, values)));
    } else if text.contains("containers:") {
        if text.contains(".Values.") {
            into.charts.templates.push((file.clone(), text.to_owned()));
        } else {
            manifests(file, text, into);
        }
    }
}

/// Reads the templates, now that the values of their charts are known.
pub(super) fn fill(into: &mut Running) {
    for (file, text) in std::mem::take(&mut into.charts.templates) {
        let chart = file.parent().and_then(|folder| folder.parent()).unwrap_or_default();
        let filled = match into.charts.values.get(&chart) {
            Some(values) => {
                let lines = enabled(&text, values);
                lines.into_iter().map(|line| filled(line, values) + "\n").collect()
            }
            None => text,
        };
        manifests(&file, &filled, into);
    }
}

/// The lines of a template; those below a condition on a value that is off or empty are blank, which
/// keeps the numbers of the others.
fn enabled<'t>(text: &'t str, values: &Item) -> Vec<&'t str> {
    // True for each open block that is left out.
    let mut open: Vec<bool> = Vec::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let control = line.trim_start().strip_prefix("{{");
        let inner = control.and_then(|rest| rest.split_once("}}")).map(|(inner, _)| inner);
        let words: Vec<&str> = inner.map_or_else(Vec::new, |inner| {
            inner.trim_matches(['-', ' ']).split_whitespace().collect()
        });
        match words.as_slice() {
            ["if", value] => open.push(is_off(value, values)),
            ["if" | "range" | "with" | "define" | "block", ..] => open.push(false),
            // What another condition holds is not known.
            ["else", ..] => {
                if let Some(last) = open.last_mut() {
                    *last = false;
                }
            }
            ["end"] => drop(open.pop()),
            _ => {}
        }
        lines.push(if open.contains(&true) { "" } else { line });
    }
    lines
}

fn is_off(value: &str, values: &Item) -> bool {
    let Some(name) = value.strip_prefix(".Values.") else { return false };
    let way: Vec<&str> = name.split('.').collect();
    values.text_at(&way).is_some_and(|text| matches!(text, "false" | "" | "0" | "null" | "~"))
}

/// A line with values such as `{{ .Values.service.port }}` filled in, also with `| quote`, and with
/// the default that it gives for an unset value.
fn filled(line: &str, values: &Item) -> String {
    let (mut out, mut rest) = (String::with_capacity(line.len()), line);
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((inner, after)) = behind.split_once("}}") else { break };
        out.push_str(before);
        let known = value(inner.trim_matches(['-', ' ']), values);
        out.push_str(&known.unwrap_or_else(|| ["{{", inner, "}}"].concat()));
        rest = after;
    }
    out + rest
}

fn value(inner: &str, values: &Item) -> Option<String> {
    let words: Vec<&str> = inner.split_whitespace().filter(|word| *word != "|").collect();
    let plain = ["quote", "int", "toString", "default", "squote", "int64"];
    let name = words.iter().find_map(|word| word.strip_prefix(".Values."))?;
    let is_value = |word: &&str| word.strip_prefix(".Values.") == Some(name);
    let others: Vec<&&str> = words.iter().filter(|w| !is_value(w) && !plain.contains(*w)).collect();
    let way: Vec<&str> = name.split('.').collect();
    let stated = values.text_at(&way).filter(|text| !text.is_empty());
    let default = words.contains(&"default").then(|| others.first()).flatten();
    // Other functions that the template applies to the value are unknown.
    if others.len() > usize::from(default.is_some()) {
        return None;
    }
    let text = stated.or(default.map(|word| word.trim_matches('"')))?;
    (!text.contains(['"', '{', '\n', '.']) || stated.is_some()).then(|| text.to_owned())
}

fn manifests(file: &RelPath, text: &str, into: &mut Running) {
    for document in settings::parse_yaml(&plain(text)) {
        let Some(kind) = document.text_at(&["kind"]).filter(|kind| KINDS.contains(kind)) else {
            continue;
        };
        let pods: [&[&str]; 3] = [
            &["spec", "template", "spec"],
            &["spec"],
            &["spec", "jobTemplate", "spec", "template", "spec"],
        ];
        let Some(pod) = pods
            .iter()
            .find_map(|way| document.at(way).filter(|pod| pod.get("containers").is_some()))
        else {
            continue;
        };
        for container in pod.get("containers").map(Item::items).unwrap_or_default() {
            let mut run = run(container, pod, file);
            if ENDING.contains(&kind) {
                run.words.clear();
                run.ports.clear();
            }
            into.runs.push(run);
        }
    }
}

/// Removes lines that only control a template. The output of other expressions is unknown.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if !line.trim_start().starts_with("{{") {
            match line.split_once("{{") {
                Some((before, _)) => {
                    let open = before.matches('"').count() % 2 == 1;
                    let quote = before.rfind('"').filter(|_| open);
                    for (at, c) in before.char_indices() {
                        if Some(at) != quote {
                            out.push(c);
                        }
                    }
                    if !out.ends_with(' ') {
                        out.push('x');
                    }
                }
                None => out.push_str(line),
            }
        }
        out.push('\n');
    }
    out
}

fn run(container: &Item, pod: &Item, file: &RelPath) -> Run {
    let name = container.text_at(&["name"]).unwrap_or_default();
    let evidence = Evidence::at(file, container.line, format!("the container {name}"));
    let mut run = Run::new(Recipe::Kubernetes, name, evidence);
    run.image = container.text_at(&["image"]).map(str::to_owned);
    for key in ["command", "args"] {
        let words = container.get(key).map(Item::items).unwrap_or_default();
        for word in words.iter().filter_map(Item::text) {
            // A value that the chart leaves open, of a flag that stands under the same condition.
            if matches!(word, "~" | "null" | "") {
                run.words.pop_if(|flag| flag.starts_with('-') && !flag.contains('='));
                continue;
            }
            run.words.push(word.to_owned());
        }
    }
    for port in container.get("ports").map(Item::items).unwrap_or_default() {
        let Some(item) = port.get("containerPort") else { continue };
        let Some(number) = item.text().and_then(port_number) else { continue };
        let udp = port.text_at(&["protocol"]) == Some("UDP");
        let evidence = Evidence::at(file, item.line, format!("containerPort is {number}"));
        run.ports.push(Port { number, udp, evidence });
    }
    for item in container.get("env").map(Item::items).unwrap_or_default() {
        if let (Some(key), Some(value)) = (item.text_at(&["name"]), item.text_at(&["value"])) {
            let evidence = Evidence::at(file, item.line, format!("sets {key}"));
            run.env.push(Variable { key: key.to_owned(), value: value.to_owned(), evidence });
        }
    }
    let volumes = pod.get("volumes").map(Item::items).unwrap_or_default();
    for mount in container.get("volumeMounts").map(Item::items).unwrap_or_default() {
        let name = mount.text_at(&["name"]);
        let volume = volumes.iter().find(|volume| volume.text_at(&["name"]) == name);
        let written = volume.is_some_and(|volume| {
            ["emptyDir", "persistentVolumeClaim", "hostPath"]
                .iter()
                .any(|k| volume.get(k).is_some())
        });
        let claimed = volume.is_none() && pod.get("volumes").is_none();
        if !(written || claimed) || mount.text_at(&["readOnly"]) == Some("true") {
            continue;
        }
        if let Some(path) = mount.get("mountPath")
            && let Some(path_text) = path.text().and_then(super::compose::mounted)
        {
            let evidence =
                Evidence::at(file, path.line, format!("a volume is mounted at {path_text}"));
            run.folders.push(Folder { path: path_text, source: None, given: None, evidence });
        }
    }
    run
}
