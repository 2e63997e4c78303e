//! Real updates: each is taken in with a key of its own and read without an error.

use std::collections::HashSet;
use std::path::Path;

use bytes::Bytes;
use connectors::channels::{Channel, IngressRequest, NewUpdate, ParsedUpdate};
use connectors::http::HttpConfig;
use connectors::{Connectors, Secret};
use engine::event::{EventKind, MembershipChange};
use engine::pick::Picked;

const OWN: &str = include_str!("../fixtures/telegram-updates.jsonl");

fn take_in(channel: &dyn Channel, line: &str) -> NewUpdate {
    let body = Bytes::copy_from_slice(line.as_bytes());
    let header = |name: &str| (name == "x-telegram-bot-api-secret-token").then_some(b"secret".as_slice());
    let request = IngressRequest { method: "POST", header: &header, query: "", body: &body };
    let ingress =
        channel.ingress(&request, &Secret::new("secret")).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(ingress.response.status, 200);
    let [update] = ingress.updates.try_into().unwrap_or_else(|updates| panic!("{updates:?}: {line}"));
    assert_eq!(update.raw, line, "kept byte for byte");
    update
}

/// Takes in and reads every line; the keys must be unique.
fn read_all(lines: &str) -> Vec<(NewUpdate, ParsedUpdate)> {
    let connectors = Connectors::new(HttpConfig::default()).unwrap();
    let channel = connectors.channel("telegram").unwrap();
    let mut keys = HashSet::new();
    lines
        .lines()
        .map(|line| {
            let update = take_in(channel, line);
            assert!(keys.insert(update.dedupe_key.clone()), "twice {}", update.dedupe_key);
            let parsed = channel.parse(&update.raw, "").unwrap_or_else(|error| panic!("{error}: {line}"));
            (update, parsed)
        })
        .collect()
}

#[test]
fn a_dozen_updates_mean_what_they_should() {
    let text = |text: &str| text.to_owned();
    let boris = "user:700000002";
    let expected = [
        (boris, EventKind::Started { payload: Some(text("ref_42-AbC")) }),
        (boris, EventKind::Text { text: text("привет <b>&amp; 👨‍👩‍👧") }),
        (
            boris,
            EventKind::Button {
                token: text("~1.2.3.a1.yes"),
                callback: Some(text("666728699048485871")),
                value: None,
            },
        ),
        (
            boris,
            EventKind::Contact {
                phone: text("+79990000001"),
                own: true,
                first_name: text("Boris"),
                last_name: String::new(),
                user: text("700000002"),
            },
        ),
        (boris, EventKind::Location { latitude: 55.75, longitude: 37.62 }),
        (
            boris,
            EventKind::Media {
                file: text("large"),
                text: text("look"),
                kind: engine::message::MediaKind::Photo,
                name: String::new(),
                size_bytes: None,
                mime: String::new(),
                album: Vec::new(),
            },
        ),
        (
            boris,
            EventKind::WebAppData {
                data: text(r#"{"size":"L","note":"Привет 🌍"}"#),
                button: text("Open form"),
            },
        ),
        ("user:700000027", EventKind::Text { text: text("topic") }),
        (boris, EventKind::Unknown),
        (boris, EventKind::Membership { change: MembershipChange::Blocked }),
        ("peer:-1002000000009", EventKind::Unknown),
        (boris, EventKind::Unknown),
    ];
    let read = read_all(OWN);
    assert_eq!(read.len(), expected.len());
    for ((update, parsed), (lane, kind)) in read.iter().zip(expected) {
        assert_eq!((update.lane_key.as_str(), &parsed.kind), (lane, &kind));
    }
}

#[test]
fn every_kind_of_update_is_taken_in() {
    // Canonical, because the crate may be built through a link.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
    let path = root.join("../../../shared/fixtures/telegram-updates.jsonl");
    let Ok(lines) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let read = read_all(&lines);
    assert_eq!(read.len(), 143);
    for (update, parsed) in &read {
        let lane_user = update.lane_key.strip_prefix("user:");
        assert_eq!(lane_user, parsed.sender.as_ref().map(|sender| sender.id.as_str()), "{update:?}");
        if parsed.kind != EventKind::Unknown {
            assert!(parsed.peer.is_some(), "an event without a place: {update:?}");
        }
    }
    let count = |is: fn(&EventKind) -> bool| read.iter().filter(|(_, parsed)| is(&parsed.kind)).count();
    assert!(count(|kind| matches!(kind, EventKind::Text { .. })) >= 10);
    assert!(count(|kind| matches!(kind, EventKind::Started { .. })) >= 4);
    assert!(count(|kind| matches!(kind, EventKind::Media { .. })) >= 10);
    assert_eq!(count(|kind| matches!(kind, EventKind::Button { .. })), 4);
    assert_eq!(count(|kind| matches!(kind, EventKind::WebAppData { .. })), 2);
    assert_eq!(count(|kind| matches!(kind, EventKind::Picked(Picked::Users { .. }))), 1);
    assert_eq!(count(|kind| matches!(kind, EventKind::Picked(Picked::Chat { .. }))), 2);
    assert_eq!(count(|kind| matches!(kind, EventKind::Picked(Picked::Poll(_)))), 1);
}
