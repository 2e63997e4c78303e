//! What a message is made of, whoever sends it: its text, files, place, contact card and buttons.
//!
//! Start with [`Parts::compose`].

use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Choices, Visit, is_default};
use crate::channel::Capabilities;
use crate::error::StepError;
use crate::expression::{RichTemplate, Template};
use crate::message::{
    ContactCard, KeyboardOptions, Location, Media, MediaKind, MediaSource, Message, Placement, ReplaceBy,
    Replaces,
};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;

/// A file of a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Attachment {
    /// # File
    ///
    /// One of your files, an address with `https://` in front, or a variable with a file that was sent to the bot. An array gives several files; an empty value none.
    #[schemars(extend(
        "x-ru" = "Файл",
        "x-ru-help" = "Один из ваших файлов, адрес, начиная с `https://`, или переменная с файлом, который прислали боту. Массив даёт несколько файлов, пустое значение — ни одного.",
        "x-widget" = "file"
    ))]
    pub file: Template,
    /// # Show as
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Показать как", "x-widget" = "select", "default" = "auto"))]
    pub show_as: ShowAs,
}

/// What a file is shown as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "auto": {"en": "What it is", "ru": "Само определится"},
    "photo": {"en": "Picture", "ru": "Картинка"},
    "video": {"en": "Video", "ru": "Видео"},
    "file": {"en": "File", "ru": "Файл"},
    "audio": {"en": "Music", "ru": "Аудио"},
    "voice": {"en": "Voice message", "ru": "Голосовое сообщение"},
    "animation": {"en": "GIF", "ru": "GIF"},
    "sticker": {"en": "Sticker", "ru": "Стикер"},
    "video_note": {"en": "Round video", "ru": "Кружок"},
}))]
pub enum ShowAs {
    #[default]
    Auto,
    Photo,
    Video,
    File,
    Audio,
    Voice,
    Animation,
    Sticker,
    VideoNote,
}

impl ShowAs {
    /// The kind that was chosen; `None` when the file is to tell.
    fn kind(self) -> Option<MediaKind> {
        Some(match self {
            Self::Auto => return None,
            Self::Photo => MediaKind::Photo,
            Self::Video => MediaKind::Video,
            Self::File => MediaKind::File,
            Self::Audio => MediaKind::Audio,
            Self::Voice => MediaKind::Voice,
            Self::Animation => MediaKind::Animation,
            Self::Sticker => MediaKind::Sticker,
            Self::VideoNote => MediaKind::VideoNote,
        })
    }
}

/// A point on the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlacePart {
    /// # Latitude
    #[schemars(extend("x-ru" = "Широта", "x-widget" = "template"))]
    pub latitude: Template,
    /// # Longitude
    #[schemars(extend("x-ru" = "Долгота", "x-widget" = "template"))]
    pub longitude: Template,
    /// # Name of the place
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Название места", "x-widget" = "template"))]
    pub title: Template,
    /// # Address
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Адрес", "x-widget" = "template"))]
    pub address: Template,
}

/// A contact card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContactPart {
    /// # Phone number
    #[schemars(extend("x-ru" = "Телефон", "x-widget" = "template"))]
    pub phone: Template,
    /// # First name
    #[schemars(extend("x-ru" = "Имя", "x-widget" = "template"))]
    pub first_name: Template,
    /// # Last name
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Фамилия", "x-widget" = "template"))]
    pub last_name: Template,
}

/// Whether a message takes the place of the one this action sent before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "no": {"en": "Send a new message", "ru": "Отправить новое"},
    "edit": {"en": "Change it where it stands", "ru": "Изменить на месте"},
    "resend": {"en": "Delete it and send a new one", "ru": "Удалить и отправить новое"},
}))]
pub enum ReplacePrevious {
    #[default]
    No,
    Edit,
    Resend,
}

impl ReplacePrevious {
    pub(super) fn replaces(self, cx: &StepContext<'_>) -> Option<Replaces> {
        let by = match self {
            Self::No => return None,
            Self::Edit => ReplaceBy::Edit,
            Self::Resend => ReplaceBy::Resend,
        };
        Some(Replaces { slot: cx.action_slot(), by })
    }
}

