//! Whose clock a time of day is read from.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Visit;
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::zone::{ZONE_FIELD, parse_zone};

/// Whose clock it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "bot": {"en": "the bot's", "ru": "бота"},
    "person": {"en": "the subscriber's", "ru": "подписчика"},
    "named": {"en": "another one", "ru": "другой"},
}))]
pub enum ZoneOf {
    #[default]
    Bot,
    /// As the subscriber's field `timezone` says; the bot's when it says nothing.
    Person,
    Named,
}

impl ZoneOf {
    pub(super) fn visit(self, name: &Template, visit: &mut dyn Visit) {
        match self {
            Self::Bot => {}
            Self::Person => visit.template("/zone", &field()),
            Self::Named => visit.template("/zone_name", name),
        }
    }

    pub(super) fn validate(self, name: &Template, findings: &mut Findings) {
        if self != Self::Named {
            return;
        }
        let source = name.source();
        if name.is_empty() {
            findings.error("/zone_name", "no_zone", "the time zone is not named", "часовой пояс не указан");
        } else if name.is_constant() && parse_zone(source).is_none() {
            findings.error(
                "/zone_name",
                "unknown_zone",
                format!("there is no time zone “{source}”; examples: Europe/Moscow, +3"),
                format!("часового пояса «{source}» нет; примеры: Europe/Moscow, +3"),
            );
        }
    }

    /// # Errors
    /// A named zone that does not exist.
    pub(super) fn resolve(self, cx: &mut StepContext<'_>, name: &Template) -> Result<TimeZone, StepError> {
        match self {
            Self::Bot => Ok(cx.zone().clone()),
            Self::Person => {
                let Value::Text(text) = cx.value(&field())? else { return Ok(cx.zone().clone()) };
                let found = parse_zone(&text);
                if found.is_none() && !text.trim().is_empty() {
                    cx.log(format!("client.{ZONE_FIELD} = {text}: ?"));
                }
                Ok(found.unwrap_or_else(|| cx.zone().clone()))
            }
            Self::Named => {
                let text = cx.text(name).map_err(|error| error.at("/zone_name"))?;
                parse_zone(&text).ok_or_else(|| {
                    StepError::new(
                        "unknown_zone",
                        format!("There is no time zone “{text}”; examples: Europe/Moscow, +3"),
                        format!("Часового пояса «{text}» нет; примеры: Europe/Moscow, +3"),
                    )
                    .at("/zone_name")
                })
            }
        }
    }
}

fn field() -> Template {
    Template::new(&format!("#{{client.{ZONE_FIELD}}}"))
}
