//! Tracked links: made once, counted at every visit, told about at the first.

use serde_json::{Value, json};
use store::bots::UnknownPolicy;

use crate::support::{House, command, document, on_both, say};

fn shop() -> Value {
    let make = |id: &str, name: &str, personal: bool| {
        json!({"id": id, "kind": "make_link",
            "options": {"url": "https://shop.test/?q=tea", "name": name, "personal": personal, "save_to": "link"}})
    };
    document(
        json!([
            command("mine", "mine"),
            command("all", "all"),
            {"id": "seen", "kind": "link_visited", "options": {"name": "shop"}, "next": {"block": "seen"}},
        ]),
        json!([
            {"id": "mine", "actions": [make("m", "shop", true), say("ms", "#{link}")]},
            {"id": "all", "actions": [make("a", "shop", false), say("as", "#{link}")]},
            {"id": "seen", "actions": [say("s", "You saw #{link_name}.")]},
        ]),
    )
}

fn code(link: &str) -> String {
    link.strip_prefix("https://bots.example.com/l/").unwrap().to_owned()
}

#[tokio::test]
async fn the_first_visit_of_a_personal_link_is_an_event_and_every_visit_counts() {
    let test = |mut house: House| async move {
        house.say(7, "/mine").await;
        house.say(7, "/mine").await;
        house.say(8, "/mine").await;
        let heard = house.heard(7, 2).await;
        assert_eq!(heard[0], heard[1], "the same link for the same person");
        let other = house.heard(8, 1).await;
        assert_ne!(heard[0], other[0]);
        let own = code(&heard[0]);
        for _ in 0..3 {
            let target = house.runtime.follow_link(own.clone(), true).await.unwrap();
            assert_eq!(target.as_deref(), Some("https://shop.test/?q=tea"));
        }
        house.runtime.follow_link(own.clone(), false).await.unwrap();
        assert_eq!(house.heard(7, 3).await.last().unwrap(), "You saw shop.");
        house.crash_and_restart().await;
        house.settled().await;
        assert_eq!(house.heard(7, 3).await.len(), 3, "once");
        assert_eq!(house.heard(8, 1).await.len(), 1, "nobody else hears of it");
        let find = move |c: &mut store::Connection| Ok(store::links::find_by_code(c, &own)?);
        let link = house.store.read(find).await.unwrap().unwrap();
        assert_eq!(link.visits, 3, "a preview is no visit");
        assert!(link.first_visit_at.is_some());
    };
    on_both(test, UnknownPolicy::Drop, shop()).await;
}

#[tokio::test]
async fn a_common_link_is_one_for_all_and_made_up_codes_lead_nowhere() {
    let test = |house: House| async move {
        house.say(7, "/all").await;
        house.say(8, "/all").await;
        let link = house.heard(7, 1).await.remove(0);
        assert_eq!(house.heard(8, 1).await, std::slice::from_ref(&link));
        assert!(house.runtime.follow_link(code(&link), true).await.unwrap().is_some());
        for made_up in ["", "abc", "AAAAAAAAAAA", "../../../etc", "' OR 1=1 --"] {
            assert_eq!(house.runtime.follow_link(made_up.to_owned(), true).await.unwrap(), None, "{made_up}");
        }
    };
    on_both(test, UnknownPolicy::Drop, shop()).await;
}

#[tokio::test]
async fn a_trigger_may_want_every_visit() {
    let mut often = shop();
    often["triggers"][2]["options"]["every"] = json!(true);
    let test = |mut house: House| async move {
        house.say(7, "/mine").await;
        let own = code(&house.heard(7, 1).await[0]);
        for heard in 2..4 {
            house.runtime.follow_link(own.clone(), true).await.unwrap();
            assert_eq!(house.heard(7, heard).await.last().unwrap(), "You saw shop.");
        }
        house.crash_and_restart().await;
        house.settled().await;
        assert_eq!(house.heard(7, 3).await.len(), 3, "each once");
    };
    on_both(test, UnknownPolicy::Drop, often).await;
}
