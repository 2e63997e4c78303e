use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scenario::CheckWorld;

const ALL_KINDS: &str = include_str!("../../../tests/fixtures/all-kinds.json");

fn check(text: &str, expected: &[(&str, &str)]) {
    let findings = Scenario::parse(text).expect_err(text);
    let found: Vec<(&str, &str)> =
        findings.iter().map(|finding| (finding.pointer.as_str(), finding.code)).collect();
    assert_eq!(found, expected, "{text}\n{findings:#?}");
    for finding in findings.iter() {
        assert!(finding.ru.chars().any(|c| ('а'..='я').contains(&c)), "{finding:?}");
    }
}

/// A document with these triggers and actions of one block.
fn document(triggers: Value, actions: Value) -> String {
    json!({"format": "scenaria/1", "name": "n", "triggers": triggers, "blocks": [{"id": "b", "actions": actions}]})
        .to_string()
}

fn check_action(action: Value, expected: &[(&str, &str)]) {
    check(&document(json!([]), json!([action])), expected);
}

#[test]
fn the_document_with_every_kind_comes_back_byte_for_byte() {
    let scenario = Scenario::parse(ALL_KINDS).unwrap();
    assert_eq!(scenario.to_text(), ALL_KINDS);
    let stored: Scenario = serde_json::from_str(ALL_KINDS).unwrap();
    assert_eq!(stored, scenario, "what is stored is read the same way");
}