/// The parts of a message as an action's options hold them.
pub(super) struct Parts<'a> {
    pub text: &'a RichTemplate,
    pub media: &'a [Attachment],
    pub place: Option<&'a PlacePart>,
    pub contact: Option<&'a ContactPart>,
    pub buttons: &'a Choices,
    pub placement: Placement,
    pub one_time: bool,
    pub placeholder: &'a Template,
}

impl Parts<'_> {
    pub(super) fn visit(&self, visit: &mut dyn Visit) {
        visit.rich("/text", self.text);
        visit_media(self.media, visit);
        if let Some(place) = self.place {
            visit.template("/place/latitude", &place.latitude);
            visit.template("/place/longitude", &place.longitude);
            visit.template("/place/title", &place.title);
            visit.template("/place/address", &place.address);
        }
        if let Some(contact) = self.contact {
            visit.template("/contact/phone", &contact.phone);
            visit.template("/contact/first_name", &contact.first_name);
            visit.template("/contact/last_name", &contact.last_name);
        }
        self.buttons.visit("/buttons", visit);
        visit.template("/placeholder", self.placeholder);
    }

    pub(super) fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        validate_media(self.media, channel, findings);
        self.validate_caption(channel, findings);
        if let Some(place) = self.place {
            for (pointer, degrees, most) in
                [("/place/latitude", &place.latitude, 90.0), ("/place/longitude", &place.longitude, 180.0)]
            {
                let wrong = degrees.is_empty()
                    || (degrees.is_constant() && read_degrees(&degrees.source().into(), most).is_none());
                if wrong {
                    findings.error(
                        pointer,
                        "not_degrees",
                        format!("a place needs degrees from -{most} to {most}"),
                        format!("у места должны быть градусы от -{most} до {most}"),
                    );
                }
            }
        }
        if let Some(contact) = self.contact {
            for (pointer, field) in
                [("/contact/phone", &contact.phone), ("/contact/first_name", &contact.first_name)]
            {
                if field.is_empty() {
                    findings.error(
                        pointer,
                        "empty_contact",
                        "a contact card needs a phone number and a first name",
                        "контакту нужны телефон и имя",
                    );
                }
            }
        }
        self.buttons.validate("/buttons", channel, findings);
    }

    /// Says when a text does not fit under its file, and when buttons do not fit under an album.
    fn validate_caption(&self, channel: &Capabilities, findings: &mut Findings) {
        if self.media.is_empty() {
            return;
        }
        if self.text.is_constant() && self.text.source().chars().count() > channel.caption_max {
            let max = channel.caption_max;
            findings.warning(
                "/text",
                "caption_too_long",
                format!(
                    "under a file there is room for {max} characters: the text will be a message of its own"
                ),
                format!("под файлом помещается {max} символов: текст уйдёт отдельным сообщением"),
            );
        }
        if self.media.len() > 1 && !self.buttons.is_empty() && self.text.is_empty() {
            findings.warning(
                "/buttons",
                "album_buttons",
                "an album has no buttons of its own: write a text for them to stand under",
                "у альбома не бывает кнопок: напишите текст, под которым они встанут",
            );
        }
    }

    /// The message, ready to send.
    pub(super) fn compose(&self, cx: &StepContext<'_>) -> Result<Message, StepError> {
        let text = cx.rich(self.text).map_err(|error| error.at("/text"))?;
        let media = render_media(self.media, cx)?;
        let location = self.place.map(|place| place.render(cx)).transpose()?;
        let contact = self.contact.map(|contact| contact.render(cx)).transpose()?;
        let says_nothing = text.to_plain().trim().is_empty();
        if says_nothing && media.is_empty() && location.is_none() && contact.is_none() {
            let error = StepError::new("empty_text", "The message has no text", "В сообщении нет текста");
            return Err(error.at("/text"));
        }
        let choices = self.buttons.render("/buttons", cx)?;
        let needs_keyboard = self.buttons.needs_keyboard();
        Ok(Message {
            text: if says_nothing { Default::default() } else { text },
            choices,
            placement: if needs_keyboard { Placement::Keyboard } else { self.placement },
            media,
            location,
            contact,
            keyboard: KeyboardOptions {
                one_time: self.one_time,
                remove: false,
                placeholder: cx.text(self.placeholder).map_err(|error| error.at("/placeholder"))?,
            },
            ..Message::default()
        })
    }
}

