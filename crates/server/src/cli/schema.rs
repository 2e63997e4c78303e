//! `schema`: the JSON Schema of documents.

use anyhow::Result;

use super::say;
use crate::api;

pub fn run() -> Result<()> {
    say(serde_json::to_string_pretty(&api::document_schema())?);
    Ok(())
}
