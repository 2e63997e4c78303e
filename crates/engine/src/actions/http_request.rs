//! Sends an HTTP request and keeps what comes back. Secrets stay references until the request leaves.

mod auth;
mod body;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use auth::Auth;
pub use body::Body;
use body::BodyKind;

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, is_default, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, Call, HttpAnswer, HttpCall};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::limits::HTTP_RETRIES;
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
    /// # Query parameters
    ///
    /// Added to the address after `?`; names and values are encoded for you.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 100),
        extend("x-ru" = "Параметры запроса", "x-ru-help" = "Добавляются к адресу после `?`; имена и значения кодируются сами.")
    )]
    pub query: Vec<Pair>,
    /// # Access
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Доступ"))]
    pub auth: Auth,
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
    /// # Try again, times
    ///
    /// When there is no answer, or its status is 429 or from 500 on. The first time after a second, then after twice
    /// as long each time, or when the other service says. Each try has the same `Idempotency-Key`, by which a
    /// service may know that it has done this already.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(
        range(min = 0, max = 10),
        extend(
            "x-ru" = "Повторить, раз",
            "x-ru-help" = "Если ответа нет или его статус — 429 либо от 500. Первый раз через секунду, дальше каждый раз вдвое дольше или когда скажет сам сервис. У всех попыток один `Idempotency-Key`, по нему сервис может узнать, что это он уже сделал.",
            "default" = 0
        )
    )]
    pub retries: u32,
    /// # Keep parts of the answer
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-ru" = "Сохранить из ответа"))]
    pub save: Vec<Saved>,
    /// # Keep the whole answer in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить весь ответ"))]
    pub save_to: Option<Target>,
    /// # Keep the status in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить статус"))]
    pub status_to: Option<Target>,
    /// # Keep the headers of the answer in
    ///
    /// Their names are in lower case: `#{headers.content-type}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить заголовки ответа",
        "x-ru-help" = "Имена — маленькими буквами: `#{headers.content-type}`.",
        "x-more" = true
    ))]
    pub headers_to: Option<Target>,
    /// # A refusal (status 400 and more)
    ///
    /// Where the scenario goes on when the other service answered, but not with success.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Отказ (статус от 400)",
        "x-ru-help" = "Куда идёт сценарий, если сервис ответил, но не успехом.",
        "x-widget" = "select",
        "x-more" = true,
        "default" = "unless_kept"
    ))]
    pub refusal: Refusal,
}

/// What an answer without success is to the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "unless_kept": {"en": "an error, unless the status is kept", "ru": "ошибка, если статус не сохраняется"},
    "error": {"en": "an error", "ru": "ошибка"},
    "no_error": {"en": "an answer like any other", "ru": "такой же ответ, как любой другой"},
}))]
pub enum Refusal {
    #[default]
    UnlessKept,
    Error,
    NoError,
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
            query: Vec::new(),
            auth: Auth::default(),
            headers: Vec::new(),
            body: Body::default(),
            timeout_s: DEFAULT_TIMEOUT_S,
            retries: 0,
            save: Vec::new(),
            save_to: None,
            status_to: None,
            headers_to: None,
            refusal: Refusal::default(),
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
        for (index, pair) in self.query.iter().enumerate() {
            visit.secret_template(&format!("/query/{index}/value"), &pair.value);
        }
        for (index, header) in self.headers.iter().enumerate() {
            visit.secret_template(&format!("/headers/{index}/value"), &header.value);
        }
        self.auth.visit(visit);
        self.body.visit(visit);
        for (index, saved) in self.save.iter().enumerate() {
            visit.target(&format!("/save/{index}/target"), &saved.target);
        }
        for (pointer, target) in [
            ("/save_to", &self.save_to),
            ("/status_to", &self.status_to),
            ("/headers_to", &self.headers_to),
        ] {
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
        if self.retries > HTTP_RETRIES {
            findings.error(
                "/retries",
                "out_of_range",
                format!("it can be tried again up to {HTTP_RETRIES} times"),
                format!("повторить можно не больше {HTTP_RETRIES} раз"),
            );
        }
        for (index, pair) in self.query.iter().enumerate() {
            if pair.name.trim().is_empty() {
                findings.error(
                    format!("/query/{index}/name"),
                    "empty_name",
                    "the parameter has no name",
                    "у параметра нет имени",
                );
            }
        }
        self.auth.validate(&self.headers, findings);
        self.body.validate(findings);
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
        let pairs = |pairs: &[Pair], place: &str| {
            let rendered = pairs.iter().enumerate().map(|(index, pair)| {
                let value = cx.secret_text(&pair.value);
                let value = value.map_err(|error| error.at(&format!("/{place}/{index}/value")))?;
                Ok((pair.name.trim().to_owned(), value))
            });
            rendered.collect::<Result<Vec<_>, StepError>>()
        };
        let mut call = HttpCall {
            method: self.method.as_str().to_owned(),
            url: self.url.render_secret_url(cx).map_err(|error| error.at("/url"))?,
            query: pairs(&self.query, "query")?,
            headers: pairs(&self.headers, "headers")?,
            timeout_ms: u64::from(self.timeout_s.clamp(1, LONGEST_TIMEOUT_S)) * 1000,
            retries: self.retries.min(HTTP_RETRIES),
            ..HttpCall::default()
        };
        self.auth.render(cx, &mut call)?;
        self.body.render(cx, &mut call)?;
        Ok(call)
    }

    fn take(&self, cx: &mut StepContext<'_>, answer: HttpAnswer) -> Result<Flow, StepError> {
        let failed = !(200..300).contains(&answer.status);
        cx.log(match answer.attempt {
            None => format!("HTTP {}", answer.status),
            Some(attempt) => format!("HTTP {} (attempt {attempt})", answer.status),
        });
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
        let is_error = match self.refusal {
            Refusal::UnlessKept => self.status_to.is_none(),
            Refusal::Error => true,
            Refusal::NoError => false,
        };
        let error = (failed && is_error).then(|| http_status(&answer));
        if let Some(target) = &self.headers_to {
            cx.set(target, Value::Object(answer.headers))?;
        }
        if let Some(target) = &self.save_to {
            cx.set(target, answer.body)?;
        }
        error.map_or(Ok(Flow::Next), Err)
    }
}

/// Follows a path such as `data.items[0].name`; the empty path is the whole answer.
pub(super) fn find_part<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
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
