//! Files that builders keep: what scenarios send and mini apps show.
//!
//! A file has a name, an address and a content; to upload it again gives it another content. Contents are kept in
//! chunks, so that neither the writer nor a reader is held up by a large one: [`begin`], [`append`] for each
//! [`CHUNK_BYTES`], [`keep`]. One that no file has any more goes a day later.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use engine::ids::{BotId, UtcMs, WorkspaceId};
use engine::message::MediaKind;

use crate::columns::Num;
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::{file_chunks, file_contents, files, sent_files};

/// Bytes of every chunk of a content but its last.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// A file without what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = files)]
pub struct File {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    pub name: String,
    /// Random part of the address; 128 bits.
    pub slug: String,
    /// Names what is in it now; never used again for anything else.
    pub content_id: String,
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    #[diesel(deserialize_as = Num, column_name = updated_at_ms)]
    pub updated_at: UtcMs,
}

/// What is to become a file, or the new content of one.
#[derive(Clone, Debug)]
pub struct NewFile {
    pub workspace_id: WorkspaceId,
    pub name: String,
    /// Of the address, unless there is a file of this name, which keeps its own.
    pub slug: String,
    pub content_id: String,
    pub content_type: String,
    pub size: i64,
}

/// Begins a content; `content` is 128 random bits.
pub fn begin(tx: &mut Tx, workspace: WorkspaceId, content: &str, now: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(file_contents::table)
        .values((
            file_contents::workspace_id.eq(workspace.0),
            file_contents::id.eq(content),
            file_contents::unused_since_ms.eq(now.0),
        ))
        .execute(c))?;
    Ok(())
}

/// Adds a chunk to a content that was begun; they are counted from 0.
pub fn append(
    tx: &mut Tx,
    workspace: WorkspaceId,
    content: &str,
    number: i64,
    bytes: &[u8],
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::insert_into(file_chunks::table)
        .values((
            file_chunks::workspace_id.eq(workspace.0),
            file_chunks::content_id.eq(content),
            file_chunks::number.eq(number),
            file_chunks::bytes.eq(bytes),
        ))
        .execute(c))?;
    Ok(())
}

/// Makes a file of a content that is complete, in the place of the file of this name if there is one.
///
/// # Errors
/// [`Refusal::NotFound`] when the upload took so long that its content was given up.
pub fn keep(tx: &mut Tx, new: &NewFile, now: UtcMs) -> Result<(), JobError> {
    let used = on!(tx.0, c => diesel::update(file_contents::table
            .filter(file_contents::workspace_id.eq(new.workspace_id.0))
            .filter(file_contents::id.eq(&new.content_id)))
        .set(file_contents::unused_since_ms.eq(None::<i64>))
        .execute(c))?;
    if used == 0 {
        return Err(Refusal::NotFound.into());
    }
    let old = find(tx, new.workspace_id, &new.name)?;
    on!(tx.0, c => diesel::insert_into(files::table)
        .values((
            files::workspace_id.eq(new.workspace_id.0),
            files::name.eq(&new.name),
            files::slug.eq(&new.slug),
            files::content_id.eq(&new.content_id),
            files::content_type.eq(&new.content_type),
            files::size.eq(new.size),
            files::updated_at_ms.eq(now.0),
        ))
        .on_conflict((files::workspace_id, files::name))
        .do_update()
        .set((
            files::content_id.eq(&new.content_id),
            files::content_type.eq(&new.content_type),
            files::size.eq(new.size),
            files::updated_at_ms.eq(now.0),
        ))
        .execute(c))?;
    match old {
        Some(old) => give_up(tx, new.workspace_id, &old.content_id, now),
        None => Ok(()),
    }
}

/// Nobody needs this content any more: it goes a day later.
fn give_up(tx: &mut Tx, workspace: WorkspaceId, content: &str, now: UtcMs) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(file_contents::table
            .filter(file_contents::workspace_id.eq(workspace.0))
            .filter(file_contents::id.eq(content)))
        .set(file_contents::unused_since_ms.eq(now.0))
        .execute(c))?;
    Ok(())
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<File>> {
    on!(connection, c => files::table
        .filter(files::workspace_id.eq(workspace.0))
        .order(files::name)
        .select(File::as_select())
        .load(c))
}

