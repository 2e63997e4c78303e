//! The tags an action names: texts with variables, each of which may be an array of tags.

use crate::error::StepError;
use crate::expression::Template;
use crate::limits::{TAG_CHARS, TAGS_AT_ONCE};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;

use super::Visit;

pub(super) fn visit_tags(tags: &[Template], visit: &mut dyn Visit) {
    for (index, tag) in tags.iter().enumerate() {
        visit.template(&format!("/tags/{index}"), tag);
    }
}

pub(super) fn validate_tags(tags: &[Template], findings: &mut Findings) {
    if tags.iter().all(|tag| tag.source().trim().is_empty()) {
        findings.error("/tags", "no_tag", "it is not said which tag", "не указан тег");
    }
    for (index, tag) in tags.iter().enumerate() {
        if tag.is_constant() && tag.source().trim().chars().count() > TAG_CHARS {
            findings.error(
                format!("/tags/{index}"),
                "tag_too_long",
                format!("a tag has up to {TAG_CHARS} characters"),
                format!("в теге до {TAG_CHARS} символов"),
            );
        }
    }
}

/// The tags as they are now, each once; empty ones are left out.
///
/// # Errors
/// `no_tag`, `tag_too_long`, `too_many_tags`.
pub(super) fn render_tags(tags: &[Template], cx: &StepContext<'_>) -> Result<Vec<String>, StepError> {
    let mut rendered: Vec<String> = Vec::new();
    for (index, template) in tags.iter().enumerate() {
        let pointer = format!("/tags/{index}");
        let value = cx.value(template).map_err(|error| error.at(&pointer))?;
        let items = match &value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for item in items {
            let tag = item.to_text().trim().to_owned();
            if tag.chars().count() > TAG_CHARS {
                return Err(StepError::new(
                    "tag_too_long",
                    format!("The tag “{tag}” is longer than {TAG_CHARS} characters"),
                    format!("Тег «{tag}» длиннее {TAG_CHARS} символов"),
                )
                .at(&pointer));
            }
            if !tag.is_empty() && !rendered.contains(&tag) {
                rendered.push(tag);
            }
        }
    }
    match rendered.len() {
        0 => Err(StepError::new("no_tag", "The tag is empty", "Тег пустой").at("/tags")),
        1..=TAGS_AT_ONCE => Ok(rendered),
        count => Err(StepError::new(
            "too_many_tags",
            format!("{count} tags at once; {TAGS_AT_ONCE} are allowed"),
            format!("Тегов сразу {count}, а можно не больше {TAGS_AT_ONCE}"),
        )
        .at("/tags")),
    }
}
