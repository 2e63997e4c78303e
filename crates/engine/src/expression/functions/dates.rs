//! Dates: texts `dd.mm.yyyy` and `dd.mm.yyyy hh:mm`, and moments. Without a zone of their own they are the bot's.

use jiff::civil::Date;
use jiff::{Span, Timestamp, Zoned};
use rust_decimal::prelude::ToPrimitive;

use super::texts::count;
use super::{Call, date_form};
use crate::error::StepError;
use crate::value::{Value, date_text, shifted, time_text};
use crate::zone::parse_zone;

type Result<T = Value> = std::result::Result<T, StepError>;

fn number(number: impl Into<i64>) -> Value {
    Value::from(number.into())
}

pub(super) fn current_date(call: &Call<'_>) -> Result {
    Ok(date_text(call.today()).into())
}

pub(super) fn next_date(call: &Call<'_>) -> Result {
    call.today().tomorrow().map(|date| date_text(date).into()).map_err(|_| call.too_large())
}

pub(super) fn current_time(call: &Call<'_>) -> Result {
    Ok(time_text(call.lookup().now().datetime()).into())
}

pub(super) fn current_moment(call: &Call<'_>) -> Result {
    Ok(Value::Moment(call.lookup().now()).into_cell())
}

pub(super) fn now(call: &Call<'_>) -> Result {
    Ok(Value::Moment(call.lookup().now()))
}

pub(super) fn moment(call: &Call<'_>) -> Result {
    if !call.is_given(1) {
        return call.moment(0).map(Value::Moment);
    }
    let zone = zone(call, 1)?;
    // A moment stays the moment it is; a date is what the clocks of the zone show.
    if let Value::Moment(moment) = call.get(0) {
        return Ok(Value::Moment(moment.with_time_zone(zone)));
    }
    call.date(0)?.to_zoned(zone).map(Value::Moment).map_err(|_| call.too_large())
}

pub(super) fn in_zone(call: &Call<'_>) -> Result {
    Ok(Value::Moment(call.moment(0)?.with_time_zone(zone(call, 1)?)))
}

fn zone(call: &Call<'_>, argument: usize) -> Result<jiff::tz::TimeZone> {
    parse_zone(&call.text(argument)).ok_or_else(|| {
        call.wrong(
            argument,
            "not_a_zone",
            "a time zone such as Europe/Moscow or +03:00",
            "часовой пояс, например Europe/Moscow или +03:00",
        )
    })
}

pub(super) fn format(call: &Call<'_>) -> Result {
    let lang = call.lang(2)?;
    Ok(date_form::write(&call.text(1), call.date(0)?, lang).into())
}

pub(super) fn current_day(call: &Call<'_>) -> Result {
    Ok(number(call.today().day()))
}

pub(super) fn current_day_padded(call: &Call<'_>) -> Result {
    Ok(format!("{:02}", call.today().day()).into())
}

/// Counted from 0, as the product whose bots come over has it.
pub(super) fn current_month(call: &Call<'_>) -> Result {
    Ok(number(call.today().month() - 1))
}

pub(super) fn current_month_padded(call: &Call<'_>) -> Result {
    Ok(format!("{:02}", call.today().month()).into())
}

pub(super) fn current_year(call: &Call<'_>) -> Result {
    Ok(number(call.today().year()))
}

pub(super) fn current_week_day(call: &Call<'_>) -> Result {
    Ok(number(call.today().weekday().to_monday_one_offset()))
}

pub(super) fn day(call: &Call<'_>) -> Result {
    Ok(number(call.date(0)?.day()))
}

pub(super) fn month(call: &Call<'_>) -> Result {
    Ok(number(call.date(0)?.month()))
}

pub(super) fn year(call: &Call<'_>) -> Result {
    Ok(number(call.date(0)?.year()))
}

pub(super) fn hour(call: &Call<'_>) -> Result {
    Ok(number(call.date(0)?.hour()))
}

