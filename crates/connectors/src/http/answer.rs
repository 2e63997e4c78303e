//! From bytes to what a scenario reads.

use encoding_rs::{Encoding, UTF_8};
use engine::effect::HttpAnswer;
use engine::value::{Map, Value};
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use super::RawAnswer;

pub(super) fn to_http_answer(answer: RawAnswer) -> HttpAnswer {
    let content_type =
        answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = parse_body(&answer.body, &content_type.to_ascii_lowercase());
    HttpAnswer {
        status: answer.status.as_u16(),
        headers: header_values(&answer.headers),
        body,
        attempt: None,
    }
}

/// JSON when it says so, or when it plainly is: many services call their JSON `text/html`.
fn parse_body(body: &[u8], content_type: &str) -> Value {
    let looks_like_json = || matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    if (content_type.contains("json") || looks_like_json())
        && let Ok(json) = serde_json::from_slice::<serde_json::Value>(body)
    {
        return json.into();
    }
    let encoding = charset(content_type).unwrap_or(UTF_8);
    Value::Text(encoding.decode(body).0.into_owned())
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    let (_, rest) = content_type.split_once("charset=")?;
    let label = rest.split(';').next()?.trim().trim_matches('"');
    Encoding::for_label(label.as_bytes())
}

/// A header that comes several times is one text, joined as RFC 9110 joins it.
fn header_values(headers: &HeaderMap) -> Map {
    headers
        .keys()
        .map(|name| {
            let values = headers.get_all(name).iter();
            let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            (name.as_str().to_owned(), Value::Text(values.join(", ")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json_where_they_are_and_text_otherwise() {
        let check = |content_type: &str, body: &[u8], expected: Value| {
            assert_eq!(parse_body(body, content_type), expected, "{content_type}");
        };
        check("application/json", b"12", Value::from(12));
        check("application/problem+json", b"\"x\"", Value::from("x"));
        check("application/json", b"{broken", Value::from("{broken"));
        check("text/html", b" [1]", Value::Array(vec![Value::from(1)]));
        check("text/plain", b"12", Value::from("12"));
        check("", b"", Value::from(""));
        check("text/html; charset=windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", Value::from("Привет"));
        check("text/plain", b"\xef\xbb\xbfbom", Value::from("bom"));
    }
}
