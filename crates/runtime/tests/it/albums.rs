//! Albums come part by part and are worked as one event. Time stands still here unless a test moves it.

use serde_json::{Value, json};
use store::bots::UnknownPolicy;

use crate::support::{House, document, on_both_at_rest, say, until};

fn counter() -> Value {
    document(
        json!([
            {"id": "photo", "kind": "media", "options": {"media": "photo"}, "next": {"block": "count"}},
            {"id": "any", "kind": "text", "options": {"matching": "any"}, "next": {"block": "echo"}},
        ]),
        json!([
            {"id": "count", "actions": [say("c", "[Length(#{client_media.album})]: #{client_media.caption}.")]},
            {"id": "echo", "actions": [say("e", "[Answer]")]},
        ]),
    )
}

fn part(id: i64, album: Option<&str>, caption: &str) -> Value {
    let mut message = json!({
        "message_id": id, "date": 1, "caption": caption,
        "from": {"id": 7, "is_bot": false, "first_name": "Anna"},
        "chat": {"id": 7, "type": "private"},
        "photo": [{"file_id": format!("f{id}"), "file_unique_id": "u", "width": 1, "height": 1}],
    });
    if let Some(album) = album {
        message["media_group_id"] = album.into();
    }
    json!({"update_id": id, "message": message})
}

#[tokio::test]
async fn an_album_is_one_event_in_its_place() {
    let test = |mut house: House| async move {
        house.deliver(&part(501, Some("A"), "")).await;
        house.deliver(&part(502, Some("A"), "Cats")).await;
        house.deliver(&part(502, Some("A"), "Cats")).await;
        house.deliver(&part(503, Some("A"), "")).await;
        house.say(7, "after").await;
        // Nothing is worked before the album is complete, whatever the process goes through.
        house.crash_and_restart().await;
        until("the lane has been looked at", async || house.runtime.lanes_at_work() == 0).await;
        assert!(house.api.calls_of("sendMessage").is_empty(), "more of it may come");
        house.store.clock().advance(1_000);
        assert_eq!(house.heard(7, 2).await, ["3: Cats.", "after"]);
        house.settled().await;
    };
    on_both_at_rest(test, UnknownPolicy::Drop, counter()).await;
}

#[tokio::test]
async fn a_whole_album_and_a_single_photo_wait_for_nothing() {
    let test = |house: House| async move {
        for id in 501..=510 {
            house.deliver(&part(id, Some("A"), "")).await;
        }
        assert_eq!(house.heard(7, 1).await, ["10: ."]);
        house.deliver(&part(511, None, "One")).await;
        assert_eq!(house.heard(7, 2).await.last().unwrap(), "0: One.");
    };
    on_both_at_rest(test, UnknownPolicy::Drop, counter()).await;
}