/// Bytes of all files together.
pub fn total_size(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<i64> {
    let total: Option<i64> = on!(connection, c => files::table
        .filter(files::workspace_id.eq(workspace.0))
        .select(sql::<Nullable<BigInt>>("CAST(SUM(size) AS BIGINT)"))
        .first(c))?;
    Ok(total.unwrap_or_default())
}

pub fn find(connection: &mut Connection, workspace: WorkspaceId, name: &str) -> DbResult<Option<File>> {
    on!(connection, c => files::table
        .filter(files::workspace_id.eq(workspace.0))
        .filter(files::name.eq(name))
        .select(File::as_select())
        .first(c)
        .optional())
}

/// By the address, which is a secret and tells the workspace.
pub fn find_by_slug(connection: &mut Connection, slug: &str) -> DbResult<Option<File>> {
    on!(connection, c => files::table
        .filter(files::slug.eq(slug))
        .select(File::as_select())
        .first(c)
        .optional())
}

/// A piece of a content; `None` behind the last one, and when the content is gone.
pub fn find_chunk(
    connection: &mut Connection,
    workspace: WorkspaceId,
    content: &str,
    number: i64,
) -> DbResult<Option<Vec<u8>>> {
    on!(connection, c => file_chunks::table
        .filter(file_chunks::workspace_id.eq(workspace.0))
        .filter(file_chunks::content_id.eq(content))
        .filter(file_chunks::number.eq(number))
        .select(file_chunks::bytes)
        .first(c)
        .optional())
}

/// # Errors
/// [`Refusal::NotFound`].
pub fn delete(tx: &mut Tx, workspace: WorkspaceId, name: &str, now: UtcMs) -> Result<(), JobError> {
    let file = find(tx, workspace, name)?.ok_or(Refusal::NotFound)?;
    on!(tx.0, c => diesel::delete(files::table
            .filter(files::workspace_id.eq(workspace.0))
            .filter(files::name.eq(name)))
        .execute(c))?;
    give_up(tx, workspace, &file.content_id, now)
}

/// The messenger's id of a content that this bot has sent as this kind of thing.
pub fn find_sent(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
    content: &str,
    kind: MediaKind,
) -> DbResult<Option<String>> {
    on!(connection, c => sent_files::table
        .filter(sent_files::workspace_id.eq(workspace.0))
        .filter(sent_files::bot_id.eq(bot.0))
        .filter(sent_files::content_id.eq(content))
        .filter(sent_files::kind.eq(kind.as_str()))
        .select(sent_files::external_id)
        .first(c)
        .optional())
}

/// Keeps the messenger's id of a content; one that is gone meanwhile has none.
pub fn note_sent(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    content: &str,
    kind: MediaKind,
    external_id: &str,
) -> Result<(), JobError> {
    let contents: i64 = on!(tx.0, c => file_contents::table
        .filter(file_contents::workspace_id.eq(workspace.0))
        .filter(file_contents::id.eq(content))
        .count()
        .get_result(c))?;
    if contents == 0 {
        return Ok(());
    }
    on!(tx.0, c => diesel::insert_into(sent_files::table)
        .values((
            sent_files::workspace_id.eq(workspace.0),
            sent_files::bot_id.eq(bot.0),
            sent_files::content_id.eq(content),
            sent_files::kind.eq(kind.as_str()),
            sent_files::external_id.eq(external_id),
        ))
        .on_conflict((
            sent_files::workspace_id,
            sent_files::bot_id,
            sent_files::content_id,
            sent_files::kind,
        ))
        .do_update()
        .set(sent_files::external_id.eq(external_id))
        .execute(c))?;
    Ok(())
}

/// The messenger does not know its ids of these contents any more.
pub fn forget_sent(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    contents: &[String],
) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(sent_files::table
            .filter(sent_files::workspace_id.eq(workspace.0))
            .filter(sent_files::bot_id.eq(bot.0))
            .filter(sent_files::content_id.eq_any(contents)))
        .execute(c))?;
    Ok(())
}

/// The same of all that a bot has sent.
pub(crate) fn forget_all_sent(tx: &mut Tx, workspace: WorkspaceId, bot: BotId) -> Result<(), JobError> {
    on!(tx.0, c => diesel::delete(sent_files::table
            .filter(sent_files::workspace_id.eq(workspace.0))
            .filter(sent_files::bot_id.eq(bot.0)))
        .execute(c))?;
    Ok(())
}

/// Deletes up to `limit` chunks of a content that nobody has needed since before then, or one that has none left.
pub(crate) fn delete_unused(tx: &mut Tx, before: UtcMs, limit: i64) -> Result<usize, JobError> {
    let unused: Option<(i64, String)> = on!(tx.0, c => file_contents::table
        .filter(file_contents::unused_since_ms.lt(before.0))
        .order(file_contents::unused_since_ms)
        .select((file_contents::workspace_id, file_contents::id))
        .first(c)
        .optional())?;
    let Some((workspace, content)) = unused else { return Ok(0) };
    let of_content = || {
        file_chunks::table
            .filter(file_chunks::workspace_id.eq(workspace))
            .filter(file_chunks::content_id.eq(&content))
    };
    let numbers: Vec<i64> = on!(tx.0, c => of_content()
        .order(file_chunks::number)
        .limit(limit)
        .select(file_chunks::number)
        .load(c))?;
    if !numbers.is_empty() {
        let rows = on!(tx.0, c => diesel::delete(of_content().filter(file_chunks::number.eq_any(&numbers)))
            .execute(c))?;
        return Ok(rows);
    }
    Ok(on!(tx.0, c => diesel::delete(file_contents::table
            .filter(file_contents::workspace_id.eq(workspace))
            .filter(file_contents::id.eq(&content)))
        .execute(c))?)
}
