//! What a chat file answers in place of the world: requests and calls of the messenger, each line for one of them.

use std::collections::VecDeque;

use super::Outside;
use crate::delivery::refused;
use crate::effect::{
    Delivered, Effect, HttpAnswer, HttpCall, HttpPart, PartContent, Script, ScriptOutcome, SecretPart,
    SecretText,
};
use crate::error::StepError;
use crate::value::{Map, Value};

/// Begins the comment about a request that no line of the file answers.
pub(super) const SURPRISE: &str = "# unexpected";

/// An answer the file has prepared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mock {
    Http {
        method: String,
        url: String,
        answer: Result<HttpAnswer, StepError>,
    },
    /// A method of the messenger, or the next message when it names none.
    Messenger {
        method: Option<String>,
        answer: Result<Value, (u16, String)>,
    },
}

impl Mock {
    /// `GET https://shop.test/price -> 200 (Retry-After: 5) {"price": 5}`; without an answer: `-> timeout`, or
    /// `-> broken`.
    pub(super) fn parse_http(text: &str) -> Option<Self> {
        let (request, answer) = text.split_once(" -> ")?;
        let (method, url) = request.split_once(' ')?;
        let answer = match answer.trim() {
            "timeout" => Err(StepError::new("http_timeout", "No answer in time", "Нет ответа вовремя")),
            "broken" => Err(StepError::new("http_broken", "The connection broke", "Соединение оборвалось")),
            answer => Ok(parse_answer(answer)?),
        };
        Some(Self::Http { method: method.to_owned(), url: url.to_owned(), answer })
    }

    /// JSON, or the code and the words of a refusal.
    pub(super) fn parse_messenger(method: Option<&str>, answer: &str) -> Option<Self> {
        let refusal = answer.split_once(' ').and_then(|(code, text)| {
            let code = code.parse::<u16>().ok().filter(|code| (300..600).contains(code))?;
            Some((code, text.trim().to_owned()))
        });
        let answer = match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(serde_json::from_str(answer).ok()?),
        };
        Some(Self::Messenger { method: method.map(|method| method.trim().to_owned()), answer })
    }
}

fn parse_answer(text: &str) -> Option<HttpAnswer> {
    let (status, rest) = text.split_once(' ').unwrap_or((text, ""));
    let status = status.parse().ok()?;
    let (headers, body) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((headers, body)) => (parse_headers(headers)?, body.trim_start()),
        None => (Map::new(), rest),
    };
    let body = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
    Some(HttpAnswer { status, headers, body, attempt: None })
}

/// `Retry-After: 5; X-Total: 2`
fn parse_headers(text: &str) -> Option<Map> {
    let header = |header: &str| {
        let (name, value) = header.split_once(':')?;
        Some((name.trim().to_lowercase(), Value::from(value.trim())))
    };
    text.split(';').map(header).collect()
}

/// Scripts run for real; requests are answered by the file.
pub(super) struct Mocked<'a> {
    scripts: &'a mut dyn Outside,
    mocks: VecDeque<Mock>,
    surprises: Vec<String>,
    /// Messages that have arrived.
    arrived: u32,
    /// The request made last.
    asked: Option<Map>,
}

impl<'a> Mocked<'a> {
    pub(super) fn new(scripts: &'a mut dyn Outside) -> Self {
        Self { scripts, mocks: VecDeque::new(), surprises: Vec::new(), arrived: 0, asked: None }
    }

    pub(super) fn prepare(&mut self, mock: Mock) {
        self.mocks.push_back(mock);
    }

    /// Comments about what nothing was prepared for, since the last call.
    pub(super) fn take_surprises(&mut self) -> Vec<String> {
        std::mem::take(&mut self.surprises)
    }

    /// The request made last: its method, its address, what it carried.
    pub(super) fn asked(&self) -> Option<&Map> {
        self.asked.as_ref()
    }

    fn take(&mut self, is_meant: impl Fn(&Mock) -> bool) -> Option<Mock> {
        let found = self.mocks.iter().position(is_meant);
        found.and_then(|index| self.mocks.remove(index))
    }

    /// A message that arrived, under a number of its own.
    fn arrived(&mut self) -> Delivered {
        self.arrived += 1;
        Delivered { id: Some((100 + self.arrived).to_string()), result: Value::Null }
    }
}

