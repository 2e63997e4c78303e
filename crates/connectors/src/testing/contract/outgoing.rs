//! Rules of everything that is sent besides a text, and of changing what was sent.

use serde_json::{Map, Value};

use super::{Refusal, bad, check_entities, check_reply_markup, check_target, check_text, only};

/// A file, a place or a contact card.
pub(super) fn check_part(method: &str, params: &Map<String, Value>) -> Result<(), Refusal> {
    check_target(params)?;
    check_caption(params)?;
    match method {
        "sendLocation" | "sendVenue" => check_degrees(params)?,
        "sendContact" => {
            for name in ["phone_number", "first_name"] {
                if text(params, name).is_none_or(|text| text.trim().is_empty()) {
                    return Err(bad(format_args!("{name} is empty")));
                }
            }
        }
        _ => {
            let field = match method {
                "sendVideoNote" => "video_note".to_owned(),
                other => other.trim_start_matches("send").to_ascii_lowercase(),
            };
            check_file(text(params, &field).unwrap_or_default())?;
            if field == "video_note" && text(params, &field).is_some_and(is_address) {
                return Err(bad("VIDEO_NOTE by URL is not supported"));
            }
        }
    }
    check_reply_markup(params)
}

pub(super) fn check_album(params: &Map<String, Value>) -> Result<(), Refusal> {
    check_target(params)?;
    let media = params.get("media").and_then(Value::as_array).ok_or_else(|| bad("media must be an Array"))?;
    if !(2..=10).contains(&media.len()) {
        return Err(bad("media group must contain 2 to 10 items"));
    }
    let mut families = Vec::new();
    for item in media {
        families.push(match check_input_media(item)? {
            "photo" | "video" => "gallery",
            "animation" => return Err(bad("animation is not allowed in a media group")),
            other => other,
        });
    }
    families.dedup();
    if families.len() > 1 {
        return Err(bad("document can't be mixed with other media types"));
    }
    Ok(())
}

pub(super) fn check_chat_action(params: &Map<String, Value>) -> Result<(), Refusal> {
    const ACTIONS: [&str; 11] = [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ];
    check_target(params)?;
    if text(params, "action").is_some_and(|action| ACTIONS.contains(&action)) {
        return Ok(());
    }
    Err(bad("wrong parameter action in request"))
}

pub(super) fn check_edit(method: &str, params: &Map<String, Value>) -> Result<(), Refusal> {
    check_target(params)?;
    if !params.get("message_id").is_some_and(Value::is_i64) {
        return Err(bad("message identifier is not specified"));
    }
    match method {
        "editMessageText" => check_text(params)?,
        "editMessageCaption" => check_caption(params)?,
        "editMessageMedia" => {
            let media = params.get("media").ok_or_else(|| bad("media is empty"))?;
            check_input_media(media)?;
        }
        _ => {}
    }
    let inline = params.get("reply_markup").is_none_or(|markup| markup.get("inline_keyboard").is_some());
    if !inline {
        return Err(bad("inline keyboard expected"));
    }
    check_reply_markup(params)
}

pub(super) fn check_deletion(params: &Map<String, Value>) -> Result<(), Refusal> {
    check_target(params)?;
    let ids = params.get("message_ids").and_then(Value::as_array);
    let fits = ids.is_some_and(|ids| (1..=100).contains(&ids.len()) && ids.iter().all(Value::is_i64));
    if fits { Ok(()) } else { Err(bad("message identifiers are not specified")) }
}

fn check_input_media(item: &Value) -> Result<&str, Refusal> {
    let item = item.as_object().ok_or_else(|| bad("expected an InputMedia"))?;
    only(item, &["type", "media", "caption", "caption_entities"])?;
    let kind = text(item, "type").unwrap_or_default();
    if !["photo", "video", "document", "audio", "animation"].contains(&kind) {
        return Err(bad(format_args!("can't parse InputMedia: unknown type {kind}")));
    }
    check_file(text(item, "media").unwrap_or_default())?;
    check_caption(item)?;
    Ok(kind)
}

fn check_caption(params: &Map<String, Value>) -> Result<(), Refusal> {
    let caption = text(params, "caption").unwrap_or_default();
    if caption.chars().count() > 1024 {
        return Err(bad("message caption is too long"));
    }
    check_entities(params.get("caption_entities"), caption.encode_utf16().count())
}

/// An address, or an id of a file Telegram knows.
fn check_file(file: &str) -> Result<(), Refusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if is_address(file) || (!file.is_empty() && file.bytes().all(plain)) {
        return Ok(());
    }
    Err(bad("wrong remote file identifier specified: can't unserialize it"))
}

fn is_address(file: &str) -> bool {
    file.starts_with("https://") || file.starts_with("http://")
}

fn check_degrees(params: &Map<String, Value>) -> Result<(), Refusal> {
    let within = |name: &str, most: f64| {
        params.get(name).and_then(Value::as_f64).is_some_and(|degrees| degrees.abs() <= most)
    };
    if within("latitude", 90.0) && within("longitude", 180.0) {
        return Ok(());
    }
    Err(bad("wrong latitude or longitude"))
}

fn text<'a>(params: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    params.get(name).and_then(Value::as_str)
}
