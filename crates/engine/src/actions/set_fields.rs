//! Writes fields of another subscriber; those of the one at work are written by “Set variables”.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Spec, Visit, Whom, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, FieldScope};
use crate::error::StepError;
use crate::expression::{Scope, Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::signal::Signal;
use crate::value::Map;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SetFields {
    /// # For whom
    #[schemars(extend("x-ru" = "Кому"))]
    pub to: Whom,
    /// # Fields
    #[schemars(length(max = 50), extend("x-ru" = "Поля"))]
    pub fields: Vec<FieldValue>,
}

/// A field of the other subscriber and its new value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FieldValue {
    /// # Field
    #[schemars(extend("x-ru" = "Поле"))]
    pub field: Target,
    /// # Value
    #[schemars(extend("x-ru" = "Значение"))]
    pub value: Template,
}

impl ActionKind for SetFields {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "user-edit",
        title: Words::new("Fields of another subscriber", "Поля другого подписчика"),
        help: Words::new(
            "Writes fields of somebody else, for example points for whoever invited this person.",
            "Меняет поля другого человека: например, отмечает того, кто пригласил этого.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };

    fn visit(&self, visit: &mut dyn Visit) {
        self.to.visit(visit);
        for (index, field) in self.fields.iter().enumerate() {
            visit.target(&format!("/fields/{index}/field"), &field.field);
            visit.template(&format!("/fields/{index}/value"), &field.value);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        self.to.validate(findings);
        if self.fields.is_empty() {
            findings.warning("/fields", "nothing_to_do", "nothing is set here", "здесь ничего не меняется");
        }
        for (index, field) in self.fields.iter().enumerate() {
            if field.field.error().is_none() && field.field.scope() != Scope::Field(FieldScope::Client) {
                findings.error(
                    format!("/fields/{index}/field"),
                    "no_field",
                    format!("“{}” is no field of a subscriber: their names begin with “client.”", field.field),
                    format!("«{}» — не поле подписчика: их имена начинаются с «client.»", field.field),
                );
            }
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let mut fields = Map::with_capacity(self.fields.len());
                for (index, field) in self.fields.iter().enumerate() {
                    let at = |error: StepError| error.at(&format!("/fields/{index}/value"));
                    fields.insert(field.field.name().to_owned(), cx.value(&field.value).map_err(at)?);
                }
                Ok(Flow::Ask(self.to.tell(cx, Signal::SetFields { fields })?))
            }
            Some(Answer::Written(_)) => Ok(Flow::Next),
            Some(_) => Err(unexpected_answer()),
        }
    }
}
