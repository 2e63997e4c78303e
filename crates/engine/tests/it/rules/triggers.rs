//! What starts a run, and what it brings along.

use serde_json::json;

use super::{ask, block, check, command, say, scenario, trigger};

#[test]
fn texts_are_compared_as_the_trigger_says() {
    let text = |id: &str, matching: &str, texts: &[&str]| {
        trigger(id, "text", json!({"matching": matching, "texts": texts}), id)
    };
    let says = |id: &str| block(id, json!([say(&format!("{id}-s"), id)]));
    let bot = scenario(
        json!([
            text("exact", "equals", &["price", "prices"]),
            text("part", "contains", &["deliver"]),
            text("pattern", "regex", &["^order \\d+$"]),
            text("rest", "any", &[])
        ]),
        json!([says("exact"), says("part"), says("pattern"), says("rest")]),
    );
    check(
        &[bot],
        "
> PRICES
< exact
> Do you deliver?
< part
> order 15
< pattern
> order fifteen
< rest
",
    );
}

#[test]
fn a_start_link_brings_its_capture_and_its_code() {
    let bot = scenario(
        json!([
            trigger("ref", "start_link", json!({"code": "ref_{who}"}), "invited"),
            trigger("sale", "start_link", json!({"code": "sale"}), "sale"),
            trigger("any", "start_link", json!({"code": ""}), "other"),
            command("start"),
        ]),
        json!([
            block("invited", json!([say("i", "Sent by #{who}.")])),
            block("sale", json!([say("s", "The sale.")])),
            block("other", json!([say("o", "Code #{start}.")])),
            block("start", json!([say("p", "Plain.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start ref_bob
< Sent by bob.
> /start sale
< The sale.
> /start x1
< Code x1.
> /start
< Plain.
",
    );
}

#[test]
fn data_of_a_mini_app_answers_the_question_that_offers_it_or_starts_its_own_run() {
    let offers = json!({"id": "q", "kind": "ask", "options": {"text": "Pick in the app", "kind": "text",
        "buttons": [[{"id": "app", "text": "Open", "action": "mini_app", "app": "shop"}]]}});
    let bot = scenario(
        json!([
            command("start"),
            command("name"),
            trigger("app", "mini_app", json!({"app": "shop"}), "from_app")
        ]),
        json!([
            block("start", json!([offers, say("a", "You picked #{dish}.")])),
            block("name", json!([ask("n", "Your name?"), say("b", "Thanks, #{n}.")])),
            block("from_app", json!([say("c", "The app says #{dish}.")])),
        ]),
    );
    check(
        &[bot],
        r#"
> /start
< Pick in the app
  [Open]
> @miniapp shop {"dish": "soup"}
< You picked soup.
< (response 200) null
> /name
< Your name?
> @miniapp shop {"dish": "tea"}
< The app says tea.
< (response 200) null
"#,
    );
}

#[test]
fn webhooks_of_two_scenarios_may_have_the_same_name() {
    let bot = |text: &str| {
        let respond = json!({"id": "r", "kind": "respond", "options": {"body": text}});
        scenario(json!([trigger("hook", "webhook", json!({}), "b")]), json!([block("b", json!([respond]))]))
    };
    check(
        &[bot("shop"), bot("bank")],
        r#"
> @webhook 2/hook {"paid": true}
< (response 200) "bank"
> @webhook 1/hook {"paid": true}
< (response 200) "shop"
> @webhook hook {"paid": true}
< (response 200) "shop"
> @webhook 3/hook {"paid": true}
"#,
    );
}
