//! Manifests of Kubernetes and templates of Helm: containers with their ports, commands,
//! environment and mounts.

use super::{Folder, Port, Recipe, Run, Running, Variable, port_number};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item};

/// Kinds whose pods run what the repository builds.
const KINDS: [&str; 6] = ["Deployment", "StatefulSet", "DaemonSet", "Pod", "Job", "CronJob"];

/// A manifest, or a template that reads as YAML once its lines of control are gone.
pub(super) fn read(_: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    if !text.contains("containers:") {
        return;
    }
    for document in settings::parse_yaml(&plain(text)) {
        if !document.text_at(&["kind"]).is_some_and(|kind| KINDS.contains(&kind)) {
            continue;
        }
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
            into.runs.push(run(container, pod, file));
        }
    }
}

/// Lines that only control a template go; what a template writes into a line is not known.
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
        run.words.extend(words.iter().filter_map(|item| item.text().map(str::to_owned)));
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
            run.folders.push(Folder { path: path_text, evidence });
        }
    }
    run
}
