//! What is worked on: the bot, its scenario and lists, the updates, and whether all of them came to what they should.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use engine::ids::{BotId, WorkspaceId};
use engine::list::ColumnKind;
use engine::scenario::{CheckWorld, Scenario, check};
use engine::value::{Map, Value};
use serde_json::json;
use store::bots::{BotIntake, BotStatus, NewBot, UnknownPolicy};
use store::lists::{self, ListColumn};
use store::subscribers::Seen;
use store::workspaces::NewWorkspace;
use store::{
    Class, Connection, DataDir, Database, LaneId, Locale, MasterKey, Purpose, Secret, Store, StoreConfig,
};

use crate::arrivals::Arrivals;
use crate::bot_api::MARK;

pub const SECRET: &str = "webhook-secret-of-the-benchmark";
const TOKEN: &str = "123456789:TEST-ONLY_not-a-real-token_0123456789";
/// Rows of the list that is read.
const CUSTOMERS: u64 = 1_000;
/// Bytes of an update.
const UPDATE_BYTES: usize = 1_024;
/// People who never write while it is measured have numbers from here.
const SILENT: u64 = 1_000_000_000;
/// Rows of one job.
const CHUNK: u64 = 500;

/// Ten lines, as people write them: objects, an array, a condition, a text.
const SCRIPT: &str = "\
const customer = varstore.customer;
const items = [1, 2, 3].map((n) => ({ title: `Item ${n}`, price: customer.price * n, quantity: n }));
let total = 0;
for (const item of items) {
  total += item.price * item.quantity;
}
const discount = total > 1000 ? 0.1 : 0;
varstore.total = Math.round(total * (1 - discount) * 100) / 100;
varstore.lines = items.map((item) => `${item.title} x ${item.quantity}`).join(', ');
varstore.is_large = varstore.total > 500;
";

pub struct Workload {
    directory: PathBuf,
    database_url: Option<String>,
}

impl Workload {
    pub fn new(directory: &Path, database_url: Option<&str>) -> Self {
        Self { directory: directory.to_owned(), database_url: database_url.map(str::to_owned) }
    }

    /// Makes the database; answers the bot.
    pub async fn fill(&self, api_port: u16, subscribers: u64, chats: u64) -> BotId {
        let store = self.open().await;
        let text = document();
        let (vault, now) = (store.vault().clone(), store.now());
        let make = move |tx: &mut store::Tx| {
            let new = NewWorkspace { name: "Benchmark".into(), locale: Locale::En, zone: "UTC".into() };
            let workspace = store::workspaces::insert(tx, &new, now)?;
            let seal = |purpose, text: &str| vault.seal(workspace, purpose, &Secret::new(text)).unwrap();
            let bot = NewBot {
                workspace_id: workspace,
                channel: "telegram".into(),
                name: "Bot".into(),
                username: Some("test_bot".into()),
                external_id: Some("123456789".into()),
                token: Some(seal(Purpose::BotToken, TOKEN)),
                base_url: Some(format!("http://127.0.0.1:{api_port}")),
                intake: BotIntake::Webhook,
                webhook_secret: Some(seal(Purpose::BotWebhookSecret, SECRET)),
                unknown_policy: UnknownPolicy::Drop,
                status: BotStatus::Active,
            };
            let bot = store::bots::insert(tx, &bot, now)?;
            let scenario = store::scenarios::insert(tx, workspace, "Orders", &text, now)?;
            store::scenarios::publish(tx, workspace, scenario, &text, None, now)?;
            store::bots::attach_scenario(tx, workspace, bot, scenario, 0)?;
            let customers = [column("username", true), column("price", false), column("city", false)];
            lists::insert(tx, workspace, "customers", &customers, now)?;
            let orders = [column("number", false), column("customer", false), column("total", false)];
            lists::insert(tx, workspace, "orders", &orders, now)?;
            let list = lists::find_for_write(tx, workspace, "customers")?.unwrap();
            for row in 0..CUSTOMERS {
                let cells: Map = [
                    ("username", Value::text(username(row))),
                    ("price", Value::from(i64::try_from(row % 100 + 20).unwrap())),
                    ("city", Value::text("Kazan")),
                ]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
                lists::insert_row(tx, &list, &cells, now)?;
            }
            Ok((workspace, bot))
        };
        let (workspace, bot) = store.write(Class::Lanes, make).await.unwrap();
        for first in (0..subscribers.saturating_sub(chats)).step_by(usize::try_from(CHUNK).unwrap()) {
            let numbers = first..(first + CHUNK).min(subscribers);
            store
                .write(Class::Lanes, move |tx| subscribe(tx, workspace, bot, numbers.clone(), now))
                .await
                .unwrap();
        }
        store.close().await;
        bot
    }

    /// Whether every update was worked once: a message, a row, nothing left.
    pub async fn verify(&self, total: u64, arrivals: &Arrivals) -> Result<(), String> {
        let store = self.open().await;
        let pending = store.read(|connection| Ok(store::inbox::count_pending(connection)?)).await.unwrap();
        let rows = store.read(read_orders).await.unwrap();
        store.close().await;
        let (came, repeated) = (arrivals.count(), arrivals.repeated());
        let different: BTreeSet<&String> = rows.iter().collect();
        let whole = (pending, came, repeated) == (0, total, 0)
            && different.len() == rows.len()
            && u64::try_from(rows.len()) == Ok(total);
        if whole {
            return Ok(());
        }
        Err(format!(
            "{total} updates, {pending} left in the inbox, {came} messages, {repeated} of them repeated, {} rows, {} different",
            rows.len(),
            different.len()
        ))
    }

