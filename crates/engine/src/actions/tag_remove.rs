//! Takes tags from the subscriber.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tags::{render_tags, validate_tags, visit_tags};
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, Whom, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::signal::Signal;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TagRemove {
    /// # Tags
    ///
    /// Up to 64 characters each; a variable may hold several.
    #[schemars(
        length(max = 50),
        extend("x-ru" = "Теги", "x-ru-help" = "До 64 символов в каждом; в переменной их может быть несколько.")
    )]
    pub tags: Vec<Template>,
    /// # From another subscriber
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "С другого подписчика", "x-more" = true))]
    pub to: Option<Whom>,
}

impl ActionKind for TagRemove {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "tag-minus",
        title: Words::new("Remove a tag", "Снять тег"),
        help: Words::new(
            "Takes tags from the subscriber; one that is not there is no error.",
            "Снимает теги с подписчика; если тега нет, это не ошибка.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("Remove the tag {tags}", "Снять тег {tags}")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit_tags(&self.tags, visit);
        if let Some(to) = &self.to {
            to.visit(visit);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        validate_tags(&self.tags, findings);
        if let Some(to) = &self.to {
            to.validate(findings);
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match (&self.to, answer) {
            (None, None) => {
                for tag in render_tags(&self.tags, cx)? {
                    cx.change_tag(tag, false)?;
                }
            }
            (Some(to), None) => {
                let tags = render_tags(&self.tags, cx)?;
                return Ok(Flow::Ask(to.tell(cx, Signal::Tags { tags, added: false })?));
            }
            (Some(_), Some(Answer::Written(_))) => {}
            _ => return Err(unexpected_answer()),
        }
        Ok(Flow::Next)
    }
}
