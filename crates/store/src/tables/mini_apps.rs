//! Mini apps: the owner's HTML, served under an unguessable address, and what it was before.

use diesel::prelude::*;
use engine::ids::{BotId, MiniAppId, UtcMs, WorkspaceId};

use crate::columns::{MaybeNum, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::{mini_app_versions, mini_apps};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mini_apps)]
pub struct MiniApp {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub id: MiniAppId,
    pub name: String,
    /// Random part of the address; 128 bits or more.
    pub slug: String,
    pub html: String,
    #[diesel(deserialize_as = MaybeNum)]
    pub bot_id: Option<BotId>,
    #[diesel(deserialize_as = Num, column_name = updated_at_ms)]
    pub updated_at: UtcMs,
}

/// A mini app without its HTML, for lists.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mini_apps)]
pub struct MiniAppSummary {
    #[diesel(deserialize_as = Num)]
    pub id: MiniAppId,
    pub name: String,
    pub slug: String,
    #[diesel(deserialize_as = MaybeNum)]
    pub bot_id: Option<BotId>,
    #[diesel(deserialize_as = Num, column_name = updated_at_ms)]
    pub updated_at: UtcMs,
}

/// A page that was saved over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiniAppVersion {
    /// 1 was the first; the page that stands now has the number behind the last of them.
    pub number: i64,
    /// When it was saved itself.
    pub saved_at: UtcMs,
}

/// How many pages of an app are kept besides the one it has.
const VERSIONS_KEPT: i64 = 50;

#[derive(Clone, Debug)]
pub struct NewMiniApp {
    pub workspace_id: WorkspaceId,
    pub name: String,
    pub slug: String,
    pub html: String,
    pub bot_id: Option<BotId>,
}