pub(super) fn minute(call: &Call<'_>) -> Result {
    Ok(number(call.date(0)?.minute()))
}

pub(super) fn week_day(call: &Call<'_>) -> Result {
    Ok(number(call.date(0)?.weekday().to_monday_one_offset()))
}

pub(super) fn days_in_month(call: &Call<'_>) -> Result {
    let date = if call.is_given(0) { call.date(0)?.date() } else { call.today() };
    Ok(number(date.days_in_month()))
}

pub(super) fn add_days(call: &Call<'_>) -> Result {
    let later = later(call, Span::try_days)?;
    Ok(match &later {
        Value::Text(text) => text.split(' ').next().unwrap_or_default().into(),
        _ => later,
    })
}

pub(super) fn add_months(call: &Call<'_>) -> Result {
    later(call, Span::try_months)
}

pub(super) fn add_hours(call: &Call<'_>) -> Result {
    later(call, Span::try_hours).map(with_time)
}

pub(super) fn add_minutes(call: &Call<'_>) -> Result {
    later(call, Span::try_minutes).map(with_time)
}

/// The date later by as many units as the second argument says. A moment stays a moment.
fn later(call: &Call<'_>, unit: fn(Span, i64) -> std::result::Result<Span, jiff::Error>) -> Result {
    let by = call.integer(1, i64::MIN..=i64::MAX)?;
    let span = unit(Span::new(), by).map_err(|_| call.too_large())?;
    let date = match call.get(0) {
        moment @ Value::Moment(_) => moment.clone(),
        _ => {
            let date = call.date(0)?;
            let has_time = call.text(0).contains(':');
            let day = date_text(date.date());
            Value::Text(if has_time { format!("{day} {}", time_text(date)) } else { day })
        }
    };
    shifted(&date, span).flatten().ok_or_else(|| call.too_large())
}

fn with_time(date: Value) -> Value {
    match date {
        Value::Text(text) if !text.contains(':') => Value::Text(format!("{text} 00:00")),
        other => other,
    }
}

pub(super) fn days_between(call: &Call<'_>) -> Result {
    let (from, to) = (call.date(0)?.date(), call.date(1)?.date());
    from.until(to).map(|span| number(span.get_days())).map_err(|_| call.too_large())
}

/// Of two times of day, the minutes of one day between them.
pub(super) fn minutes_between(call: &Call<'_>) -> Result {
    let time = |index: usize| -> Option<i64> {
        let text = call.text(index);
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then(|| i64::from(hour) * 60 + i64::from(minute))
    };
    if let (Some(from), Some(to)) = (time(0), time(1)) {
        return Ok(number(to - from));
    }
    if let (Value::Moment(from), Value::Moment(to)) = (call.get(0), call.get(1)) {
        return Ok(number(to.duration_since(from).as_mins()));
    }
    Ok(number(call.date(1)?.duration_since(call.date(0)?).as_mins()))
}

/// Whole years from a date to today.
pub(super) fn age(call: &Call<'_>) -> Result {
    let (born, today): (Date, Date) = (call.date(0)?.date(), call.today());
    let years = born.until((jiff::Unit::Year, today)).map_err(|_| call.too_large())?.get_years();
    Ok(if years < 0 { count(0) } else { number(years) })
}

pub(super) fn unix_time(call: &Call<'_>) -> Result {
    Ok(number(call.moment(0)?.timestamp().as_second()))
}

pub(super) fn from_unix(call: &Call<'_>) -> Result {
    let moment = call.number(0)?.to_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let in_zone = |moment: Timestamp| -> Zoned { moment.to_zoned(call.lookup().now().time_zone().clone()) };
    moment.map(|moment| Value::Moment(in_zone(moment))).ok_or_else(|| call.too_large())
}

pub(super) fn iso(call: &Call<'_>) -> Result {
    let json = Value::Moment(call.moment(0)?).to_json();
    Ok(Value::from(json))
}
