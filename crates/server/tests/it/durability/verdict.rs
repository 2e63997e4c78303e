//! Compares what is there in the end with what there has to be.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use engine::value::Value;
use store::fields::{self, Owner};
use store::messages::{Direction, Fate};
use store::{LaneId, Store};

use super::QUESTION;
use super::installation::Installation;
use super::people::text;

/// What the people have sent, and when something was killed or frozen.
pub struct Model<'a> {
    pub people: i64,
    /// Of each person.
    pub updates: i64,
    pub disturbances: &'a [Instant],
    /// Whether texts that ask for a call or a pause get one.
    pub errands: bool,
    /// Whether a message that was on its way when its node froze may be heard again after later ones.
    pub late: bool,
    /// Whether those who send panic at moments nobody knows: any message may be heard twice if the history says so.
    pub panics: bool,
}

impl<'a> Model<'a> {
    pub fn of(people: i64, updates: i64, disturbances: &'a [Instant]) -> Self {
        Self { people, updates, disturbances, errands: true, late: false, panics: false }
    }
}

/// Everything that is not as it should be, in sentences; empty when all is well.
pub async fn faults(installation: &Installation, store: &Store, model: &Model<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    check_data(installation, store, model, &mut faults).await;
    check_sends(installation, store, model, &mut faults).await;
    if model.errands {
        check_calls(installation, model, &mut faults);
    }
    faults
}

/// How far the work has come.
pub struct Progress {
    pub is_settled: bool,
    /// Events that wait, rows there are, bots that send: as long as they change, something moves.
    pub counts: (i64, i64, usize),
}

/// Whether everything that was asked for is done; what is done wrong is for [`faults`].
pub async fn progress(installation: &Installation, store: &Store, model: &Model<'_>) -> Progress {
    let workspace = installation.workspace;
    let (pending, rows, next, sending) = store
        .read(move |connection| {
            let journal = store::lists::find_by_name(connection, workspace, "journal")?.unwrap();
            Ok((
                store::inbox::count_pending(connection)?,
                store::lists::count_rows(connection, &journal)?,
                store::timers::next_due_at(connection)?,
                store::outbox::bots_with_queued(connection)?.len()
                    + store::outbox::open_claims(connection, 1)?.len(),
            ))
        })
        .await
        .unwrap();
    let pauses =
        (1..=model.updates).filter(|number| model.errands && text(*number).ends_with("pause")).count();
    let expected = model.people * (model.updates + i64::try_from(pauses).unwrap());
    let is_settled = pending == 0 && next.is_none() && sending == 0 && rows >= expected;
    Progress { is_settled, counts: (pending, rows, sending) }
}

async fn check_data(installation: &Installation, store: &Store, model: &Model<'_>, faults: &mut Vec<String>) {
    let (workspace, bot, people) = (installation.workspace, installation.bot, model.people);
    let (journal, fields, total) = store
        .read(move |connection| {
            let list = store::lists::find_by_name(connection, workspace, "journal")?.unwrap();
            let mut journal: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut offset = 0;
            loop {
                let page = store::lists::page(connection, &list, offset, 1_000)?;
                if page.is_empty() {
                    break;
                }
                offset += i64::try_from(page.len()).unwrap();
                for row in page {
                    let cell = |name: &str| match row.cells.get(name) {
                        Some(Value::Text(text)) => text.to_string(),
                        Some(other) => other.to_json().to_string(),
                        None => String::new(),
                    };
                    journal.entry(cell("who")).or_default().push(cell("what"));
                }
            }
            let mut load = |owner: Owner| -> Result<HashMap<String, String>, store::ReadError> {
                Ok(fields::load(connection, workspace, &owner, None)?.into_iter().collect())
            };
            let mut of_people = BTreeMap::new();
            for person in 1..=people {
                of_people.insert(person, load(Owner::client(bot, &person.to_string()))?);
            }
            Ok((journal, of_people, load(Owner::global())?.remove("total")))
        })
        .await
        .unwrap();
    let expected: Vec<String> = (1..=model.updates).map(text).collect();
    for person in 1..=people {
        let rows = journal.get(&person.to_string()).cloned().unwrap_or_default();
        let (paused, worked): (Vec<String>, Vec<String>) =
            rows.into_iter().partition(|what| what.starts_with("after "));
        compare(&format!("rows of {person}"), &worked, &expected, faults);
        let pauses = expected.iter().filter(|what| model.errands && what.ends_with("pause"));
        let pauses: BTreeSet<String> = pauses.map(|what| format!("after {what}")).collect();
        let mut sorted = paused;
        sorted.sort();
        compare(&format!("pauses of {person}"), &sorted, &pauses.into_iter().collect::<Vec<_>>(), faults);
        let own = &fields[&person];
        let count = own.get("count").map(String::as_str).unwrap_or_default().trim_matches('"');
        if count != model.updates.to_string() {
            faults.push(format!("the counter of {person} says {count}, not {}", model.updates));
        }
        let log = own.get("log").map(String::as_str).unwrap_or_default().trim_matches('"');
        let wanted: String = expected.iter().map(|what| format!("{what};")).collect();
        if log != wanted {
            faults.push(format!("the log of {person} is {log}"));
        }
    }
    let all = model.people * model.updates;
    if total.as_deref().map(|total| total.trim_matches('"')) != Some(all.to_string().as_str()) {
        faults.push(format!("the shared counter says {total:?}, not {all}"));
    }
}