    async fn open(&self) -> Store {
        let directory = DataDir::open(&self.directory).unwrap();
        let key = MasterKey::load_or_create(&directory, None).unwrap();
        let database = Database::from_url(self.database_url.as_deref(), &directory).unwrap();
        let config = StoreConfig::new(database, key);
        tokio::task::spawn_blocking(move || Store::open(config).unwrap()).await.unwrap()
    }
}

/// The same of the bot written by hand, which says how many orders it has, and how many different ones.
pub fn verify_by_hand(said: &str, total: u64, arrivals: &Arrivals) -> Result<(), String> {
    let (came, repeated) = (arrivals.count(), arrivals.repeated());
    if said.trim() == format!("{total} {total}") && (came, repeated) == (total, 0) {
        return Ok(());
    }
    Err(format!(
        "{total} updates, {came} messages, {repeated} of them repeated, rows and different ones: {said}"
    ))
}

fn subscribe(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    bot: BotId,
    numbers: std::ops::Range<u64>,
    now: engine::ids::UtcMs,
) -> Result<(), store::JobError> {
    for number in numbers {
        let user = (SILENT + number).to_string();
        let lane = LaneId::new(workspace, bot, format!("user:{user}"));
        let seen = Seen {
            external_user_id: Some(user.clone()),
            peer: json!({"chat": user}).to_string(),
            first_name: "Anna".into(),
            last_name: "Petrova".into(),
            username: username(number),
            language: "en".into(),
        };
        store::subscribers::upsert(tx, &lane, &seen, now)?;
        store::lanes::fence(tx, &lane, 0, None, None)?;
    }
    Ok(())
}

/// The numbers of all orders.
fn read_orders(connection: &mut Connection) -> Result<Vec<String>, store::ReadError> {
    let workspaces = store::workspaces::list(connection)?;
    let list = lists::find_by_name(connection, workspaces[0].id, "orders")?.unwrap();
    let mut numbers = Vec::new();
    loop {
        let page = lists::page(connection, &list, i64::try_from(numbers.len()).unwrap(), 100_000)?;
        if page.is_empty() {
            return Ok(numbers);
        }
        numbers.extend(page.into_iter().map(|row| row.into_map()["number"].to_text().into_owned()));
    }
}

fn column(name: &str, unique: bool) -> ListColumn {
    let kind = if name == "price" { ColumnKind::Number } else { ColumnKind::Text };
    ListColumn { id: name.to_owned(), name: name.to_owned(), kind, unique, indexed: unique }
}

fn username(number: u64) -> String {
    format!("customer_{:04}", number % CUSTOMERS)
}

/// An update of 1 KB, as Telegram sends them.
pub fn update(number: u64, chats: u64) -> String {
    let user = number % chats + 1;
    let username = username(user);
    let begin = format!(
        r#"{{"update_id":{},"message":{{"message_id":{},"from":{{"id":{user},"is_bot":false,"first_name":"Anna","last_name":"Petrova","username":"{username}","language_code":"en"}},"chat":{{"id":{user},"first_name":"Anna","last_name":"Petrova","username":"{username}","type":"private"}},"date":1790000000,"text":"{number}","entities":[{{"offset":0,"length":1,"type":"bold"}}],"link_preview_options":{{"url":""#,
        100_000_000 + number,
        number + 1,
    );
    const END: &str = r#""}}}"#;
    let fill = UPDATE_BYTES.saturating_sub(begin.len() + END.len());
    format!("{begin}{}{END}", "x".repeat(fill))
}

fn document() -> String {
    let text = format!("{MARK}#{{number}} of #{{customer.username}}: #{{lines}}, #{{total}} in all.");
    let message = |id: &str| {
        let buttons = json!([[{"id": "yes", "text": "Confirm"}, {"id": "no", "text": "Cancel"}]]);
        json!({"id": id, "kind": "send_message", "options": {"text": text, "buttons": buttons},
            "exits": {"yes": {"block": "done"}, "no": {"block": "done"}}})
    };
    let order = |id: &str| {
        json!({"id": id, "kind": "list_add", "options": {"list": "orders", "values": [
            {"column": "number", "value": "#{number}"},
            {"column": "customer", "value": "#{customer._id}"},
            {"column": "total", "value": "#{total}"},
        ]}})
    };
    let document = json!({"format": "scenaria/1", "name": "Orders",
        "triggers": [{"id": "t", "kind": "text", "options": {"matching": "any"}, "next": {"block": "order"}}],
        "blocks": [
            {"id": "order", "name": "Order", "actions": [
                {"id": "number", "kind": "set_variables", "options": {"assignments": [
                    {"target": "number", "value": "[Answer]"}]}},
                {"id": "customer", "kind": "list_find", "options": {"list": "customers",
                    "filters": [{"column": "username", "value": "[Username]"}], "limit": 1, "first_to": "customer"}},
                {"id": "count", "kind": "javascript", "options": {"code": SCRIPT}},
                {"id": "size", "kind": "branch", "options": {"branches": [
                    {"id": "large", "name": "Large", "condition": "#{is_large} = true"}]},
                    "exits": {"large": {"block": "large"}}},
                order("add_small"),
                message("small"),
            ]},
            {"id": "large", "name": "Large", "actions": [order("add_large"), message("say_large")]},
            {"id": "done", "name": "Done", "actions": [
                {"id": "thanks", "kind": "send_message", "options": {"text": "Thank you."}}]},
        ],
    });
    let parsed = Scenario::parse(&document.to_string()).unwrap_or_else(|findings| panic!("{findings:?}"));
    let findings = check(&parsed, &CheckWorld::default());
    assert!(!findings.has_errors(), "{findings:?}");
    parsed.to_text()
}
