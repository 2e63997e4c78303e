use std::collections::BTreeSet;

use super::*;
use crate::actions::{ActionOptions, read_options};
use crate::scenario::{Scenario, TriggerOptions};

const ALL_KINDS: &str = include_str!("../../../tests/fixtures/all-kinds.json");

/// The widgets the editor has.
const WIDGETS: [&str; 16] = [
    "template",
    "rich_text",
    "file",
    "condition",
    "variable",
    "list",
    "column",
    "mini_app",
    "scenario",
    "week_hours",
    "code",
    "duration",
    "buttons",
    "assignments",
    "hidden",
    "select",
];

fn schemas() -> Vec<(&'static str, Value)> {
    let mut schemas = Vec::new();
    for_each_kind(&mut |action, schema| schemas.push((action.kind(), resolve(&schema))));
    for_each_trigger(&mut |trigger, schema| schemas.push((trigger.kind(), resolve(&schema))));
    schemas
}

/// Visits every property of a schema, however deep, with its path.
fn for_each_property(path: &str, node: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    for (name, property) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{path}.{name}");
        visit(&path, property);
        for_each_property(&path, property, visit);
    }
    if let Some(items) = node.get("items") {
        for_each_property(&format!("{path}[]"), items, visit);
    }
}

fn is_text(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn every_option_is_labelled_in_both_languages() {
    let mut seen = 0;
    for (kind, schema) in schemas() {
        for_each_property(kind, &schema, &mut |path, property| {
            seen += 1;
            assert!(is_text(property.get("title")), "{path} has no `# Title`");
            assert!(is_text(property.get("x-ru")), "{path} has no x-ru");
            assert_eq!(
                is_text(property.get("description")),
                is_text(property.get("x-ru-help")),
                "{path}: help must be there in both languages or in none"
            );
            let russian = property["x-ru"].as_str().unwrap();
            assert!(russian.chars().any(|c| ('а'..='я').contains(&c)), "{path}: {russian} is not Russian");
        });
    }
    assert!(seen > 60, "only {seen} options were seen");
}

#[test]
fn every_value_of_an_enum_is_labelled_and_has_a_default() {
    let mut enums = 0;
    for (kind, schema) in schemas() {
        for_each_property(kind, &schema, &mut |path, property| {
            let Some(values) = property.get("enum").and_then(Value::as_array) else { return };
            enums += 1;
            let labels = property["x-labels"].as_object().unwrap_or_else(|| panic!("{path} has no x-labels"));
            let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            assert_eq!(labels.keys().map(String::as_str).collect::<Vec<_>>(), values, "{path}");
            for (value, label) in labels {
                assert!(is_text(label.get("en")) && is_text(label.get("ru")), "{path}: {value}");
            }
            assert!(values.contains(&property["default"].as_str().unwrap_or_default()), "{path}: default");
        });
    }
    assert!(enums >= 8, "only {enums} enums were seen");
}

/// A form shows an absent option as its schema's default; so the two must mean the same.
#[test]
fn a_default_means_the_same_as_an_absent_option() {
    for_each_kind(&mut |action, schema| {
        let kind = action.kind();
        let read = |options: Value| read_options(kind, options).unwrap().unwrap();
        let schema = resolve(&schema);
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(default) = property.get("default") {
                assert_eq!(read(json!({ name: default })), read(json!({})), "{kind}.{name}");
            }
        }
    });
}

#[test]
fn widgets_come_from_a_closed_set_and_conditions_name_real_options() {
    for (kind, schema) in schemas() {
        for_each_property(kind, &schema, &mut |path, property| {
            if let Some(widget) = property.get("x-widget") {
                assert!(WIDGETS.contains(&widget.as_str().unwrap()), "{path}: {widget}");
            }
        });
        check_conditions(kind, &schema);
    }
}

fn check_conditions(path: &str, node: &Value) {
    let none = Map::new();
    let properties = node.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, property) in properties {
        for (other, values) in property.get("x-when").and_then(Value::as_object).into_iter().flatten() {
            let known =
                properties[other]["enum"].as_array().unwrap_or_else(|| panic!("{path}.{name}: {other}"));
            for value in values.as_array().unwrap() {
                assert!(known.contains(value), "{path}.{name}: {other} is never {value}");
            }
        }
        check_conditions(&format!("{path}.{name}"), property);
    }
    if let Some(items) = node.get("items") {
        check_conditions(&format!("{path}[]"), items);
    }
}

#[test]
fn the_catalogue_speaks_one_language_and_needs_no_references() {
    for lang in Lang::ALL {
        let catalog = catalog(lang);
        let kinds: Vec<&str> = catalog.actions.iter().map(|action| action.kind).collect();
        assert_eq!(kinds, ActionOptions::KINDS);
        let kinds: Vec<&str> = catalog.triggers.iter().map(|trigger| trigger.kind).collect();
        assert_eq!(kinds, TriggerOptions::KINDS);
        let text = serde_json::to_string(&catalog).unwrap();
        for forbidden in ["x-ru", "$ref", "$defs", "anyOf", "oneOf", "\"null\""] {
            assert!(!text.contains(forbidden), "{forbidden} in the catalogue in {lang:?}");
        }
        for action in &catalog.actions {
            assert!(!action.title.is_empty() && !action.help.is_empty() && !action.icon.is_empty());
        }
        for trigger in &catalog.triggers {
            assert!(!trigger.title.is_empty() && !trigger.help.is_empty() && !trigger.icon.is_empty());
        }
    }
    let ask = |lang| catalog(lang).actions.into_iter().find(|action| action.kind == "ask").unwrap();
    assert_eq!(ask(Lang::En).schema["properties"]["save_to"]["title"], "Keep the answer in");
    assert_eq!(ask(Lang::Ru).schema["properties"]["save_to"]["title"], "Куда сохранить ответ");
    assert_eq!(ask(Lang::En).schema["properties"]["kind"]["x-labels"]["phone"], "Phone number");
    let caption = &ask(Lang::Ru).schema["properties"]["buttons"]["items"]["items"]["properties"]["text"];
    assert_eq!((&caption["title"], &caption["x-widget"]), (&json!("Надпись"), &json!("template")));
}

