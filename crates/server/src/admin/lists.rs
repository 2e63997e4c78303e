//! Lists and their columns.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::ids::{ListId, WorkspaceId};
use engine::list::ColumnKind;
use store::audit_log;
use store::lists::{self, List, ListColumn};

use super::ConfirmPage;
use super::layout::{Layout, show, show_refused};
use crate::auth::Session;
use crate::error::ApiError;
use crate::flash::see_other_with;
use crate::forms;
use crate::request::random;
use crate::services::{Services, now};

/// Columns a list may have.
pub const COLUMNS_MAX: usize = 100;
/// Empty lines a form offers for new columns.
const SPARE_COLUMNS: usize = 3;

/// A type of column, as forms write it and as people read it.
pub struct KindChoice {
    pub value: &'static str,
    pub title: &'static str,
    pub hint: &'static str,
    pub kind: ColumnKind,
}

pub const KINDS: [KindChoice; 5] = [
    kind("text", "column-type-text", "column-hint-text", ColumnKind::Text),
    kind("number", "column-type-number", "column-hint-number", ColumnKind::Number),
    kind("bool", "column-type-bool", "column-hint-bool", ColumnKind::Bool),
    kind("date", "column-type-date", "column-hint-date", ColumnKind::Date),
    kind("json", "column-type-json", "column-hint-json", ColumnKind::Json),
];

const fn kind(value: &'static str, title: &'static str, hint: &'static str, kind: ColumnKind) -> KindChoice {
    KindChoice { value, title, hint, kind }
}

/// The entry of a type in [`KINDS`].
pub fn kind_choice(kind: ColumnKind) -> &'static KindChoice {
    let [text, ..] = &KINDS;
    KINDS.iter().find(|choice| choice.kind == kind).unwrap_or(text)
}

#[derive(Template)]
#[template(path = "lists/list.html")]
struct ListsPage {
    l: Layout,
    lists: Vec<ListView>,
}

struct ListView {
    id: ListId,
    name: String,
    columns: String,
}

/// `GET /lists`
pub async fn get_lists(
    services: web::Data<Services>,
    session: Session,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let workspace = session.workspace;
    let found = services.read(move |connection| lists::list(connection, workspace)).await?;
    let view = |list: List| ListView {
        id: list.id,
        name: list.name,
        columns: list.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "),
    };
    show(&ListsPage { l, lists: found.into_iter().map(view).collect() })
}

#[derive(Template)]
#[template(path = "lists/columns.html")]
struct ColumnsPage {
    l: Layout,
    title: String,
    action: String,
    back: String,
    delete_url: Option<String>,
    name: String,
    columns: Vec<ColumnField>,
    types: &'static [KindChoice],
    error: Option<String>,
}

/// One line of the form.
#[derive(Clone, Default)]
struct ColumnField {
    id: String,
    name: String,
    kind: &'static str,
    unique: bool,
    /// Takes the column out, with its values in all rows.
    remove: bool,
}

/// The whole form: a name and any number of `name_0`, `type_0`, `unique_0`, `remove_0`, `id_0`.
type Fields = HashMap<String, String>;

fn read_columns(fields: &Fields) -> Vec<ColumnField> {
    let field = |name: &str, index: usize| fields.get(&format!("{name}_{index}"));
    (0..COLUMNS_MAX)
        .map_while(|index| {
            let kind = field("type", index).map(String::as_str).unwrap_or_default();
            Some(ColumnField {
                id: field("id", index).cloned().unwrap_or_default(),
                name: field("name", index)?.trim().to_owned(),
                kind: KINDS.iter().find(|choice| choice.value == kind).map_or("text", |choice| choice.value),
                unique: field("unique", index).is_some(),
                remove: field("remove", index).is_some(),
            })
        })
        .collect()
}

fn with_spares(mut columns: Vec<ColumnField>) -> Vec<ColumnField> {
    let wanted = (columns.len() + SPARE_COLUMNS).min(COLUMNS_MAX);
    columns.resize(wanted, ColumnField { kind: "text", ..ColumnField::default() });
    columns
}

