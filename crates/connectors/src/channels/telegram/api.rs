//! One call of the Bot API, and what its answer means.

use std::time::Duration;

use bytes::Bytes;
use engine::effect::{HttpPart, SecretPart, SecretText};
use engine::words::Lang;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use crate::channels::{BotAccess, ChannelError, FileContent, Reason};
use crate::http::{Exchange, Fate, HttpClient, HttpError, multipart};

const DEFAULT_BASE_URL: &str = "https://api.telegram.org";

/// An ordinary call; Telegram answers within a second or two.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A hundred long updates stay far below.
const ANSWER_MAX_BYTES: usize = 16 * 1024 * 1024;

/// The Bot API of one bot.
#[derive(Clone, Copy)]
pub(super) struct BotApi<'a> {
    http: &'a HttpClient,
    bot: &'a BotAccess,
}

/// Why a call has no result. Texts inside never hold the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The request did not leave us.
    NotSent(Reason),
    /// It may have been carried out.
    Unknown(Reason),
    /// 429: surely not carried out.
    Limited(Option<Duration>),
    /// 401, or 404 for the bot as a whole.
    Revoked,
    /// 400 with the chat's new id.
    Migrated(i64),
    /// Any other clear refusal.
    Refused { code: u16, description: String },
}

#[derive(Deserialize)]
struct Answer<'a> {
    ok: bool,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

impl<'a> BotApi<'a> {
    pub(super) fn new(http: &'a HttpClient, bot: &'a BotAccess) -> Self {
        Self { http, bot }
    }

    /// Calls a method and gives its `result`, still as bytes of the answer.
    pub(super) async fn call(&self, method: &str, params: &impl Serialize) -> Result<Bytes, Failure> {
        self.call_within(method, params, TIMEOUT).await
    }

    pub(super) async fn call_within(
        &self,
        method: &str,
        params: &impl Serialize,
        timeout: Duration,
    ) -> Result<Bytes, Failure> {
        let body = serde_json::to_vec(params).map_err(|error| {
            Failure::NotSent(Reason {
                en: format!("The parameters are not JSON ({error})."),
                ru: format!("Параметры не записываются в JSON ({error})."),
            })
        })?;
        self.post(method, HeaderValue::from_static("application/json"), body.into(), timeout).await
    }

    /// Calls a method with files; a part names one of them.
    pub(super) async fn upload(
        &self,
        method: &str,
        parts: &[HttpPart],
        files: &[(&str, &FileContent)],
        timeout: Duration,
    ) -> Result<Bytes, Failure> {
        // There is nothing secret in them.
        let plain = |text: &SecretText| {
            let plain = |part: &SecretPart| match part {
                SecretPart::Text(text) => text.clone(),
                SecretPart::Secret(_) => String::new(),
            };
            Ok(text.0.iter().map(plain).collect())
        };
        let find = |name: &str| files.iter().find(|(known, _)| *known == name).map(|(_, file)| *file);
        let form = multipart::write(parts, plain, find).map_err(|error| Failure::NotSent(error.into()))?;
        self.post(method, form.content_type, form.body, timeout).await
    }

