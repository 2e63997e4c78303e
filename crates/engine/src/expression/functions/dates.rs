//! Dates: texts `dd.mm.yyyy` and `dd.mm.yyyy hh:mm`, in the bot's zone.

use jiff::Span;
use jiff::civil::{Date, DateTime};

use super::Call;
use super::texts::count;
use crate::error::StepError;
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, StepError>;

fn date_text(date: Date) -> Value {
    format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year()).into()
}

fn time_text(moment: DateTime) -> String {
    format!("{:02}:{:02}", moment.hour(), moment.minute())
}

fn moment_text(moment: DateTime) -> Value {
    format!("{} {}", date_text(moment.date()).to_text(), time_text(moment)).into()
}

fn number(number: impl Into<i64>) -> Value {
    Value::from(number.into())
}

pub(super) fn current_date(call: &Call<'_>) -> Result {
    Ok(date_text(call.today()))
}

pub(super) fn next_date(call: &Call<'_>) -> Result {
    call.today().tomorrow().map(date_text).map_err(|_| call.too_large())
}

pub(super) fn current_time(call: &Call<'_>) -> Result {
    Ok(time_text(call.lookup().now().datetime()).into())
}

pub(super) fn current_moment(call: &Call<'_>) -> Result {
    Ok(moment_text(call.lookup().now().datetime()))
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

pub(super) fn days_in_month(call: &Call<'_>) -> Result {
    Ok(number(call.today().days_in_month()))
}

pub(super) fn current_week_day(call: &Call<'_>) -> Result {
    Ok(number(call.today().weekday().to_monday_one_offset()))
}

pub(super) fn week_day(call: &Call<'_>) -> Result {
    Ok(number(call.date(0)?.weekday().to_monday_one_offset()))
}

pub(super) fn add_days(call: &Call<'_>) -> Result {
    shifted(call, Span::try_days).map(|moment| date_text(moment.date()))
}

pub(super) fn add_minutes(call: &Call<'_>) -> Result {
    shifted(call, Span::try_minutes).map(moment_text)
}

fn shifted(
    call: &Call<'_>,
    span: fn(Span, i64) -> std::result::Result<Span, jiff::Error>,
) -> Result<DateTime> {
    let by = call.integer(1, i64::MIN..=i64::MAX)?;
    let moment = call.date(0)?;
    span(Span::new(), by).and_then(|span| moment.checked_add(span)).map_err(|_| call.too_large())
}

pub(super) fn days_between(call: &Call<'_>) -> Result {
    let (from, to) = (call.date(0)?.date(), call.date(1)?.date());
    from.until(to).map(|span| number(span.get_days())).map_err(|_| call.too_large())
}

pub(super) fn minutes_between(call: &Call<'_>) -> Result {
    let (from, to) = (call.date(0)?, call.date(1)?);
    from.until((jiff::Unit::Minute, to)).map(|span| number(span.get_minutes())).map_err(|_| call.too_large())
}

/// Whole years from a date to today.
pub(super) fn age(call: &Call<'_>) -> Result {
    let (born, today) = (call.date(0)?.date(), call.today());
    let years = born.until((jiff::Unit::Year, today)).map_err(|_| call.too_large())?.get_years();
    Ok(if years < 0 { count(0) } else { number(years) })
}
