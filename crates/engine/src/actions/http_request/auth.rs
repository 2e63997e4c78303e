//! How a request proves whose it is. The key is named, never held: it comes from the vault when the request leaves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Pair, is_header_name};
use crate::actions::{Visit, is_default};
use crate::effect::{HttpCall, Login, SecretPart, SecretText};
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// # Kind
    #[schemars(extend("x-ru" = "Вид", "x-widget" = "select", "default" = "none"))]
    pub kind: AuthKind,
    /// # Name of the user
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Имя пользователя", "x-secrets" = true, "x-when" = {"kind": ["basic"]}))]
    pub user: Template,
    /// # Name of the header or parameter
    ///
    /// Such as `X-Api-Key`.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(
        length(max = 200),
        extend(
            "x-ru" = "Имя заголовка или параметра",
            "x-ru-help" = "Например, `X-Api-Key`.",
            "x-when" = {"kind": ["header", "query"]}
        )
    )]
    pub name: String,
    /// # Key or password
    ///
    /// Choose a secret: `#{env.KEY}`. It is put in when the request leaves and shown nowhere.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Ключ или пароль",
        "x-ru-help" = "Выберите секрет: `#{env.KEY}`. Он подставится, когда запрос уходит, и нигде не виден.",
        "x-secrets" = true,
        "x-when" = {"kind": ["bearer", "basic", "header", "query"]}
    ))]
    pub secret: Template,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "none": {"en": "None", "ru": "Не нужен"},
    "bearer": {"en": "Token (Bearer)", "ru": "Токен (Bearer)"},
    "basic": {"en": "Name and password (Basic)", "ru": "Имя и пароль (Basic)"},
    "header": {"en": "Key in a header", "ru": "Ключ в заголовке"},
    "query": {"en": "Key in the address", "ru": "Ключ в адресе"},
}))]
pub enum AuthKind {
    #[default]
    None,
    Bearer,
    Basic,
    Header,
    Query,
}

impl Auth {
    pub(super) fn visit(&self, visit: &mut dyn Visit) {
        if self.kind == AuthKind::Basic {
            visit.secret_template("/auth/user", &self.user);
        }
        if self.kind != AuthKind::None {
            visit.secret_template("/auth/secret", &self.secret);
        }
    }

    pub(super) fn validate(&self, headers: &[Pair], findings: &mut Findings) {
        if self.kind == AuthKind::None {
            return;
        }
        if self.secret.source().trim().is_empty() {
            findings.error(
                "/auth/secret",
                "no_key",
                "the key is not chosen: take one of the project's secrets",
                "ключ не выбран: возьмите один из секретов проекта",
            );
        } else if self.secret.is_constant() {
            findings.warning(
                "/auth/secret",
                "key_in_clear",
                "the key stands in the scenario for everybody who opens it: keep it among the project's secrets",
                "ключ виден в сценарии каждому, кто его откроет: храните его в секретах проекта",
            );
        }
        let is_named = match self.kind {
            AuthKind::Header => is_header_name(self.name.trim()),
            AuthKind::Query => !self.name.trim().is_empty(),
            _ => true,
        };
        if !is_named {
            findings.error(
                "/auth/name",
                "empty_name",
                "it is not said what the header or parameter with the key is called",
                "не указано, как называется заголовок или параметр с ключом",
            );
        }
        let own = self.header();
        if headers.iter().any(|header| own.is_some_and(|own| header.name.trim().eq_ignore_ascii_case(own))) {
            findings.warning(
                "/headers",
                "header_twice",
                "a header among those below is set by the access too: both are sent",
                "один из заголовков задаёт и доступ: отправятся оба",
            );
        }
    }

    /// The header it sets.
    fn header(&self) -> Option<&str> {
        match self.kind {
            AuthKind::Bearer | AuthKind::Basic => Some("Authorization"),
            AuthKind::Header => Some(self.name.trim()),
            AuthKind::None | AuthKind::Query => None,
        }
    }

    pub(super) fn render(&self, cx: &StepContext<'_>, call: &mut HttpCall) -> Result<(), StepError> {
        if self.kind == AuthKind::None {
            return Ok(());
        }
        let mut secret = cx.secret_text(&self.secret).map_err(|error| error.at("/auth/secret"))?;
        let name = || self.name.trim().to_owned();
        match self.kind {
            AuthKind::None => {}
            AuthKind::Bearer => {
                secret.0.insert(0, SecretPart::Text("Bearer ".to_owned()));
                call.headers.push(("Authorization".to_owned(), secret));
            }
            AuthKind::Basic => {
                let user: SecretText = cx.secret_text(&self.user).map_err(|error| error.at("/auth/user"))?;
                call.login = Some(Login { user, password: secret });
            }
            AuthKind::Header => call.headers.push((name(), secret)),
            AuthKind::Query => call.query.push((name(), secret)),
        }
        Ok(())
    }
}
