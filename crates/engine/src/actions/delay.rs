//! Waits for a while, from seconds to a year.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

/// The longest pause: a year and a day.
const LONGEST_MS: i64 = 366 * 24 * 60 * 60 * 1000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Delay {
    /// # How long
    #[schemars(range(min = 1, max = 31_622_400), extend("x-ru" = "Сколько"))]
    pub amount: u32,
    /// # Unit
    #[schemars(extend("x-ru" = "Единица", "x-widget" = "select", "default" = "minutes"))]
    pub unit: Unit,
    /// # If the person moves on
    ///
    /// What becomes of the pause when the person starts something else meanwhile.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Если человек пошёл дальше",
        "x-ru-help" = "Что будет с паузой, если человек тем временем начал что-то другое.",
        "x-widget" = "select",
        "default" = "cancel"
    ))]
    pub when_moved_on: WhenMovedOn,
    /// # Key
    ///
    /// A name, such as `booking-#{id}`, by which “Cancel pauses” ends this pause from elsewhere.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Ключ",
        "x-ru-help" = "Имя, например `booking-#{id}`, по которому «Отменить паузы» закончит эту паузу из другого места."
    ))]
    pub key: Template,
}

impl Default for Delay {
    fn default() -> Self {
        Self {
            amount: 1,
            unit: Unit::default(),
            when_moved_on: WhenMovedOn::default(),
            key: Template::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "seconds": {"en": "seconds", "ru": "секунды"},
    "minutes": {"en": "minutes", "ru": "минуты"},
    "hours": {"en": "hours", "ru": "часы"},
    "days": {"en": "days", "ru": "дни"},
}))]
pub enum Unit {
    Seconds,
    #[default]
    Minutes,
    Hours,
    /// Of 24 hours.
    Days,
}

/// What becomes of a pause when its person starts something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "cancel": {"en": "Cancel it", "ru": "Отменить"},
    "go_on": {"en": "Go on in the background", "ru": "Продолжить в фоне"},
}))]
pub enum WhenMovedOn {
    #[default]
    Cancel,
    GoOn,
}

impl Delay {
    /// The length in milliseconds, however long it is.
    fn length_ms(&self) -> i64 {
        self.unit.length_ms(self.amount)
    }
}

impl Unit {
    /// So many of them in milliseconds.
    pub(super) fn length_ms(self, amount: u32) -> i64 {
        let unit = match self {
            Self::Seconds => 1000,
            Self::Minutes => 60 * 1000,
            Self::Hours => 60 * 60 * 1000,
            Self::Days => 24 * 60 * 60 * 1000,
        };
        i64::from(amount) * unit
    }
}

impl ActionKind for Delay {
    const SPEC: Spec = Spec {
        group: Group::Time,
        icon: "hourglass",
        title: Words::new("Pause", "Пауза"),
        help: Words::new("Waits for a while, then goes on.", "Ждёт заданное время и идёт дальше."),
        can_fail: true,
        waits: true,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new("Pause of {amount:unit}", "Пауза {amount:unit}")];

    fn ends_when_moved_on(&self) -> bool {
        self.when_moved_on == WhenMovedOn::Cancel
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/key", &self.key);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if !(1..=LONGEST_MS).contains(&self.length_ms()) {
            findings.error(
                "/amount",
                "out_of_range",
                "the pause must be between a second and 366 days long",
                "пауза может длиться от секунды до 366 дней",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let key = cx.text(&self.key).map_err(|error| error.at("/key"))?;
                cx.name_wait(key);
                let until = cx.now().plus_ms(self.length_ms().min(LONGEST_MS));
                Ok(Flow::Wait { question: false, until: Some(until) })
            }
            Some(Answer::Time) => Ok(Flow::Next),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, NOW};

    #[test]
    fn it_waits_that_long_and_goes_on() {
        let check = |options, ms: i64| {
            let mut bench = Bench::new(options);
            assert_eq!(bench.step::<Delay>(None), format!("wait until {}", NOW.0 + ms));
            assert_eq!(bench.step::<Delay>(Some(Answer::Time)), "next");
        };
        check(json!({"amount": 30, "unit": "seconds"}), 30_000);
        check(json!({"amount": 2, "unit": "minutes"}), 120_000);
        check(json!({"amount": 1, "unit": "hours"}), 3_600_000);
        check(json!({"amount": 400, "unit": "days"}), LONGEST_MS);
    }
}
