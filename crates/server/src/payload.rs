//! Bodies of requests that scenarios read: JSON, forms, anything else as text.

use actix_web::HttpRequest;
use actix_web::http::header;
use engine::limits::Limits;
use engine::value::{Map, Value};

use crate::error::{ApiError, Code};

/// Largest body a mini app or a webhook may send.
pub const BODY_BYTES: usize = 1024 * 1024;

/// The parts of a request a scenario sees.
pub struct RequestParts<'r> {
    pub query: &'r str,
    pub content_type: &'r str,
    pub body: &'r [u8],
}

impl<'r> RequestParts<'r> {
    pub fn of(request: &'r HttpRequest, body: &'r [u8]) -> Self {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Self { query: request.query_string(), content_type: content_type.unwrap_or_default(), body }
    }
}

/// The body as a value: null when there is none.
///
/// # Errors
/// A body that says it is JSON and is not, or one nested too deep.
pub fn parse_body(parts: &RequestParts<'_>) -> Result<Value, ApiError> {
    if parts.body.is_empty() {
        return Ok(Value::Null);
    }
    let kind = parts.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = || serde_json::from_slice::<serde_json::Value>(parts.body).map(Value::from);
    let value = match kind.as_str() {
        "application/x-www-form-urlencoded" => Value::Object(parse_pairs(parts.body)),
        kind if kind == "application/json" || kind.ends_with("+json") => json().map_err(|error| {
            ApiError::new(Code::BadRequest).detail(
                format!("The body is not JSON: line {}, column {}.", error.line(), error.column()),
                format!("Тело запроса — не JSON: строка {}, столбец {}.", error.line(), error.column()),
            )
        })?,
        // Pages that avoid a preflight send JSON as plain text.
        _ => json().unwrap_or_else(|_| Value::Text(String::from_utf8_lossy(parts.body).into_owned())),
    };
    let depth = Limits::default().value_depth;
    if nests_deeper(&value, depth) {
        return Err(ApiError::invalid(
            format!("The data is nested deeper than {depth} levels."),
            format!("Вложенность данных больше {depth} уровней."),
        ));
    }
    Ok(value)
}

/// Pairs of a query or a form; of repeated names the last one wins.
pub fn parse_pairs(pairs: &[u8]) -> Map {
    url::form_urlencoded::parse(pairs)
        .map(|(name, value)| (name.into_owned(), Value::Text(value.into_owned())))
        .collect()
}

fn nests_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| nests_deeper(item, levels - 1)),
        Value::Object(map) => levels == 0 || map.values().any(|item| nests_deeper(item, levels - 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_by_their_type() {
        let check = |content_type: &str, body: &str, expected: serde_json::Value| {
            let parts = RequestParts { query: "", content_type, body: body.as_bytes() };
            assert_eq!(parse_body(&parts).unwrap().to_json(), expected, "{content_type} {body}");
        };
        check("application/json", r#"{"a":[1,2]}"#, serde_json::json!({"a": [1, 2]}));
        check("application/problem+json; charset=utf-8", "1", serde_json::json!(1));
        check(
            "application/x-www-form-urlencoded",
            "a=1&b=x+y&a=2",
            serde_json::json!({"a": "2", "b": "x y"}),
        );
        check("text/plain", "hello", serde_json::json!("hello"));
        check("", "", serde_json::Value::Null);
    }

    #[test]
    fn depth_is_limited() {
        let parts = |body: &str| {
            let parts = RequestParts { query: "", content_type: "application/json", body: body.as_bytes() };
            parse_body(&parts).map(|_| ())
        };
        assert!(parts(&format!("{}{}", "[".repeat(60), "]".repeat(60))).is_ok());
        assert!(parts(&format!("{}{}", "[".repeat(70), "]".repeat(70))).is_err());
    }
}
