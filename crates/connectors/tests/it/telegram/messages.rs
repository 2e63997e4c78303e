//! Messages of every kind, and how one becomes another.

use connectors::channels::{Outgoing, SendOutcome};
use engine::event::Peer;
use engine::message::{
    Choice, ChoiceAction, ContactCard, KeyboardOptions, Location, Marks, Media, MediaKind, MediaSource,
    Message, RichText,
};
use serde_json::json;

use super::{Fixture, sent};

fn media(kind: MediaKind, source: &str) -> Media {
    let source = source.to_owned();
    let source =
        if source.starts_with("https://") { MediaSource::Url(source) } else { MediaSource::File(source) };
    Media { kind, source }
}

fn chat() -> Peer {
    Peer { chat: "7".to_owned(), thread: None }
}

fn doors(label: &str) -> Vec<Vec<Choice>> {
    vec![vec![Choice::new(label, ChoiceAction::Reply("~1".to_owned()))]]
}

/// Sends a message and compares the calls it became with what the Bot API documents.
async fn check_sent(message: Message, expected: serde_json::Value) -> SendOutcome {
    let fixture = Fixture::new().await;
    let outcome = fixture.send(Outgoing::Message { peer: &chat(), message: &message }).await;
    let calls = fixture.fake.calls();
    let mut calls: Vec<serde_json::Value> =
        calls.into_iter().map(|call| json!({"method": call.method, "params": call.params})).collect();
    for call in &mut calls {
        assert_eq!(call["params"].as_object_mut().unwrap().remove("chat_id"), Some(json!(7)));
    }
    let calls: Vec<_> = calls.into_iter().map(|call| json!([call["method"], call["params"]])).collect();
    assert_eq!(json!(calls), expected);
    outcome
}

#[tokio::test]
async fn files_with_their_text() {
    use MediaKind::{Animation, Audio, File, Photo, Sticker, Video, VideoNote, Voice};
    let check = async |kind, method: &str, field: &str| {
        let message =
            Message { text: RichText::plain("Hi"), media: vec![media(kind, "f1")], ..Message::default() };
        let outcome = check_sent(message, json!([[method, {field: "f1", "caption": "Hi"}]])).await;
        assert_eq!(outcome, sent(Some("101")));
    };
    check(Photo, "sendPhoto", "photo").await;
    check(Video, "sendVideo", "video").await;
    check(File, "sendDocument", "document").await;
    check(Audio, "sendAudio", "audio").await;
    check(Voice, "sendVoice", "voice").await;
    check(Animation, "sendAnimation", "animation").await;
    for (kind, method, field) in
        [(Sticker, "sendSticker", "sticker"), (VideoNote, "sendVideoNote", "video_note")]
    {
        let message =
            Message { text: RichText::plain("Hi"), media: vec![media(kind, "f1")], ..Message::default() };
        let outcome =
            check_sent(message, json!([[method, {field: "f1"}], ["sendMessage", {"text": "Hi"}]])).await;
        assert_eq!(
            outcome,
            SendOutcome::sent(Some("102".to_owned()), json!(["101", "102"])),
            "there is no text under it"
        );
    }
}

#[tokio::test]
async fn a_file_with_everything() {
    let mut text = RichText::plain("The ");
    text.push("menu", Marks { bold: true, ..Marks::default() }, None);
    let message = Message {
        text,
        media: vec![media(MediaKind::Photo, "https://example.com/menu.jpg")],
        choices: vec![
            vec![
                Choice::new("Order", ChoiceAction::Reply("~1".to_owned())),
                Choice::new("Code", ChoiceAction::Copy("SALE".to_owned())),
            ],
            vec![
                Choice::new("Tell", ChoiceAction::Inline { query: "menu".to_owned(), here: false }),
                Choice::new("Find", ChoiceAction::Inline { query: String::new(), here: true }),
            ],
        ],
        silent: true,
        protect: true,
        ..Message::default()
    };
    let expected = json!([["sendPhoto", {
        "photo": "https://example.com/menu.jpg",
        "caption": "The menu",
        "caption_entities": [{"type": "bold", "offset": 4, "length": 4}],
        "disable_notification": true,
        "protect_content": true,
        "reply_markup": {"inline_keyboard": [
            [{"text": "Order", "callback_data": "~1"}, {"text": "Code", "copy_text": {"text": "SALE"}}],
            [{"text": "Tell", "switch_inline_query": "menu"}, {"text": "Find", "switch_inline_query_current_chat": ""}],
        ]},
    }]]);
    check_sent(message, expected).await;
}

