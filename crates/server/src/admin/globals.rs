//! Global variables: one value for the whole workspace.

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::ids::WorkspaceId;
use engine::value::Value;
use serde::Deserialize;
use store::{Refusal, fields};

use super::ConfirmPage;
use super::layout::{Layout, show, show_refused};
use crate::auth::Session;
use crate::error::ApiError;
use crate::flash::see_other_with;
use crate::forms;
use crate::services::Services;

/// Longest value, in bytes of JSON.
const VALUE_BYTES: usize = 64 * 1024;

#[derive(Template)]
#[template(path = "globals.html")]
struct GlobalsPage {
    l: Layout,
    globals: Vec<GlobalView>,
    /// What was refused, to be mended.
    typed: GlobalForm,
    error: Option<String>,
}

struct GlobalView {
    name: String,
    /// The name inside an address.
    path: String,
    value: String,
}

/// `GET /globals`
pub async fn get_globals(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    show(&page(&services, session.workspace, l, GlobalForm::default(), None).await?)
}

#[derive(Default, Deserialize)]
pub struct GlobalForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: String,
}

/// `POST /globals`: adds a variable or changes it.
pub async fn post_global(
    services: web::Data<Services>,
    session: Session,
    form: web::Form<GlobalForm>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    match set(&services, session.workspace, &form.name, &from_input(&form.value)).await {
        Ok(()) => Ok(see_other_with("/globals", "flash-saved")),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&page(&services, session.workspace, l, form.into_inner(), error).await?)
        }
        Err(error) => Err(error),
    }
}

/// `GET /globals/{name}/delete`
pub async fn get_delete(_: Session, name: web::Path<String>, l: Layout) -> Result<HttpResponse, ApiError> {
    let path = in_path(&name);
    show(&ConfirmPage {
        title: l.with("global-delete-title", "name", name.into_inner()),
        text: l.t("global-delete-text").into_owned(),
        action: format!("/globals/{path}/delete"),
        back: "/globals".to_owned(),
        l,
    })
}

/// `POST /globals/{name}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    delete(&services, session.workspace, name.into_inner()).await?;
    Ok(see_other_with("/globals", "flash-deleted"))
}

async fn page(
    services: &Services,
    workspace: WorkspaceId,
    l: Layout,
    typed: GlobalForm,
    error: Option<String>,
) -> Result<GlobalsPage, ApiError> {
    let globals = load(services, workspace).await?.into_iter().map(|(name, value)| GlobalView {
        path: in_path(&name),
        value: to_input(&value),
        name,
    });
    Ok(GlobalsPage { l, globals: globals.collect(), typed, error })
}

/// All variables with their values.
pub async fn load(services: &Services, workspace: WorkspaceId) -> Result<Vec<(String, Value)>, ApiError> {
    let load = move |connection: &mut store::Connection| {
        Ok(fields::load(connection, workspace, &fields::Owner::global(), None)?)
    };
    let rows = services.read(load).await?;
    Ok(rows.into_iter().map(|(name, json)| (name, serde_json::from_str(&json).unwrap_or_default())).collect())
}

/// # Errors
/// A name templates cannot spell; a value too long.
pub async fn set(
    services: &Services,
    workspace: WorkspaceId,
    name: &str,
    value: &Value,
) -> Result<(), ApiError> {
    let name = forms::variable_name(name)?;
    let json = serde_json::to_string(value).map_err(ApiError::internal)?;
    if json.len() > VALUE_BYTES {
        return Err(ApiError::invalid(
            format!("The value is longer than {} KB.", VALUE_BYTES / 1024),
            format!("Значение длиннее {} КБ.", VALUE_BYTES / 1024),
        ));
    }
    services.write(move |tx| fields::upsert(tx, workspace, &fields::Owner::global(), &name, &json)).await
}

/// # Errors
/// Not found.
pub async fn delete(services: &Services, workspace: WorkspaceId, name: String) -> Result<(), ApiError> {
    services
        .write(move |tx| match fields::delete(tx, workspace, &fields::Owner::global(), &name)? {
            true => Ok(()),
            false => Err(Refusal::NotFound.into()),
        })
        .await
}

/// What somebody types: a number, an object or an array as such, everything else as text.
fn from_input(text: &str) -> Value {
    let trimmed = text.trim();
    let is_structure = trimmed.starts_with(['{', '[']);
    // `007` and `+7` are texts: only what reads back the same is a number.
    let is_number = engine::value::parse_number(trimmed).is_some_and(|number| {
        number.to_string() == trimmed || trimmed.replace(',', ".") == number.to_string()
    });
    if is_structure && let Ok(json) = serde_json::from_str::<serde_json::Value>(trimmed) {
        return Value::from(json);
    }
    match engine::value::parse_number(trimmed) {
        Some(number) if is_number => Value::Number(number),
        _ => Value::text(text),
    }
}

fn to_input(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => value.to_json().to_string(),
        other => other.to_text().into_owned(),
    }
}

fn in_path(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_keep_their_kind() {
        let check = |text: &str, expected: serde_json::Value| {
            let value = from_input(text);
            assert_eq!(value.to_json(), expected, "{text}");
            assert_eq!(from_input(&to_input(&value)), value, "{text} comes back");
        };
        check("12.5", serde_json::json!(12.5));
        check("10", serde_json::json!(10));
        check("007", serde_json::json!("007"));
        check("+79991234567", serde_json::json!("+79991234567"));
        check("hello", serde_json::json!("hello"));
        check("{\"a\":[1]}", serde_json::json!({"a": [1]}));
        check("{broken", serde_json::json!("{broken"));
        check("true", serde_json::json!("true"));
        check("", serde_json::json!(""));
    }
}
