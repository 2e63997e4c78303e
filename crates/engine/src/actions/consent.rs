//! Records that the subscriber agreed: to which version of the text, and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{Answer, FieldScope};
use crate::error::StepError;
use crate::expression::{Lookup, Scope, Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::{Map, Value};
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consent {
    /// # Version of the text
    ///
    /// For example the date of the policy: `01.03.2026`.
    #[schemars(extend("x-ru" = "Версия текста", "x-ru-help" = "Например, дата политики: `01.03.2026`."))]
    pub version: Template,
    /// # Text
    ///
    /// What the person agreed to, or its address; kept word for word.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Текст",
        "x-ru-help" = "С чем человек согласился, или адрес этого текста; сохраняется слово в слово."
    ))]
    pub text: Template,
    /// # Keep in the field
    ///
    /// Its parts `version`, `at` and `text` can be read: `client.consent.version`.
    #[schemars(extend(
        "x-ru" = "В каком поле хранить",
        "x-ru-help" = "Его части — `version`, `at` и `text`: например `client.consent.version`."
    ))]
    pub field: Target,
}

impl Default for Consent {
    fn default() -> Self {
        Self { version: Template::default(), text: Template::default(), field: Target::new("client.consent") }
    }
}

impl ActionKind for Consent {
    const SPEC: Spec = Spec {
        group: Group::Audience,
        icon: "checkbox",
        title: Words::new("Record consent", "Записать согласие"),
        help: Words::new(
            "Notes which version of a text the subscriber agreed to, and when.",
            "Запоминает, с какой версией текста и когда согласился подписчик.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("Record consent to version {version}", "Записать согласие с версией {version}")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/version", &self.version);
        visit.template("/text", &self.text);
        visit.target("/field", &self.field);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.version.is_empty() {
            findings.error("/version", "no_version", "the version of the text is missing", "не указана версия текста");
        }
        if self.field.error().is_none() && self.field.scope() != Scope::Field(FieldScope::Client) {
            findings.error(
                "/field",
                "no_field",
                "a consent is kept in a field of the subscriber: its name begins with “client.”",
                "согласие хранится в поле подписчика: его имя начинается с «client.»",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        let version = cx.text(&self.version).map_err(|error| error.at("/version"))?;
        if version.trim().is_empty() {
            return Err(StepError::new("no_version", "The version is empty", "Версия пустая").at("/version"));
        }
        let mut consent = Map::new();
        consent.insert("version".to_owned(), version.trim().into());
        consent.insert("at".to_owned(), Value::Moment(Lookup::now(cx)));
        let text = cx.text(&self.text).map_err(|error| error.at("/text"))?;
        if !text.is_empty() {
            consent.insert("text".to_owned(), text.into());
        }
        cx.set(&self.field, consent.into())?;
        Ok(Flow::Next)
    }
}