#[test]
fn short_forms_are_completed() {
    let scenario = Scenario::parse(
        r#"{"format": "scenaria/1", "name": "n", "triggers": [{"id": "t", "kind": "fallback"}],
            "blocks": [{"id": "b", "actions": [{"id": "a", "kind": "delay"}]}]}"#,
    )
    .unwrap();
    let text = scenario.to_text();
    assert!(text.contains(r#""amount": 1"#), "{text}");
    assert_eq!(Scenario::parse(&text).unwrap(), scenario);
}

#[test]
fn no_json() {
    check("", &[("", "invalid_json")]);
    check("{\"format\": \"scenaria/1\",}", &[("", "invalid_json")]);
    check(&"[".repeat(10_000), &[("", "invalid_json")]);
    let findings = Scenario::parse("{\n  \"name\": nothing\n}").unwrap_err();
    assert!(findings.0[0].en.starts_with("Line 2, column 12"), "{}", findings.0[0].en);
    check(&" ".repeat(Limits::default().document_bytes + 1), &[("", "too_large")]);
}

#[test]
fn no_document() {
    check("[]", &[("", "wrong_type")]);
    check("{}", &[("/format", "no_format")]);
    check(r#"{"format": "scenaria/2"}"#, &[("/format", "unknown_format")]);
    check(r#"{"format": 1}"#, &[("/format", "unknown_format")]);
    check(r#"{"format": "scenaria/1"}"#, &[("", "missing_field")]);
    check(r#"{"format": "scenaria/1", "name": 5}"#, &[("/name", "wrong_type")]);
    check(r#"{"format": "scenaria/1", "name": "n", "blocks": {}}"#, &[("/blocks", "wrong_type")]);
}

#[test]
fn unknown_fields_at_every_level() {
    check(
        r#"{"format": "scenaria/1", "name": "n", "extra": 1,
            "triggers": [{"id": "t", "kind": "command", "options": {"command": "a", "extra": 1}, "extra": 1}],
            "blocks": [{"id": "b", "extra": 1, "position": {"x": 1, "y": 2, "z": 3}, "actions": [
                {"id": "a", "kind": "delay", "extra": 1, "options": {"extra": 1}},
                {"id": "c", "kind": "send_message", "options": {"buttons": [[{"id": "x", "extra": 1}]]}}
            ]}],
            "notes": [{"id": "n", "text": "", "extra": 1}],
            "on_error": {"block": "b", "extra": 1}}"#,
        &[
            ("/triggers/0/extra", "unknown_field"),
            ("/triggers/0/options/extra", "unknown_field"),
            ("/blocks/0/position/z", "unknown_field"),
            ("/blocks/0/actions/0/extra", "unknown_field"),
            ("/blocks/0/actions/0/options/extra", "unknown_field"),
            ("/blocks/0/actions/1/options/buttons/0/0/extra", "unknown_field"),
            ("/blocks/0/extra", "unknown_field"),
            ("/notes/0/extra", "unknown_field"),
            ("/on_error/extra", "unknown_field"),
            ("/extra", "unknown_field"),
        ],
    );
}

#[test]
fn wrong_options() {
    check_action(
        json!({"id": "a", "kind": "send_message", "options": {"text": 5}}),
        &[("/blocks/0/actions/0/options/text", "wrong_type")],
    );
    check_action(
        json!({"id": "a", "kind": "ask", "options": {"kind": "colour"}}),
        &[("/blocks/0/actions/0/options/kind", "unknown_value")],
    );
    check_action(
        json!({"id": "a", "kind": "branch", "options": {"branches": [{"name": "no id"}]}}),
        &[("/blocks/0/actions/0/options/branches/0", "missing_field")],
    );
    check_action(
        json!({"id": "a", "kind": "delay", "options": {"amount": -1}}),
        &[("/blocks/0/actions/0/options/amount", "wrong_type")],
    );
    check_action(
        json!({"id": "a", "kind": "http_request", "options": {"body": {"kind": "json", "fields": [{"name": "a", "value": {}}]}}}),
        &[("/blocks/0/actions/0/options/body/fields/0/value", "wrong_type")],
    );
    check_action(
        json!({"id": "a", "kind": "delay", "options": []}),
        &[("/blocks/0/actions/0/options", "wrong_type")],
    );
    check_action(
        json!({"id": "a", "kind": "delay", "exits": {"a/b": {"to": "b"}}}),
        &[("/blocks/0/actions/0/exits/a~1b/to", "unknown_field")],
    );
}

#[test]
fn an_unknown_kind_names_the_known_ones() {
    let text = document(json!([{"id": "t", "kind": "moon"}]), json!([{"id": "a", "kind": "dance"}]));
    check(&text, &[("/triggers/0/kind", "unknown_kind"), ("/blocks/0/actions/0/kind", "unknown_kind")]);
    let findings = Scenario::parse(&text).unwrap_err();
    assert!(findings.0[0].en.contains("“start_link”"), "{}", findings.0[0].en);
    assert!(findings.0[1].ru.contains("«send_message»"), "{}", findings.0[1].ru);
    check_action(json!({"id": "a"}), &[("/blocks/0/actions/0", "missing_field")]);
}

#[test]
fn sentences_name_what_was_expected() {
    let said = |options: Value| {
        let text = document(json!([]), json!([{"id": "a", "kind": "ask", "options": options}]));
        let finding = Scenario::parse(&text).unwrap_err().0.remove(0);
        (finding.en, finding.ru)
    };
    let (en, ru) = said(json!({"text": 5}));
    assert_eq!(en, "Here must be a string, not integer `5`");
    assert_eq!(ru, "Здесь должно быть: текст, а не число `5`");
    let (en, ru) = said(json!({"attempts": "many"}));
    assert_eq!(en, "Here must be a whole number, not string \"many\"");
    assert_eq!(ru, "Здесь должно быть: целое число, а не текст \"many\"");
    let (_, ru) = said(json!({"placement": "above"}));
    assert_eq!(ru, "«above» не подходит; возможные значения: «inline», «keyboard»");
}

/// JSON of any shape, made mostly of the words of the format.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "format",
        "scenaria/1",
        "name",
        "blocks",
        "triggers",
        "actions",
        "id",
        "kind",
        "options",
        "exits",
        "next",
        "block",
        "ask",
        "branch",
        "command",
        "text",
        "buttons",
        "position",
        "x",
        "#{",
        "a/b~",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        word.clone().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((word.clone().prop_map(str::to_owned), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn never_panics_on_any_text(text in ".*") {
        let _ = Scenario::parse(&text);
    }

    #[test]
    fn never_panics_on_documents_of_any_shape(triggers in any_json(), blocks in any_json(), on_error in any_json()) {
        let document = json!({
            "format": "scenaria/1", "name": "n", "triggers": triggers, "blocks": blocks, "on_error": on_error,
        });
        if let Ok(scenario) = Scenario::parse(&document.to_string()) {
            let _ = crate::scenario::check(&scenario, &CheckWorld::default());
            prop_assert_eq!(Scenario::parse(&scenario.to_text()).unwrap(), scenario);
        }
    }

    #[test]
    fn never_panics_on_options_of_any_shape(kind in prop::sample::select(ActionOptions::KINDS), options in any_json()) {
        let text = document(json!([]), json!([{"id": "a", "kind": kind, "options": options}]));
        if let Ok(scenario) = Scenario::parse(&text) {
            let _ = crate::scenario::check(&scenario, &CheckWorld::default());
            prop_assert_eq!(Scenario::parse(&scenario.to_text()).unwrap(), scenario);
        }
    }
}

/// Both ways of reading accept the same documents: the quick one what has no mistake, and nothing else.
#[test]
fn arrays_and_nulls_are_no_objects() {
    for document in [
        r#"["scenaria/1", "n", [], [], []]"#,
        r#"{"format":"scenaria/1","name":"n","blocks":[["b"]]}"#,
        r#"{"format":"scenaria/1","name":"n","blocks":[{"id":"b","actions":[["a","respond",{}]]}]}"#,
        r#"{"format":"scenaria/1","name":"n","blocks":[{"id":"b","actions":[{"id":"a","kind":"respond","options":null}]}]}"#,
        r#"{"format":"scenaria/1","name":"n","blocks":[{"id":"b","next":null}]}"#,
        r#"{"format":"scenaria/1","name":"n","blocks":[],"on_error":null}"#,
    ] {
        assert!(whole::read(document).is_none(), "{document}");
        assert!(Scenario::parse(document).is_err(), "{document}");
    }
    let text = include_str!("../../../tests/fixtures/all-kinds.json");
    assert_eq!(whole::read(text), Scenario::parse(text).ok(), "the quick way reads all kinds");
    assert!(whole::read(text).is_some());
}
