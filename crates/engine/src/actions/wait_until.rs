//! Waits until a moment: a date with a time, or a time of day.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delay::WhenMovedOn;
use super::in_zone::ZoneOf;
use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::Template;
use crate::ids::UtcMs;
use crate::limits::WAIT_DAYS;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::{Value, parse_date};
use crate::words::Words;
use crate::zone::parse_clock;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WaitUntil {
    /// # Until
    #[schemars(extend("x-ru" = "До чего ждать", "x-widget" = "select", "default" = "time"))]
    pub until: Until,
    /// # Time of day
    ///
    /// Such as `10:00`: today, or tomorrow when it has gone by.
    #[schemars(extend(
        "x-ru" = "Время суток",
        "x-ru-help" = "Например, `10:00`: сегодня, а если это время уже прошло — завтра.",
        "x-when" = {"until": ["time"]}
    ))]
    pub time: Template,
    /// # Days from now
    ///
    /// 1 is tomorrow at that time, 7 in a week.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(
        range(min = 0, max = 366),
        extend("x-ru" = "Через сколько дней", "x-ru-help" = "1 — завтра в это время, 7 — через неделю.", "x-when" = {"until": ["time"]})
    )]
    pub days: u32,
    /// # Date and time
    ///
    /// Such as `31.12.2026 18:00`. A moment that has gone by is not waited for.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Дата и время",
        "x-ru-help" = "Например, `31.12.2026 18:00`. Прошедший момент не ждут.",
        "x-when" = {"until": ["moment"]}
    ))]
    pub moment: Template,
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
        "default" = "cancel"
    ))]
    pub when_moved_on: WhenMovedOn,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "time": {"en": "a time of day", "ru": "времени суток"},
    "moment": {"en": "a date and time", "ru": "даты и времени"},
}))]
pub enum Until {
    #[default]
    Time,
    Moment,
}

impl ActionKind for WaitUntil {
    const SPEC: Spec = Spec {
        group: Group::Time,
        icon: "calendar",
        title: Words::new("Wait until", "Ждать до"),
        help: Words::new(
            "Waits until a date or a time of day, then goes on.",
            "Ждёт до даты или времени суток и идёт дальше.",
        ),
        can_fail: true,
        waits: true,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when("/until", "moment", "Wait until {moment}", "Ждать до {moment}"),
        Sentence::new("Wait until {time}[ in {days:days}]", "Ждать до {time}[ через {days:days}]"),
    ];

    fn ends_when_moved_on(&self) -> bool {
        self.when_moved_on == WhenMovedOn::Cancel
    }

