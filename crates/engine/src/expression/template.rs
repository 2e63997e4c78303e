//! Text fields with placeholders, and their renderings: as a value, a text, an address, JSON.

use std::borrow::Cow;

use percent_encoding::utf8_percent_encode;
use serde::de::IgnoredAny;

use super::ast::{Expr, Part, for_each_path};
use super::cursor::Fault;
use super::escape::{Escape, JsonPlace, URL_VALUE, push_json_text};
use super::evaluate::push;
use super::{ExpressionError, Lookup, Path, Scope, parse, source_text};
use crate::effect::{SecretPart, SecretText};
use crate::error::StepError;
use crate::scenario::json_fault_ru;
use crate::value::Value;

/// A text field: `#{variable}`, `[Function(arguments)]`, `{{ arithmetic }}` among plain text.
///
/// Rendering fails with a [`StepError`] when the text does not parse, when it computes with what is no number,
/// and when a secret (`#{env.NAME}`) stands where it would be seen.
#[derive(Clone)]
pub struct Template {
    source: Box<str>,
    parsed: Result<Vec<Part>, Box<ExpressionError>>,
}

source_text!(Template, "template");

impl Template {
    pub fn new(source: &str) -> Self {
        let parsed = parse::template(source).map(|(parts, _)| parts);
        Self { source: source.into(), parsed: parsed.map_err(|fault| Box::new(fault.into_error(source))) }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn error(&self) -> Option<&ExpressionError> {
        self.parsed.as_ref().err().map(AsRef::as_ref)
    }

    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// No placeholder in it: every rendering is the source.
    pub fn is_constant(&self) -> bool {
        self.parsed.as_ref().is_ok_and(|parts| parts.iter().all(|part| matches!(part, Part::Text(_))))
    }

    /// The value: a template that is exactly one placeholder keeps its type, every other one is a text.
    pub fn render(&self, lookup: &dyn Lookup) -> Result<Value, StepError> {
        match self.parts()? {
            [Part::Value(only)] => only.evaluate(lookup).map(Cow::into_owned),
            _ => self.render_text(lookup).map(Value::Text),
        }
    }

    pub fn render_text(&self, lookup: &dyn Lookup) -> Result<String, StepError> {
        render_plain(self.parts()?, Escape::Plain, lookup)
    }

    /// An address: values are percent-encoded, except one the address begins with.
    pub fn render_url(&self, lookup: &dyn Lookup) -> Result<String, StepError> {
        render_plain(self.parts()?, Escape::Url, lookup)
    }

    /// JSON: values become escaped text inside a string, and their own JSON elsewhere. Empty is null.
    pub fn render_json(&self, lookup: &dyn Lookup) -> Result<Value, StepError> {
        let text = render_plain(self.parts()?, Escape::Json, lookup)?;
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(|error| {
            StepError::new(
                "bad_json",
                format!("The text is not valid JSON: {error}"),
                format!("Текст не является правильным JSON: {error}"),
            )
        })
    }

    /// Text in which `#{env.NAME}` stays a reference.
    pub fn render_secret(&self, lookup: &dyn Lookup) -> Result<SecretText, StepError> {
        self.secret(Escape::Plain, lookup)
    }

    /// An address in which `#{env.NAME}` stays a reference.
    pub fn render_secret_url(&self, lookup: &dyn Lookup) -> Result<SecretText, StepError> {
        self.secret(Escape::Url, lookup)
    }

    /// JSON text in which `#{env.NAME}` stays a reference; outside of a string it gets its quotes.
    pub fn render_secret_json(&self, lookup: &dyn Lookup) -> Result<SecretText, StepError> {
        self.secret(Escape::Json, lookup)
    }

    /// What is wrong with the template as JSON, whatever its values are.
    pub fn json_error(&self) -> Option<ExpressionError> {
        let (parts, starts) = match parse::template(&self.source) {
            Ok(parsed) => parsed,
            Err(fault) => return Some(fault.into_error(&self.source)),
        };
        // A value outside of a string may be a part of a number, or a key.
        let fault = json_fault(&parts, &starts, "0")?;
        json_fault(&parts, &starts, "\"\"")?;
        Some(fault.into_error(&self.source))
    }

    pub fn for_each_path(&self, visit: &mut dyn FnMut(&Path)) {
        if let Ok(parts) = &self.parsed {
            for_each_path(parts, visit);
        }
    }

    fn parts(&self) -> Result<&[Part], StepError> {
        match &self.parsed {
            Ok(parts) => Ok(parts),
            Err(error) => Err(error.as_step_error()),
        }
    }

    fn secret(&self, escape: Escape, lookup: &dyn Lookup) -> Result<SecretText, StepError> {
        let mut rendering = Rendering::new(escape, lookup);
        rendering.secrets = Some(Vec::new());
        rendering.push_all(self.parts()?)?;
        let mut parts = rendering.secrets.unwrap_or_default();
        if !rendering.text.is_empty() || parts.is_empty() {
            parts.push(SecretPart::Text(rendering.text));
        }
        Ok(SecretText(parts))
    }
}

/// What is wrong with the JSON that comes of these pieces when every value is `filler`.
fn json_fault(parts: &[Part], starts: &[usize], filler: &str) -> Option<Fault> {
    let mut sample = String::new();
    let mut place = JsonPlace::default();
    // Where each piece of the sample came from: (in the sample, in the source).
    let mut origins = Vec::with_capacity(parts.len());
    for (part, start) in parts.iter().zip(starts) {
        origins.push((sample.len(), *start));
        match part {
            Part::Text(text) => {
                place.read(text);
                sample.push_str(text);
            }
            Part::Value(_) if place.in_string() => {}
            Part::Value(_) => sample.push_str(filler),
        }
    }
    if sample.trim().is_empty() {
        return None;
    }
    let error = serde_json::from_str::<IgnoredAny>(&sample).err()?;
    let lines = sample.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len);
    let at = lines.sum::<usize>() + error.column().saturating_sub(1);
    let (from, start) = origins.into_iter().rev().find(|(from, _)| *from <= at).unwrap_or_default();
    // The sentence without its place, which is that of the sample.
    let sentence = error.to_string();
    let sentence = sentence.split(" at line ").next().unwrap_or_default();
    Some(Fault::new(
        start + at - from,
        format!("This is not valid JSON: {sentence}"),
        format!("Это не правильный JSON: {}", json_fault_ru(sentence)),
    ))
}

