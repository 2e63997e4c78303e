//! Nesting: code that a program wrote may be 500 levels deep; beyond what the stack holds there is a clear error.

use script_sandbox::{ScriptError, Which};
use serde_json::{Value, json};

use crate::support::{result_of, sandbox, step};

/// Levels that ordinary generated code may have.
const DEEP: usize = 500;

/// Something that can be nested, and what it gives at [`DEEP`] levels.
struct Shape {
    name: &'static str,
    start: &'static str,
    open: &'static str,
    middle: &'static str,
    close: &'static str,
    end: &'static str,
    gives: Value,
}

impl Shape {
    fn nested(&self, levels: usize) -> String {
        [self.start, &self.open.repeat(levels), self.middle, &self.close.repeat(levels), self.end].concat()
    }
}

fn shapes() -> Vec<Shape> {
    let shape = |name, [start, open, middle, close, end]: [&'static str; 5], gives| Shape {
        name,
        start,
        open,
        middle,
        close,
        end,
        gives,
    };
    vec![
        shape("parentheses", ["return ", "(", "1", ")", ""], json!(1)),
        shape("arrays", ["return ", "[", "", "]", ".flat(Infinity).length"], json!(0)),
        shape("objects", ["return ", "{a: ", "1", "}", ".a !== null"], json!(true)),
        shape("calls", ["const f = x => x + 1; return ", "f(", "0", ")", ""], json!(DEEP)),
        shape("templates", ["return ", "`${", "'x'", "}`", ""], json!("x")),
        shape("functions", ["return ", "(function () { return ", "7", " })()", ""], json!(7)),
        shape("arrow functions", ["return ", "(() => ", "7", ")()", ""], json!(7)),
        shape("awaits", ["return ", "await (", "7", ")", ""], json!(7)),
        shape("ternaries", ["return ", "true ? ", "5", " : 0", ""], json!(5)),
        shape("negations", ["return ", "!", "0", "", ""], json!(DEEP % 2 == 1)),
        shape("spreads", ["return ", "[...", "[1]", "]", ".length"], json!(1)),
        shape("ifs", ["let n = 0; ", "if (true) { n++; ", "", " }", "return n"], json!(DEEP)),
        shape("else ifs", ["let n = 0; ", "if (n) { n = 1 } else ", "{ n = 2 }", "", "; return n"], json!(2)),
        shape(
            "loops",
            ["let n = 0; ", "for (let i = 0; i < 1; i++) { n++; ", "", " }", "return n"],
            json!(DEEP),
        ),
        shape("blocks", ["let n = 0; ", "{ let m = n; n = m + 1; ", "", " }", "return n"], json!(DEEP)),
        shape("tries", ["let n = 0; ", "try { n++; ", "", " } finally { n++ }", "return n"], json!(DEEP * 2)),
        shape("switches", ["let n = 0; ", "switch (1) { case 1: n++; ", "", " }", "return n"], json!(DEEP)),
        shape("additions", ["return ", "1 + ", "0", "", ""], json!(DEEP)),
        shape("members", ["const a = {}; a.a = a; return a", "", "", ".a", " === a"], json!(true)),
    ]
}

#[tokio::test]
async fn ordinary_code_may_be_nested_500_deep() {
    let sandbox = sandbox();
    for shape in shapes() {
        let (name, source) = (shape.name, shape.nested(DEEP));
        assert_eq!(sandbox.check(1, &source).await, Ok(()), "{name}: {source:.80}");
        // Three times: the last one in a context that was prepared for it.
        for _ in 0..3 {
            assert_eq!(result_of(&sandbox, &source).await, shape.gives, "{name}: {source:.80}");
        }
    }
}

#[tokio::test]
async fn deeper_than_the_stack_is_a_clear_error() {
    let sandbox = sandbox();
    for (tenant, shape) in (10..).zip(shapes()) {
        let name = shape.name;
        for levels in [3_000, 20_000] {
            let source = shape.nested(levels);
            if source.len() > sandbox.budget().source_bytes {
                continue;
            }
            let checked = sandbox.check(tenant, &source).await;
            let run = sandbox.run(tenant, step(&source)).await;
            // Reading some of them takes the square of their depth.
            let too_deep =
                |error: &ScriptError| matches!(error, ScriptError::Budget(Which::Depth | Which::Time));
            assert!(checked.as_ref().err().is_none_or(too_deep), "{name}, {levels}: {checked:?}");
            assert!(run.as_ref().err().is_none_or(too_deep), "{name}, {levels}: {run:?}");
        }
    }
    let text = ScriptError::Budget(Which::Depth);
    assert!(text.text(true).contains("вложенность") && text.text(false).contains("Nesting"));
    assert_eq!(result_of(&sandbox, "return 'alive'").await, json!("alive"));
}

/// What is nested inside data, not inside code.
#[tokio::test]
async fn data_may_be_nested_as_deep_as_documents_hold() {
    let sandbox = sandbox();
    let source = |levels: usize| format!("let a = 1; for (let i = 0; i < {levels}; i++) a = [a]; return a");
    assert!(sandbox.run(1, step(&source(100))).await.is_ok());
    assert_eq!(sandbox.run(1, step(&source(101))).await, Err(ScriptError::Budget(Which::Depth)));
}
