//! Rows of a list.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use engine::ids::{ListId, RowId, WorkspaceId};
use engine::value::{Map, Value};
use serde::Deserialize;
use store::lists::{self, List, ListRow};
use store::{JobError, Refusal, Tx};

use super::ConfirmPage;
use super::layout::{Layout, show, show_refused};
use super::lists::{find, kind_choice};
use crate::auth::Session;
use crate::cells;
use crate::error::ApiError;
use crate::flash::see_other_with;
use crate::services::{Services, now};

/// Rows on one page.
const PAGE_ROWS: i64 = 50;
/// Characters of a cell the table shows.
const CELL_CHARS: usize = 120;

#[derive(Template)]
#[template(path = "lists/rows.html")]
struct RowsPage {
    l: Layout,
    id: ListId,
    name: String,
    /// What is going on with the indexes.
    notice: Option<String>,
    columns: Vec<String>,
    rows: Vec<RowView>,
    page: i64,
    has_more: bool,
}

struct RowView {
    id: RowId,
    cells: Vec<String>,
}

#[derive(Deserialize)]
pub struct PageQuery {
    #[serde(default)]
    page: i64,
}

/// `GET /lists/{id}`
pub async fn get_rows(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    query: web::Query<PageQuery>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let list = find(&services, session.workspace, ListId(*id)).await?;
    let page = query.page.clamp(1, 1_000_000);
    let (of_list, offset) = (list.clone(), (page - 1) * PAGE_ROWS);
    let load =
        move |connection: &mut store::Connection| lists::page(connection, &of_list, offset, PAGE_ROWS + 1);
    let mut found = services.read(load).await?;
    let shown = usize::try_from(PAGE_ROWS).unwrap_or_default();
    let has_more = found.len() > shown;
    found.truncate(shown);
    let notice = match &list.rebuild.shared {
        Some(column) => Some(l.with("list-not-unique", "name", column.as_str())),
        None => list.rebuild.is_needed().then(|| l.t("list-rebuilding").into_owned()),
    };
    show(&RowsPage {
        l,
        notice,
        id: list.id,
        rows: found.into_iter().map(|row| row_view(&list, row)).collect(),
        columns: list.columns.into_iter().map(|column| column.name).collect(),
        name: list.name,
        page,
        has_more,
    })
}

