//! The place a value is written to.

use std::fmt;

use super::{ExpressionError, Scope, source_text};
use crate::effect::FieldScope;

/// `name`, `client.name`, `person.name` or `global.name`: what an action writes.
#[derive(Clone)]
pub struct Target {
    source: String,
    /// Where the name begins in the source, in bytes.
    name_at: usize,
    scope: Scope,
    error: Option<ExpressionError>,
}

source_text!(Target, "variable");

impl Target {
    pub fn new(source: &str) -> Self {
        let (scope, name_at) = match source.split_once('.') {
            Some(("client", _)) => (Scope::Field(FieldScope::Client), 7),
            Some(("person", _)) => (Scope::Field(FieldScope::Person), 7),
            Some(("global", _)) => (Scope::Field(FieldScope::Global), 7),
            _ => (Scope::Run, 0),
        };
        let error = fault(source, name_at);
        Self { source: source.to_owned(), name_at, scope, error }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn error(&self) -> Option<&ExpressionError> {
        self.error.as_ref()
    }

    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// [`Scope::Run`] or [`Scope::Field`].
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The name without its scope.
    pub fn name(&self) -> &str {
        self.source.get(self.name_at..).unwrap_or_default()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// The only name beginning with `_` that a scenario may write: the reply to a webhook.
const RESPONSE: &str = "_response";

fn fault(source: &str, name_at: usize) -> Option<ExpressionError> {
    let error =
        |position, en: &str, ru: &str| Some(ExpressionError { position, en: en.into(), ru: ru.into() });
    let name = source.get(name_at..).unwrap_or_default();
    if name.is_empty() {
        return error(name_at, "Expected the name of a variable", "Ожидается имя переменной");
    }
    if source.starts_with("env.") {
        return error(0, "A secret cannot be written by a scenario", "Секрет нельзя изменить из сценария");
    }
    if name_at == 0 && matches!(name, "client" | "person" | "global" | "env") {
        return error(
            name.len(),
            "Expected a point and a name, as in client.phone",
            "Ожидаются точка и имя, как в client.phone",
        );
    }
    if name.starts_with('_') && !(name_at == 0 && name == RESPONSE) {
        return error(
            name_at,
            "Names that begin with _ belong to the system; only _response may be written",
            "Имена, которые начинаются с _, принадлежат системе; записать можно только _response",
        );
    }
    if source == "client.tags" {
        return error(
            name_at,
            "Tags are no field: “Add a tag” and “Remove a tag” change them",
            "Теги — не поле: их меняют действия «Добавить тег» и «Снять тег»",
        );
    }
    let wrong = name.chars().position(|c| !(c.is_alphanumeric() || c == '_'))?;
    error(
        name_at + wrong,
        "A name consists of letters, digits and _, without #{} and spaces",
        "Имя состоит из букв, цифр и _, без #{} и пробелов",
    )
}
