//! What a mini app sends: values, and the `quescha` object that says where they come from.
//!
//! `quescha` may be an object, that object as JSON text, or `quescha[clientid]=` pairs: the three forms
//! apps made for Quescha use.

use engine::value::{Map, Value};

use crate::error::{ApiError, Code};
use crate::payload::{self, RequestParts};

/// Most keys one call may set.
const KEYS_MAX: usize = 200;
/// Longest name of a variable, in characters.
const KEY_CHARS: usize = 64;

/// Who an app says it is; believed only after [`super::verify`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quescha {
    pub webappid: Option<i64>,
    pub channelid: Option<i64>,
    pub initdata: String,
}

/// A call of the callback or of a webhook by a mini app.
#[derive(Debug, PartialEq)]
pub struct MiniAppCall {
    pub quescha: Option<Quescha>,
    /// Everything beside `quescha`.
    pub values: Map,
}

impl MiniAppCall {
    /// Reads query and body; the body wins where both name a key.
    ///
    /// # Errors
    /// A body that is not what its type says, nested too deep, or no object.
    pub fn parse(parts: &RequestParts<'_>) -> Result<Self, ApiError> {
        let mut fields = payload::parse_pairs(parts.query.as_bytes());
        match payload::parse_body(parts)? {
            Value::Null => {}
            Value::Object(body) => fields.extend(body),
            _ => {
                return Err(ApiError::invalid(
                    "The body must be a JSON object: {\"quescha\": …, \"key\": \"value\"}.",
                    "Тело запроса должно быть объектом JSON: {\"quescha\": …, \"ключ\": \"значение\"}.",
                ));
            }
        }
        let quescha = take_quescha(&mut fields)?;
        Ok(Self { quescha, values: fields })
    }

    /// The values as variables of a run.
    ///
    /// # Errors
    /// Too many keys, a key too long, or one that begins with `_`.
    pub fn into_variables(self) -> Result<Map, ApiError> {
        if self.values.len() > KEYS_MAX {
            return Err(ApiError::invalid(
                format!("At most {KEYS_MAX} keys may be sent at once."),
                format!("За один раз можно передать не больше {KEYS_MAX} ключей."),
            ));
        }
        for key in self.values.keys() {
            if key.starts_with('_') {
                return Err(ApiError::new(Code::ReservedKey).detail(
                    format!("Rename the key `{key}`: names that begin with _ belong to the system."),
                    format!("Переименуйте ключ `{key}`: имена с _ в начале принадлежат системе."),
                ));
            }
            if key.is_empty() || key.chars().count() > KEY_CHARS {
                return Err(ApiError::invalid(
                    format!("A key must be 1 to {KEY_CHARS} characters long."),
                    format!("Ключ должен быть длиной от 1 до {KEY_CHARS} символов."),
                ));
            }
        }
        Ok(self.values)
    }
}

fn take_quescha(fields: &mut Map) -> Result<Option<Quescha>, ApiError> {
    let mut found = match fields.shift_remove("quescha") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(object)) => object,
        Some(Value::Text(text)) => match serde_json::from_str::<serde_json::Value>(&text).map(Value::from) {
            Ok(Value::Object(object)) => object,
            _ => return Err(malformed()),
        },
        Some(_) => return Err(malformed()),
    };
    let paired: Vec<String> = fields.keys().filter(|key| key.starts_with("quescha[")).cloned().collect();
    for key in paired {
        let name =
            key.strip_prefix("quescha[").and_then(|rest| rest.strip_suffix(']')).ok_or_else(malformed)?;
        if let Some(value) = fields.shift_remove(&key) {
            found.insert(name.to_owned(), value);
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    let number = |name: &str| found.get(name).and_then(|value| value.to_text().trim().parse().ok());
    Ok(Some(Quescha {
        webappid: number("webappid"),
        channelid: number("channelid"),
        initdata: found.get("initdata").map(|value| value.to_text().into_owned()).unwrap_or_default(),
    }))
}

fn malformed() -> ApiError {
    ApiError::invalid(
        "`quescha` must be the object window.quescha, as it is or as JSON text.",
        "`quescha` — это объект window.quescha, как есть или текстом JSON.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str, kind: &str, body: &str) -> Result<MiniAppCall, ApiError> {
        MiniAppCall::parse(&RequestParts { query, content_type: kind, body: body.as_bytes() })
    }

    #[test]
    fn quescha_comes_in_three_forms() {
        let expected = Quescha { webappid: Some(4), channelid: Some(5), initdata: "a=1&b=2".to_owned() };
        let check = |query: &str, kind: &str, body: &str| {
            let call = parse(query, kind, body).unwrap();
            assert_eq!(call.quescha.as_ref(), Some(&expected), "{query} {body}");
            assert_eq!(call.values.get("dish"), Some(&Value::text("pizza")), "{query} {body}");
            assert_eq!(call.values.len(), 1, "{query} {body}");
        };
        let json = "application/json";
        let object = r#"{"webappid":4,"channelid":5,"clientid":1,"initdata":"a=1&b=2"}"#;
        let text = serde_json::to_string(object).unwrap();
        check("", json, &format!(r#"{{"quescha":{object},"dish":"pizza"}}"#));
        check("", json, &format!(r#"{{"dish":"pizza","quescha":{text}}}"#));
        check("", "text/plain;charset=UTF-8", &format!(r#"{{"quescha":{object},"dish":"pizza"}}"#));
        let pairs = "quescha[webappid]=4&quescha[channelid]=5&quescha%5Binitdata%5D=a%3D1%26b%3D2&dish=pizza";
        check(pairs, "", "");
        check("", "application/x-www-form-urlencoded", pairs);
        check(
            &format!(
                "dish=pizza&quescha={}",
                url::form_urlencoded::byte_serialize(object.as_bytes()).collect::<String>()
            ),
            "",
            "",
        );
        check("dish=soup", json, &format!(r#"{{"quescha":{object},"dish":"pizza"}}"#));
    }

    #[test]
    fn a_call_without_quescha_has_none() {
        assert_eq!(parse("", "application/json", r#"{"dish":"pizza"}"#).unwrap().quescha, None);
        assert_eq!(parse("", "", "").unwrap().quescha, None);
    }

    #[test]
    fn nonsense_is_refused() {
        let check = |body: &str| assert!(parse("", "application/json", body).is_err(), "{body}");
        check("[1]");
        check("{");
        check(r#"{"quescha":"no json"}"#);
        check(r#"{"quescha":7}"#);
        check(&format!("{}{}", "[".repeat(200), "]".repeat(200)));
    }

    #[test]
    fn reserved_and_endless_keys_are_refused() {
        let check = |body: &str, code: Code| {
            let error = parse("", "application/json", body).unwrap().into_variables().unwrap_err();
            assert_eq!(error.code, code, "{body}");
        };
        check(r#"{"_request":1}"#, Code::ReservedKey);
        check(&format!(r#"{{"{}":1}}"#, "k".repeat(65)), Code::Invalid);
        let many: Vec<String> = (0..201).map(|number| format!(r#""k{number}":1"#)).collect();
        check(&format!("{{{}}}", many.join(",")), Code::Invalid);
    }
}
