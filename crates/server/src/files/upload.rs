//! Takes a file in as it comes: never more than a chunk of it is in memory.

use std::fmt::Display;

use actix_web::web::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use store::files::{self, CHUNK_BYTES, File, NewFile};
use store::{Refusal, audit_log};

use super::{FILE_BYTES, Owner, WORKSPACE_BYTES, name};
use crate::error::{ApiError, Code};
use crate::request::random;
use crate::services::{Services, now};

/// Makes a file of what comes, in the place of the file of this name if there is one. What was begun and is not
/// finished belongs to no file, and the store deletes it a day later.
///
/// # Errors
/// The name; nothing in it; too large; no room left; the upload breaks off.
pub async fn upload<E: Display>(
    services: &Services,
    owner: Owner,
    typed_name: &str,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<File, ApiError> {
    let Owner { workspace, .. } = owner;
    let name = name(typed_name)?;
    let room = room(services, owner, name.clone()).await?;
    let mut content = Content { services, owner, id: new_id(), chunks: 0 };
    let mut size = 0_i64;
    let mut waiting = BytesMut::new();
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|error| {
            tracing::debug!(%error, "an upload broke off");
            ApiError::new(Code::BadRequest)
        })?;
        size += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if size > FILE_BYTES {
            return Err(too_large());
        }
        if size > room {
            return Err(no_room());
        }
        waiting.extend_from_slice(&bytes);
        while waiting.len() >= CHUNK_BYTES {
            content.append(waiting.split_to(CHUNK_BYTES).freeze()).await?;
        }
    }
    if size == 0 {
        return Err(ApiError::invalid("The file is empty.", "Файл пустой."));
    }
    if !waiting.is_empty() {
        content.append(waiting.freeze()).await?;
    }
    let content_type = mime_guess::from_path(&name).first_or_octet_stream().to_string();
    let new =
        NewFile { workspace_id: workspace, name, slug: new_id(), content_id: content.id, content_type, size };
    keep(services, owner, new).await
}

/// 128 random bits.
fn new_id() -> String {
    hex::encode(random::<16>())
}

/// A content on its way in.
struct Content<'a> {
    services: &'a Services,
    owner: Owner,
    id: String,
    chunks: i64,
}

impl Content<'_> {
    async fn append(&mut self, bytes: Bytes) -> Result<(), ApiError> {
        let (workspace, id, number) = (self.owner.workspace, self.id.clone(), self.chunks);
        self.chunks += 1;
        self.services
            .write(move |tx| {
                if number == 0 {
                    files::begin(tx, workspace, &id, now())?;
                }
                files::append(tx, workspace, &id, number, &bytes)
            })
            .await
    }
}

/// Bytes that the file of this name may have.
async fn room(services: &Services, owner: Owner, name: String) -> Result<i64, ApiError> {
    services.read(move |connection| Ok(free_bytes(connection, owner, &name)?)).await
}

fn free_bytes(connection: &mut store::Connection, owner: Owner, name: &str) -> store::DbResult<i64> {
    let taken = files::total_size(connection, owner.workspace)?;
    let replaced = files::find(connection, owner.workspace, name)?.map_or(0, |old| old.size);
    Ok(WORKSPACE_BYTES - taken + replaced)
}

async fn keep(services: &Services, owner: Owner, new: NewFile) -> Result<File, ApiError> {
    let Owner { workspace, user } = owner;
    let kept = services
        .write(move |tx| {
            // Others may have come in meanwhile.
            if new.size > free_bytes(tx, owner, &new.name)? {
                return Ok(None);
            }
            files::keep(tx, &new, now())?;
            audit_log::insert(tx, workspace, user, "file.upload", &format!("file/{}", new.name), now())?;
            Ok(Some(files::find(tx, workspace, &new.name)?.ok_or(Refusal::NotFound)?))
        })
        .await?;
    kept.ok_or_else(no_room)
}

fn too_large() -> ApiError {
    let mb = FILE_BYTES / (1024 * 1024);
    ApiError::new(Code::TooLarge).detail(
        format!("The file is larger than {mb} MB, the most that Telegram takes from a bot."),
        format!("Файл больше {mb} МБ: больше Telegram от бота не примет."),
    )
}

fn no_room() -> ApiError {
    let gb = WORKSPACE_BYTES / (1024 * 1024 * 1024);
    ApiError::new(Code::TooLarge).detail(
        format!("All files together may take {gb} GB; delete some that are not needed."),
        format!("Все файлы вместе могут занимать {gb} ГБ; удалите ненужные."),
    )
}
