//! From the engine's errors to the words of the protocol: which budget, which message, which line.

use std::io;

use boa_engine::{
    Context, JsError, JsValue,
    error::{EngineError, RuntimeLimitError},
};

use crate::{
    Which,
    protocol::{LOG_CHARS, Reply},
};

use super::{
    place::Source,
    write::{Mode, WriteError, Writer},
};

/// Why a step has no outcome.
pub(super) enum Fault {
    Reply(Box<Reply>),
    /// The parent is gone.
    Pipe(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Pipe(error)
    }
}

impl From<Reply> for Fault {
    fn from(reply: Reply) -> Self {
        Self::Reply(Box::new(reply))
    }
}

/// The reply to an error nobody caught.
pub(super) fn thrown(error: &JsError, source: &Source<'_>, context: &mut Context) -> Reply {
    if let Some(engine) = error.as_engine() {
        return gave_up(engine);
    }
    let (line, column) = source.of_error(error).unwrap_or((0, 0));
    match message_of(error, context) {
        Ok(message) => Reply::Thrown { message, line, column },
        Err(engine) => gave_up(&engine),
    }
}

fn gave_up(error: &EngineError) -> Reply {
    match error {
        EngineError::RuntimeLimit(RuntimeLimitError::LoopIteration) => Reply::Budget(Which::Time),
        EngineError::RuntimeLimit(_) => Reply::Budget(Which::Depth),
        other => Reply::Broken(other.to_string()),
    }
}

/// The reply to a source that does not parse.
pub(super) fn syntax(error: &JsError, source: &Source<'_>) -> Reply {
    if let Some(EngineError::Panic(panic)) = error.as_engine() {
        return Reply::Broken(panic.to_string());
    }
    let text = error.as_native().map_or_else(|| error.to_string(), |native| native.message().to_owned());
    let (message, line, column) = match split_position(&text) {
        Some((message, line, column)) => (message, line.saturating_sub(source.lines_before), column),
        None => (text.as_str(), u32::MAX, 1),
    };
    // The parser ran into what we wrote after the builder's code, or into the end: a bracket is not closed.
    let (last, behind) = source.end();
    if line > last {
        let message = "unexpected end of the script: a bracket or a quote is not closed";
        return Reply::Syntax { message: message.to_owned(), line: last, column: behind };
    }
    Reply::Syntax { message: shorten(message), line: line.max(1), column }
}

/// `unexpected token at line 3, col 7` as text, 3 and 7.
fn split_position(text: &str) -> Option<(&str, u32, u32)> {
    let (message, place) = text.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(", col ")?;
    Some((message, line.parse().ok()?, column.parse().ok()?))
}

fn message_of(error: &JsError, context: &mut Context) -> Result<String, EngineError> {
    if let Some(native) = error.as_native() {
        return Ok(shorten(&format!("{}: {}", native.kind(), native.message())));
    }
    let Some(value) = error.as_opaque() else { return Ok(String::new()) };
    Ok(shorten(&describe(value, context)?))
}

/// A value as a person would like to read it: text as it is, data as JSON, errors as `Name: message`.
///
/// # Errors
///
/// `toJSON` and `toString` are the script's own code: when they run out of a budget, so does the script.
pub(super) fn describe(value: &JsValue, context: &mut Context) -> Result<String, EngineError> {
    if let Some(text) = value.as_string() {
        return Ok(text.to_std_string_lossy());
    }
    if value.as_object().is_some_and(|object| object.is_ordinary() || object.is_array()) {
        let mut json = Vec::new();
        let mut writer = Writer::new(&mut json, Mode::Stringify).max_bytes(LOG_CHARS * 4);
        match writer.value(value, &0.into(), context) {
            // What is already written is a good enough beginning of a long value.
            Ok(true) | Err(WriteError::TooLong) => return Ok(String::from_utf8_lossy(&json).into_owned()),
            Err(WriteError::Js(error)) => unless_engine(&error)?,
            Ok(false) | Err(_) => {}
        }
    }
    match value.to_string(context) {
        Ok(text) => Ok(text.to_std_string_lossy()),
        Err(error) => {
            unless_engine(&error)?;
            Ok(value.type_of().to_owned())
        }
    }
}

/// What a script threw is no news while it is described; that the engine gave up is.
fn unless_engine(error: &JsError) -> Result<(), EngineError> {
    error.as_engine().map_or(Ok(()), |engine| Err(engine.clone()))
}

/// At most [`LOG_CHARS`] characters.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(LOG_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