#[test]
fn an_action_from_the_palette_can_be_read_back() {
    for action in catalog(Lang::En).actions {
        let read = read_options(action.kind, action.defaults.clone()).unwrap();
        assert_eq!(read.unwrap().kind(), action.kind, "the wire name is the module's name");
    }
}

/// The editor draws ports by the catalogue, the engine leaves by [`ActionOptions::exits`].
#[test]
fn ports_of_the_catalogue_are_the_exits_of_the_engine() {
    let catalog = catalog(Lang::En);
    let scenario = Scenario::parse(ALL_KINDS).unwrap();
    let mut kinds = BTreeSet::new();
    for action in scenario.blocks.iter().flat_map(|block| &block.actions) {
        let options = options_of(&action.options);
        let entry = catalog.actions.iter().find(|entry| entry.kind == action.options.kind()).unwrap();
        let mut drawn = BTreeSet::new();
        for exit in &entry.exits {
            match exit {
                CatalogExit::Fixed { id, only, .. } => {
                    let fits =
                        |only: &Only| options.pointer(only.pointer).is_none_or(|value| value == only.value);
                    if only.as_ref().is_none_or(fits) {
                        drawn.insert((*id).to_owned());
                    }
                }
                CatalogExit::Each { each, id, only, unless, .. } => {
                    if unless
                        .as_ref()
                        .is_some_and(|no| options.pointer(no.pointer).is_some_and(|own| own == no.value))
                    {
                        continue;
                    }
                    for element in elements(&options, each) {
                        let fits = |only: &Only| {
                            element.pointer(only.pointer).is_none_or(|value| value == only.value)
                        };
                        if only.as_ref().is_none_or(fits) {
                            drawn.insert(element.pointer(id).unwrap().as_str().unwrap().to_owned());
                        }
                    }
                }
            }
        }
        let mut real: BTreeSet<String> =
            action.options.exits().iter().map(|exit| exit.id.to_string()).collect();
        real.extend(entry.can_fail.then(|| ERROR_EXIT.to_owned()));
        // Quiet ports may be offered before the option that makes them real is set.
        let quiet = |id: &String| {
            entry
                .exits
                .iter()
                .any(|exit| matches!(exit, CatalogExit::Fixed { id: quiet, quiet: true, .. } if quiet == id))
        };
        assert!(real.is_subset(&drawn), "{}: {real:?} and {drawn:?}", action.id);
        assert!(drawn.difference(&real).all(quiet), "{}: {real:?} and {drawn:?}", action.id);
        kinds.insert(action.options.kind());
    }
    assert_eq!(kinds.len(), ActionOptions::KINDS.len(), "the fixture lacks a kind: {kinds:?}");
}

fn elements<'a>(options: &'a Value, each: &str) -> Vec<&'a Value> {
    let mut found = vec![options];
    for step in each.split('/').skip(1) {
        found = found
            .into_iter()
            .flat_map(|value| match step {
                "*" => value.as_array().into_iter().flatten().collect::<Vec<_>>(),
                name => value.get(name).into_iter().collect(),
            })
            .collect();
    }
    found
}

/// Every place in a sentence names an option, and both languages name the same ones.
#[test]
fn sentences_name_real_options() {
    let mut said = 0;
    for_each_kind(&mut |action, schema| {
        let schema = resolve(&schema);
        let properties = &schema["properties"];
        for sentence in action.sentences() {
            said += 1;
            let [english, russian] = Lang::ALL.map(|lang| places(sentence.words.get(lang)));
            assert_eq!(english, russian, "{}: {:?}", action.kind(), sentence.words);
            for name in &english {
                let is_unit = ["seconds", "minutes", "hours", "days"].contains(&name.as_str());
                assert!(is_unit || properties.get(name).is_some(), "{}: no option {name}", action.kind());
            }
            if let Some((pointer, value)) = sentence.only {
                let values = &properties[pointer.trim_start_matches('/')]["enum"];
                assert!(values.as_array().unwrap().contains(&json!(value)), "{}: {value}", action.kind());
            }
        }
        let always = action.sentences().last().is_none_or(|last| last.only.is_none());
        assert!(always, "{}: some values have no sentence", action.kind());
    });
    assert!(said > 25, "only {said} sentences were seen");
}

/// The names of a sentence's places, each once.
fn places(text: &str) -> BTreeSet<String> {
    let open = text.matches(['{', '[']).count();
    assert_eq!(open, text.matches(['}', ']']).count(), "{text}");
    let places = text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    places
        .flat_map(|place| place.split(['|', '+', ':', '?']))
        .map(str::to_owned)
        .filter(|name| !name.is_empty())
        .collect()
}
