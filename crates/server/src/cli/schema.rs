//! `schema`: the JSON Schema of documents, or the catalogue that the editor's forms are made from.

use anyhow::Result;
use clap::Args;
use engine::actions::catalog;
use engine::words::Lang;

use super::say;
use crate::api;

#[derive(Args)]
pub struct SchemaOptions {
    /// Print the catalogue of actions and triggers in this language (en, ru) instead
    #[arg(long, value_name = "LANGUAGE")]
    catalog: Option<String>,
}

pub fn run(options: &SchemaOptions) -> Result<()> {
    let text = match &options.catalog {
        Some(lang) => serde_json::to_string_pretty(&catalog(Lang::from_tag(lang)))?,
        None => serde_json::to_string_pretty(&api::document_schema())?,
    };
    say(text);
    Ok(())
}
