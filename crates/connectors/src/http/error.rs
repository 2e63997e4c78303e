//! Why there is no answer, told to the builder of the scenario in both languages.

use std::error::Error as _;
use std::time::Duration;

use engine::error::StepError;
use engine::words::Lang;

use super::resolver::NotPublic;
use crate::{Retry, Secret};

/// Whether the other side may have got the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It failed before the request was written.
    NotSent,
    /// It was written, or may have been.
    Unknown,
}

/// No answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text(Lang::En))]
pub struct HttpError {
    pub kind: HttpErrorKind,
    pub fate: Fate,
}

/// What went wrong. Texts inside hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpErrorKind {
    /// Not an address at all.
    Url,
    Scheme(String),
    Method(String),
    /// Name of a header whose name or value cannot be sent.
    Header(String),
    /// Name of a header that is not the scenario's to set.
    ForbiddenHeader(String),
    MissingSecret(String),
    /// Name of the field whose file is not there.
    MissingFile(String),
    PrivateAddress {
        host: String,
    },
    Dns {
        host: String,
    },
    Connect {
        host: String,
        detail: String,
    },
    Tls {
        host: String,
        detail: String,
    },
    Timeout {
        ms: u128,
    },
    TooLarge {
        limit: usize,
    },
    TooManyRedirects,
    BadRedirect,
    /// The body holds a secret and the redirect leads to another site.
    RedirectWithSecret,
    /// The connection broke, or the answer was not HTTP.
    Broken {
        host: String,
        detail: String,
    },
}

impl HttpError {
    pub(crate) fn not_sent(kind: HttpErrorKind) -> Self {
        Self { kind, fate: Fate::NotSent }
    }

    pub(crate) fn unknown(kind: HttpErrorKind) -> Self {
        Self { kind, fate: Fate::Unknown }
    }

    /// The same error, met after an earlier request of the chain was answered.
    pub(super) fn after_a_redirect(self) -> Self {
        Self { fate: Fate::Unknown, ..self }
    }

    /// Reads reqwest's error without its URL, which may carry a token.
    pub(super) fn from_reqwest(error: &reqwest::Error, host: &str, timeout: Duration) -> Self {
        let host = host.to_owned();
        let ms = timeout.as_millis();
        if error.is_builder() {
            return Self::not_sent(HttpErrorKind::Url);
        }
        if find_source::<NotPublic>(error).is_some() {
            return Self::not_sent(HttpErrorKind::PrivateAddress { host });
        }
        if error.is_connect() {
            let kind = if error.is_timeout() {
                HttpErrorKind::Connect { host, detail: "no answer in time".to_owned() }
            } else if error.is_dns() {
                HttpErrorKind::Dns { host }
            } else if let Some(tls) = find_source::<rustls::Error>(error) {
                HttpErrorKind::Tls { host, detail: tls.to_string() }
            } else {
                HttpErrorKind::Connect { host, detail: innermost(error) }
            };
            return Self::not_sent(kind);
        }
        if error.is_timeout() {
            return Self::unknown(HttpErrorKind::Timeout { ms });
        }
        Self::unknown(HttpErrorKind::Broken { host, detail: innermost(error) })
    }

    /// Whether the same request may succeed later.
    pub fn retry(&self) -> Retry {
        match &self.kind {
            HttpErrorKind::Dns { .. }
            | HttpErrorKind::Connect { .. }
            | HttpErrorKind::Timeout { .. }
            | HttpErrorKind::Broken { .. } => Retry::Backoff,
            _ => Retry::Never,
        }
    }

    /// Stable name, available to the scenario as `#{_error_code}`.
    pub fn code(&self) -> &'static str {
        match &self.kind {
            HttpErrorKind::Url => "http_url",
            HttpErrorKind::Scheme(_) => "http_scheme",
            HttpErrorKind::Method(_) => "http_method",
            HttpErrorKind::Header(_) => "http_header",
            HttpErrorKind::ForbiddenHeader(_) => "http_forbidden_header",
            HttpErrorKind::MissingSecret(_) => "secret_missing",
            HttpErrorKind::MissingFile(_) => "no_file",
            HttpErrorKind::PrivateAddress { .. } => "http_private_address",
            HttpErrorKind::Dns { .. } => "http_dns",
            HttpErrorKind::Connect { .. } => "http_connect",
            HttpErrorKind::Tls { .. } => "http_tls",
            HttpErrorKind::Timeout { .. } => "http_timeout",
            HttpErrorKind::TooLarge { .. } => "http_too_large",
            HttpErrorKind::TooManyRedirects | HttpErrorKind::BadRedirect => "http_redirect",
            HttpErrorKind::RedirectWithSecret => "http_redirect_secret",
            HttpErrorKind::Broken { .. } => "http_broken",
        }
    }

    pub fn text(&self, lang: Lang) -> String {
        let (en, ru) = texts(&self.kind);
        match lang {
            Lang::En => en,
            Lang::Ru => ru,
        }
    }

    /// The error as the scenario's builder meets it, at the option it is about.
    pub fn step_error(&self) -> StepError {
        let (en, ru) = texts(&self.kind);
        let error = StepError::new(self.code(), en, ru);
        match &self.kind {
            HttpErrorKind::Url | HttpErrorKind::Scheme(_) | HttpErrorKind::PrivateAddress { .. } => {
                error.at("/url")
            }
            HttpErrorKind::Method(_) => error.at("/method"),
            HttpErrorKind::Header(_) | HttpErrorKind::ForbiddenHeader(_) => error.at("/headers"),
            _ => error,
        }
    }
}

