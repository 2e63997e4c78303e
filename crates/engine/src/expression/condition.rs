//! Yes-or-no questions.

use super::{ExpressionError, Lookup, Path, source_text};
use crate::error::StepError;

/// A condition such as `#{age} >= 18 & #{city} = "Paris"`.
#[derive(Clone)]
pub struct Condition {
    source: String,
}

source_text!(Condition, "condition");

impl Condition {
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned() }
    }
    pub fn source(&self) -> &str {
        &self.source
    }
    pub fn error(&self) -> Option<&ExpressionError> {
        None
    }
    pub fn is_empty(&self) -> bool {
        self.source.trim().is_empty()
    }
    pub fn evaluate(&self, _lookup: &dyn Lookup) -> Result<bool, StepError> {
        Ok(true)
    }
    pub fn for_each_path(&self, _visit: &mut dyn FnMut(&Path)) {}
}
