//! What an acknowledged update is worth: the real binary is killed, frozen and starved while people write to its
//! bot, and in the end everything is compared with a model.
//!
//! These are the small versions, for every test run. `cargo xtask durability` runs the same with the sizes of
//! `DURABILITY_UPDATES` and `DURABILITY_KILLS`.

#![allow(clippy::print_stdout, reason = "an ordeal tells what it has tried")]

mod broadcasts;
mod disk;
mod freezes;
mod installation;
mod kills;
mod people;
mod restarts;
mod verdict;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::Store;

use tokio::sync::Semaphore;

use installation::{Installation, Node};
use people::{Crowd, Tally};
use verdict::Model;

/// A number from the environment.
fn size(variable: &str, small: i64) -> i64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(small)
}

/// Every text is counted, logged, entered in a list and answered; some are asked for outside first, some are
/// entered once more after a pause.
fn bookkeeper(shop: &str) -> Value {
    let trigger = |id: &str, word: &str, block: &str| {
        let options = match word {
            "" => json!({"matching": "any"}),
            _ => json!({"matching": "contains", "texts": [word]}),
        };
        json!({"id": id, "kind": "text", "options": options, "next": {"block": block}})
    };
    let enter = |id: &str, what: &str| {
        json!({"id": id, "kind": "list_add", "options": {"list": "journal", "values": [
            {"column": "who", "value": "[ClientID]"}, {"column": "what", "value": what}]}})
    };
    let work = |prefix: &str| {
        vec![
            json!({"id": format!("{prefix}count"), "kind": "increment", "options": {"target": "client.count"}}),
            json!({"id": format!("{prefix}total"), "kind": "increment", "options": {"target": "global.total"}}),
            json!({"id": format!("{prefix}log"), "kind": "set_variables", "options": {"assignments": [
                {"target": "client.log", "value": "#{client.log}[Answer];"}]}}),
            enter(&format!("{prefix}enter"), "[Answer]"),
            json!({"id": format!("{prefix}say"), "kind": "send_message", "options": {"text": "[Answer]"}}),
        ]
    };
    let mut call =
        vec![json!({"id": "ask", "kind": "http_request", "options": {"method": "POST", "url": shop,
        "body": {"kind": "text", "content": "[ClientID]: [Answer]"}, "timeout_s": 5}})];
    call.extend(work("c"));
    let mut pause = work("p");
    pause.push(json!({"id": "pause", "kind": "delay",
        "options": {"amount": 1, "unit": "seconds", "when_moved_on": "go_on"}}));
    pause.push(enter("again", "after [Answer]"));
    json!({"format": "scenaria/1", "name": "Bookkeeper",
    "triggers": [trigger("t1", "call", "call"), trigger("t2", "pause", "pause"), trigger("t3", "", "work")],
    "blocks": [
        {"id": "work", "actions": work("w")},
        {"id": "call", "actions": call},
        {"id": "pause", "actions": pause},
    ]})
}

/// What the run asks that never ends.
const QUESTION: &str = "More?";

/// The same work in one run that asks for more and more: its state is written again and again, and only the fence
/// keeps a burst that comes too late from counting twice. (A run that begins has the number of its event, which
/// nobody can take twice.)
fn interviewer(_shop: &str) -> Value {
    let mut document = bookkeeper("http://127.0.0.1:9");
    document["triggers"] =
        json!([{"id": "t", "kind": "text", "options": {"matching": "any"}, "next": {"block": "work"}}]);
    let mut work = document["blocks"][0].clone();
    work["actions"].as_array_mut().expect("actions").push(json!({"id": "more", "kind": "ask",
        "options": {"text": QUESTION, "kind": "text", "save_to": "more"}}));
    work["next"] = json!({"block": "work"});
    document["blocks"] = json!([work]);
    document
}

/// Nothing is waited for any more when nothing has moved for so long.
const STANDSTILL: Duration = Duration::from_secs(15);

/// Waits until everything is done, for as long as something still moves.
async fn settle(installation: &Installation, store: &Store, model: &Model<'_>) {
    let (mut before, mut moved) = ((0, 0, 0), Instant::now());
    loop {
        let progress = verdict::progress(installation, store, model).await;
        if progress.counts != before {
            (before, moved) = (progress.counts, Instant::now());
        }
        if progress.is_settled || moved.elapsed() > STANDSTILL {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // One too many would come late.
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// So many people who write to these nodes, as far as they may.
fn crowd(installation: &Installation, nodes: &[&Node], people: i64, updates: i64) -> Crowd {
    Crowd {
        addresses: Arc::new(nodes.iter().map(|node| node.public).collect()),
        hook: installation.hook(),
        people,
        updates,
        budget: Arc::new(Semaphore::new(0)),
        tally: Arc::new(Tally::default()),
    }
}

/// Asks until the answer is yes; the bound is for a test that fails.
async fn until(what: &str, mut ask: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !ask() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