#[tokio::test]
async fn a_text_above_its_files() {
    let above = |kinds: &[MediaKind]| Message {
        text: RichText::plain("Hi"),
        media: kinds.iter().map(|kind| media(*kind, "f1")).collect(),
        text_above: true,
        ..Message::default()
    };
    let caption = json!({"photo": "f1", "caption": "Hi", "show_caption_above_media": true});
    check_sent(above(&[MediaKind::Photo]), json!([["sendPhoto", caption]])).await;
    // What has no place above it for a text comes after the text.
    let apart = json!([["sendMessage", {"text": "Hi"}], ["sendDocument", {"document": "f1"}]]);
    check_sent(above(&[MediaKind::File]), apart).await;
    let album = json!([["sendMediaGroup", {"media": [
        {"type": "photo", "media": "f1", "caption": "Hi", "show_caption_above_media": true},
        {"type": "video", "media": "f1"},
    ]}]]);
    check_sent(above(&[MediaKind::Photo, MediaKind::Video]), album).await;
}

#[tokio::test]
async fn a_text_that_does_not_fit_under_its_file() {
    let text = "я".repeat(1025);
    let message = Message {
        text: RichText::plain(text.clone()),
        media: vec![media(MediaKind::Photo, "f1")],
        choices: doors("A"),
        ..Message::default()
    };
    let markup = json!({"inline_keyboard": [[{"text": "A", "callback_data": "~1"}]]});
    check_sent(
        message,
        json!([["sendPhoto", {"photo": "f1"}], ["sendMessage", {"text": text, "reply_markup": markup}]]),
    )
    .await;
}

