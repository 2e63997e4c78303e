//! Sends an HTTP request and keeps what comes back. Secrets stay references until the request leaves.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, Call, HttpAnswer, HttpCall, SecretPart, SecretText};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpRequest {
    /// # Method
    #[schemars(extend("x-ru" = "Метод", "x-widget" = "select", "default" = "GET"))]
    pub method: Method,
    /// # Address
    ///
    /// Variables are escaped for their place in the address.
    #[schemars(extend(
        "x-ru" = "Адрес",
        "x-ru-help" = "Переменные экранируются для своего места в адресе.",
        "x-secrets" = true
    ))]
    pub url: Template,
    /// # Headers
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-ru" = "Заголовки"))]
    pub headers: Vec<Pair>,
    /// # Body
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Тело"))]
    pub body: Body,
    /// # Wait for, seconds
    #[serde(skip_serializing_if = "is_default_timeout")]
    #[schemars(range(min = 1, max = 120), extend("x-ru" = "Ждать, секунд", "default" = 10))]
    pub timeout_s: u32,
    /// # Keep parts of the answer
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-ru" = "Сохранить из ответа"))]
    pub save: Vec<Saved>,
    /// # Keep the whole answer in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить весь ответ"))]
    pub save_to: Option<Target>,
    /// # Keep the status in
    ///
    /// Then statuses of 400 and more are no error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить статус", "x-ru-help" = "Тогда статусы от 400 — не ошибка."))]
    pub status_to: Option<Target>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(extend("x-labels" = {
    "GET": {"en": "GET", "ru": "GET"},
    "POST": {"en": "POST", "ru": "POST"},
    "PUT": {"en": "PUT", "ru": "PUT"},
    "PATCH": {"en": "PATCH", "ru": "PATCH"},
    "DELETE": {"en": "DELETE", "ru": "DELETE"},
}))]
pub enum Method {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A name with a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// # Name
    #[schemars(extend("x-ru" = "Имя"))]
    pub name: String,
    /// # Value
    #[serde(default)]
    #[schemars(extend("x-ru" = "Значение", "x-secrets" = true))]
    pub value: Template,
}

/// What the request carries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Body {
    /// # Kind
    #[schemars(extend("x-ru" = "Вид", "x-widget" = "select", "default" = "none"))]
    pub kind: BodyKind,
    /// # Content
    ///
    /// In JSON, variables are escaped for their place; one outside of quotes keeps its type.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Содержимое",
        "x-ru-help" = "В JSON переменные экранируются для своего места; без кавычек переменная сохраняет тип.",
        "x-secrets" = true,
        "x-when" = {"kind": ["json", "text"]}
    ))]
    pub content: Template,
    /// # Fields
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Поля", "x-when" = {"kind": ["form"]}))]
    pub fields: Vec<Pair>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "none": {"en": "Empty", "ru": "Пустое"},
    "json": {"en": "JSON", "ru": "JSON"},
    "form": {"en": "Form", "ru": "Форма"},
    "text": {"en": "Text", "ru": "Текст"},
}))]
pub enum BodyKind {
    #[default]
    None,
    Json,
    Form,
    Text,
}

/// A part of the answer and where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// # Path in the answer
    ///
    /// Such as `data.items[0].name`.
    #[schemars(extend("x-ru" = "Путь в ответе", "x-ru-help" = "Например, `data.items[0].name`."))]
    pub path: String,
    /// # Variable
    #[schemars(extend("x-ru" = "Переменная"))]
    pub target: Target,
}

const DEFAULT_TIMEOUT_S: u32 = 10;
const LONGEST_TIMEOUT_S: u32 = 120;

fn is_default_timeout(seconds: &u32) -> bool {
    *seconds == DEFAULT_TIMEOUT_S
}

