//! Files of the workspace: uploaded once, known by an id afterwards.

use std::collections::HashMap;

use bytes::Bytes;
use connectors::channels::{
    FILE_UNKNOWN, FileContent, NO_FILE, NameResolver, Outgoing, OwnFile, SendOutcome, Uploaded,
};
use connectors::testing::Attached;
use engine::event::Peer;
use engine::message::{Media, MediaKind, MediaSource, Message, RichText};
use serde_json::{Value, json};

use super::Fixture;

/// The files there are, by their names.
struct Files(HashMap<&'static str, OwnFile>);

impl NameResolver for Files {
    fn mini_app(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, name: &str, _: MediaKind) -> Option<&OwnFile> {
        self.0.get(name)
    }
}

fn bytes(name: &str, bytes: &'static [u8]) -> OwnFile {
    OwnFile::Bytes(FileContent {
        bytes: Bytes::from_static(bytes),
        name: Some(name.to_owned()),
        content_type: Some("image/jpeg".to_owned()),
    })
}

fn known(id: &str) -> OwnFile {
    OwnFile::Known(id.to_owned())
}

fn own(kind: MediaKind, name: &str) -> Media {
    Media { kind, source: MediaSource::Own(name.to_owned()) }
}

fn message(text: &str, media: Vec<Media>) -> Message {
    Message { text: RichText::plain(text), media, ..Message::default() }
}

fn chat() -> Peer {
    Peer { chat: "7".to_owned(), thread: None }
}

/// Sends and answers what came of it, with the calls it took: method, parameters and the names of the files.
async fn send(
    fixture: &Fixture,
    files: &Files,
    out: Outgoing<'_>,
) -> (SendOutcome, Vec<(String, Value, Vec<Attached>)>) {
    let before = fixture.fake.calls().len();
    let outcome = fixture.channel().send(&fixture.fake.access(), &out, files).await;
    let calls = fixture.fake.calls().split_off(before);
    (outcome, calls.into_iter().map(|call| (call.method, call.params, call.files)).collect())
}

fn uploaded(outcome: SendOutcome) -> Vec<Uploaded> {
    let SendOutcome::Sent { uploaded, .. } = outcome else { panic!("{outcome:?}") };
    uploaded
}

#[tokio::test]
async fn a_file_is_uploaded_and_then_known() {
    let fixture = Fixture::new().await;
    let photo = message("Our menu", vec![own(MediaKind::Photo, "Меню.jpg")]);
    let out = Outgoing::Message { peer: &chat(), message: &photo };
    let files = Files(HashMap::from([("Меню.jpg", bytes("Меню.jpg", b"\xFF\xD8\r\n--x"))]));
    let (outcome, calls) = send(&fixture, &files, out).await;
    let attached = Attached {
        part: "file0".to_owned(),
        file_name: "Меню.jpg".to_owned(),
        content_type: "image/jpeg".to_owned(),
        bytes: b"\xFF\xD8\r\n--x".to_vec(),
    };
    let params = json!({"chat_id": 7, "photo": "upload-0-file0", "caption": "Our menu"});
    assert_eq!(calls, [("sendPhoto".to_owned(), params.clone(), vec![attached])]);
    let id = "upload-0-file0".to_owned();
    let kept = Uploaded { name: "Меню.jpg".to_owned(), kind: MediaKind::Photo, id: id.clone() };
    assert_eq!(uploaded(outcome), [kept]);

    let files = Files(HashMap::from([("Меню.jpg", known(&id))]));
    let (outcome, calls) = send(&fixture, &files, out).await;
    assert_eq!(calls, [("sendPhoto".to_owned(), params, Vec::new())]);
    assert_eq!(uploaded(outcome), []);

    fixture.fake.forget_file(&id);
    let (outcome, _) = send(&fixture, &files, out).await;
    assert!(matches!(&outcome, SendOutcome::Rejected { code, .. } if code == FILE_UNKNOWN), "{outcome:?}");
}

#[tokio::test]
async fn each_call_carries_the_files_it_names() {
    let fixture = Fixture::new().await;
    let address = Media { kind: MediaKind::Photo, source: MediaSource::Url("https://a.b/c.jpg".to_owned()) };
    let media = vec![
        own(MediaKind::Photo, "a.jpg"),
        address,
        own(MediaKind::Video, "b.mp4"),
        own(MediaKind::Photo, "a.jpg"),
        own(MediaKind::Photo, "old.jpg"),
        own(MediaKind::File, "price.pdf"),
    ];
    let files = Files(HashMap::from([
        ("a.jpg", bytes("a.jpg", b"A")),
        ("b.mp4", bytes("b.mp4", b"B")),
        ("old.jpg", known("f9")),
        ("price.pdf", bytes("price.pdf", b"P")),
    ]));
    let all = message("", media);
    let (outcome, calls) = send(&fixture, &files, Outgoing::Message { peer: &chat(), message: &all }).await;
    let shape: Vec<(&str, Vec<&str>)> = calls
        .iter()
        .map(|(method, _, files)| {
            (method.as_str(), files.iter().map(|file| file.file_name.as_str()).collect())
        })
        .collect();
    assert_eq!(shape, [("sendMediaGroup", vec!["a.jpg", "b.mp4"]), ("sendDocument", vec!["price.pdf"])]);
    let sources: Vec<&Value> =
        calls[0].1["media"].as_array().unwrap().iter().map(|item| &item["media"]).collect();
    assert_eq!(sources, ["upload-0-file0", "https://a.b/c.jpg", "upload-0-file1", "upload-0-file0", "f9"]);
    let ids: Vec<(String, String)> = uploaded(outcome).into_iter().map(|kept| (kept.name, kept.id)).collect();
    let pair = |name: &str, id: &str| (name.to_owned(), id.to_owned());
    assert_eq!(
        ids[..3],
        [pair("a.jpg", "upload-0-file0"), pair("b.mp4", "upload-0-file1"), pair("a.jpg", "upload-0-file0")]
    );
    assert_eq!(ids[3], pair("price.pdf", "upload-1-file3"));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let fixture = Fixture::new().await;
    let photo = message("", vec![own(MediaKind::Photo, "gone.jpg")]);
    let out = Outgoing::Message { peer: &chat(), message: &photo };
    let (outcome, calls) = send(&fixture, &Files(HashMap::new()), out).await;
    let missing = SendOutcome::Rejected { code: NO_FILE.to_owned(), text: "gone.jpg".to_owned() };
    assert_eq!((outcome, calls.len()), (missing, 0));
}

#[tokio::test]
async fn a_message_gets_another_file_where_it_stands() {
    let fixture = Fixture::new().await;
    let files = Files(HashMap::from([("a.jpg", known("f1")), ("b.jpg", bytes("b.jpg", b"B"))]));
    let old = message("x", vec![own(MediaKind::Photo, "a.jpg")]);
    send(&fixture, &files, Outgoing::Message { peer: &chat(), message: &old }).await;
    let peer = chat();
    let edit = |new| send(&fixture, &files, Outgoing::Edit { peer: &peer, ids: &["101"], old: &old, new });

    let caption = message("y", vec![own(MediaKind::Photo, "a.jpg")]);
    let (_, calls) = edit(&caption).await;
    assert_eq!((calls.len(), calls[0].0.as_str()), (1, "editMessageCaption"), "the picture stays");

    let other = message("x", vec![own(MediaKind::Photo, "b.jpg")]);
    let (outcome, calls) = edit(&other).await;
    assert_eq!((calls.len(), calls[0].0.as_str(), calls[0].2.len()), (1, "editMessageMedia", 1));
    let id = calls[0].1["media"]["media"].as_str().unwrap();
    assert_eq!(uploaded(outcome).iter().map(|kept| kept.id.as_str()).collect::<Vec<_>>(), [id]);
}