impl Outside for Mocked<'_> {
    fn script(&mut self, script: &Script) -> Result<ScriptOutcome, StepError> {
        self.scripts.script(script)
    }

    fn http(&mut self, call: &HttpCall) -> Result<HttpAnswer, StepError> {
        let url = address(call);
        self.asked = Some(describe(call, &url));
        let is_meant = |mock: &Mock| matches!(mock, Mock::Http { method, url: own, .. } if *method == call.method && *own == url);
        match self.take(is_meant) {
            Some(Mock::Http { answer, .. }) => answer,
            _ => {
                self.surprises.push(format!("{SURPRISE} request: {} {url}", call.method));
                Err(StepError::new("http_failed", "No answer is prepared", "Ответ не подготовлен"))
            }
        }
    }

    fn deliver(&mut self, effect: &Effect) -> Result<Delivered, StepError> {
        let method = match effect {
            Effect::Call { call, .. } => Some(call.method.as_str()),
            Effect::Send { .. } => None,
            _ => return Ok(Delivered::default()),
        };
        let is_meant =
            |mock: &Mock| matches!(mock, Mock::Messenger { method: own, .. } if own.as_deref() == method);
        match self.take(is_meant) {
            Some(Mock::Messenger { answer: Ok(result), .. }) => Ok(Delivered { id: None, result }),
            Some(Mock::Messenger { answer: Err((code, text)), .. }) => Err(refused(code, &text)),
            // Answers to what somebody waits for: the messenger says no more than that it heard.
            _ if method.is_none_or(|method| method.starts_with("answer")) => Ok(self.arrived()),
            _ => {
                self.surprises.push(format!("{SURPRISE} call: {}", method.unwrap_or_default()));
                Err(refused(400, "no answer is prepared"))
            }
        }
    }
}

/// Secrets stand as their names in braces.
pub(super) fn plain(text: &SecretText) -> String {
    text.0
        .iter()
        .map(|part| match part {
            SecretPart::Text(text) => text.clone(),
            SecretPart::Secret(name) => format!("{{{name}}}"),
        })
        .collect()
}

/// The address with its parameters, readable: nothing in it is encoded that the document did not encode.
fn address(call: &HttpCall) -> String {
    let mut url = plain(&call.url);
    let fragment = url.find('#').map(|at| url.split_off(at)).unwrap_or_default();
    for (name, value) in &call.query {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&format!("{name}={}", plain(value)));
    }
    url + &fragment
}

fn describe(call: &HttpCall, url: &str) -> Map {
    let mut shown = Map::new();
    let mut show = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    show("method", call.method.as_str().into());
    show("url", url.into());
    if !call.headers.is_empty() {
        let headers = call.headers.iter().map(|(name, value)| (name.clone(), plain(value).into()));
        show("headers", Value::Object(headers.collect()));
    }
    if let Some(login) = &call.login {
        show("login", format!("{}:{}", plain(&login.user), plain(&login.password)).into());
    }
    if let Some(body) = &call.body {
        let text = plain(body);
        show("body", serde_json::from_str(&text).unwrap_or_else(|_| text.into()));
    }
    if let Some(content_type) = &call.content_type {
        show("content_type", content_type.as_str().into());
    }
    if !call.parts.is_empty() {
        show("parts", Value::Array(call.parts.iter().map(describe_part).collect()));
    }
    shown
}

fn describe_part(part: &HttpPart) -> Value {
    let mut shown = Map::new();
    shown.insert("name".to_owned(), part.name.as_str().into());
    let (key, content) = match &part.content {
        PartContent::Text(text) => ("text", plain(text)),
        PartContent::File(id) => ("file", id.clone()),
    };
    shown.insert(key.to_owned(), content.into());
    for (key, value) in [("file_name", &part.file_name), ("content_type", &part.content_type)] {
        shown.extend(value.as_deref().map(|value| (key.to_owned(), value.into())));
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let check = |text: &str, expected: Option<(u16, &str, &str)>| {
            let read = match Mock::parse_http(&format!("GET https://a.b -> {text}")) {
                Some(Mock::Http { answer: Ok(answer), .. }) => {
                    let headers = Value::Object(answer.headers).to_json().to_string();
                    Some((answer.status, headers, answer.body.to_json().to_string()))
                }
                Some(Mock::Http { answer: Err(error), .. }) => Some((0, "{}".to_owned(), error.code)),
                _ => None,
            };
            let expected =
                expected.map(|(status, headers, body)| (status, headers.to_owned(), body.to_owned()));
            assert_eq!(read, expected, "{text}");
        };
        check("200", Some((200, "{}", "\"\"")));
        check("200 {\"a\": 1}", Some((200, "{}", "{\"a\":1}")));
        check("404 not (really) there", Some((404, "{}", "\"not (really) there\"")));
        check(
            "429 (Retry-After: 5; X-A: b:c) [1]",
            Some((429, "{\"retry-after\":\"5\",\"x-a\":\"b:c\"}", "[1]")),
        );
        check("timeout", Some((0, "{}", "http_timeout")));
        check("broken", Some((0, "{}", "http_broken")));
        check("200 (no header) x", None);
        check("soon", None);
    }

    #[test]
    fn parameters_stand_behind_what_the_address_asks_already() {
        let check = |url: &str, expected: &str| {
            let query =
                vec![("a".to_owned(), SecretText::plain("1 2")), ("b".to_owned(), SecretText::plain(""))];
            let call = HttpCall { url: SecretText::plain(url), query, ..HttpCall::default() };
            assert_eq!(address(&call), expected);
        };
        check("https://x.y", "https://x.y?a=1 2&b=");
        check("https://x.y?z=0#top", "https://x.y?z=0&a=1 2&b=#top");
    }
}
