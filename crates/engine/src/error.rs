//! Errors of a running scenario, told to its builder.

use serde::{Deserialize, Serialize};

use crate::words::Lang;

/// An error of a step: takes the action's error branch, and stands in the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepError {
    /// Stable name, available to the scenario as `#{_error_code}`.
    pub code: String,
    pub en: String,
    pub ru: String,
    /// Where inside the action's options, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

impl StepError {
    pub fn new(code: &str, en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self { code: code.to_owned(), en: en.into(), ru: ru.into(), pointer: None }
    }

    /// The same error, at this place of the action's options.
    pub fn at(mut self, pointer: &str) -> Self {
        self.pointer.get_or_insert_with(|| pointer.to_owned());
        self
    }

    /// The same error, its place being inside `base`.
    pub fn within(mut self, base: &str) -> Self {
        let inner = self.pointer.take().unwrap_or_default();
        self.pointer = Some(format!("{base}{inner}"));
        self
    }

    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ru => &self.ru,
        }
    }
}