impl PlacePart {
    fn render(&self, cx: &StepContext<'_>) -> Result<Location, StepError> {
        let degrees = |template: &Template, pointer: &str, most: f64| {
            let value = cx.value(template).map_err(|error| error.at(pointer))?;
            read_degrees(&value, most).ok_or_else(|| {
                let text = value.to_text();
                StepError::new(
                    "not_degrees",
                    format!("“{text}” is no number of degrees from -{most} to {most}"),
                    format!("«{text}» — не градусы от -{most} до {most}"),
                )
                .at(pointer)
            })
        };
        Ok(Location {
            latitude: degrees(&self.latitude, "/place/latitude", 90.0)?,
            longitude: degrees(&self.longitude, "/place/longitude", 180.0)?,
            title: cx.text(&self.title).map_err(|error| error.at("/place/title"))?,
            address: cx.text(&self.address).map_err(|error| error.at("/place/address"))?,
        })
    }
}

impl ContactPart {
    fn render(&self, cx: &StepContext<'_>) -> Result<ContactCard, StepError> {
        let text = |template: &Template, pointer: &str| cx.text(template).map_err(|error| error.at(pointer));
        let card = ContactCard {
            phone: text(&self.phone, "/contact/phone")?.trim().to_owned(),
            first_name: text(&self.first_name, "/contact/first_name")?.trim().to_owned(),
            last_name: text(&self.last_name, "/contact/last_name")?.trim().to_owned(),
        };
        if card.phone.is_empty() || card.first_name.is_empty() {
            return Err(StepError::new(
                "empty_contact",
                "The contact card has no phone number or no first name",
                "У контакта нет телефона или имени",
            )
            .at("/contact"));
        }
        Ok(card)
    }
}

fn read_degrees(value: &Value, most: f64) -> Option<f64> {
    value.to_number()?.to_f64().filter(|degrees| degrees.abs() <= most)
}

pub(super) fn visit_media(media: &[Attachment], visit: &mut dyn Visit) {
    for (index, attachment) in media.iter().enumerate() {
        let pointer = format!("/media/{index}/file");
        visit.template(&pointer, &attachment.file);
        if attachment.file.is_constant()
            && let Some(name) = MediaSource::own_name(attachment.file.source())
        {
            visit.file(&pointer, name);
        }
    }
}

pub(super) fn validate_media(media: &[Attachment], channel: &Capabilities, findings: &mut Findings) {
    for (index, attachment) in media.iter().enumerate() {
        let pointer = format!("/media/{index}/file");
        if attachment.file.is_empty() {
            findings.error(pointer, "no_file", "no file is named", "файл не указан");
        } else if attachment.file.is_constant() && attachment.file.source().starts_with("http://localhost") {
            findings.warning(
                pointer,
                "private_address",
                "the messenger cannot fetch a file from your own computer",
                "мессенджер не сможет забрать файл с вашего компьютера",
            );
        }
    }
    if channel.album_max > 0 && media.len() > channel.album_max {
        let max = channel.album_max;
        findings.warning(
            "/media",
            "album_too_large",
            format!("an album has room for {max} files: the rest goes out after it"),
            format!("в альбом помещается {max} файлов: остальные уйдут следом"),
        );
    }
}

/// The files an action's options name; empty ones are left out.
pub(super) fn render_media(media: &[Attachment], cx: &StepContext<'_>) -> Result<Vec<Media>, StepError> {
    let mut rendered = Vec::with_capacity(media.len());
    for (index, attachment) in media.iter().enumerate() {
        let pointer = format!("/media/{index}/file");
        let value = cx.value(&attachment.file).map_err(|error| error.at(&pointer))?;
        let kind = attachment.show_as.kind();
        match &value {
            Value::Array(items) => {
                for item in items {
                    rendered.extend(read_media(item, kind).map_err(|error| error.at(&pointer))?);
                }
            }
            single => rendered.extend(read_media(single, kind).map_err(|error| error.at(&pointer))?),
        }
    }
    let max = cx.limits().media;
    if rendered.len() > max {
        return Err(StepError::new(
            "too_many_files",
            format!("The message has {} files; there is room for {max}", rendered.len()),
            format!("В сообщении файлов: {}, а помещается {max}", rendered.len()),
        )
        .at("/media"));
    }
    Ok(rendered)
}

