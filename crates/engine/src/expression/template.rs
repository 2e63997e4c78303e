//! Text fields with placeholders.

use super::{ExpressionError, Lookup, Path, source_text};
use crate::effect::SecretText;
use crate::error::StepError;
use crate::value::Value;

/// A text field: `#{variable}`, `[Function(arguments)]`, `{{ arithmetic }}` among plain text.
#[derive(Clone)]
pub struct Template {
    source: String,
}

source_text!(Template, "template");

impl Template {
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
        self.source.is_empty()
    }
    /// No placeholder in it: every rendering is the source.
    pub fn is_constant(&self) -> bool {
        true
    }
    pub fn render(&self, _lookup: &dyn Lookup) -> Result<Value, StepError> {
        Ok(Value::text(&*self.source))
    }
    pub fn render_text(&self, _lookup: &dyn Lookup) -> Result<String, StepError> {
        Ok(self.source.clone())
    }
    pub fn render_url(&self, _lookup: &dyn Lookup) -> Result<String, StepError> {
        Ok(self.source.clone())
    }
    pub fn render_json(&self, _lookup: &dyn Lookup) -> Result<Value, StepError> {
        Ok(Value::text(&*self.source))
    }
    pub fn render_secret(&self, _lookup: &dyn Lookup) -> Result<SecretText, StepError> {
        Ok(SecretText::plain(&*self.source))
    }
    pub fn render_secret_url(&self, _lookup: &dyn Lookup) -> Result<SecretText, StepError> {
        Ok(SecretText::plain(&*self.source))
    }
    pub fn render_secret_json(&self, _lookup: &dyn Lookup) -> Result<SecretText, StepError> {
        Ok(SecretText::plain(&*self.source))
    }
    pub fn for_each_path(&self, _visit: &mut dyn FnMut(&Path)) {}
}
