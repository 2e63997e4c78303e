//! Asks whether it is working hours, or waits until it is.

mod week;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delay::WhenMovedOn;
use super::in_zone::ZoneOf;
use super::{
    ActionKind, CLOSED_EXIT, Exit, Flow, Group, OPEN_EXIT, Port, Sentence, Spec, Visit, is_default,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::ids::UtcMs;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;
use week::{Calendar, Week};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkingHours {
    /// # What to do
    #[schemars(extend("x-ru" = "Что делать", "x-widget" = "select", "default" = "branch"))]
    pub mode: Mode,
    /// # Hours
    ///
    /// Such as `09:00-18:00`, with a break `09:00-13:00, 14:00-18:00`, over midnight `20:00-04:00`; an empty day
    /// is a day off.
    #[schemars(extend(
        "x-ru" = "Часы работы",
        "x-ru-help" = "Например, `09:00-18:00`, с перерывом `09:00-13:00, 14:00-18:00`, через полночь `20:00-04:00`; пустой день — выходной.",
        "x-widget" = "week_hours"
    ))]
    pub hours: Week,
    /// # Days off
    ///
    /// Dates such as `31.12.2026`, or `01.01` for every year.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 200),
        extend("x-ru" = "Выходные дни", "x-ru-help" = "Даты: `31.12.2026` или `01.01` — каждый год.")
    )]
    pub days_off: Vec<String>,
    /// # Time zone
    ///
    /// The subscriber's is his field `timezone`; without it, the bot's is taken.
    #[schemars(extend(
        "x-ru" = "Часовой пояс",
        "x-ru-help" = "Пояс подписчика — это его поле `timezone`; если оно пустое, берётся пояс бота.",
        "x-widget" = "select",
        "default" = "bot"
    ))]
    pub zone: ZoneOf,
    /// # Name of the time zone
    ///
    /// `Europe/Moscow`, or the distance from Greenwich: `+3`.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Название пояса",
        "x-ru-help" = "`Europe/Moscow` или сдвиг от Гринвича: `+3`.",
        "x-when" = {"zone": ["named"]}
    ))]
    pub zone_name: Template,
    /// # If the person moves on
    ///
    /// What becomes of the wait when the person starts something else meanwhile.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Если человек пошёл дальше",
        "x-ru-help" = "Что будет с ожиданием, если человек тем временем начал что-то другое.",
        "x-widget" = "select",
        "default" = "cancel",
        "x-when" = {"mode": ["wait"]}
    ))]
    pub when_moved_on: WhenMovedOn,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "branch": {"en": "Go one way or the other", "ru": "Идти по одной из двух веток"},
    "wait": {"en": "Wait until it opens", "ru": "Ждать открытия"},
}))]
pub enum Mode {
    #[default]
    Branch,
    Wait,
}

