//! One source in one context: parse, run, wait for promises, hand over.

use std::path::Path;

use boa_engine::{
    Context, JsError, JsObject, JsResult, JsValue, Script,
    ast::{self, Expression, Statement, StatementListItem, scope::Scope},
    builtins::promise::PromiseState,
    object::builtins::JsPromise,
    parser::Parser,
};
use serde_json::value::RawValue;

use crate::{
    Language, Which,
    protocol::{Entries, Limits, Reply, RunRequest},
};

use super::{
    context::{Ready, SOURCE_PATH},
    fault::{Fault, syntax, thrown},
    outcome,
    place::Source,
    reach::Reach,
    variables,
};

/// Lines of ours before the first one of the builder.
const LINES_BEFORE: u32 = 1;

/// Runs a step in a context of its own and writes the frame of its reply.
pub(super) fn run(mut ready: Ready, request: &RunRequest<'_>, reply: &mut Vec<u8>) -> Result<(), Fault> {
    let context = &mut ready.context;
    let source = Source { text: &request.source, lines_before: LINES_BEFORE };
    let script = parse(&source, context).map_err(|error| syntax(&error, &source))?;
    let function = script.evaluate(context).map_err(|error| thrown(&error, &source, context))?;
    run_compiled(&mut ready, &function, request, reply)
}

/// The function that a source is the body of, for many calls, and what it can come to; `None` when it is not
/// exactly that.
pub(super) fn compile<'a>(text: &'a str, context: &mut Context) -> Option<(JsObject, Reach<'a>)> {
    let parsed = as_one_function(text, context);
    if parsed.is_empty() {
        return None;
    }
    let reach = Reach::of(text, &parsed, context);
    let script = parse(&Source { text, lines_before: LINES_BEFORE }, context).ok()?;
    Some((script.evaluate(context).ok()?.as_callable()?, reach))
}

/// Runs a step whose source was compiled before and writes the frame of its reply.
pub(super) fn run_compiled(
    ready: &mut Ready,
    function: &JsValue,
    request: &RunRequest<'_>,
    reply: &mut Vec<u8>,
) -> Result<(), Fault> {
    let Ready { context, world } = ready;
    let source = Source { text: &request.source, lines_before: LINES_BEFORE };
    world.start(request);
    variables::set(request, &world.inputs, context).map_err(|_| Reply::Budget(Which::Depth))?;
    let returned = call(function, context).map_err(|error| thrown(&error, &source, context))?;
    let returned = settle(returned, &source, context)?;
    if let Some(promise) = world.unhandled() {
        settle(promise.into(), &source, context)?;
    }
    outcome::write(reply, &returned, request, &source, world, context)
}

/// Looks for syntax errors without running anything.
pub(super) fn check(mut ready: Ready, text: &str) -> Result<(), Fault> {
    let context = &mut ready.context;
    let source = Source { text, lines_before: LINES_BEFORE };
    let script = parse(&source, context).map_err(|error| syntax(&error, &source))?;
    script.codeblock(context).map_err(|error| syntax(&error, &source))?;
    if !as_one_function(text, context).is_empty() {
        return Ok(());
    }
    let message = "a closing bracket } has no opening one before it".to_owned();
    Err(Reply::Syntax { message, line: 1, column: 1 }.into())
}

/// The source as the body of a function, plain or async or either. `}); (function () {` fits into our function without
/// being the body of one. No wall depends on it, but it is a mistake and would not run as written.
fn as_one_function(text: &str, context: &mut Context) -> Vec<ast::Script> {
    let parse_as = |opening| {
        let whole = wrapped(opening, text);
        let mut parser = Parser::new(boa_engine::Source::from_bytes(&whole));
        let script = parser.parse_script(&Scope::new_global(), context.interner_mut()).ok()?;
        is_one_function(&script).then_some(script)
    };
    [PLAIN, ASYNC].into_iter().filter_map(parse_as).collect()
}

fn is_one_function(script: &ast::Script) -> bool {
    let [StatementListItem::Statement(statement)] = script.statements().statements() else {
        return false;
    };
    let Statement::Expression(Expression::Parenthesized(inside)) = statement.as_ref() else {
        return false;
    };
    matches!(inside.expression(), Expression::FunctionExpression(_) | Expression::AsyncFunctionExpression(_))
}

/// Runs a little of everything, so that what the engine does once is done before the first step.
pub(super) fn warm_up(ready: &mut Ready) {
    let Ok(nothing) = serde_json::from_str::<&RawValue>("null") else { return };
    let request = RunRequest {
        tenant: 0,
        source:
            "log(formatDate(new Date())); varstore.sum = [1, 2].map(x => x * 1.5); return JSON.parse('{}')"
                .into(),
        varstore: Entries(Vec::new()),
        client: nothing,
        globals: nothing,
        request: nothing,
        seed: 0,
        now_ms: 0,
        zone: "Europe/Moscow".into(),
        language: Language::En,
        limits: Limits { wall_ms: 1_000, memory_bytes: 1 << 20, result_bytes: 1 << 10, depth: 10 },
    };
    let ready = std::mem::replace(ready, Ready::new());
    let _ = run(ready, &request, &mut Vec::new());
}

const AWAIT: &str = "await";
const PLAIN: &str = "(function () {\n";
const ASYNC: &str = "(async function () {\n";

fn wrapped(opening: &str, text: &str) -> String {
    [opening, text, "\n})"].concat()
}

/// The source as the body of a function; of an async one only when it has to be, because a plain call is cheaper
/// and keeps the position of every error.
fn parse(source: &Source<'_>, context: &mut Context) -> JsResult<Script> {
    if may_call_await(source.text) {
        return parse_as(ASYNC, source, context).or_else(|error| {
            // A function of the builder's own that is called so.
            parse_as(PLAIN, source, context).map_err(|_| error)
        });
    }
    match parse_as(PLAIN, source, context) {
        Err(_) if uses_await(source.text) => parse_as(ASYNC, source, context),
        parsed => parsed,
    }
}

/// Whether there is something like `await (…)`, which a plain function would take for the call of a function.
fn may_call_await(text: &str) -> bool {
    text.match_indices(AWAIT).any(|(start, word)| {
        let after = text.get(start + word.len()..).unwrap_or_default();
        after.trim_start().starts_with(['(', '[', '`', '+', '-', '/'])
    })
}

fn parse_as(opening: &str, source: &Source<'_>, context: &mut Context) -> JsResult<Script> {
    let whole = wrapped(opening, source.text);
    let whole = boa_engine::Source::from_bytes(&whole).with_path(Path::new(SOURCE_PATH));
    Script::parse(whole, None, context)
}

fn uses_await(text: &str) -> bool {
    text.contains(AWAIT)
}

fn call(function: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let returned = match function.as_callable() {
        Some(function) => function.call(&JsValue::undefined(), &[], context)?,
        None => function.clone(),
    };
    context.run_jobs()?;
    Ok(returned)
}

/// What a returned promise came to.
fn settle(returned: JsValue, source: &Source<'_>, context: &mut Context) -> Result<JsValue, Fault> {
    let promise = returned.as_object().and_then(|object| JsPromise::from_object(object).ok());
    let Some(promise) = promise else { return Ok(returned) };
    match promise.state() {
        PromiseState::Fulfilled(value) => Ok(value),
        PromiseState::Rejected(reason) => Err(thrown(&JsError::from_opaque(reason), source, context).into()),
        PromiseState::Pending => {
            let message = "the script waits for a promise that nothing will ever settle".to_owned();
            Err(Reply::Thrown { message, line: 0, column: 0 }.into())
        }
    }
}