/// A file given by address, by the channel's id, or as the answer to a question.
fn read_media(value: &Value, kind: Option<MediaKind>) -> Result<Option<Media>, StepError> {
    if let Value::Object(file) = value {
        let id = file.get("file_id").map(|id| id.to_text().into_owned()).unwrap_or_default();
        if id.is_empty() {
            return Err(StepError::new("no_file", "The value is no file", "Значение — не файл"));
        }
        let own = file.get("kind").and_then(|kind| MediaKind::parse(&kind.to_text()));
        return Ok(Some(Media { kind: kind.or(own).unwrap_or_default(), source: MediaSource::File(id) }));
    }
    let text = value.to_text();
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(name) = MediaSource::own_name(text) {
        let kind = kind.unwrap_or_else(|| kind_of_address(name));
        return Ok(Some(Media { kind, source: MediaSource::Own(name.to_owned()) }));
    }
    let is_address = text.starts_with("https://") || text.starts_with("http://");
    if !is_address && text.contains(char::is_whitespace) {
        return Err(StepError::new(
            "no_file",
            format!("“{text}” is neither an address nor a file"),
            format!("«{text}» — не адрес и не файл"),
        ));
    }
    let source =
        if is_address { MediaSource::Url(text.to_owned()) } else { MediaSource::File(text.to_owned()) };
    let kind = kind.unwrap_or_else(|| if is_address { kind_of_address(text) } else { MediaKind::Photo });
    Ok(Some(Media { kind, source }))
}

/// What a file is by the ending of its address.
fn kind_of_address(address: &str) -> MediaKind {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "jpg" | "jpeg" | "png" => MediaKind::Photo,
        "gif" => MediaKind::Animation,
        "mp4" | "mov" | "m4v" => MediaKind::Video,
        "mp3" | "m4a" => MediaKind::Audio,
        "ogg" | "oga" | "opus" => MediaKind::Voice,
        "webp" | "tgs" | "webm" => MediaKind::Sticker,
        _ => MediaKind::File,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_is_what_its_value_says() {
        let check = |value: serde_json::Value, show_as: ShowAs, expected: Option<(MediaKind, &str)>| {
            let read = read_media(&Value::from(value.clone()), show_as.kind()).unwrap();
            let read = read.as_ref().map(|media| (media.kind, media.source.as_str()));
            assert_eq!(read, expected, "{value}");
        };
        use MediaKind::{Animation, Audio, File, Photo, Sticker, Video, Voice};
        check(json!("https://a.b/x.JPG?v=1.gif"), ShowAs::Auto, Some((Photo, "https://a.b/x.JPG?v=1.gif")));
        check(json!("https://a.b/x.gif"), ShowAs::Auto, Some((Animation, "https://a.b/x.gif")));
        check(json!("https://a.b/x.mp4"), ShowAs::Auto, Some((Video, "https://a.b/x.mp4")));
        check(json!(" file: menu, summer.PNG "), ShowAs::Auto, Some((Photo, "menu, summer.PNG")));
        check(json!("file:price list.pdf"), ShowAs::Auto, Some((File, "price list.pdf")));
        check(json!("https://a.b/x.mp4"), ShowAs::File, Some((File, "https://a.b/x.mp4")));
        check(json!("https://a.b/x.mp3"), ShowAs::Auto, Some((Audio, "https://a.b/x.mp3")));
        check(json!("https://a.b/x.ogg"), ShowAs::Auto, Some((Voice, "https://a.b/x.ogg")));
        check(json!("https://a.b/x.webp"), ShowAs::Auto, Some((Sticker, "https://a.b/x.webp")));
        check(json!("https://a.b/x.pdf"), ShowAs::Auto, Some((File, "https://a.b/x.pdf")));
        check(json!("https://a.b/x"), ShowAs::Auto, Some((File, "https://a.b/x")));
        check(json!("AgACAgIAAxkB"), ShowAs::Auto, Some((Photo, "AgACAgIAAxkB")));
        check(json!("AgACAgIAAxkB"), ShowAs::Voice, Some((Voice, "AgACAgIAAxkB")));
        check(json!({"file_id": "f1", "kind": "video"}), ShowAs::Auto, Some((Video, "f1")));
        check(json!({"file_id": "f1", "kind": "video"}), ShowAs::File, Some((File, "f1")));
        check(json!(null), ShowAs::Auto, None);
        check(json!("  "), ShowAs::Photo, None);
        for wrong in [json!({"name": "x"}), json!("a picture")] {
            assert_eq!(read_media(&Value::from(wrong), None).unwrap_err().code, "no_file");
        }
    }
}