fn texts(kind: &HttpErrorKind) -> (String, String) {
    match kind {
        HttpErrorKind::Url => (
            "This is not a web address. It must look like https://example.com/path.".to_owned(),
            "Это не веб-адрес. Он должен выглядеть как https://example.com/path.".to_owned(),
        ),
        HttpErrorKind::Scheme(scheme) => (
            format!("Only http:// and https:// addresses can be called, not {scheme}://."),
            format!("Вызывать можно только адреса http:// и https://, а не {scheme}://."),
        ),
        HttpErrorKind::Method(method) => (
            format!(
                "There is no HTTP method “{method}”. Use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS."
            ),
            format!(
                "Нет такого метода HTTP: «{method}». Есть GET, POST, PUT, PATCH, DELETE, HEAD и OPTIONS."
            ),
        ),
        HttpErrorKind::Header(name) => (
            format!(
                "The header “{name}” cannot be sent: its name or value has characters HTTP does not allow."
            ),
            format!("Заголовок «{name}» нельзя отправить: в имени или значении есть недопустимые символы."),
        ),
        HttpErrorKind::ForbiddenHeader(name) => (
            format!("The header “{name}” is not set by scenarios. Remove it."),
            format!("Заголовок «{name}» сценарий не задаёт. Уберите его."),
        ),
        HttpErrorKind::MissingSecret(name) => (
            format!("There is no secret “{name}”. Add it in the project's settings."),
            format!("Нет секрета «{name}». Добавьте его в настройках проекта."),
        ),
        HttpErrorKind::MissingFile(name) => (
            format!("The file of the field “{name}” could not be fetched."),
            format!("Файл для поля «{name}» не удалось получить."),
        ),
        HttpErrorKind::PrivateAddress { host } => (
            format!("“{host}” leads into the server's own network, which scenarios may not call."),
            format!("«{host}» ведёт во внутреннюю сеть сервера, сценариям туда нельзя."),
        ),
        HttpErrorKind::Dns { host } => {
            (format!("There is no site named “{host}”."), format!("Сайт «{host}» не найден."))
        }
        HttpErrorKind::Connect { host, detail } => (
            format!("“{host}” does not accept the connection ({detail})."),
            format!("«{host}» не принимает соединение ({detail})."),
        ),
        HttpErrorKind::Tls { host, detail } => (
            format!("No secure connection to “{host}” ({detail})."),
            format!("Не удалось установить защищённое соединение с «{host}» ({detail})."),
        ),
        HttpErrorKind::Timeout { ms } => {
            (format!("No answer within {ms} ms."), format!("Нет ответа за {ms} мс."))
        }
        HttpErrorKind::TooLarge { limit } => {
            (format!("The answer is larger than {limit} bytes."), format!("Ответ больше {limit} байт."))
        }
        HttpErrorKind::TooManyRedirects => (
            format!("More than {} redirects.", super::MAX_REDIRECTS),
            format!("Больше {} перенаправлений.", super::MAX_REDIRECTS),
        ),
        HttpErrorKind::BadRedirect => (
            "The site redirects to something that is not a web address.".to_owned(),
            "Сайт перенаправляет на то, что не является веб-адресом.".to_owned(),
        ),
        HttpErrorKind::RedirectWithSecret => (
            "The site redirects to another one, which would get the secret in the request's body.".to_owned(),
            "Сайт перенаправляет на другой, и секрет из тела запроса ушёл бы туда.".to_owned(),
        ),
        HttpErrorKind::Broken { host, detail } => (
            format!("The connection to “{host}” broke ({detail})."),
            format!("Соединение с «{host}» оборвалось ({detail})."),
        ),
    }
}

/// The first cause of this type. What an `io::Error` carries is not among its sources: it is asked for by itself.
fn find_source<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref::<T>() {
        return Some(found);
    }
    let carried = error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
    match carried {
        Some(carried) => find_source(carried),
        None => find_source(error.source()?),
    }
}

/// The innermost cause: the outer ones only repeat where they are, and the outermost shows the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut text = String::from("no details");
    let mut source = error.source();
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text
}

/// Takes the secrets of a request out of what is said about it.
pub(super) struct Scrubber(pub(super) Vec<Secret>);

impl Scrubber {
    pub(super) fn clean(&self, mut error: HttpError) -> HttpError {
        match &mut error.kind {
            HttpErrorKind::Scheme(text)
            | HttpErrorKind::PrivateAddress { host: text }
            | HttpErrorKind::Dns { host: text } => {
                self.clean_text(text);
            }
            HttpErrorKind::Connect { host, detail }
            | HttpErrorKind::Tls { host, detail }
            | HttpErrorKind::Broken { host, detail } => {
                self.clean_text(host);
                self.clean_text(detail);
            }
            _ => {}
        }
        error
    }

    /// Hosts are lower-cased when they are parsed, so case does not count. The whole text goes: what is left of
    /// it could still tell the secret's length and place.
    fn clean_text(&self, text: &mut String) {
        let lower = text.to_lowercase();
        if self.0.iter().any(|secret| lower.contains(&secret.expose().to_lowercase())) {
            "***".clone_into(text);
        }
    }
}
