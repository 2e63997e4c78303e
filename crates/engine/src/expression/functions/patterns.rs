//! Regular expressions: linear in time by the library's design, bounded in memory.

use regex::Captures;

use super::Call;
use crate::error::StepError;
use crate::expression::evaluate::check_size;
use crate::expression::pattern::{Regex, compile};
use crate::value::Value;

type Result<T = Value> = std::result::Result<T, StepError>;

pub(super) fn find(call: &Call<'_>) -> Result {
    let (regex, group) = (pattern(call)?, group(call)?);
    let text = call.text(0);
    Ok(regex.captures(&text).map(|found| found_text(&found, group)).unwrap_or_default())
}

pub(super) fn find_all(call: &Call<'_>) -> Result {
    let (regex, group) = (pattern(call)?, group(call)?);
    call.array(regex.captures_iter(&call.text(0)).map(|found| found_text(&found, group)))
}

pub(super) fn replace(call: &Call<'_>) -> Result {
    let regex = pattern(call)?;
    let (text, by) = (call.text(0), call.text(2));
    let groups = by.matches('$').count();
    let mut out = String::new();
    let mut from = 0;
    for found in regex.captures_iter(&text) {
        let Some(whole) = found.get(0) else { continue };
        out.push_str(text.get(from..whole.start()).unwrap_or_default());
        // No group is longer than the whole: more than this cannot come.
        check_size(out.len().saturating_add(by.len()).saturating_add(groups.saturating_mul(whole.len())))?;
        found.expand(&by, &mut out);
        from = whole.end();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Ok(out.into())
}

fn pattern(call: &Call<'_>) -> Result<Regex> {
    compile(&call.text(1))
        .map_err(|error| StepError { code: "bad_pattern".to_owned(), ..error.as_step_error() })
}

fn group(call: &Call<'_>) -> Result<usize> {
    let group = if call.is_given(2) { call.integer(2, 0..=1_000)? } else { 0 };
    Ok(usize::try_from(group).unwrap_or_default())
}

/// A group that takes no part in the match is empty.
fn found_text(found: &Captures<'_>, group: usize) -> Value {
    found.get(group).map_or("", |found| found.as_str()).into()
}