    fn visit(&self, visit: &mut dyn Visit) {
        match self.until {
            Until::Time => visit.template("/time", &self.time),
            Until::Moment => visit.template("/moment", &self.moment),
        }
        self.zone.visit(&self.zone_name, visit);
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        let (pointer, template) = match self.until {
            Until::Time => ("/time", &self.time),
            Until::Moment => ("/moment", &self.moment),
        };
        let source = template.source();
        let reads = match self.until {
            Until::Time => parse_clock(source).is_some(),
            Until::Moment => parse_moment(source, &TimeZone::UTC).is_some(),
        };
        if source.trim().is_empty() {
            findings.error(
                pointer,
                "no_time",
                "it is not said until when",
                "не указано, до какого времени ждать",
            );
        } else if template.is_constant() && !reads {
            let error = match self.until {
                Until::Time => no_clock(source),
                Until::Moment => no_moment(source),
            };
            findings.error(pointer, "bad_time", error.en, error.ru);
        }
        if self.days > 366 {
            findings.error(
                "/days",
                "out_of_range",
                "it can wait up to 366 days",
                "ждать можно не больше 366 дней",
            );
        }
        self.zone.validate(&self.zone_name, findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let zone = self.zone.resolve(cx, &self.zone_name)?;
                let until = match self.until {
                    Until::Time => self.next_time(cx, &zone)?,
                    Until::Moment => self.named_moment(cx, &zone)?,
                };
                if until <= cx.now() {
                    return Ok(Flow::Next);
                }
                if until > cx.now().plus_ms(WAIT_DAYS * 24 * 60 * 60 * 1000) {
                    return Err(StepError::new(
                        "too_far",
                        format!("A scenario waits up to {WAIT_DAYS} days"),
                        format!("Сценарий может ждать не больше {WAIT_DAYS} дней"),
                    ));
                }
                Ok(Flow::Wait { question: false, until: Some(until) })
            }
            Some(Answer::Time) => Ok(Flow::Next),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl WaitUntil {
    fn named_moment(&self, cx: &StepContext<'_>, zone: &TimeZone) -> Result<UtcMs, StepError> {
        let text = cx.text(&self.moment).map_err(|error| error.at("/moment"))?;
        let moment = parse_moment(&text, zone).ok_or_else(|| no_moment(&text).at("/moment"))?;
        Ok(UtcMs(moment.as_millisecond()))
    }

    /// The next time the clock shows it: never this very moment, or a daily loop would not wait.
    fn next_time(&self, cx: &StepContext<'_>, zone: &TimeZone) -> Result<UtcMs, StepError> {
        let text = cx.text(&self.time).map_err(|error| error.at("/time"))?;
        let clock = parse_clock(&text).ok_or_else(|| no_clock(&text).at("/time"))?;
        let now = Timestamp::from_millisecond(cx.now().0).unwrap_or_default();
        let today = now.to_zoned(zone.clone()).date();
        let at = |days: i64| -> Result<UtcMs, jiff::Error> {
            let moment = today.checked_add(days.days())?.to_datetime(clock).to_zoned(zone.clone())?;
            Ok(UtcMs(moment.timestamp().as_millisecond()))
        };
        let days = i64::from(self.days.min(366));
        let found = at(days).and_then(|moment| if moment > cx.now() { Ok(moment) } else { at(days + 1) });
        found.map_err(|_| no_clock(&text).at("/time"))
    }
}

/// `dd.mm.yyyy[ hh:mm]` or ISO 8601; without a zone of its own, by this zone's clock.
fn parse_moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let local = parse_date(text)
        .or_else(|| text.parse::<DateTime>().ok())
        .or_else(|| text.parse::<Date>().ok().map(DateTime::from))?;
    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}

fn no_moment(text: &str) -> StepError {
    let text = shortened(text);
    StepError::new(
        "bad_time",
        format!("“{text}” is no date; dates look like 31.12.2026 or 31.12.2026 18:00"),
        format!("«{text}» — не дата; дата выглядит как 31.12.2026 или 31.12.2026 18:00"),
    )
}

fn no_clock(text: &str) -> StepError {
    let text = shortened(text);
    StepError::new(
        "bad_time",
        format!("“{text}” is no time of day; times look like 9:00 or 18:30"),
        format!("«{text}» — не время суток; время выглядит как 9:00 или 18:30"),
    )
}

fn shortened(text: &str) -> String {
    Value::from(text).to_text().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, NOW};

    fn wait(options: serde_json::Value, timezone: Option<&str>) -> Result<String, StepError> {
        let mut bench = Bench::new(options);
        if let Some(timezone) = timezone {
            bench.set_client("timezone", timezone);
        }
        bench.try_step::<WaitUntil>(None)
    }

    fn check(options: serde_json::Value, timezone: Option<&str>, until: &str) {
        let moment: Timestamp = until.parse().unwrap();
        let expected = format!("wait until {}", moment.as_millisecond());
        assert_eq!(wait(options.clone(), timezone).unwrap(), expected, "{options} in {timezone:?}");
    }

    /// The bench's clock as a date.
    fn today() -> Date {
        Timestamp::from_millisecond(NOW.0).unwrap().to_zoned(TimeZone::UTC).date()
    }