    async fn post(
        &self,
        method: &str,
        content_type: HeaderValue,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, Failure> {
        let mut headers = HeaderMap::with_capacity(1);
        headers.insert(CONTENT_TYPE, content_type);
        let exchange = Exchange {
            method: Method::POST,
            url: self.url(method)?,
            headers,
            body: Some(body),
            timeout,
            max_body_bytes: ANSWER_MAX_BYTES,
        };
        let answer = self.http.exchange(exchange).await.map_err(|error| match error.fate {
            Fate::NotSent => Failure::NotSent(error.into()),
            Fate::Unknown => Failure::Unknown(error.into()),
        })?;
        read_answer(answer.status.as_u16(), &answer.body)
    }

    /// Calls a method that may be repeated without harm, and reads its result.
    pub(super) async fn call_as<T: DeserializeOwned, P: Serialize>(
        &self,
        method: &str,
        params: &P,
    ) -> Result<T, ChannelError> {
        let result = self.call(method, params).await?;
        read_result(&result)
    }

    /// A file by the path that `getFile` named.
    pub(super) async fn download(&self, path: &str, max_bytes: usize) -> Result<Bytes, Failure> {
        let mut url = self.url("getFile")?;
        let is_plain = path.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
        let base = url.path().rsplit_once("/bot").map(|(base, _)| base.to_owned());
        // A Bot API server of one's own may keep its files where it alone sees them.
        let Some(base) = base.filter(|_| is_plain) else {
            return Err(Failure::Refused { code: 404, description: "the file cannot be fetched".to_owned() });
        };
        url.set_path(&format!("{base}/file/bot{}/{path}", self.bot.token.expose()));
        let exchange = Exchange {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            timeout: TIMEOUT,
            max_body_bytes: max_bytes,
        };
        let answer = self.http.exchange(exchange).await.map_err(|error| Failure::NotSent(error.into()))?;
        match answer.status.as_u16() {
            200 => Ok(answer.body),
            code @ 400..=499 => {
                Err(Failure::Refused { code, description: "the file is not there any more".to_owned() })
            }
            code => Err(Failure::Unknown(Reason {
                en: format!("The file was answered with status {code}."),
                ru: format!("Вместо файла пришёл ответ со статусом {code}."),
            })),
        }
    }

    /// The address holds the token: it must never be shown.
    fn url(&self, method: &str) -> Result<Url, Failure> {
        let token = self.bot.token.expose();
        if !is_token(token) {
            return Err(Failure::Revoked);
        }
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(Failure::Refused {
                code: 404,
                description: format!("no method is named `{method}`"),
            });
        }
        let base = self.bot.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/');
        Url::parse(&format!("{base}/bot{token}/{method}")).map_err(|_| {
            Failure::NotSent(Reason {
                en: "The address of the bot's API server is not a web address.".to_owned(),
                ru: "Адрес сервера Bot API не похож на веб-адрес.".to_owned(),
            })
        })
    }
}

/// `<bot user id>:<secret>`; anything else would lead to another path of the server.
fn is_token(token: &str) -> bool {
    token.split_once(':').is_some_and(|(id, secret)| {
        !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_digit())
            && !secret.is_empty()
            && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    })
}

fn read_answer(status: u16, body: &Bytes) -> Result<Bytes, Failure> {
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return Err(match status {
            // A proxy between us and Telegram refused; it would again.
            400..=499 if status != 408 && status != 429 => {
                Failure::Refused { code: status, description: "the answer is not the Bot API's".to_owned() }
            }
            429 => Failure::Limited(None),
            _ => Failure::Unknown(Reason {
                en: format!("An answer with status {status} that is not the Bot API's."),
                ru: format!("Ответ со статусом {status}, но не от Bot API."),
            }),
        });
    };
    if answer.ok {
        let result = answer.result.map_or("null", RawValue::get);
        return Ok(slice_of(body, result));
    }
    let code = answer.error_code.unwrap_or(status);
    let description = answer.description.unwrap_or_default();
    let (retry_after, migrate_to) = answer
        .parameters
        .map_or((None, None), |parameters| (parameters.retry_after, parameters.migrate_to_chat_id));
    Err(match (code, migrate_to) {
        (429, _) => Failure::Limited(retry_after.map(Duration::from_secs)),
        (401, _) => Failure::Revoked,
        // An unknown method answers 404 too, but says so.
        (404, _) if !description.contains("method not found") => Failure::Revoked,
        (500.., _) => Failure::Unknown(Reason {
            en: format!("Telegram failed ({code} {description})."),
            ru: format!("Сбой на стороне Telegram ({code} {description})."),
        }),
        (_, Some(chat)) => Failure::Migrated(chat),
        _ => Failure::Refused { code, description },
    })
}

