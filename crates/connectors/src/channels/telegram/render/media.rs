//! Files: which of them make an album, and whether the text fits under them.

use engine::message::{Media, MediaKind, Message, RichText};
use serde::Serialize;

use super::{Body, Caption, text};

/// Longest text under a file. Telegram counts characters; code units are never fewer.
const CAPTION_MAX_UNITS: usize = 1024;

/// Files of one `sendMediaGroup`.
const ALBUM_MAX: usize = 10;

/// A file under the parameter its kind has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum File<'a> {
    Photo(&'a str),
    Video(&'a str),
    Document(&'a str),
    Audio(&'a str),
    Voice(&'a str),
    Animation(&'a str),
    Sticker(&'a str),
    VideoNote(&'a str),
}

impl<'a> File<'a> {
    pub(super) fn new(media: &'a Media) -> Self {
        let source = media.source.as_str();
        match media.kind {
            MediaKind::Photo => Self::Photo(source),
            MediaKind::Video => Self::Video(source),
            MediaKind::File => Self::Document(source),
            MediaKind::Audio => Self::Audio(source),
            MediaKind::Voice => Self::Voice(source),
            MediaKind::Animation => Self::Animation(source),
            MediaKind::Sticker => Self::Sticker(source),
            MediaKind::VideoNote => Self::VideoNote(source),
        }
    }

    pub(super) fn method(self) -> &'static str {
        match self {
            Self::Photo(_) => "sendPhoto",
            Self::Video(_) => "sendVideo",
            Self::Document(_) => "sendDocument",
            Self::Audio(_) => "sendAudio",
            Self::Voice(_) => "sendVoice",
            Self::Animation(_) => "sendAnimation",
            Self::Sticker(_) => "sendSticker",
            Self::VideoNote(_) => "sendVideoNote",
        }
    }

    /// Above itself only what is looked at has it.
    fn takes_caption(self, above: bool) -> bool {
        match self {
            Self::Photo(_) | Self::Video(_) | Self::Animation(_) => true,
            Self::Document(_) | Self::Audio(_) | Self::Voice(_) => !above,
            Self::Sticker(_) | Self::VideoNote(_) => false,
        }
    }

    /// As a file of an album, or as what another file is replaced by; `None` for kinds that can be neither.
    pub(super) fn input(self, caption: Caption) -> Option<InputMedia<'a>> {
        let (kind, media) = match self {
            Self::Photo(media) => ("photo", media),
            Self::Video(media) => ("video", media),
            Self::Document(media) => ("document", media),
            Self::Audio(media) => ("audio", media),
            Self::Animation(media) => ("animation", media),
            Self::Voice(_) | Self::Sticker(_) | Self::VideoNote(_) => return None,
        };
        Some(InputMedia { kind, media, caption })
    }
}

/// <https://core.telegram.org/bots/api#inputmedia>
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct InputMedia<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub media: &'a str,
    #[serde(flatten)]
    pub caption: Caption,
}

/// Pictures and videos mix in an album, documents and music stay among themselves, the rest is alone.
fn family(kind: MediaKind) -> Option<u8> {
    match kind {
        MediaKind::Photo | MediaKind::Video => Some(0),
        MediaKind::File => Some(1),
        MediaKind::Audio => Some(2),
        MediaKind::Voice | MediaKind::Animation | MediaKind::Sticker | MediaKind::VideoNote => None,
    }
}

/// The calls for the files, and whether the text went under one of them. It does when all of them are one message
/// (or one album) of Telegram's; an album whose text needs buttons leaves it to a message of its own.
pub(super) fn render<'a>(message: &'a Message, text: &RichText, has_markup: bool) -> (Vec<Body<'a>>, bool) {
    let (groups, above) = (group(&message.media), message.text_above);
    let takes_caption = match groups.as_slice() {
        [[single]] => File::new(single).takes_caption(above),
        [album] => !has_markup && album.iter().all(|media| File::new(media).takes_caption(above)),
        _ => false,
    };
    let caption = takes_caption.then(|| text::render_within(text, CAPTION_MAX_UNITS)).flatten();
    let used = caption.is_some();
    let mut caption = caption.map_or_else(Caption::default, |part| Caption {
        caption: part.text,
        caption_entities: part.entities,
        show_caption_above_media: above,
    });
    let bodies = groups
        .into_iter()
        .map(|group| match group {
            [single] => Body::File { file: File::new(single), caption: std::mem::take(&mut caption) },
            several => Body::Album { media: album(several, std::mem::take(&mut caption)) },
        })
        .collect();
    (bodies, used)
}

fn group(media: &[Media]) -> Vec<&[Media]> {
    media
        .chunk_by(|left, right| family(left.kind).is_some() && family(left.kind) == family(right.kind))
        .flat_map(|family| family.chunks(ALBUM_MAX))
        .collect()
}

/// The text of an album stands with its first picture, or under its last document.
fn album(media: &[Media], caption: Caption) -> Vec<InputMedia<'_>> {
    let is_gallery = media.first().is_some_and(|first| family(first.kind) == Some(0));
    let captioned = if is_gallery { 0 } else { media.len().saturating_sub(1) };
    let one = |(index, media)| {
        let own = if index == captioned { caption.clone() } else { Caption::default() };
        File::new(media).input(own)
    };
    media.iter().enumerate().filter_map(one).collect()
}