    #[test]
    fn a_time_of_day_is_the_next_one_in_the_zone() {
        let now = Timestamp::from_millisecond(NOW.0).unwrap().to_zoned(TimeZone::UTC);
        let later = now.checked_add(2.hours()).unwrap();
        let earlier = now.checked_sub(2.hours()).unwrap();
        let clock = |moment: &jiff::Zoned| format!("{:02}:{:02}", moment.hour(), moment.minute());
        let minute = |moment: jiff::Zoned| {
            let moment = moment.datetime().with().second(0).subsec_nanosecond(0).build().unwrap();
            moment.to_zoned(TimeZone::UTC).unwrap().timestamp().to_string()
        };
        let (later_clock, earlier_clock) = (clock(&later), clock(&earlier));
        check(json!({"time": later_clock}), None, &minute(later.clone()));
        check(json!({"time": earlier_clock}), None, &minute(earlier.checked_add(1.day()).unwrap()));
        let in_three_days = minute(earlier.checked_add(3.days()).unwrap());
        check(json!({"time": earlier_clock, "days": 3}), None, &in_three_days);
        // The same clock in Moscow is three hours earlier.
        let in_moscow = minute(later.checked_sub(3.hours()).unwrap().checked_add(1.day()).unwrap());
        for options in [
            json!({"time": later_clock, "zone": "named", "zone_name": "Europe/Moscow"}),
            json!({"time": later_clock, "zone": "person"}),
        ] {
            check(options, Some("+3"), &in_moscow);
        }
        // A field that names no zone is as good as none.
        check(json!({"time": later_clock, "zone": "person"}), Some("nowhere"), &minute(later));
    }

    #[test]
    fn a_date_is_read_in_the_zone_unless_it_has_one() {
        let next = today().checked_add(2.days()).unwrap();
        let text = format!("{:02}.{:02}.{} 18:00", next.day(), next.month(), next.year());
        let moment = |moment: &str, zone: &str| json!({"until": "moment", "moment": moment, "zone": "named", "zone_name": zone});
        check(moment(&text, "UTC"), None, &format!("{next}T18:00:00Z"));
        check(moment(&text, "Asia/Yekaterinburg"), None, &format!("{next}T13:00:00Z"));
        check(moment(&format!("{next}T18:00:00Z"), "+5"), None, &format!("{next}T18:00:00Z"));
        check(moment(&format!("{next}T18:00"), "+5"), None, &format!("{next}T13:00:00Z"));
        check(moment(&next.to_string(), "+5"), None, &format!("{}T19:00:00Z", next.yesterday().unwrap()));
    }

    #[test]
    fn what_has_gone_by_is_not_waited_for() {
        assert_eq!(wait(json!({"until": "moment", "moment": "01.01.2020 10:00"}), None).unwrap(), "next");
        let mut bench = Bench::new(json!({"time": "10:00"}));
        assert_eq!(bench.step::<WaitUntil>(Some(Answer::Time)), "next");
    }

    #[test]
    fn what_is_no_time_is_said_so() {
        let check = |options: serde_json::Value, code: &str| {
            assert_eq!(wait(options.clone(), None).unwrap_err().code, code, "{options}");
        };
        check(json!({"time": "noon"}), "bad_time");
        check(json!({"until": "moment", "moment": "tomorrow"}), "bad_time");
        check(json!({"until": "moment", "moment": "01.01.2999"}), "too_far");
        check(json!({"time": "10:00", "zone": "named", "zone_name": "Mars"}), "unknown_zone");
    }

    #[test]
    fn findings_point_at_the_field() {
        let check = |options: serde_json::Value, expected: &[(&str, &str)]| {
            let kind: WaitUntil = serde_json::from_value(options).unwrap();
            let mut findings = Findings::default();
            kind.validate(&Capabilities::telegram(), &mut findings);
            let found: Vec<_> =
                findings.iter().map(|finding| (finding.pointer.as_str(), finding.code)).collect();
            assert_eq!(found, expected);
        };
        check(json!({"time": "#{time}"}), &[]);
        check(json!({}), &[("/time", "no_time")]);
        check(json!({"time": "25:00"}), &[("/time", "bad_time")]);
        check(json!({"until": "moment", "moment": "32.01.2026"}), &[("/moment", "bad_time")]);
        check(json!({"time": "9", "zone": "named"}), &[("/zone_name", "no_zone")]);
        check(json!({"time": "9", "zone": "named", "zone_name": "Mars"}), &[("/zone_name", "unknown_zone")]);
    }
}
