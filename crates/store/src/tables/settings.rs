//! Values of the installation itself, not of a tenant.

use diesel::prelude::*;

use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::settings;

pub fn find(connection: &mut Connection, name: &str) -> DbResult<Option<String>> {
    on!(connection, c => settings::table
        .filter(settings::name.eq(name))
        .select(settings::value)
        .first(c)
        .optional())
}

pub fn upsert(tx: &mut Tx, name: &str, value: &str) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(settings::table)
        .values((settings::name.eq(name), settings::value.eq(value)))
        .on_conflict(settings::name)
        .do_update()
        .set(settings::value.eq(value))
        .execute(c))?;
    Ok(())
}