#[tokio::test]
async fn albums() {
    let input = |kind: &str, file: &str| json!({"type": kind, "media": file});
    let captioned = |kind: &str, file: &str| json!({"type": kind, "media": file, "caption": "Hi"});
    let files = |kinds: &[MediaKind]| -> Vec<Media> {
        kinds.iter().enumerate().map(|(index, kind)| media(*kind, &format!("f{index}"))).collect()
    };
    use MediaKind::{File, Photo, Video, Voice};
    let message = |kinds: &[MediaKind]| Message {
        text: RichText::plain("Hi"),
        media: files(kinds),
        ..Message::default()
    };
    let outcome = check_sent(
        message(&[Photo, Video]),
        json!([["sendMediaGroup", {"media": [captioned("photo", "f0"), input("video", "f1")]}]]),
    )
    .await;
    assert_eq!(outcome, SendOutcome::sent(Some("102".to_owned()), json!(["101", "102"])));
    check_sent(
        message(&[File, File]),
        json!([["sendMediaGroup", {"media": [input("document", "f0"), captioned("document", "f1")]}]]),
    )
    .await;
    // An album has no buttons: the text carries them.
    check_sent(
        Message { choices: doors("A"), ..message(&[Photo, Photo]) },
        json!([
            ["sendMediaGroup", {"media": [input("photo", "f0"), input("photo", "f1")]}],
            ["sendMessage", {"text": "Hi", "reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "~1"}]]}}],
        ]),
    )
    .await;
    check_sent(
        Message { choices: doors("A"), text: RichText::default(), ..message(&[Photo, Photo]) },
        json!([
            ["sendMediaGroup", {"media": [input("photo", "f0"), input("photo", "f1")]}],
            ["sendMessage", {"text": "👇", "reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "~1"}]]}}],
        ]),
    )
    .await;
    // Families stay apart, and eleven are ten and one.
    check_sent(
        message(&[Photo, File, Voice, Photo, Photo]),
        json!([
            ["sendPhoto", {"photo": "f0"}],
            ["sendDocument", {"document": "f1"}],
            ["sendVoice", {"voice": "f2"}],
            ["sendMediaGroup", {"media": [input("photo", "f3"), input("photo", "f4")]}],
            ["sendMessage", {"text": "Hi"}],
        ]),
    )
    .await;
    let ten: Vec<_> = (0..10).map(|index| input("photo", &format!("f{index}"))).collect();
    check_sent(
        message(&[Photo; 11]),
        json!([["sendMediaGroup", {"media": ten}], ["sendPhoto", {"photo": "f10"}], ["sendMessage", {"text": "Hi"}]]),
    )
    .await;
}

#[tokio::test]
async fn places_cards_and_keyboards() {
    let place = |title: &str, address: &str| Location {
        latitude: 55.75,
        longitude: 37.5,
        title: title.to_owned(),
        address: address.to_owned(),
    };
    let only = |location: Location| Message { location: Some(location), ..Message::default() };
    check_sent(only(place("", "")), json!([["sendLocation", {"latitude": 55.75, "longitude": 37.5}]])).await;
    check_sent(
        only(place("Café", "Main st. 1")),
        json!([["sendVenue", {"latitude": 55.75, "longitude": 37.5, "title": "Café", "address": "Main st. 1"}]]),
    )
    .await;
    let contact = Some(ContactCard {
        phone: "+7900".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: String::new(),
    });
    check_sent(
        Message { text: RichText::plain("Us"), contact, choices: doors("A"), ..only(place("Café", "")) },
        json!([
            ["sendMessage", {"text": "Us"}],
            ["sendVenue", {"latitude": 55.75, "longitude": 37.5, "title": "Café", "address": "Café"}],
            ["sendContact", {
                "phone_number": "+7900", "first_name": "Ann",
                "reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "~1"}]]},
            }],
        ]),
    )
    .await;
    let keyboard = KeyboardOptions { one_time: true, remove: false, placeholder: "Which?".to_owned() };
    check_sent(
        Message {
            text: RichText::plain("?"),
            choices: doors("A"),
            placement: engine::message::Placement::Keyboard,
            keyboard,
            no_preview: true,
            ..Message::default()
        },
        json!([["sendMessage", {
            "text": "?", "link_preview_options": {"is_disabled": true},
            "reply_markup": {
                "keyboard": [[{"text": "A"}]], "resize_keyboard": true, "one_time_keyboard": true,
                "input_field_placeholder": "Which?",
            },
        }]]),
    )
    .await;
    let remove = KeyboardOptions { remove: true, ..KeyboardOptions::default() };
    check_sent(
        Message { text: RichText::plain("Bye"), keyboard: remove, ..Message::default() },
        json!([["sendMessage", {"text": "Bye", "reply_markup": {"remove_keyboard": true}}]]),
    )
    .await;
}

/// Sends one message, makes it another one, and compares the calls of the change.
async fn check_edit(old: Message, new: Message, expected: serde_json::Value) -> SendOutcome {
    let fixture = Fixture::new().await;
    let outcome = fixture.send(Outgoing::Message { peer: &chat(), message: &old }).await;
    let SendOutcome::Sent { platform_id, result, .. } = outcome else { panic!("{outcome:?}") };
    let ids: Vec<String> = match result.as_array() {
        Some(ids) => ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect(),
        None => platform_id.into_iter().collect(),
    };
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let before = fixture.fake.calls().len();
    let outcome = fixture.send(Outgoing::Edit { peer: &chat(), ids: &ids, old: &old, new: &new }).await;
    let calls: Vec<_> = fixture
        .fake
        .calls()
        .split_off(before)
        .into_iter()
        .map(|call| json!([call.method, call.params]))
        .collect();
    assert_eq!(json!(calls), expected);
    outcome
}

#[tokio::test]
async fn a_message_becomes_another_one() {
    let text = |text: &str| Message { text: RichText::plain(text), ..Message::default() };
    let photo =
        |file: &str, caption: &str| Message { media: vec![media(MediaKind::Photo, file)], ..text(caption) };
    let with = |message: Message, label: &str| Message { choices: doors(label), ..message };
    let markup = |label: &str| json!({"inline_keyboard": [[{"text": label, "callback_data": "~1"}]]});
    let check = async |old: Message, new: Message, expected: serde_json::Value| {
        assert_eq!(check_edit(old, new, expected).await, sent(None));
    };
    check(text("a"), text("a"), json!([])).await;
    check(
        text("a"),
        with(text("b"), "B"),
        json!([["editMessageText", {"chat_id": 7, "message_id": 101, "text": "b", "reply_markup": markup("B")}]]),
    )
    .await;
    check(
        with(text("a"), "A"),
        with(text("a"), "B"),
        json!([["editMessageReplyMarkup", {"chat_id": 7, "message_id": 101, "reply_markup": markup("B")}]]),
    )
    .await;
    check(
        with(text("a"), "A"),
        text("a"),
        json!([["editMessageReplyMarkup", {"chat_id": 7, "message_id": 101}]]),
    )
    .await;
    check(
        with(photo("f1", "a"), "A"),
        with(photo("f1", "b"), "A"),
        json!([["editMessageCaption", {"chat_id": 7, "message_id": 101, "caption": "b", "reply_markup": markup("A")}]]),
    )
    .await;
    check(
        photo("f1", "a"),
        photo("f2", "b"),
        json!([["editMessageMedia", {"chat_id": 7, "message_id": 101, "media": {"type": "photo", "media": "f2", "caption": "b"}}]]),
    )
    .await;
    check(
        text("a"),
        photo("f1", "a"),
        json!([["editMessageMedia", {"chat_id": 7, "message_id": 101, "media": {"type": "photo", "media": "f1", "caption": "a"}}]]),
    )
    .await;
    let album = |caption: &str, second: &str| Message {
        media: vec![media(MediaKind::Photo, "f1"), media(MediaKind::Photo, second)],
        ..text(caption)
    };
    check(
        album("a", "f2"),
        album("b", "f3"),
        json!([
            ["editMessageCaption", {"chat_id": 7, "message_id": 101, "caption": "b"}],
            ["editMessageMedia", {"chat_id": 7, "message_id": 102, "media": {"type": "photo", "media": "f3"}}],
        ]),
    )
    .await;
    // Of a message in parts, only the part that differs.
    check(
        with(text(&"a".repeat(4097)), "A"),
        with(text(&"a".repeat(4097)), "B"),
        json!([["editMessageReplyMarkup", {"chat_id": 7, "message_id": 102, "reply_markup": markup("B")}]]),
    )
    .await;

    let refused = async |old: Message, new: Message| {
        let outcome = check_edit(old, new, json!([])).await;
        assert!(
            matches!(&outcome, SendOutcome::Rejected { code, .. } if code == "not_editable"),
            "{outcome:?}"
        );
    };
    refused(photo("f1", "a"), text("a")).await;
    refused(text("a"), text(&"a".repeat(4097))).await;
    refused(text("a"), Message { media: vec![media(MediaKind::Sticker, "f1")], ..Message::default() }).await;
    let keyboard = |caption: &str| Message {
        placement: engine::message::Placement::Keyboard,
        ..with(text(caption), "A")
    };
    refused(keyboard("a"), keyboard("b")).await;
    refused(text("a"), keyboard("a")).await;
    // Whatever becomes of its buttons, a keyboard stays.
    check(keyboard("a"), text("a"), json!([])).await;
}

#[tokio::test]
async fn what_is_gone_cannot_be_changed_and_is_deleted_already() {
    let fixture = Fixture::new().await;
    let old = Message { text: RichText::plain("a"), ..Message::default() };
    let new = Message { text: RichText::plain("b"), ..Message::default() };
    fixture.send(Outgoing::Message { peer: &chat(), message: &old }).await;
    let delete = Outgoing::Delete { peer: &chat(), ids: &["101"] };
    assert_eq!(fixture.send(delete).await, sent(None));
    assert_eq!(
        fixture.fake.calls_of("deleteMessages")[0].params,
        json!({"chat_id": 7, "message_ids": [101]})
    );
    assert_eq!(fixture.send(delete).await, sent(None));
    let outcome = fixture.send(Outgoing::Edit { peer: &chat(), ids: &["101"], old: &old, new: &new }).await;
    assert!(matches!(&outcome, SendOutcome::Rejected { code, .. } if code == "not_editable"), "{outcome:?}");
}