impl ActionKind for WorkingHours {
    const SPEC: Spec = Spec {
        group: Group::Time,
        icon: "clock",
        title: Words::new("Working hours", "Рабочее время"),
        help: Words::new(
            "Goes one way in working hours and another outside of them, or waits until they begin.",
            "Идёт одной веткой в рабочее время и другой в нерабочее — или ждёт, пока оно начнётся.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::When {
                id: OPEN_EXIT, title: Words::new("Open", "Открыто"), option: ("/mode", "branch")
            },
            Port::When {
                id: CLOSED_EXIT,
                title: Words::new("Closed", "Закрыто"),
                option: ("/mode", "branch"),
            },
        ],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when("/mode", "wait", "Wait for working hours", "Ждать рабочего времени"),
        Sentence::new("Is it working time now?", "Сейчас рабочее время?"),
    ];

    fn exits(&self) -> Vec<Exit> {
        match self.mode {
            Mode::Branch => vec![Exit::fixed(OPEN_EXIT), Exit::fixed(CLOSED_EXIT)],
            Mode::Wait => Vec::new(),
        }
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        self.mode == Mode::Wait || !is_wired(OPEN_EXIT) || !is_wired(CLOSED_EXIT)
    }

    fn ends_when_moved_on(&self) -> bool {
        self.when_moved_on == WhenMovedOn::Cancel
    }

    fn visit(&self, visit: &mut dyn Visit) {
        self.zone.visit(&self.zone_name, visit);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        self.hours.validate("/hours", findings);
        for (index, text) in self.days_off.iter().enumerate() {
            if week::parse_day_off(text).is_none() {
                findings.error(
                    format!("/days_off/{index}"),
                    "bad_date",
                    format!("“{text}” is no date; dates look like 31.12.2026 or 31.12"),
                    format!("«{text}» — не дата; дата выглядит как 31.12.2026 или 31.12"),
                );
            }
        }
        self.zone.validate(&self.zone_name, findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => self.look(cx),
            Some(Answer::Time) => Ok(Flow::Next),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl WorkingHours {
    fn look(&self, cx: &mut StepContext<'_>) -> Result<Flow, StepError> {
        let zone = self.zone.resolve(cx, &self.zone_name)?;
        let now = Timestamp::from_millisecond(cx.now().0).unwrap_or_default().to_zoned(zone);
        let calendar = Calendar::new(&self.hours, &self.days_off)?;
        let is_open = calendar.is_open(now.datetime());
        match self.mode {
            Mode::Branch => Ok(Flow::Exit(if is_open { OPEN_EXIT } else { CLOSED_EXIT }.into())),
            Mode::Wait if is_open => Ok(Flow::Next),
            Mode::Wait => {
                let opening = calendar.next_opening(now.datetime());
                let moment = opening.and_then(|local| local.to_zoned(now.time_zone().clone()).ok());
                let Some(moment) = moment else {
                    return Err(StepError::new(
                        "never_open",
                        "By these hours it never opens within a year",
                        "По этим часам открытия не будет целый год",
                    )
                    .at("/hours"));
                };
                let until = UtcMs(moment.timestamp().as_millisecond());
                Ok(Flow::Wait { question: false, until: Some(until) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, NOW};

    #[test]
    fn it_branches_or_waits() {
        let check = |options: serde_json::Value, timezone: &str, went: &str| {
            let mut bench = Bench::new(options.clone());
            bench.set_client("timezone", timezone);
            assert_eq!(bench.step::<WorkingHours>(None), went, "{options} in {timezone}");
        };
        let every_day = |hours: &str| {
            let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            serde_json::Value::Object(days.iter().map(|day| ((*day).to_owned(), hours.into())).collect())
        };
        let day_ms = 86_400_000;
        let midnight = NOW.0 - NOW.0 % day_ms;
        let hour = (NOW.0 - midnight) / 3_600_000;
        let around = format!("{hour}:00-{}:00", hour + 1);
        check(json!({"hours": every_day(&around)}), "", "exit open");
        check(json!({"hours": {}}), "", "exit closed");
        check(json!({"hours": every_day(&around), "mode": "wait"}), "", "next");
        // Two hours to the east it is later already, and it opens a day after that.
        let opens = midnight + day_ms + (hour - 2) * 3_600_000;
        let there = json!({"hours": every_day(&around), "mode": "wait", "zone": "person"});
        check(there, "+2", &format!("wait until {opens}"));
        let named = json!({"hours": every_day(&around), "zone": "named", "zone_name": "+2"});
        check(named, "", "exit closed");
    }

    #[test]
    fn what_never_opens_is_an_error() {
        let mut bench = Bench::new(json!({"hours": {}, "mode": "wait"}));
        assert_eq!(bench.fail::<WorkingHours>(None).code, "never_open");
        let mut bench = Bench::new(json!({"hours": {"mon": "9 to 5"}}));
        let error = bench.fail::<WorkingHours>(None);
        assert_eq!((error.code.as_str(), error.pointer.as_deref()), ("bad_hours", Some("/hours/mon")));
    }

    #[test]
    fn findings_name_the_day() {
        let check = |options: serde_json::Value, expected: &[(&str, &str)]| {
            let kind: WorkingHours = serde_json::from_value(options).unwrap();
            let mut findings = Findings::default();
            kind.validate(&Capabilities::telegram(), &mut findings);
            let found: Vec<_> =
                findings.iter().map(|finding| (finding.pointer.as_str(), finding.code)).collect();
            assert_eq!(found, expected);
        };
        check(json!({}), &[]);
        check(json!({"hours": {}}), &[("/hours", "never_open")]);
        check(json!({"hours": {"sat": "10-25"}}), &[("/hours/sat", "bad_hours")]);
        check(json!({"days_off": ["01.01", "31.12.2026", "Christmas"]}), &[("/days_off/2", "bad_date")]);
    }
}
