use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::*;

fn keys(lang: Lang) -> BTreeSet<String> {
    let key = Regex::new(r"(?m)^([a-z][a-z0-9-]*) ?=").unwrap();
    key.captures_iter(source(lang)).map(|found| found[1].to_owned()).collect()
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|ending| ending == extension) {
            found.push(path);
        }
    }
}

#[test]
fn both_languages_parse_and_have_the_same_keys() {
    for lang in Lang::ALL {
        if let Err((_, errors)) = FluentResource::try_new(source(lang).to_owned()) {
            panic!("{}: {errors:?}", lang.code());
        }
    }
    let (en, ru) = (keys(Lang::En), keys(Lang::Ru));
    let missing: Vec<_> = en.symmetric_difference(&ru).collect();
    assert!(missing.is_empty(), "in one language only: {missing:?}");
    assert!(en.len() > 50, "the pattern that finds keys is broken");
}

#[test]
fn every_key_in_use_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("../../web-ui/templates"), "html", &mut sources);
    files(&root.join("src"), "rs", &mut sources);
    let used = Regex::new(r#"\.(?:t|with)\(\s*"([a-z][a-z0-9-]*)""#).unwrap();
    let known = keys(Lang::En);
    let mut missing = Vec::new();
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        for found in used.captures_iter(&text) {
            if !known.contains(&found[1]) {
                missing.push(format!("{} in {}", &found[1], path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "unknown keys:\n{}", missing.join("\n"));
}

#[test]
fn every_variable_of_a_text_is_the_same_in_both_languages() {
    let variables = Regex::new(r"\{ ?\$([a-z]+)").unwrap();
    let of = |lang: Lang| {
        let mut found = BTreeSet::new();
        for message in source(lang).split("\n\n").flat_map(|part| part.split_inclusive('\n')) {
            if let Some((key, rest)) = message.split_once('=') {
                for variable in variables.captures_iter(rest) {
                    found.insert(format!("{}:{}", key.trim(), &variable[1]));
                }
            }
        }
        found
    };
    let (en, ru) = (of(Lang::En), of(Lang::Ru));
    assert_eq!(en.symmetric_difference(&ru).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn browsers_get_the_language_they_prefer() {
    let check = |header: &str, lang: Lang| assert_eq!(from_accept_language(header), lang, "{header}");
    check("", Lang::En);
    check("ru", Lang::Ru);
    check("ru-RU,ru;q=0.9,en;q=0.8", Lang::Ru);
    check("en-GB,en;q=0.9,ru;q=0.8", Lang::En);
    check("de,ru;q=0.7,en;q=0.3", Lang::Ru);
    check("de;q=0.9", Lang::En);
    check("en;q=0,ru;q=0.1", Lang::Ru);
    check("rundi", Lang::En);
}
