//! Errors that name the place and the culprit.

use script_sandbox::{NotJsonReason, ScriptError, Which};

use crate::support::{run, sandbox};

#[tokio::test]
async fn syntax_errors_have_a_place() {
    let sandbox = sandbox();
    for (source, expected) in [
        ("let a = 1;\nlet b = ;", (2, 9)),
        ("return 1 +* 2", (1, 11)),
        ("if (true) {\n  log(1)", (2, 9)),
        ("let text = 'abc", (1, 16)),
        ("// comment\n\n  let 5x = 1", (3, 7)),
        ("return (1, 2", (1, 13)),
    ] {
        let place = |error| match error {
            ScriptError::Syntax { line, column, message } => {
                assert!(!message.contains(" at line "), "{source}: {message}");
                (line, column)
            }
            other => panic!("{source}: {other:?}"),
        };
        let ran = place(run(&sandbox, source).await.expect_err(source));
        let checked = place(sandbox.check(1, source).await.expect_err(source));
        assert_eq!(ran, checked, "{source}");
        assert_eq!(ran.0, expected.0, "{source}");
        assert!(ran.1.abs_diff(expected.1) <= 1, "{source}: column {} instead of {}", ran.1, expected.1);
    }
    for source in [
        "",
        "return 1",
        "const a = await 1",
        "// only a comment",
        "varstore.x = {}",
        "'use strict'; return 1",
    ] {
        assert_eq!(sandbox.check(1, source).await, Ok(()), "{source}");
    }
    let outside = "}); log('outside'); (function () {";
    assert!(
        matches!(sandbox.check(1, outside).await, Err(ScriptError::Syntax { line: 1, .. })),
        "not a function body"
    );
}

#[tokio::test]
async fn thrown_errors_have_a_place() {
    let sandbox = sandbox();
    for (source, message, place) in [
        ("throw new Error('нет')", "Error: нет", (1, 7)),
        ("let a = 1;\n\n  missing + a", "ReferenceError: missing is not defined", (3, 3)),
        ("\nvarstore.nothing.deeper", "TypeError: ", (2, 18)),
        ("throw 'text'", "text", (1, 7)),
        ("log(1)\nconst {a} = null", "TypeError: ", (0, 0)),
        ("throw {code: 5}", "{\"code\":5}", (1, 1)),
        ("function inner() {\n  null.x\n}\ninner()", "TypeError: ", (2, 8)),
        ("[1].map(x => {\n  throw new RangeError('in map') })", "RangeError: in map", (2, 9)),
        ("await 1;\nthrow new Error('later')", "Error: later", (2, 7)),
        ("async function main() {\n  throw new Error('unseen')\n}\nmain()", "Error: unseen", (2, 9)),
        ("Promise.reject(new Error('unseen')); return 1", "Error: unseen", (1, 16)),
        ("eval('1 +')", "SyntaxError: ", (1, 5)),
        ("throw new Error('a\\n    at fake (script:900:900)')", "Error: a", (1, 7)),
        (
            "class MyError extends Error { name = 'MyError' }\nthrow new MyError('own')",
            "MyError: own",
            (2, 7),
        ),
    ] {
        let error = run(&sandbox, source).await.unwrap_err();
        let ScriptError::Thrown { message: found, line, column } = &error else {
            panic!("{source}: {error:?}")
        };
        assert!(found.starts_with(message), "{source}: {found}");
        assert_eq!(*line, place.0, "{source}: {error:?}");
        assert!(column.abs_diff(place.1) <= 8, "{source}: column {column} instead of {}", place.1);
        for ru in [true, false] {
            assert!(error.text(ru).contains(found.as_str()), "{}", error.text(ru));
            assert_eq!(error.text(ru).contains(&format!(" {line}, ")), *line > 0, "{}", error.text(ru));
        }
    }
    let error = run(&sandbox, "throw 'x'.repeat(1e6)").await.unwrap_err();
    assert!(error.text(true).len() < 8_000, "messages are bounded");
    let caught = "async function f() { throw 1 } try { await f() } catch (e) { return e + 1 }";
    assert_eq!(run(&sandbox, caught).await.unwrap().result, Some(2.into()));
    let caught_late = "const p = Promise.reject(1); await 0; return p.catch(e => e + 1)";
    assert_eq!(run(&sandbox, caught_late).await.unwrap().result, Some(2.into()));
    let error = run(&sandbox, "return new Promise(() => {})").await.unwrap_err();
    assert!(matches!(error, ScriptError::Thrown { line: 0, .. }), "{error:?}");
}