/// # Errors
/// [`Refusal::Duplicate`] when the name is taken.
pub fn insert(tx: &mut Tx, new: &NewMiniApp, now: UtcMs) -> Result<MiniAppId, JobError> {
    let id: Option<i64> = on!(tx.0, c => diesel::insert_into(mini_apps::table)
        .values((
            mini_apps::workspace_id.eq(new.workspace_id.0),
            mini_apps::name.eq(&new.name),
            mini_apps::slug.eq(&new.slug),
            mini_apps::html.eq(&new.html),
            mini_apps::bot_id.eq(new.bot_id.map(|bot| bot.0)),
            mini_apps::updated_at_ms.eq(now.0),
        ))
        .on_conflict((mini_apps::workspace_id, mini_apps::name))
        .do_nothing()
        .returning(mini_apps::id)
        .get_result(c)
        .optional())?;
    id.map(MiniAppId).ok_or_else(|| Refusal::Duplicate { what: "name".into() }.into())
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<MiniAppSummary>> {
    on!(connection, c => mini_apps::table
        .filter(mini_apps::workspace_id.eq(workspace.0))
        .order(mini_apps::name)
        .select(MiniAppSummary::as_select())
        .load(c))
}

pub fn find(
    connection: &mut Connection,
    workspace: WorkspaceId,
    app: MiniAppId,
) -> DbResult<Option<MiniApp>> {
    on!(connection, c => mini_apps::table
        .filter(mini_apps::workspace_id.eq(workspace.0))
        .filter(mini_apps::id.eq(app.0))
        .select(MiniApp::as_select())
        .first(c)
        .optional())
}

/// By the address, which is a secret and tells the workspace.
pub fn find_by_slug(connection: &mut Connection, slug: &str) -> DbResult<Option<MiniApp>> {
    on!(connection, c => mini_apps::table
        .filter(mini_apps::slug.eq(slug))
        .select(MiniApp::as_select())
        .first(c)
        .optional())
}

/// Changes everything but the address; a page that is saved over is kept as a version.
///
/// # Errors
/// [`Refusal::Duplicate`] when the name is taken, [`Refusal::NotFound`].
pub fn update(
    tx: &mut Tx,
    workspace: WorkspaceId,
    app: MiniAppId,
    name: &str,
    html: &str,
    bot: Option<BotId>,
    now: UtcMs,
) -> Result<(), JobError> {
    let taken: i64 = on!(tx.0, c => mini_apps::table
        .filter(mini_apps::workspace_id.eq(workspace.0))
        .filter(mini_apps::name.eq(name))
        .filter(mini_apps::id.ne(app.0))
        .count()
        .get_result(c))?;
    if taken > 0 {
        return Err(Refusal::Duplicate { what: "name".into() }.into());
    }
    // The row is locked from here on: two who save at once take turns.
    let rows = on!(tx.0, c => diesel::update(mini_apps::table
            .filter(mini_apps::workspace_id.eq(workspace.0))
            .filter(mini_apps::id.eq(app.0)))
        .set((mini_apps::name.eq(name), mini_apps::bot_id.eq(bot.map(|bot| bot.0))))
        .execute(c))?;
    if rows == 0 {
        return Err(Refusal::NotFound.into());
    }
    let old = find(tx, workspace, app)?.ok_or(Refusal::NotFound)?;
    if old.html == html {
        return Ok(());
    }
    keep_version(tx, &old)?;
    set_html(tx, workspace, app, html, now)
}

fn keep_version(tx: &mut Tx, old: &MiniApp) -> Result<(), JobError> {
    let newest = list_versions(tx, old.workspace_id, old.id)?.first().map_or(0, |version| version.number);
    on!(tx.0, c => diesel::insert_into(mini_app_versions::table)
        .values((
            mini_app_versions::workspace_id.eq(old.workspace_id.0),
            mini_app_versions::mini_app_id.eq(old.id.0),
            mini_app_versions::number.eq(newest + 1),
            mini_app_versions::html.eq(&old.html),
            mini_app_versions::saved_at_ms.eq(old.updated_at.0),
        ))
        .execute(c))?;
    on!(tx.0, c => diesel::delete(mini_app_versions::table
            .filter(mini_app_versions::workspace_id.eq(old.workspace_id.0))
            .filter(mini_app_versions::mini_app_id.eq(old.id.0))
            .filter(mini_app_versions::number.le(newest + 1 - VERSIONS_KEPT)))
        .execute(c))?;
    Ok(())
}

/// The pages an app had before, newest first.
pub fn list_versions(
    connection: &mut Connection,
    workspace: WorkspaceId,
    app: MiniAppId,
) -> DbResult<Vec<MiniAppVersion>> {
    let rows: Vec<(i64, i64)> = on!(connection, c => mini_app_versions::table
        .filter(mini_app_versions::workspace_id.eq(workspace.0))
        .filter(mini_app_versions::mini_app_id.eq(app.0))
        .order(mini_app_versions::number.desc())
        .select((mini_app_versions::number, mini_app_versions::saved_at_ms))
        .load(c))?;
    Ok(rows.into_iter().map(|(number, at)| MiniAppVersion { number, saved_at: UtcMs(at) }).collect())
}

/// The HTML an app had before.
pub fn find_version(
    connection: &mut Connection,
    workspace: WorkspaceId,
    app: MiniAppId,
    number: i64,
) -> DbResult<Option<String>> {
    on!(connection, c => mini_app_versions::table
        .filter(mini_app_versions::workspace_id.eq(workspace.0))
        .filter(mini_app_versions::mini_app_id.eq(app.0))
        .filter(mini_app_versions::number.eq(number))
        .select(mini_app_versions::html)
        .first(c)
        .optional())
}

/// Gives an app another page without keeping the one it has, such as one that nobody has seen yet.
pub fn set_html(
    tx: &mut Tx,
    workspace: WorkspaceId,
    app: MiniAppId,
    html: &str,
    now: UtcMs,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(mini_apps::table
            .filter(mini_apps::workspace_id.eq(workspace.0))
            .filter(mini_apps::id.eq(app.0)))
        .set((mini_apps::html.eq(html), mini_apps::updated_at_ms.eq(now.0)))
        .execute(c))?;
    Ok(())
}

/// # Errors
/// [`Refusal::NotFound`].
pub fn delete(tx: &mut Tx, workspace: WorkspaceId, app: MiniAppId) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::delete(mini_apps::table
            .filter(mini_apps::workspace_id.eq(workspace.0))
            .filter(mini_apps::id.eq(app.0)))
        .execute(c))?;
    if rows == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}
