//! Takes tags from the subscriber.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tags::TagChange;
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, Whom};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
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
        self.change().visit(visit);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        self.change().validate(findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        self.change().step(cx, answer)
    }
}

impl TagRemove {
    fn change(&self) -> TagChange<'_> {
        TagChange { tags: &self.tags, to: self.to.as_ref(), added: false }
    }
}