/// The columns a form asks for; `before` keeps what the form does not show.
fn to_columns(fields: Vec<ColumnField>, before: &[ListColumn]) -> Result<Vec<ListColumn>, ApiError> {
    let nameless = |field: &&ColumnField| !field.remove && field.name.is_empty();
    if let Some(old) =
        fields.iter().filter(nameless).find_map(|field| before.iter().find(|old| old.id == field.id))
    {
        let name = &old.name;
        return Err(ApiError::invalid(
            format!(
                "The column “{name}” needs a name. To drop it with all its values, tick “Remove” beside it."
            ),
            format!(
                "Столбцу «{name}» нужно название. Чтобы убрать его вместе со значениями, отметьте рядом «Убрать»."
            ),
        ));
    }
    let filled: Vec<ColumnField> =
        fields.into_iter().filter(|field| !field.remove && !field.name.is_empty()).collect();
    if filled.is_empty() {
        return Err(ApiError::invalid(
            "A list needs at least one column.",
            "Списку нужен хотя бы один столбец.",
        ));
    }
    let mut columns: Vec<ListColumn> = Vec::with_capacity(filled.len());
    for field in filled {
        let name = column_name(&field.name)?;
        if columns.iter().any(|column| column.name == name) {
            return Err(ApiError::invalid(
                format!("Two columns are called “{name}”."),
                format!("Два столбца называются «{name}»."),
            ));
        }
        let old = before.iter().find(|column| column.id == field.id);
        columns.push(ListColumn {
            id: old.map_or_else(|| hex::encode(random::<6>()), |column| column.id.clone()),
            name,
            kind: KINDS
                .iter()
                .find(|choice| choice.value == field.kind)
                .map(|choice| choice.kind)
                .unwrap_or_default(),
            unique: field.unique,
            indexed: old.is_some_and(|column| column.indexed),
        });
    }
    Ok(columns)
}

/// # Errors
/// Empty, too long, or a name the system keeps for itself.
pub fn column_name(text: &str) -> Result<String, ApiError> {
    let name = forms::required(text, 64)?;
    if name.starts_with('_') {
        return Err(ApiError::invalid(
            "The name of a column must not begin with _.",
            "Название столбца не может начинаться с _.",
        ));
    }
    Ok(name)
}

/// `GET /lists/new`
pub async fn get_new(_: Session, l: Layout) -> Result<HttpResponse, ApiError> {
    show(&new_page(l, String::new(), Vec::new(), None))
}

fn new_page(l: Layout, name: String, columns: Vec<ColumnField>, error: Option<String>) -> ColumnsPage {
    ColumnsPage {
        title: l.t("lists-new").into_owned(),
        action: "/lists/new".to_owned(),
        back: "/lists".to_owned(),
        delete_url: None,
        name,
        columns: with_spares(columns),
        types: &KINDS,
        error,
        l,
    }
}

/// `POST /lists/new`
pub async fn post_new(
    services: web::Data<Services>,
    session: Session,
    form: web::Form<Fields>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (name, columns) = (form.get("name").cloned().unwrap_or_default(), read_columns(&form));
    if form.contains_key("more") {
        return show(&new_page(l, name, columns, None));
    }
    match create(&services, session.workspace, &name, columns.clone()).await {
        Ok(list) => Ok(see_other_with(&format!("/lists/{list}"), "flash-created")),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&new_page(l, name, columns, error))
        }
        Err(error) => Err(error),
    }
}

async fn create(
    services: &Services,
    workspace: WorkspaceId,
    name: &str,
    columns: Vec<ColumnField>,
) -> Result<ListId, ApiError> {
    let name = forms::required(name, 64)?;
    let columns = to_columns(columns, &[])?;
    services.configure(workspace, move |tx| lists::insert(tx, workspace, &name, &columns, now())).await
}

/// `GET /lists/{id}/columns`
pub async fn get_columns(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let list = find(&services, session.workspace, ListId(*id)).await?;
    let wanted = list.wanted_columns();
    let columns = wanted.iter().map(|column| ColumnField {
        id: column.id.clone(),
        name: column.name.clone(),
        kind: kind_choice(column.kind).value,
        unique: column.unique,
        remove: false,
    });
    show(&edit_page(l, &list, list.name.clone(), columns.collect(), None))
}

