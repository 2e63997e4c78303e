//! People who sign in to the admin, and what they may do in which workspace.

use diesel::prelude::*;
use engine::ids::{UserId, UtcMs, WorkspaceId};

use crate::columns::{Locale, Num, text_enum};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::{memberships, users, workspaces};

text_enum! {
    /// What a member may do.
    Role {
        /// Everything, members and tokens included.
        Owner = "owner",
        /// Build and publish.
        Editor = "editor",
        /// Look.
        Viewer = "viewer",
    }
}

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct User {
    #[diesel(deserialize_as = Num)]
    pub id: UserId,
    /// In lower case; unique.
    pub email: String,
    pub name: String,
    /// A PHC string.
    pub password_hash: String,
    pub locale: Locale,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
}

#[derive(Clone)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub locale: Locale,
}

/// # Errors
/// [`Refusal::Duplicate`] when the address is taken.
pub fn insert(tx: &mut Tx, new: &NewUser, now: UtcMs) -> Result<UserId, JobError> {
    let email = new.email.trim().to_lowercase();
    let id: Option<i64> = on!(tx.0, c => diesel::insert_into(users::table)
        .values((
            users::email.eq(&email),
            users::name.eq(&new.name),
            users::password_hash.eq(&new.password_hash),
            users::locale.eq(new.locale),
            users::created_at_ms.eq(now.0),
        ))
        .on_conflict(users::email)
        .do_nothing()
        .returning(users::id)
        .get_result(c)
        .optional())?;
    match id {
        Some(id) => Ok(UserId(id)),
        None => Err(Refusal::Duplicate { what: "email".into() }.into()),
    }
}

/// How many people there are; 0 means that the first visit makes the owner.
pub fn count(connection: &mut Connection) -> DbResult<i64> {
    on!(connection, c => users::table.count().get_result(c))
}

pub fn find(connection: &mut Connection, user: UserId) -> DbResult<Option<User>> {
    on!(connection, c => users::table
        .filter(users::id.eq(user.0))
        .select(User::as_select())
        .first(c)
        .optional())
}

pub fn find_by_email(connection: &mut Connection, email: &str) -> DbResult<Option<User>> {
    let email = email.trim().to_lowercase();
    on!(connection, c => users::table
        .filter(users::email.eq(&email))
        .select(User::as_select())
        .first(c)
        .optional())
}

pub fn set_password_hash(tx: &mut Tx, user: UserId, password_hash: &str) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(users::table.filter(users::id.eq(user.0)))
        .set(users::password_hash.eq(password_hash))
        .execute(c))?;
    if rows == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}

pub fn set_name(tx: &mut Tx, user: UserId, name: &str) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(users::table.filter(users::id.eq(user.0)))
        .set(users::name.eq(name))
        .execute(c))?;
    if rows == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}

pub fn set_locale(tx: &mut Tx, user: UserId, locale: Locale) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(users::table.filter(users::id.eq(user.0)))
        .set(users::locale.eq(locale))
        .execute(c))?;
    if rows == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}

/// Makes somebody a member, or changes the role.
pub fn set_membership(tx: &mut Tx, workspace: WorkspaceId, user: UserId, role: Role) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(memberships::table)
        .values((
            memberships::workspace_id.eq(workspace.0),
            memberships::user_id.eq(user.0),
            memberships::role.eq(role),
        ))
        .on_conflict((memberships::workspace_id, memberships::user_id))
        .do_update()
        .set(memberships::role.eq(role))
        .execute(c))?;
    Ok(())
}

pub fn delete_membership(tx: &mut Tx, workspace: WorkspaceId, user: UserId) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::delete(memberships::table
            .filter(memberships::workspace_id.eq(workspace.0))
            .filter(memberships::user_id.eq(user.0)))
        .execute(c))?;
    if rows == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}

/// The role in a workspace; `None` for a stranger.
pub fn find_role(
    connection: &mut Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> DbResult<Option<Role>> {
    on!(connection, c => memberships::table
        .filter(memberships::workspace_id.eq(workspace.0))
        .filter(memberships::user_id.eq(user.0))
        .select(memberships::role)
        .first(c)
        .optional())
}

/// The workspaces of a person with their names, in order of age.
pub fn list_memberships(
    connection: &mut Connection,
    user: UserId,
) -> DbResult<Vec<(WorkspaceId, String, Role)>> {
    let rows: Vec<(i64, String, Role)> = on!(connection, c => memberships::table
        .inner_join(workspaces::table.on(workspaces::id.eq(memberships::workspace_id)))
        .filter(memberships::user_id.eq(user.0))
        .order(workspaces::id)
        .select((workspaces::id, workspaces::name, memberships::role))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, name, role)| (WorkspaceId(id), name, role)).collect())
}

/// The members of a workspace.
pub fn list_members(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<(User, Role)>> {
    on!(connection, c => memberships::table
        .inner_join(users::table.on(users::id.eq(memberships::user_id)))
        .filter(memberships::workspace_id.eq(workspace.0))
        .order(users::id)
        .select((User::as_select(), memberships::role))
        .load(c))
}