/// Reads the result of a call that may be repeated.
pub(super) fn read_result<'de, T: Deserialize<'de>>(result: &'de [u8]) -> Result<T, ChannelError> {
    serde_json::from_slice(result).map_err(|error| {
        ChannelError::Unavailable(Reason {
            en: format!("The answer is not what the Bot API documents ({error})."),
            ru: format!("Ответ не такой, как описано в Bot API ({error})."),
        })
    })
}

/// The part of the buffer this text was borrowed from; a copy when it was not.
pub(super) fn slice_of(buffer: &Bytes, text: &str) -> Bytes {
    let (start, text_start) = (buffer.as_ptr().addr(), text.as_ptr().addr());
    match text_start.checked_sub(start) {
        Some(offset) if offset + text.len() <= buffer.len() => buffer.slice(offset..offset + text.len()),
        _ => Bytes::copy_from_slice(text.as_bytes()),
    }
}

impl From<HttpError> for Reason {
    fn from(error: HttpError) -> Self {
        Self { en: error.text(Lang::En), ru: error.text(Lang::Ru) }
    }
}

impl From<Failure> for ChannelError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(reason) | Failure::Unknown(reason) => Self::Unavailable(reason),
            Failure::Limited(after) => Self::Limited(after),
            Failure::Revoked => Self::Revoked,
            Failure::Migrated(chat) => Self::Rejected { code: 400, text: format!("the chat is now {chat}") },
            Failure::Refused { code: 409, .. } => Self::Conflict,
            Failure::Refused { code, description } => Self::Rejected { code, text: description },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_mean_what_the_manual_says() {
        // Whatever the words.
        let unknown = || Err(Failure::Unknown(Reason { en: String::new(), ru: String::new() }));
        let check = |status: u16, body: &str, expected: Result<&str, Failure>| {
            let mut got = read_answer(status, &Bytes::copy_from_slice(body.as_bytes()));
            if let Err(Failure::Unknown(reason)) = &mut got {
                assert!(!reason.en.is_empty() && !reason.ru.is_empty());
                *reason = Reason { en: String::new(), ru: String::new() };
            }
            assert_eq!(got.as_deref(), expected.as_ref().map(|text| text.as_bytes()), "{status} {body}");
        };
        let refused = |code, text: &str| Err(Failure::Refused { code, description: text.to_owned() });
        check(200, r#"{"ok":true,"result":{"a":1}}"#, Ok(r#"{"a":1}"#));
        check(200, r#"{"ok":true,"result":true}"#, Ok("true"));
        check(200, "<html>", unknown());
        check(
            429,
            r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#,
            Err(Failure::Limited(Some(Duration::from_secs(7)))),
        );
        check(429, "slow down", Err(Failure::Limited(None)));
        check(401, r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#, Err(Failure::Revoked));
        check(404, r#"{"ok":false,"error_code":404,"description":"Not Found"}"#, Err(Failure::Revoked));
        check(
            404,
            r#"{"ok":false,"error_code":404,"description":"Not Found: method not found"}"#,
            refused(404, "Not Found: method not found"),
        );
        check(404, "<html>nginx", refused(404, "the answer is not the Bot API's"));
        check(
            400,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded","parameters":{"migrate_to_chat_id":-1001}}"#,
            Err(Failure::Migrated(-1001)),
        );
        check(
            400,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: x"}"#,
            refused(400, "Bad Request: x"),
        );
        check(502, r#"{"ok":false,"error_code":502,"description":"Bad Gateway"}"#, unknown());
    }

    #[test]
    fn only_tokens_become_part_of_an_address() {
        for (token, expected) in [
            ("123456789:TEST-ONLY_not-a-real-token_0123456789", true),
            ("", false),
            ("123", false),
            (":abc", false),
            ("123:", false),
            ("123:abc/../../456:def", false),
            ("123:abc?x=", false),
            ("a12:abc", false),
        ] {
            assert_eq!(is_token(token), expected, "{token}");
        }
    }
}
