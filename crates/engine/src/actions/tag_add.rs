//! Gives the subscriber tags.

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
pub struct TagAdd {
    /// # Tags
    ///
    /// Up to 64 characters each; a variable may hold several.
    #[schemars(
        length(max = 50),
        extend("x-ru" = "Теги", "x-ru-help" = "До 64 символов в каждом; в переменной их может быть несколько.")
    )]
    pub tags: Vec<Template>,
    /// # For another subscriber
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Другому подписчику", "x-more" = true))]
    pub to: Option<Whom>,
}

impl ActionKind for TagAdd {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "tag-plus",
        title: Words::new("Add a tag", "Добавить тег"),
        help: Words::new(
            "Marks the subscriber: by tags conditions, sections and triggers know who is who.",
            "Помечает подписчика: по тегам его узнают условия, разделы и триггеры.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("Add the tag {tags}", "Добавить тег {tags}")];

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

impl TagAdd {
    fn change(&self) -> TagChange<'_> {
        TagChange { tags: &self.tags, to: self.to.as_ref(), added: true }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;
    use crate::effect::Effect;

    fn added(tag: &str) -> Effect {
        Effect::Tag { tag: tag.to_owned(), added: true, watched: None }
    }

    #[test]
    fn tags_are_computed_and_each_is_given_once() {
        let mut bench = Bench::new(json!({"tags": ["vip", " paid-#{year} ", "#{more}", ""]}));
        bench.set("year", 2026);
        bench.set("more", json!(["a", "vip", 7]));
        bench.set_client("tags", json!(["old"]));
        assert_eq!(bench.step::<TagAdd>(None), "next");
        assert_eq!(bench.effects(), [added("vip"), added("paid-2026"), added("a"), added("7")]);
        assert_eq!(bench.client("tags"), json!(["old", "vip", "paid-2026", "a", "7"]), "the run sees them at once");
    }

    #[test]
    fn a_tag_has_a_bounded_length_and_is_not_empty() {
        let check = |tags: serde_json::Value, code: &str, pointer: &str| {
            let error = Bench::new(json!({"tags": tags})).fail::<TagAdd>(None);
            assert_eq!((error.code.as_str(), error.pointer.as_deref()), (code, Some(pointer)));
        };
        check(json!(["x".repeat(65)]), "tag_too_long", "/tags/0");
        check(json!(["#{nothing}"]), "no_tag", "/tags");
    }
}
