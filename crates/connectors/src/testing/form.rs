//! Reads `multipart/form-data` as Telegram does, for the double: fields of a call, and files beside them.

use serde_json::{Map, Value};

/// A file that came with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    pub part: String,
    pub file_name: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Parameters that are JSON inside their field.
const JSON: [&str; 8] = [
    "message_thread_id",
    "message_id",
    "disable_notification",
    "protect_content",
    "show_caption_above_media",
    "reply_markup",
    "media",
    "caption_entities",
];

/// `None` when it is no such form.
pub(super) fn read(content_type: &str, body: &[u8]) -> Option<(Map<String, Value>, Vec<Attached>)> {
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=")?;
    let mut rest = body.strip_prefix(format!("--{boundary}\r\n").as_bytes())?;
    let (next, end) = (format!("\r\n--{boundary}\r\n"), format!("\r\n--{boundary}--\r\n"));
    let (mut params, mut files) = (Map::new(), Vec::new());
    loop {
        let last = find(rest, next.as_bytes()).is_none();
        let part_end = find(rest, if last { end.as_bytes() } else { next.as_bytes() })?;
        let (part, after) = rest.split_at(part_end);
        let head_end = find(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&part[..head_end]).ok()?;
        let bytes = &part[head_end + 4..];
        let name = quoted(head, " name=\"")?;
        match quoted(head, "filename=\"") {
            Some(file_name) => files.push(Attached {
                part: name,
                file_name,
                content_type: head.split_once("Content-Type: ")?.1.to_owned(),
                bytes: bytes.to_vec(),
            }),
            None => {
                let text = std::str::from_utf8(bytes).ok()?;
                let is_json = JSON.contains(&name.as_str()) || name == "chat_id" && !text.starts_with('@');
                let value = if is_json { serde_json::from_str(text).ok()? } else { Value::from(text) };
                params.insert(name, value);
            }
        }
        if last {
            return Some((params, files));
        }
        rest = &after[next.len()..];
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn quoted(head: &str, before: &str) -> Option<String> {
    Some(head.split_once(before)?.1.split_once('"')?.0.to_owned())
}
