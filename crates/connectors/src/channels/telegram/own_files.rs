//! Files of the workspace: Telegram knows them by an id, or they are uploaded with the call that sends them
//! (<https://core.telegram.org/bots/api#sending-files>).

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use engine::effect::{HttpPart, PartContent, SecretText};
use engine::message::{MediaKind, MediaSource, Message};
use serde::Serialize;
use serde_json::Value;

use super::api::{BotApi, Failure};
use super::render::RenderError;
use super::send::outcome;
use crate::channels::{FILE_UNKNOWN, FileContent, NO_FILE, NameResolver, OwnFile, SendOutcome, Uploaded};

/// 50 MB at 2 Mbit/s.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(200);

/// The files of one message.
#[derive(Default)]
pub(super) struct OwnFiles<'a> {
    files: Vec<File<'a>>,
    /// What was uploaded so far.
    pub uploaded: Vec<Uploaded>,
}

struct File<'a> {
    name: String,
    kind: MediaKind,
    /// Telegram's id, or the place of the bytes: `attach://<part>`.
    source: String,
    /// `None` when Telegram has it.
    content: Option<&'a FileContent>,
}

impl<'a> OwnFiles<'a> {
    /// Finds the files of a message; answers it with them under the names that Telegram understands.
    pub(super) fn find<'m>(
        message: &'m Message,
        names: &'a dyn NameResolver,
    ) -> Result<(Self, Cow<'m, Message>), RenderError> {
        let mut own = Self::default();
        for media in &message.media {
            let MediaSource::Own(name) = &media.source else { continue };
            if own.source(name, media.kind).is_some() {
                continue;
            }
            let (source, content) = match names.file(name, media.kind) {
                Some(OwnFile::Known(id)) => (id.clone(), None),
                Some(OwnFile::Bytes(content)) => (format!("attach://file{}", own.files.len()), Some(content)),
                None => return Err(RenderError { code: NO_FILE, text: name.clone() }),
            };
            own.files.push(File { name: name.clone(), kind: media.kind, source, content });
        }
        let message = own.put_into(message);
        Ok((own, message))
    }

    /// A message as it is compared with the one whose files these are: those that are not among them only have to
    /// differ.
    pub(super) fn put_into<'m>(&self, message: &'m Message) -> Cow<'m, Message> {
        if !message.media.iter().any(|media| matches!(media.source, MediaSource::Own(_))) {
            return Cow::Borrowed(message);
        }
        let mut message = message.clone();
        for media in &mut message.media {
            if let MediaSource::Own(name) = &media.source {
                let source =
                    self.source(name, media.kind).map_or_else(|| format!("own:{name}"), str::to_owned);
                media.source = MediaSource::File(source);
            }
        }
        Cow::Owned(message)
    }

    fn source(&self, name: &str, kind: MediaKind) -> Option<&str> {
        let found = self.files.iter().find(|file| file.name == name && file.kind == kind)?;
        Some(&found.source)
    }

    /// Makes a call with the files that it names.
    pub(super) async fn call(
        &mut self,
        api: BotApi<'_>,
        method: &str,
        params: &impl Serialize,
    ) -> Result<Bytes, Failure> {
        if self.files.iter().all(|file| file.content.is_none()) {
            return api.call(method, params).await;
        }
        let params = serde_json::to_value(params).unwrap_or_default();
        let sent = sources(&params);
        let files: Vec<Option<&File<'_>>> = sent
            .iter()
            .map(|source| self.files.iter().find(|file| file.content.is_some() && file.source == *source))
            .collect();
        if files.iter().all(Option::is_none) {
            return api.call(method, &params).await;
        }
        let mut parts = fields(&params);
        let mut attached: Vec<(&str, &FileContent)> = Vec::new();
        for file in files.iter().flatten() {
            let (Some(content), part) = (file.content, part_of(&file.source)) else { continue };
            if attached.iter().all(|(known, _)| *known != part) {
                attached.push((part, content));
                parts.push(HttpPart {
                    name: part.to_owned(),
                    content: PartContent::File(part.to_owned()),
                    file_name: None,
                    content_type: None,
                });
            }
        }
        let result = api.upload(method, &parts, &attached, UPLOAD_TIMEOUT).await?;
        let ids = files.iter().zip(messages(&result)).filter_map(|(file, message)| {
            let File { name, kind, .. } = (*file)?;
            Some(Uploaded { name: name.clone(), kind: *kind, id: file_id(&message, *kind)? })
        });
        let ids: Vec<Uploaded> = ids.collect();
        self.uploaded.extend(ids);
        Ok(result)
    }

    /// What a failure comes to. Telegram's refusal of an id of its own is told apart.
    pub(super) fn outcome(&self, failure: Failure) -> SendOutcome {
        let by_id = self.files.iter().any(|file| file.content.is_none());
        match failure {
            Failure::Refused { code: 400, description }
                if by_id && description.to_ascii_lowercase().contains("file") =>
            {
                SendOutcome::Rejected { code: FILE_UNKNOWN.to_owned(), text: description }
            }
            failure => outcome(failure),
        }
    }
}

fn part_of(source: &str) -> &str {
    source.strip_prefix("attach://").unwrap_or(source)
}

/// The files a call names, in the order of the messages that Telegram makes of it.
fn sources(params: &Value) -> Vec<&str> {
    const ALONE: [&str; 8] =
        ["photo", "video", "document", "audio", "voice", "animation", "sticker", "video_note"];
    match params.get("media") {
        Some(Value::Array(album)) => album.iter().map(source_of).collect(),
        Some(single) => vec![source_of(single)],
        None => ALONE.iter().find_map(|name| params.get(name)?.as_str()).into_iter().collect(),
    }
}

fn source_of(input: &Value) -> &str {
    input.get("media").and_then(Value::as_str).unwrap_or_default()
}

/// The parameters as fields of a form: texts as they are, everything else as JSON.
fn fields(params: &Value) -> Vec<HttpPart> {
    let field = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        HttpPart {
            name: name.clone(),
            content: PartContent::Text(SecretText::plain(&text)),
            file_name: None,
            content_type: None,
        }
    };
    params.as_object().into_iter().flatten().map(field).collect()
}

/// What a call made: one message, or those of an album.
fn messages(result: &[u8]) -> Vec<Value> {
    match serde_json::from_slice(result) {
        Ok(Value::Array(messages)) => messages,
        Ok(message) => vec![message],
        Err(_) => Vec::new(),
    }
}

/// The id of the file in a message; of a picture, which comes in several sizes, that of the largest.
fn file_id(message: &Value, kind: MediaKind) -> Option<String> {
    let name = match kind {
        MediaKind::File => "document",
        other => other.as_str(),
    };
    let file = match message.get(name)? {
        Value::Array(sizes) => sizes.last()?,
        file => file,
    };
    Some(file.get("file_id")?.as_str()?.to_owned())
}
