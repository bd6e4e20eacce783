#![allow(clippy::unwrap_used, missing_docs)]
use dockgen::{
    ask::{Answers, Origin},
    detect,
    path::RelPath,
    plan, render,
    repo::{Budget, Repo},
};
#[test]
fn drive() {
    let root = std::env::var("DG_ROOT").unwrap();
    let start = std::env::var("DG_START").unwrap_or_default();
    let repo = Repo::open(root.as_ref(), Budget::default(), &|_| {}).unwrap();
    let mut answers = Answers::default();
    for pair in std::env::var("DG_SET").unwrap_or_default().split(';').filter(|p| !p.is_empty()) {
        let (k, v) = pair.split_once('=').unwrap();
        answers.set(k, v, Origin::Flag);
    }
    for facts in detect::scan(&repo, &RelPath::new(&start).unwrap()).unwrap() {
        if facts.language != "go" {
            continue;
        }
        if std::env::var("DG_FACTS").is_ok() {
            eprintln!("{}", serde_json::to_string_pretty(&facts).unwrap());
        }
        match plan::make(&repo, &facts, &answers) {
            Ok(plan) => {
                for f in &plan.findings {
                    eprintln!(
                        "{:?} {}: {} [{}]",
                        f.severity,
                        f.code,
                        f.what,
                        f.evidence.iter().map(|e| e.place()).collect::<Vec<_>>().join(", ")
                    );
                }
                if std::env::var("DG_WHY").is_ok() {
                    for d in &plan.decisions {
                        eprintln!(
                            "{} = {}  ({}) [{}]",
                            d.what,
                            d.value,
                            d.why,
                            d.evidence
                                .iter()
                                .map(|e| format!("{} {}", e.place(), e.note))
                                .collect::<Vec<_>>()
                                .join("; ")
                        );
                    }
                }
                let text = render::dockerfile(&plan, &[]).unwrap();
                println!("{text}");
                if let Ok(out) = std::env::var("DG_OUT") {
                    std::fs::write(out, text).unwrap();
                }
            }
            Err(error) => eprintln!("ERROR {error:#}"),
        }
    }
}
