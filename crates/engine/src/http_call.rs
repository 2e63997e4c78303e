//! A scenario's HTTP request as it is stored, what comes back, and when it is made again.

use jiff::fmt::rfc2822;
use serde::{Deserialize, Serialize};

use crate::effect::SecretText;
use crate::ids::UtcMs;
use crate::limits::{HTTP_RETRY_AFTER_MS, HTTP_RETRY_WAIT_MS};
use crate::value::{Map, Value};

/// An HTTP request of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HttpCall {
    pub method: String,
    pub url: SecretText,
    /// Appended to what the address asks for already, each encoded for its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, SecretText)>,
    pub headers: Vec<(String, SecretText)>,
    /// Sent as RFC 7617 says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    pub body: Option<SecretText>,
    /// A body of several parts; then there is no other one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<HttpPart>,
    /// `application/json` and the like, unless a header says otherwise.
    pub content_type: Option<String>,
    pub timeout_ms: u64,
    /// How often it is made again after a failure that may pass.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
}

/// A name with its password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub user: SecretText,
    pub password: SecretText,
}

/// A part of a `multipart/form-data` body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpPart {
    pub name: String,
    pub content: PartContent,
    /// Makes it a file to the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartContent {
    Text(SecretText),
    /// A file somebody sent to the bot, by the channel's own id; fetched when the request is made.
    File(String),
}

/// The answer to an [`HttpCall`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HttpAnswer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Map,
    /// Parsed when it is JSON, else text.
    pub body: Value,
    /// Which attempt it answers, when that was not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl HttpCall {
    /// How long to wait before the request is made again; `None` when its outcome is final. `attempt` is the
    /// number of the one that is over, from 1; `answer` is absent when there was none but may be next time.
    ///
    /// Made again are requests that got no answer, and those answered by 429 or 5xx. The wait doubles from a
    /// second on; one that the other side asks for (`Retry-After`, RFC 9110 section 10.2.3) is kept to, unless it
    /// is longer than anybody would wait.
    pub fn retry_in_ms(&self, attempt: u32, answer: Option<&HttpAnswer>, now: UtcMs) -> Option<i64> {
        let may_pass = answer.is_none_or(|answer| answer.status == 429 || answer.status >= 500);
        if attempt > self.retries || !may_pass {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(30);
        let wait_ms = (1_000_i64 << doublings).min(HTTP_RETRY_WAIT_MS);
        let asked_ms = answer.and_then(|answer| answer.retry_after_ms(now)).unwrap_or_default();
        (asked_ms <= HTTP_RETRY_AFTER_MS).then_some(wait_ms.max(asked_ms))
    }
}

impl HttpAnswer {
    /// The wait the other side asks for: in seconds, or until a date.
    fn retry_after_ms(&self, now: UtcMs) -> Option<i64> {
        let asked = self.headers.get("retry-after")?.to_text();
        let asked = asked.trim();
        if asked.bytes().all(|byte| byte.is_ascii_digit()) {
            // A number too large to read is a wait nobody waits.
            return Some(asked.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(1_000));
        }
        let until = rfc2822::parse(asked).ok()?.timestamp().as_millisecond();
        Some(until.saturating_sub(now.0).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday, 20 January 2026 10:00:00 UTC.
    const NOW: UtcMs = UtcMs(1_768_903_200_000);

    fn answer(status: u16, retry_after: &str) -> HttpAnswer {
        let mut headers = Map::new();
        if !retry_after.is_empty() {
            headers.insert("retry-after".to_owned(), retry_after.into());
        }
        HttpAnswer { status, headers, ..HttpAnswer::default() }
    }

    fn check(attempt: u32, answer: Option<HttpAnswer>, expected: Option<i64>) {
        let call = HttpCall { retries: 9, ..HttpCall::default() };
        assert_eq!(call.retry_in_ms(attempt, answer.as_ref(), NOW), expected, "{attempt} {answer:?}");
    }

    #[test]
    fn failures_that_may_pass_are_tried_again() {
        check(1, None, Some(1_000));
        for (status, again) in
            [(200, false), (302, false), (404, false), (408, false), (429, true), (500, true), (503, true)]
        {
            check(1, Some(answer(status, "")), again.then_some(1_000));
        }
        // Nobody asked for it.
        assert_eq!(HttpCall::default().retry_in_ms(1, None, NOW), None);
    }

    #[test]
    fn waits_grow_and_end() {
        for (attempt, expected) in
            [(2, Some(2_000)), (5, Some(16_000)), (9, Some(256_000)), (10, None), (u32::MAX, None)]
        {
            check(attempt, None, expected);
        }
        let endless = HttpCall { retries: u32::MAX, ..HttpCall::default() };
        assert_eq!(endless.retry_in_ms(4_000, None, NOW), Some(HTTP_RETRY_WAIT_MS));
    }

    #[test]
    fn the_other_side_says_how_long() {
        check(1, Some(answer(429, "7")), Some(7_000));
        check(1, Some(answer(503, "Tue, 20 Jan 2026 10:02:00 GMT")), Some(120_000));
        // What is shorter than our own wait changes nothing, and what is no wait at all neither.
        check(4, Some(answer(429, "1")), Some(8_000));
        check(1, Some(answer(503, "Tue, 20 Jan 2026 09:00:00 GMT")), Some(1_000));
        check(1, Some(answer(503, "soon")), Some(1_000));
        check(1, Some(answer(429, "3600")), Some(3_600_000));
        check(1, Some(answer(429, "3601")), None);
        check(1, Some(answer(429, "99999999999999999999")), None);
    }

    #[test]
    fn calls_stored_by_an_earlier_version_are_read() {
        let stored = r#"{"method":"GET","url":[{"text":"https://a.b"}],"headers":[],"body":null,"content_type":null,"timeout_ms":1000}"#;
        let call: HttpCall = serde_json::from_str(stored).unwrap();
        assert_eq!((call.retries, call.parts.len(), call.query.len()), (0, 0, 0));
        assert_eq!(serde_json::to_string(&call).unwrap(), stored);
    }
}