#[tokio::test]
async fn what_json_cannot_carry_is_named() {
    let sandbox = sandbox();
    for (source, variable, path, reason) in [
        ("varstore.f = () => 1", "f", "f", NotJsonReason::Function),
        ("varstore.cart.items.push({cb: log})", "cart", "cart.items[1].cb", NotJsonReason::Function),
        ("varstore.a = {}; varstore.a.b = {a: varstore.a}", "a", "a.b.a", NotJsonReason::Cycle),
        ("return varstore.self = varstore", "self", "self.self", NotJsonReason::Cycle),
        ("varstore.id = 5n", "id", "id", NotJsonReason::BigInt),
        ("varstore.avg = 0 / 0", "avg", "avg", NotJsonReason::NotFinite),
        ("varstore['сумма'] = [1 / 0]", "сумма", "сумма[0]", NotJsonReason::NotFinite),
        ("varstore.s = Symbol('s')", "s", "s", NotJsonReason::Symbol),
        ("varstore.m = new Map([[1, 2]])", "m", "m", NotJsonReason::Container),
        ("varstore.e = new Error('x')", "e", "e", NotJsonReason::Container),
        ("varstore.p = Promise.resolve(1)", "p", "p", NotJsonReason::Container),
        ("varstore = 5", "varstore", "varstore", NotJsonReason::Container),
        ("return {total: NaN}", "result", "result.total", NotJsonReason::NotFinite),
        ("return log", "result", "result", NotJsonReason::Function),
    ] {
        let error = run(&sandbox, source).await.unwrap_err();
        let expected = ScriptError::NotJson { variable: variable.into(), path: path.into(), reason };
        assert_eq!(error, expected, "{source}");
        assert!(error.text(true).contains(path) && error.text(false).contains(path));
    }
    let outcome = run(&sandbox, "varstore.name = 1; varstore[Symbol('hidden')] = 1").await.unwrap();
    assert_eq!(outcome.changed.len(), 1, "properties named by symbols are no variables");
}

#[tokio::test]
async fn sizes_over_budget_say_which() {
    let sandbox = sandbox();
    for (source, which) in [
        ("return 'x'.repeat(2e6)".to_owned(), Which::Result),
        ("for (let i = 0; i < 30; i++) varstore['v' + i] = 'x'.repeat(50000)".to_owned(), Which::Result),
        ("let a = []; for (let i = 0; i < 101; i++) a = [a]; return a".to_owned(), Which::Depth),
        ("function f() { f() } f()".to_owned(), Which::Depth),
        (format!("return {}1{}", "(".repeat(20_000), ")".repeat(20_000)), Which::Depth),
        (format!("//{}", "x".repeat(256 << 10)), Which::Source),
    ] {
        let error = run(&sandbox, &source).await.unwrap_err();
        assert_eq!(error, ScriptError::Budget(which), "{:.60}", source);
    }
    let brackets = "(".repeat(20_000);
    assert_eq!(
        sandbox.check(1, &brackets).await,
        Err(ScriptError::Budget(Which::Depth)),
        "the editor's check too"
    );
    let nested = format!("return {}1{}", "[".repeat(90), "]".repeat(90));
    assert!(run(&sandbox, &nested).await.is_ok());
    let brackets = format!("return {}1{}", "(".repeat(500), ")".repeat(500));
    assert!(run(&sandbox, &brackets).await.is_ok(), "ordinary generated code fits the stack");
}
