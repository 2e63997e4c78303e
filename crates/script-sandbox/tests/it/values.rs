//! What scripts see and what they leave behind.

use proptest::prelude::*;
use script_sandbox::ScriptStep;
use serde_json::{Map, Value, json};

use crate::support::{object, result_of, run, sandbox, step};

#[tokio::test]
async fn scripts_compute_with_native_values() {
    let sandbox = sandbox();
    for (source, expected) in [
        ("return 1 + 1", json!(2)),
        ("return null", json!(null)),
        ("return 0.1 + 0.2", json!(0.1 + 0.2)),
        ("return 2 ** 53", json!(9_007_199_254_740_992_i64)),
        ("return -0", json!(0)),
        ("return 1e21", json!(1e21)),
        ("return varstore.cart.items[0].price * 2", json!(21)),
        ("return `${varstore.name}: ${varstore.age}`", json!("Аня: 31")),
        ("return client.city + globals.shop + request.text", json!("РигаTeahi")),
        ("return 'Привет'.substr(1, 3)", json!("рив")),
        ("return new Date(Date.UTC(2024, 1, 29))", json!("2024-02-29T00:00:00.000Z")),
        ("return Math.floor(Date.now() / 60000)", json!(28_333_333)),
        (
            "return {a: undefined, b: [undefined], c: new Number(5), d: new String('x')}",
            json!({"b": [null], "c": 5, "d": "x"}),
        ),
        (
            "class Point { constructor() { this.x = 1 } get y() { return 2 } } return new Point()",
            json!({"x": 1}),
        ),
        ("return {get total() { return 3 }}", json!({"total": 3})),
        ("return {toJSON() { return [1] }}", json!([1])),
        ("return [...'👍ы'].length", json!(2)),
        ("return '\\ud83d'", json!("\u{fffd}")),
        ("return ['\"\\\\\\n\\u0001', '\u{2028}', '👍']", json!(["\"\\\n\u{1}", "\u{2028}", "👍"])),
        ("const a = [1]; return [a, a]", json!([[1], [1]])),
        ("const f = async () => 5; return await f()", json!(5)),
        ("return Promise.resolve({ok: true})", json!({"ok": true})),
        (
            "return JSON.parse('{\"b\":1,\"a\":[1.5,null,true],\"__proto__\":{\"x\":1}}').a",
            json!([1.5, null, true]),
        ),
        ("return JSON.parse('[1,2]', (k, v) => typeof v === 'number' ? v * 2 : v)", json!([2, 4])),
        (
            "return JSON.stringify({b: 1, a: 'é\\n', f() {}, n: NaN, d: new Date(0), s: '\\ud83d', big: 1e21})",
            json!(r#"{"b":1,"a":"é\n","n":null,"d":"1970-01-01T00:00:00.000Z","s":"\ud83d","big":1e+21}"#),
        ),
        ("return JSON.stringify({a: [1]}, null, 1)", json!("{\n \"a\": [\n  1\n ]\n}")),
        ("return JSON.stringify(new Proxy([1, 2], {}))", json!("[1,2]")),
        ("return typeof JSON.stringify(undefined)", json!("undefined")),
        ("try { JSON.stringify(1n) } catch (e) { return e.name }", json!("TypeError")),
        ("try { JSON.parse('{') } catch (e) { return e.name }", json!("SyntaxError")),
        ("function f(n) { return n ? f(n - 1) + 1 : 0 } return f(600)", json!(600)),
    ] {
        assert_eq!(result_of(&sandbox, source).await, expected, "{source}");
    }
    assert_eq!(run(&sandbox, "1 + 1").await.unwrap().result, None, "nothing is returned");
    assert_eq!(run(&sandbox, "return null").await.unwrap().result, Some(Value::Null));
}

#[tokio::test]
async fn only_what_changed_comes_back() {
    let sandbox = sandbox();
    let long = "x".repeat(1_000);
    let varstore = object(json!({
        "n": 1.0, "list": [1, {"a": 2}], "text": long, "big": {"text": long, "n": 12_345_678_901_234_567_890_u64},
        "gone": true,
    }));
    for (source, changed, removed) in [
        ("", json!({}), vec![]),
        ("varstore", json!({}), vec![]),
        ("varstore.n = 1; varstore.text += ''; varstore.big.text", json!({}), vec![]),
        ("varstore.list.reverse().reverse()", json!({}), vec![]),
        ("varstore.n++", json!({"n": 2}), vec![]),
        ("varstore.list[1].a = null", json!({"list": [1, {"a": null}]}), vec![]),
        ("varstore['новая'] = {a: [1]}", json!({"новая": {"a": [1]}}), vec![]),
        ("varstore.text = 'short'", json!({"text": "short"}), vec![]),
        ("varstore.big.text = 'y'; varstore.big.n = 1", json!({"big": {"text": "y", "n": 1}}), vec![]),
        ("delete varstore.gone; varstore.text = undefined", json!({}), vec!["gone", "text"]),
        ("Object.freeze(varstore); varstore.big.n = 2", json!({"big": {"text": long, "n": 2}}), vec![]),
        (
            "for (const key of Object.keys(varstore)) varstore[key] = 0; delete varstore.big",
            json!({"n": 0, "list": 0, "text": 0, "gone": 0}),
            vec!["big"],
        ),
        ("varstore = {n: 1, fresh: 2}", json!({"fresh": 2}), vec!["big", "gone", "list", "text"]),
        ("varstore = {...varstore, n: 3}", json!({"n": 3}), vec![]),
        ("Object.assign(varstore, {n: 4})", json!({"n": 4}), vec![]),
        (
            "for (let i = 0; i < 3; i++) { varstore.big.n = i; varstore.text = varstore.text.slice(0, 2) + i }",
            json!({"text": "xx2", "big": {"text": long, "n": 2}}),
            vec![],
        ),
        ("delete varstore.text; varstore.text = 'again'", json!({"text": "again"}), vec![]),
    ] {
        let step = ScriptStep { source: source.into(), varstore: varstore.clone(), ..ScriptStep::default() };
        let outcome = sandbox.run(1, step).await.unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(Value::Object(outcome.changed), changed, "{source}");
        assert_eq!(outcome.removed, removed, "{source}");
    }
}

#[tokio::test]
async fn inputs_are_read_only() {
    let sandbox = sandbox();
    for (source, expected) in [
        ("client.city = 'x'; return client.city", json!("Рига")),
        (
            "client.address.street = 'x'; delete client.id; return client",
            json!({"id": 7, "city": "Рига", "address": {"street": "Lielā"}}),
        ),
        ("'use strict'; try { globals.shop = 'x' } catch (e) { return e.name }", json!("TypeError")),
        ("try { request = {} } catch (e) { return e.message }", json!("request is read-only; use varstore")),
        ("const client = 5; return client", json!(5)),
        ("return Object.isFrozen(request)", json!(true)),
    ] {
        assert_eq!(result_of(&sandbox, source).await, expected, "{source}");
    }
}

#[tokio::test]
async fn log_is_kept_and_bounded() {
    let sandbox = sandbox();
    let outcome = run(&sandbox, "log('a', 1, {b: [2]}, null); console.log(new Error('x'))").await.unwrap();
    assert_eq!(outcome.logs, ["a 1 {\"b\":[2]} null", "Error: x"]);
    let outcome = run(&sandbox, "for (let i = 0; i < 1000; i++) log('\\u0001'.repeat(5000))").await.unwrap();
    assert_eq!(outcome.logs.len(), 101);
    assert_eq!(outcome.logs[0].chars().count(), 1_001, "and a mark that it was cut");
    assert_eq!(outcome.logs[100], "…");
}

#[tokio::test]
async fn chance_depends_on_the_seed_alone() {
    let sandbox = sandbox();
    let mut draws = Vec::new();
    for seed in [1, 1, 2] {
        let step = ScriptStep { seed, ..step("return [Math.random(), Math.random()]") };
        draws.push(sandbox.run(1, step).await.unwrap().result.unwrap());
    }
    assert_eq!(draws[0], draws[1]);
    assert_ne!(draws[0], draws[2]);
    let many =
        result_of(&sandbox, "let s = 0; for (let i = 0; i < 1e4; i++) s += Math.random(); return s / 1e4")
            .await;
    assert!((0.48..0.52).contains(&many.as_f64().unwrap()), "evenly spread: {many}");
}

/// Values as variables have them: integers up to 2^53, fractions, any text, nesting.
fn any_json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        (-(1_i64 << 53)..=1 << 53).prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no infinity", |n| n.is_finite()).prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        ".*".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::hash_map(".{0,8}", inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// 1.0 and 1 are the same number, and JavaScript writes the shorter one.
fn normal(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(n) if n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0 => Value::from(n as i64),
            Some(n) => Value::from(n),
            None => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(members) => Value::Object(members.into_iter().map(|(k, v)| (k, normal(v))).collect()),
        other => other,
    }
}

#[test]
fn values_survive_the_way_through_the_engine() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let sandbox = sandbox();
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&any_json(), |value| {
            let step = ScriptStep {
                source: "varstore.copy = varstore.value; varstore.text = JSON.parse(JSON.stringify(varstore.value)); return request".into(),
                varstore: object(json!({"value": value})),
                request: value.clone(),
                ..ScriptStep::default()
            };
            let outcome = runtime.block_on(sandbox.run(1, step)).unwrap();
            let expected = normal(value);
            prop_assert_eq!(normal(outcome.changed["copy"].clone()), expected.clone());
            prop_assert_eq!(normal(outcome.changed["text"].clone()), expected.clone());
            prop_assert_eq!(normal(outcome.result.unwrap()), expected);
            prop_assert!(!outcome.changed.contains_key("value"), "it has not changed");
            Ok(())
        })
        .unwrap();
}