fn row_view(list: &List, row: ListRow) -> RowView {
    let cell =
        |name: &str| shorten(row.cells.get(name).map(|cell| cell.to_text().into_owned()).unwrap_or_default());
    RowView { id: row.id, cells: list.columns.iter().map(|column| cell(&column.name)).collect() }
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(CELL_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[derive(Template)]
#[template(path = "lists/row.html")]
struct RowPage {
    l: Layout,
    list: ListId,
    list_name: String,
    title: String,
    action: String,
    fields: Vec<CellField>,
    error: Option<String>,
}

struct CellField {
    id: String,
    name: String,
    kind: &'static str,
    hint: &'static str,
    unique: bool,
    value: String,
    /// What the row held when the form was made; absent in the form of a new row.
    was: Option<String>,
    /// What a bot, or somebody else, has written there meanwhile.
    theirs: Option<String>,
}

/// The form: `cell_<column id>`, and what it began with: `was_<column id>`.
type Fields = HashMap<String, String>;

impl RowPage {
    fn new(l: Layout, list: &List, row: Option<RowId>, value: impl Fn(&lists::ListColumn) -> String) -> Self {
        let field = |column: &lists::ListColumn| CellField {
            id: column.id.clone(),
            name: column.name.clone(),
            kind: kind_choice(column.kind).value,
            hint: kind_choice(column.kind).hint,
            unique: column.unique,
            value: value(column),
            was: row.is_some().then(|| value(column)),
            theirs: None,
        };
        Self {
            list: list.id,
            list_name: list.name.clone(),
            title: match row {
                Some(_) => l.t("row-edit").into_owned(),
                None => l.t("row-new").into_owned(),
            },
            action: match row {
                Some(row) => format!("/lists/{}/rows/{row}", list.id),
                None => format!("/lists/{}/rows/new", list.id),
            },
            fields: list.columns.iter().map(field).collect(),
            error: None,
            l,
        }
    }

    fn typed(l: Layout, list: &List, row: Option<RowId>, form: &Fields, error: &ApiError) -> Self {
        let text = error.text(l.texts);
        let typed = |column: &lists::ListColumn| {
            form.get(&format!("cell_{}", column.id)).cloned().unwrap_or_default()
        };
        let mut page = Self { error: Some(text), ..Self::new(l, list, row, typed) };
        for field in &mut page.fields {
            field.was = form.get(&format!("was_{}", field.id)).cloned();
        }
        page
    }
}

/// The cells that were typed; those nobody touched stay what they are, whatever they have become meanwhile.
fn read_cells(list: &List, form: &Fields) -> Result<Map, ApiError> {
    let mut row = Map::new();
    for column in &list.columns {
        let Some(text) = typed(form, column) else { continue };
        if was(form, column).as_ref() != Some(&text) {
            row.insert(column.name.clone(), cells::from_input(column, &text)?);
        }
    }
    Ok(row)
}

fn typed(form: &Fields, column: &lists::ListColumn) -> Option<String> {
    form.get(&format!("cell_{}", column.id)).map(|text| text.replace("\r\n", "\n"))
}

/// What a cell held when the form was made. Browsers send line ends their own way.
fn was(form: &Fields, column: &lists::ListColumn) -> Option<String> {
    form.get(&format!("was_{}", column.id)).map(|text| text.replace("\r\n", "\n"))
}

/// The form again when cells that were typed have become something else meanwhile: both are shown, and saving
/// once more takes what was typed.
fn conflict(l: &Layout, list: &List, row: &ListRow, form: &Fields) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    for column in &list.columns {
        let (Some(was), Some(typed)) = (was(form, column), typed(form, column)) else { continue };
        let now = row.cells.get(&column.name).map(cells::to_input).unwrap_or_default();
        if now != was && typed != was && now != typed {
            let shown = if now.is_empty() { l.t("row-changed-empty").into_owned() } else { now };
            found.push((column.id.clone(), shown));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// `GET /lists/{id}/rows/new`
pub async fn get_new(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let list = find(&services, session.workspace, ListId(*id)).await?;
    show(&RowPage::new(l, &list, None, |_| String::new()))
}

/// `POST /lists/{id}/rows/new`
pub async fn post_new(
    services: web::Data<Services>,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<Fields>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let list = find(&services, session.workspace, ListId(*id)).await?;
    let added = match read_cells(&list, &form) {
        Ok(row) => insert(&services, session.workspace, list.name.clone(), row).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(see_other_with(&format!("/lists/{id}"), "flash-created")),
        Err(error) if error.code.is_about_input() => {
            show_refused(&RowPage::typed(l, &list, None, &form, &error))
        }
        Err(error) => Err(error),
    }
}

/// `GET /lists/{id}/rows/{row}`
pub async fn get_row(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, i64)>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (list, row) = find_row(&services, session.workspace, *path).await?;
    let value =
        |column: &lists::ListColumn| row.cells.get(&column.name).map(cells::to_input).unwrap_or_default();
    show(&RowPage::new(l, &list, Some(row.id), value))
}

/// `POST /lists/{id}/rows/{row}`
pub async fn post_row(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, i64)>,
    form: web::Form<Fields>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (list, row) = find_row(&services, session.workspace, *path).await?;
    if let Some(changed) = conflict(&l, &list, &row, &form) {
        let text = l.t("row-changed").into_owned();
        let value =
            |column: &lists::ListColumn| row.cells.get(&column.name).map(cells::to_input).unwrap_or_default();
        let mut page = RowPage { error: Some(text), ..RowPage::new(l, &list, Some(row.id), value) };
        for field in &mut page.fields {
            field.value = form.get(&format!("cell_{}", field.id)).cloned().unwrap_or_default();
            field.theirs = changed.iter().find(|(id, _)| *id == field.id).map(|(_, theirs)| theirs.clone());
        }
        return show_refused(&page);
    }
    let saved = match read_cells(&list, &form) {
        Ok(cells) => update(&services, session.workspace, list.name.clone(), row.id, cells).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(see_other_with(&format!("/lists/{}", list.id), "flash-saved")),
        Err(error) if error.code.is_about_input() => {
            show_refused(&RowPage::typed(l, &list, Some(row.id), &form, &error))
        }
        Err(error) => Err(error),
    }
}

/// `GET /lists/{id}/rows/{row}/delete`
pub async fn get_delete(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, i64)>,
    l: Layout,
) -> Result<HttpResponse, ApiError> {
    let (list, row) = find_row(&services, session.workspace, *path).await?;
    let first = list.columns.first().and_then(|column| row.cells.get(&column.name)).map(Value::to_text);
    show(&ConfirmPage {
        title: l.t("row-delete-title").into_owned(),
        text: format!(
            "{} {}",
            first.map(|text| shorten(text.into_owned())).unwrap_or_default(),
            l.t("row-delete-text")
        ),
        action: format!("/lists/{}/rows/{}/delete", list.id, row.id),
        back: format!("/lists/{}", list.id),
        l,
    })
}

/// `POST /lists/{id}/rows/{row}/delete`
pub async fn post_delete(
    services: web::Data<Services>,
    session: Session,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, ApiError> {
    let (list, row) = find_row(&services, session.workspace, *path).await?;
    delete(&services, session.workspace, list.name, row.id).await?;
    Ok(see_other_with(&format!("/lists/{}", list.id), "flash-deleted"))
}

/// A row of a list of this workspace.
///
/// # Errors
/// Not found.
pub async fn find_row(
    services: &Services,
    workspace: WorkspaceId,
    (list, row): (i64, i64),
) -> Result<(List, ListRow), ApiError> {
    let list = find(services, workspace, ListId(list)).await?;
    let of_list = list.clone();
    let found = services.read(move |connection| lists::find_row(connection, &of_list, RowId(row))).await?;
    Ok((list, found.ok_or_else(ApiError::not_found)?))
}

/// Adds a row of checked cells.
///
/// # Errors
/// A value of a unique column is taken; the list is gone.
pub async fn insert(
    services: &Services,
    workspace: WorkspaceId,
    list: String,
    row: Map,
) -> Result<RowId, ApiError> {
    services
        .write(move |tx| {
            let list = for_write(tx, workspace, &list)?;
            lists::insert_row(tx, &list, &row, now())
        })
        .await
}

/// Changes cells of a row and leaves the others.
///
/// # Errors
/// A value of a unique column is taken; the row is gone.
pub async fn update(
    services: &Services,
    workspace: WorkspaceId,
    list: String,
    row: RowId,
    changes: Map,
) -> Result<ListRow, ApiError> {
    services
        .write(move |tx| {
            let list = for_write(tx, workspace, &list)?;
            lists::update_row(tx, &list, row, &changes, now())
        })
        .await
}

/// # Errors
/// The row is gone.
pub async fn delete(
    services: &Services,
    workspace: WorkspaceId,
    list: String,
    row: RowId,
) -> Result<(), ApiError> {
    services
        .write(move |tx| {
            let list = for_write(tx, workspace, &list)?;
            lists::delete_row(tx, &list, row, now())
        })
        .await
}

fn for_write(tx: &mut Tx, workspace: WorkspaceId, list: &str) -> Result<Arc<List>, JobError> {
    Ok(lists::find_for_write(tx, workspace, list)?.ok_or(Refusal::NotFound)?)
}
