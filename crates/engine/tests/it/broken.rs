//! Documents with the mistakes people make: each is found, where it is, and told in both languages.
//!
//! Beside `<name>.json` stands `<name>.findings`: severity, pointer and code of each, then what is said.
//! `UPDATE_GOLDEN=1` writes them; `scenaria check tests/fixtures/broken/<name>.json` says the same.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use engine::list::ListFile;
use engine::scenario::{CheckWorld, Finding, Findings, Scenario, check};

#[test]
fn every_mistake_is_named_in_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/broken");
    let lists: ListFile =
        serde_json::from_str(&fs::read_to_string(folder.join("lists.json")).unwrap()).unwrap();
    let columns = |list: &engine::list::ListDefinition| {
        (list.name.clone(), list.columns.iter().map(|column| column.name.clone()).collect())
    };
    let world =
        CheckWorld { lists: lists.lists.iter().map(columns).collect(), known: true, ..CheckWorld::default() };
    let mut documents = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") || path.ends_with("lists.json") {
            continue;
        }
        documents += 1;
        let text = fs::read_to_string(&path).unwrap();
        let findings = match Scenario::parse(&text) {
            Ok(scenario) => check(&scenario, &world),
            Err(findings) => findings,
        };
        assert!(!findings.is_empty(), "{} is sound", path.display());
        let document: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        for finding in findings.iter() {
            assert!(is_there(document.as_ref(), &finding.pointer), "{}: {finding:?}", path.display());
        }
        let told = told(&findings);
        let beside = path.with_extension("findings");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&beside, told).unwrap();
        } else if fs::read_to_string(&beside).unwrap_or_default() != told {
            wrong.push(format!("{}:\n{told}", path.display()));
        }
    }
    assert!(documents >= 20, "only {documents} documents");
    assert!(wrong.is_empty(), "found otherwise (UPDATE_GOLDEN=1 writes it anew):\n{}", wrong.join("\n"));
}

/// Whether a pointer leads into the document, or to where a missing field belongs.
fn is_there(document: Option<&serde_json::Value>, pointer: &str) -> bool {
    let Some(document) = document else { return pointer.is_empty() };
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    // An option that is left out has its place all the same.
    let grandparent = parent.rsplit_once('/').map_or("", |(parent, _)| parent);
    [pointer, parent, grandparent].iter().any(|pointer| document.pointer(pointer).is_some())
}

fn told(findings: &Findings) -> String {
    let mut out = String::new();
    for Finding { pointer, severity, code, en, ru, .. } in findings.iter() {
        let place = if pointer.is_empty() { "(the document)" } else { pointer };
        writeln!(out, "{severity:?} {place} {code}\n  {en}\n  {ru}").unwrap();
    }
    out
}