impl Default for HttpRequest {
    fn default() -> Self {
        Self {
            method: Method::default(),
            url: Template::default(),
            headers: Vec::new(),
            body: Body::default(),
            timeout_s: DEFAULT_TIMEOUT_S,
            save: Vec::new(),
            save_to: None,
            status_to: None,
        }
    }
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl ActionKind for HttpRequest {
    const SPEC: Spec = Spec {
        group: Group::Exchange,
        icon: "world-share",
        title: Words::new("HTTP request", "HTTP-запрос"),
        help: Words::new(
            "Calls another service and keeps its answer. The request may be repeated after a failure.",
            "Обращается к другому сервису и сохраняет его ответ. После сбоя запрос может повториться.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "{method} {url}[ → {save_to|save|status_to}]",
        "{method} {url}[ → {save_to|save|status_to}]",
    )];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.secret_template("/url", &self.url);
        for (index, header) in self.headers.iter().enumerate() {
            visit.secret_template(&format!("/headers/{index}/value"), &header.value);
        }
        match self.body.kind {
            BodyKind::None => {}
            BodyKind::Json | BodyKind::Text => visit.secret_template("/body/content", &self.body.content),
            BodyKind::Form => {
                for (index, field) in self.body.fields.iter().enumerate() {
                    visit.secret_template(&format!("/body/fields/{index}/value"), &field.value);
                }
            }
        }
        for (index, saved) in self.save.iter().enumerate() {
            visit.target(&format!("/save/{index}/target"), &saved.target);
        }
        for (pointer, target) in [("/save_to", &self.save_to), ("/status_to", &self.status_to)] {
            if let Some(target) = target {
                visit.target(pointer, target);
            }
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        let url = self.url.source().trim();
        if url.is_empty() {
            findings.error("/url", "empty_url", "the request has no address", "у запроса нет адреса");
        } else if !["http://", "https://", "#{", "["].iter().any(|start| url.starts_with(start)) {
            findings.error(
                "/url",
                "wrong_url",
                "the address must begin with https:// or http://",
                "адрес должен начинаться с https:// или http://",
            );
        }
        for (index, header) in self.headers.iter().enumerate() {
            if !is_header_name(&header.name) {
                findings.error(
                    format!("/headers/{index}/name"),
                    "wrong_header",
                    format!("“{}” cannot be the name of a header", header.name),
                    format!("«{}» не может быть именем заголовка", header.name),
                );
            }
        }
        if !(1..=LONGEST_TIMEOUT_S).contains(&self.timeout_s) {
            findings.error(
                "/timeout_s",
                "out_of_range",
                format!("it can wait from 1 to {LONGEST_TIMEOUT_S} seconds"),
                format!("ждать можно от 1 до {LONGEST_TIMEOUT_S} секунд"),
            );
        }
        if self.body.kind == BodyKind::Json
            && let Some(error) = self.body.content.json_error()
        {
            findings.error(
                "/body/content",
                "invalid_json",
                format!("{} (character {})", error.en, error.position + 1),
                format!("{} (символ {})", error.ru, error.position + 1),
            );
        }
        if self.method == Method::Get && self.body.kind != BodyKind::None {
            findings.warning(
                "/body",
                "body_of_get",
                "a GET request has no body",
                "у запроса GET не бывает тела",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => Ok(Flow::Ask(effect::Ask::Outside(Call::Http(self.call(cx)?)))),
            Some(Answer::Http(answer)) => self.take(cx, answer),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl HttpRequest {
    fn call(&self, cx: &StepContext<'_>) -> Result<HttpCall, StepError> {
        let mut headers = Vec::with_capacity(self.headers.len());
        for (index, header) in self.headers.iter().enumerate() {
            let place = |error: StepError| error.at(&format!("/headers/{index}/value"));
            headers.push((header.name.clone(), cx.secret_text(&header.value).map_err(place)?));
        }
        let url = self.url.render_secret_url(cx).map_err(|error| error.at("/url"))?;
        Ok(HttpCall {
            method: self.method.as_str().to_owned(),
            url,
            headers,
            body: self.body.render(cx)?,
            content_type: self.body.kind.content_type().map(str::to_owned),
            timeout_ms: u64::from(self.timeout_s.clamp(1, LONGEST_TIMEOUT_S)) * 1000,
        })
    }

    fn take(&self, cx: &mut StepContext<'_>, answer: HttpAnswer) -> Result<Flow, StepError> {
        let failed = !(200..300).contains(&answer.status);
        cx.log(format!("HTTP {}", answer.status));
        for saved in &self.save {
            let part = find_part(&answer.body, &saved.path);
            // A failed request leaves what an earlier one saved.
            if part.is_some() || !failed {
                cx.set(&saved.target, part.cloned().unwrap_or_default())?;
            }
        }
        if let Some(target) = &self.status_to {
            cx.set(target, i64::from(answer.status).into())?;
        }
        let error = (failed && self.status_to.is_none()).then(|| http_status(&answer));
        if let Some(target) = &self.save_to {
            cx.set(target, answer.body)?;
        }
        error.map_or(Ok(Flow::Next), Err)
    }
}

impl Body {
    fn render(&self, cx: &StepContext<'_>) -> Result<Option<SecretText>, StepError> {
        let place = |error: StepError| error.at("/body/content");
        match self.kind {
            BodyKind::None => Ok(None),
            BodyKind::Json => self.content.render_secret_json(cx).map(Some).map_err(place),
            BodyKind::Text => cx.secret_text(&self.content).map(Some).map_err(place),
            BodyKind::Form => self.render_form(cx).map(Some),
        }
    }

    fn render_form(&self, cx: &StepContext<'_>) -> Result<SecretText, StepError> {
        let mut parts = Vec::with_capacity(self.fields.len() * 2);
        for (index, field) in self.fields.iter().enumerate() {
            let separator = if index == 0 { "" } else { "&" };
            let name = utf8_percent_encode(&field.name, NON_ALPHANUMERIC);
            parts.push(SecretPart::Text(format!("{separator}{name}=")));
            let place = |error: StepError| error.at(&format!("/body/fields/{index}/value"));
            for part in cx.secret_text(&field.value).map_err(place)?.0 {
                parts.push(match part {
                    SecretPart::Text(text) => {
                        SecretPart::Text(utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string())
                    }
                    secret => secret,
                });
            }
        }
        Ok(SecretText(parts))
    }
}

impl BodyKind {
    fn content_type(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Json => Some("application/json"),
            Self::Form => Some("application/x-www-form-urlencoded"),
            Self::Text => Some("text/plain; charset=utf-8"),
        }
    }
}

/// Follows a path such as `data.items[0].name`; the empty path is the whole answer.
fn find_part<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    let mut steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    steps.try_fold(body, |value, step| value.get(step))
}

/// A token of RFC 9110 section 5.6.2.
fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn http_status(answer: &HttpAnswer) -> StepError {
    let said: String = answer.body.to_text().chars().take(200).collect();
    let status = answer.status;
    StepError::new(
        "http_status",
        format!("The other side answered with status {status}: {said}"),
        format!("Сервис ответил статусом {status}: {said}"),
    )
}

#[cfg(test)]
mod tests;