fn edit_page(
    l: Layout,
    list: &List,
    name: String,
    columns: Vec<ColumnField>,
    error: Option<String>,
) -> ColumnsPage {
    ColumnsPage {
        title: l.with("list-edit-title", "name", list.name.as_str()),
        action: format!("/lists/{}/columns", list.id),
        back: format!("/lists/{}", list.id),
        delete_url: Some(format!("/lists/{}/delete", list.id)),
        name,
        columns: with_spares(columns),
        types: &KINDS,
        error,
        l,
    }
}

/// `POST /lists/{id}/columns`
pub async fn post_columns(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<Fields>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let list = find(&services, session.workspace, ListId(*id)).await?;
    let (name, columns) = (form.get("name").cloned().unwrap_or_default(), read_columns(&form));
    if form.contains_key("more") {
        return show(&edit_page(l, &list, name, columns, None));
    }
    match save(&services, session.workspace, &list, &name, columns.clone()).await {
        Ok(()) => Ok(see_other_with(&format!("/lists/{id}"), "flash-saved")),
        Err(error) if error.code.is_about_input() => {
            let error = Some(error.text(l.texts));
            show_refused(&edit_page(l, &list, name, columns, error))
        }
        Err(error) => Err(error),
    }
}

async fn save(
    services: &Services,
    workspace: WorkspaceId,
    list: &List,
    name: &str,
    columns: Vec<ColumnField>,
) -> Result<(), ApiError> {
    let name = forms::required(name, 64)?;
    let (id, columns) = (list.id, to_columns(columns, &list.wanted_columns())?);
    services.configure(workspace, move |tx| lists::update(tx, workspace, id, &name, &columns, now())).await
}

/// A list of this workspace.
///
/// # Errors
/// Not found.
pub async fn find(services: &Services, workspace: WorkspaceId, list: ListId) -> Result<List, ApiError> {
    let found = services.read(move |connection| lists::find(connection, workspace, list)).await?;
    found.ok_or_else(ApiError::not_found)
}

/// `GET /lists/{id}/delete`
pub async fn get_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let list = find(&services, session.workspace, ListId(*id)).await?;
    show(&ConfirmPage {
        title: l.with("list-delete-title", "name", list.name),
        text: l.t("list-delete-text").into_owned(),
        action: format!("/lists/{id}/delete"),
        back: format!("/lists/{id}/columns"),
        l,
    })
}

/// `POST /lists/{id}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let (workspace, user, id) = (session.workspace, session.user, ListId(*id));
    services
        .configure(workspace, move |tx| {
            audit_log::insert(tx, workspace, Some(user), "list.delete", &format!("list/{id}"), now())?;
            lists::delete(tx, workspace, id)
        })
        .await?;
    Ok(see_other_with("/lists", "flash-deleted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_becomes_columns() {
        let form = fields(&[
            ("name_0", " Dish "),
            ("type_0", "text"),
            ("unique_0", "1"),
            ("id_0", "c1"),
            ("name_1", ""),
            ("type_1", "number"),
            ("name_2", "Price"),
            ("type_2", "number"),
        ]);
        let before = ListColumn {
            id: "c1".into(),
            name: "Old".into(),
            kind: ColumnKind::Text,
            unique: false,
            indexed: true,
        };
        let columns = to_columns(read_columns(&form), &[before]).unwrap();
        let seen: Vec<_> = columns.iter().map(|c| (c.name.as_str(), c.kind, c.unique, c.indexed)).collect();
        assert_eq!(
            seen,
            [("Dish", ColumnKind::Text, true, true), ("Price", ColumnKind::Number, false, false)]
        );
        assert_eq!(columns[0].id, "c1", "a renamed column stays itself");
    }

    #[test]
    fn columns_need_names_of_their_own() {
        let check = |pairs: &[(&str, &str)]| {
            assert!(to_columns(read_columns(&fields(pairs)), &[]).is_err(), "{pairs:?}");
        };
        check(&[("name_0", "")]);
        check(&[("name_0", "A"), ("name_1", "A")]);
        check(&[("name_0", "_id")]);
    }
}
