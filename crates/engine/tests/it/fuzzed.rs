//! The promises of `fuzz/targets.rs`, kept for every seed and for every input that once broke one.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/targets.rs"]
mod targets;

fn run_all(target: &str, run: fn(&str)) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut inputs = 0;
    for folder in ["seeds", "regressions"] {
        // Nothing was found yet: then there is no folder.
        let Ok(entries) = fs::read_dir(fuzz.join(folder).join(target)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            // The fuzzer's own inputs are bytes; only texts reach the target.
            if let Ok(text) = std::str::from_utf8(&bytes) {
                let kept = std::panic::catch_unwind(|| run(text));
                assert!(kept.is_ok(), "a promise is broken by {}", path.display());
                inputs += 1;
            }
        }
    }
    assert!(inputs > 0, "there is no input for {target}");
}

#[test]
fn documents() {
    run_all("document", targets::document);
}

#[test]
fn expressions() {
    run_all("expression", targets::expression);
}

#[test]
fn chats() {
    run_all("chat", targets::chat);
}
