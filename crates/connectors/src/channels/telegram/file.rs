//! Files that somebody sent: `getFile` says where one lies, for an hour at least
//! (<https://core.telegram.org/bots/api#getfile>, up to 20 MB).

use serde::{Deserialize, Serialize};

use super::api::BotApi;
use crate::channels::{ChannelError, FileContent};

#[derive(Serialize)]
struct GetFile<'a> {
    file_id: &'a str,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    file_path: String,
    file_size: Option<u64>,
}

pub(super) async fn fetch(
    api: BotApi<'_>,
    file: &str,
    max_bytes: usize,
) -> Result<FileContent, ChannelError> {
    let found: File = api.call_as("getFile", &GetFile { file_id: file }).await?;
    if found.file_size.is_some_and(|size| usize::try_from(size).map_or(true, |size| size > max_bytes)) {
        let text = format!("the file is larger than {max_bytes} bytes");
        return Err(ChannelError::Rejected { code: 413, text });
    }
    let bytes = api.download(&found.file_path, max_bytes).await?;
    let name = found.file_path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(FileContent { bytes, name, content_type: None })
}
