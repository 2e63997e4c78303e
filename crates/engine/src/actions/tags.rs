//! What the actions that give and take tags have in common. A tag is a text with variables, each of which may be an
//! array of tags.

use super::{Flow, Visit, Whom, unexpected_answer};
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::limits::{TAG_CHARS, TAGS_AT_ONCE};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::signal::Signal;
use crate::value::Value;

/// Tags to give or to take, of the subscriber or of another one.
pub(super) struct TagChange<'a> {
    pub tags: &'a [Template],
    pub to: Option<&'a Whom>,
    pub added: bool,
}

impl TagChange<'_> {
    pub fn visit(&self, visit: &mut dyn Visit) {
        for (index, tag) in self.tags.iter().enumerate() {
            visit.template(&format!("/tags/{index}"), tag);
        }
        if let Some(to) = self.to {
            to.visit(visit);
        }
    }

    pub fn validate(&self, findings: &mut Findings) {
        validate_tags(self.tags, findings);
        if let Some(to) = self.to {
            to.validate(findings);
        }
    }

    pub fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match (self.to, answer) {
            (None, None) => {
                for tag in render_tags(self.tags, cx)? {
                    cx.change_tag(tag, self.added)?;
                }
            }
            (Some(to), None) => {
                let tags = render_tags(self.tags, cx)?;
                return Ok(Flow::Ask(to.tell(cx, Signal::Tags { tags, added: self.added })?));
            }
            (Some(_), Some(Answer::Written(_))) => {}
            _ => return Err(unexpected_answer()),
        }
        Ok(Flow::Next)
    }
}

fn validate_tags(tags: &[Template], findings: &mut Findings) {
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
fn render_tags(tags: &[Template], cx: &StepContext<'_>) -> Result<Vec<String>, StepError> {
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