fn compare(what: &str, found: &[String], expected: &[String], faults: &mut Vec<String>) {
    if found == expected {
        return;
    }
    let missing: Vec<&String> = expected.iter().filter(|item| !found.contains(item)).collect();
    let doubled: Vec<&String> = found
        .iter()
        .enumerate()
        .filter(|(index, item)| found[..*index].contains(item))
        .map(|(_, item)| item)
        .collect();
    for (word, items) in [("are missing", &missing), ("are doubled", &doubled)] {
        if !items.is_empty() {
            faults.push(format!("{what}: {items:?} {word}"));
        }
    }
    if missing.is_empty() && doubled.is_empty() {
        faults.push(format!("{what} are out of order: {found:?}"));
    }
}

async fn check_sends(
    installation: &Installation,
    store: &Store,
    model: &Model<'_>,
    faults: &mut Vec<String>,
) {
    let mut heard: HashMap<i64, Vec<(String, Instant)>> = HashMap::new();
    for call in installation.api.calls_of("sendMessage") {
        // The question that keeps a run open is nothing anybody counts.
        if call.carried_out && call.params["text"] != QUESTION {
            let chat = call.params["chat_id"].as_i64().unwrap();
            let text = call.params["text"].as_str().unwrap_or_default().to_owned();
            heard.entry(chat).or_default().push((text, call.at));
        }
    }
    for person in 1..=model.people {
        let heard = heard.remove(&person).unwrap_or_default();
        let marked = marked(installation, store, person, model, faults).await;
        let mut once: Vec<String> = Vec::new();
        for (index, (text, at)) in heard.iter().enumerate() {
            // After a kill nothing comes between the two.
            let reach = if model.late { index } else { index.min(1) };
            let Some((_, before)) = heard[index - reach..index].iter().rev().find(|(said, _)| said == text)
            else {
                once.push(text.clone());
                continue;
            };
            // What a node had written when it froze is noted by a busy messenger a moment later.
            let noted = if model.late { Duration::from_secs(1) } else { Duration::ZERO };
            if !model.panics
                && !model.disturbances.iter().any(|moment| *before <= *moment + noted && moment <= at)
            {
                faults.push(format!("{person} heard {text} twice, and nothing was killed in between"));
            }
            if !marked.contains(text) {
                faults.push(format!("{person} heard {text} twice, and the history does not say so"));
            }
        }
        let expected: Vec<String> = (1..=model.updates).map(text).collect();
        compare(&format!("messages of {person}"), &once, &expected, faults);
    }
}

/// The messages to a person that the history marks: an earlier attempt may have gone out too.
async fn marked(
    installation: &Installation,
    store: &Store,
    person: i64,
    model: &Model<'_>,
    faults: &mut Vec<String>,
) -> BTreeSet<String> {
    let lane = LaneId::new(installation.workspace, installation.bot, format!("user:{person}"));
    let limit = model.updates * 4;
    let history = store
        .read(move |connection| Ok(store::messages::history(connection, &lane, None, limit)?))
        .await
        .unwrap();
    let history = history.into_iter().filter(|message| said(message).as_deref() != Some(QUESTION));
    let (out, incoming): (Vec<_>, Vec<_>) = history.partition(|message| message.direction == Direction::Out);
    for (what, count) in [("messages to", out.len()), ("messages of", incoming.len())] {
        if i64::try_from(count).unwrap() != model.updates {
            faults.push(format!("the history has {count} {what} {person}, not {}", model.updates));
        }
    }
    if let Some(message) = out.iter().find(|message| message.fate != Fate::Sent) {
        faults.push(format!("a message to {person} was {:?}: {:?}", message.fate, message.error));
    }
    out.iter().filter(|message| message.uncertain).filter_map(said).collect()
}

/// What a message of ours says.
fn said(message: &store::messages::Message) -> Option<String> {
    match serde_json::from_str(&message.payload).ok()? {
        runtime::Outbound::Message { message, .. } => Some(message.text.to_plain()),
        _ => None,
    }
}

fn check_calls(installation: &Installation, model: &Model<'_>, faults: &mut Vec<String>) {
    let orders = installation.shop.orders();
    let mut repeats = 0;
    for person in 1..=model.people {
        for what in (1..=model.updates).map(text).filter(|what| what.ends_with("call")) {
            let keys = orders.get(&format!("{person}: {what}")).cloned().unwrap_or_default();
            if keys.is_empty() {
                faults.push(format!("{person}: {what} was never asked for"));
            }
            if keys.iter().any(|key| key.is_empty() || *key != keys[0]) {
                faults.push(format!("{person}: {what} was asked for under {keys:?}"));
            }
            repeats += keys.len().saturating_sub(1);
        }
    }
    if repeats > 0 && model.disturbances.is_empty() {
        faults.push(format!("{repeats} calls were repeated although nothing was killed"));
    }
}
