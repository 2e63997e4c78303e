//! Message texts: placeholders and a small set of marks.

use super::{ExpressionError, Lookup, Path, source_text};
use crate::error::StepError;
use crate::message::RichText;

/// The text of a message.
#[derive(Clone)]
pub struct RichTemplate {
    source: String,
}

source_text!(RichTemplate, "rich_text");

impl RichTemplate {
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
    pub fn is_constant(&self) -> bool {
        true
    }
    pub fn render(&self, _lookup: &dyn Lookup) -> Result<RichText, StepError> {
        Ok(RichText::plain(&*self.source))
    }
    pub fn for_each_path(&self, _visit: &mut dyn FnMut(&Path)) {}
}