/// Renders pieces to a text without secrets.
pub(super) fn render_plain(parts: &[Part], escape: Escape, lookup: &dyn Lookup) -> Result<String, StepError> {
    let mut rendering = Rendering::new(escape, lookup);
    rendering.push_all(parts)?;
    Ok(rendering.text)
}

struct Rendering<'a> {
    escape: Escape,
    lookup: &'a dyn Lookup,
    text: String,
    place: JsonPlace,
    /// What is finished already, where secrets are welcome.
    secrets: Option<Vec<SecretPart>>,
}

impl<'a> Rendering<'a> {
    fn new(escape: Escape, lookup: &'a dyn Lookup) -> Self {
        Self { escape, lookup, text: String::new(), place: JsonPlace::default(), secrets: None }
    }

    fn push_all(&mut self, parts: &'a [Part]) -> Result<(), StepError> {
        for (index, part) in parts.iter().enumerate() {
            match part {
                Part::Text(text) => {
                    if self.escape == Escape::Json {
                        self.place.read(text);
                    }
                    push(&mut self.text, text)?;
                }
                Part::Value(Expr::Path(path)) if path.scope == Scope::Env && self.secrets.is_some() => {
                    self.push_secret(&path.name)?;
                }
                // The value an address begins with is an address itself.
                Part::Value(value) if index == 0 && self.escape == Escape::Url => {
                    push(&mut self.text, &value.evaluate(self.lookup)?.to_text())?;
                }
                Part::Value(value) => self.push_value(value)?,
            }
        }
        if self.escape == Escape::Url { self.refuse_climbing(parts) } else { Ok(()) }
    }

    /// Refuses an address in which a value made a path segment `.` or `..`: whoever resolves the address takes
    /// it for a step up, however it is encoded, and calls another place than the builder wrote.
    fn refuse_climbing(&self, parts: &[Part]) -> Result<(), StepError> {
        let is_fixed = parts.iter().all(|part| matches!(part, Part::Text(_)));
        let finished = self.secrets.iter().flatten().map(|part| match part {
            SecretPart::Text(text) => text.as_str(),
            SecretPart::Secret(_) => "secret",
        });
        let address: String = finished.chain([self.text.as_str()]).collect();
        let path = address.split(['?', '#']).next().unwrap_or_default();
        if is_fixed || !path.split(['/', '\\']).any(|segment| matches!(segment, "." | "..")) {
            return Ok(());
        }
        Err(StepError::new(
            "climbing_address",
            "A value put “.” or “..” between two slashes of the address, which would lead to another address",
            "Значение поставило «.» или «..» между двумя косыми чертами адреса — это привело бы на другой адрес",
        ))
    }

    fn push_value(&mut self, expression: &'a Expr) -> Result<(), StepError> {
        let value = expression.evaluate(self.lookup)?;
        let is_escaped =
            matches!(expression, Expr::Call { function, .. } if function.escaped_for() == Some(self.escape));
        match self.escape {
            Escape::Json if self.place.in_string() => {
                let mut escaped = String::new();
                push_json_text(&mut escaped, &value.to_text());
                push(&mut self.text, &escaped)
            }
            Escape::Plain => push(&mut self.text, &value.to_text()),
            _ if is_escaped => push(&mut self.text, &value.to_text()),
            Escape::Url => push(&mut self.text, &Cow::from(utf8_percent_encode(&value.to_text(), URL_VALUE))),
            Escape::Json => match value.as_ref() {
                // All its digits, more than a JSON library would keep.
                Value::Number(_) => push(&mut self.text, &value.to_text()),
                other => push(&mut self.text, &other.to_json().to_string()),
            },
        }
    }

    fn push_secret(&mut self, name: &str) -> Result<(), StepError> {
        let quote = if self.escape == Escape::Json && !self.place.in_string() { "\"" } else { "" };
        push(&mut self.text, quote)?;
        if let Some(secrets) = &mut self.secrets {
            if !self.text.is_empty() {
                secrets.push(SecretPart::Text(std::mem::take(&mut self.text)));
            }
            secrets.push(SecretPart::Secret(name.to_owned()));
        }
        push(&mut self.text, quote)
    }
}
