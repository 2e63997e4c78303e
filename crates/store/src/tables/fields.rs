//! Values that outlive a run: the subscriber's fields, the person's, and the workspace's globals.
//!
//! Each is its own row, so that two lanes that set different names never overwrite each other.

use diesel::prelude::*;
use engine::ids::{BotId, WorkspaceId};
use engine::list::{Bounds, increase};
use engine::value::Value;

use crate::cached::{CachedDsl, here};
use crate::columns::text_enum;
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::fields;

text_enum! {
    /// Whose value it is.
    Scope { Client = "client", Person = "person", Global = "global" }
}

/// Whose values are meant: a scope and the key within it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    pub scope: Scope,
    /// `<bot id>:<user>`, `<channel>:<user>`, or empty for globals.
    pub key: String,
}

impl Owner {
    pub fn client(bot: BotId, user: &str) -> Self {
        Self { scope: Scope::Client, key: format!("{bot}:{user}") }
    }

    pub fn person(channel: &str, user: &str) -> Self {
        Self { scope: Scope::Person, key: format!("{channel}:{user}") }
    }

    pub fn global() -> Self {
        Self { scope: Scope::Global, key: String::new() }
    }
}

/// Names with their values as JSON, ordered by name. `names: None` loads all.
pub fn load(
    connection: &mut Connection,
    workspace: WorkspaceId,
    owner: &Owner,
    names: Option<&[String]>,
) -> DbResult<Vec<(String, String)>> {
    match names {
        Some([]) => Ok(Vec::new()),
        Some(names) => on!(connection, c => fields::table
            .filter(fields::workspace_id.eq(workspace.0))
            .filter(fields::scope.eq(owner.scope))
            .filter(fields::owner.eq(&owner.key))
            .filter(fields::name.eq_any(names))
            .order(fields::name)
            .select((fields::name, fields::value))
            .cached()
            .load(c)),
        None => on!(connection, c => fields::table
            .filter(fields::workspace_id.eq(workspace.0))
            .filter(fields::scope.eq(owner.scope))
            .filter(fields::owner.eq(&owner.key))
            .order(fields::name)
            .select((fields::name, fields::value))
            .load(c)),
    }
}

/// One name of many owners, with the owner's key.
pub fn load_named(
    connection: &mut Connection,
    workspace: WorkspaceId,
    scope: Scope,
    owners: &[String],
    name: &str,
) -> DbResult<Vec<(String, String)>> {
    on!(connection, c => fields::table
        .filter(fields::workspace_id.eq(workspace.0))
        .filter(fields::scope.eq(scope))
        .filter(fields::owner.eq_any(owners))
        .filter(fields::name.eq(name))
        .select((fields::owner, fields::value))
        .load(c))
}

/// Sets one value; the last writer wins.
pub fn upsert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    owner: &Owner,
    name: &str,
    value: &str,
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(fields::table)
        .values((
            fields::workspace_id.eq(workspace.0),
            fields::scope.eq(owner.scope),
            fields::owner.eq(&owner.key),
            fields::name.eq(name),
            fields::value.eq(value),
        ))
        .on_conflict((fields::workspace_id, fields::scope, fields::owner, fields::name))
        .do_update()
        .set(fields::value.eq(value))
        .changing(here!())
        .run(c))?;
    Ok(())
}

/// Deletes one value; answers whether there was one.
pub fn delete(tx: &mut Tx, workspace: WorkspaceId, owner: &Owner, name: &str) -> Result<bool, JobError> {
    let rows = on!(tx.0, c => diesel::delete(fields::table
            .filter(fields::workspace_id.eq(workspace.0))
            .filter(fields::scope.eq(owner.scope))
            .filter(fields::owner.eq(&owner.key))
            .filter(fields::name.eq(name)))
        .execute(c))?;
    Ok(rows > 0)
}

/// Deletes all values of one owner, as for "forget me"; answers how many.
pub fn delete_all(tx: &mut Tx, workspace: WorkspaceId, owner: &Owner) -> Result<usize, JobError> {
    Ok(on!(tx.0, c => diesel::delete(fields::table
            .filter(fields::workspace_id.eq(workspace.0))
            .filter(fields::scope.eq(owner.scope))
            .filter(fields::owner.eq(&owner.key)))
        .execute(c))?)
}

/// Adds to a number as one step, whoever else does so at the same time; answers the new value. A value that
/// is not there counts as 0.
///
/// # Errors
/// [`Refusal::Step`] for what is no number, and for one that would leave its bounds.
pub fn increment(
    tx: &mut Tx,
    workspace: WorkspaceId,
    owner: &Owner,
    name: &str,
    by: &Value,
    bounds: Bounds,
) -> Result<Value, JobError> {
    // Setting the value to itself takes the row's lock on PostgreSQL and tells the value in one round trip.
    let value: String = on!(tx.0, c => diesel::insert_into(fields::table)
        .values((
            fields::workspace_id.eq(workspace.0),
            fields::scope.eq(owner.scope),
            fields::owner.eq(&owner.key),
            fields::name.eq(name),
            fields::value.eq("0"),
        ))
        .on_conflict((fields::workspace_id, fields::scope, fields::owner, fields::name))
        .do_update()
        .set(fields::value.eq(fields::value))
        .returning(fields::value)
        .fixed(here!())
        .get_result(c))?;
    let malformed =
        |error: serde_json::Error| Refusal::Malformed { what: name.into(), why: error.to_string() };
    let old: Value = serde_json::from_str(&value).map_err(malformed)?;
    let new = increase(name, &old, by, bounds).map_err(Refusal::Step)?;
    let json = serde_json::to_string(&new).map_err(malformed)?;
    upsert(tx, workspace, owner, name, &json)?;
    Ok(new)
}
