//! The people who write to the bot: each sends one update after another, each update several times at once, and
//! goes on when one copy was acknowledged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::installation::SECRET;

/// A copy that gets no answer within this was lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an update asks of the scenario.
pub fn text(number: i64) -> String {
    match number % 7 {
        3 => format!("{number} call"),
        5 => format!("{number} pause"),
        _ => number.to_string(),
    }
}

/// Where and how much is sent.
#[derive(Clone)]
pub struct Crowd {
    /// Nodes that take updates.
    pub addresses: Arc<Vec<SocketAddr>>,
    pub hook: String,
    pub people: i64,
    /// Of each person.
    pub updates: i64,
    /// A permit for every update that may be sent now.
    pub budget: Arc<Semaphore>,
    pub tally: Arc<Tally>,
}

/// What came back.
#[derive(Default)]
pub struct Tally {
    pub acknowledged: AtomicUsize,
    /// Nothing of it was kept.
    pub refused: AtomicUsize,
    pub broken: AtomicUsize,
}

impl Crowd {
    /// Sends everything; answers when all of it was acknowledged.
    pub async fn write(self) {
        let mut people = JoinSet::new();
        for person in 1..=self.people {
            let crowd = self.clone();
            people.spawn(async move {
                let mut chooser = Chooser(person.cast_unsigned() * 7919 + 1);
                for number in 1..=crowd.updates {
                    crowd.budget.acquire().await.unwrap().forget();
                    crowd.deliver(person, number, 1 + chooser.below(5)).await;
                }
            });
        }
        while let Some(ended) = people.join_next().await {
            ended.unwrap();
        }
    }

    async fn deliver(&self, person: i64, number: i64, copies: usize) {
        let update = update(person, number);
        for attempt in 0.. {
            let mut under_way = JoinSet::new();
            for copy in 0..copies {
                let address = self.addresses[(copy + attempt) % self.addresses.len()];
                let (hook, update, tally) = (self.hook.clone(), update.clone(), Arc::clone(&self.tally));
                under_way.spawn(async move {
                    let status = tokio::time::timeout(PATIENCE, post(address, &hook, &update)).await;
                    match status {
                        Ok(Ok(200)) => {
                            tally.acknowledged.fetch_add(1, Ordering::Relaxed);
                            return true;
                        }
                        // A node that was frozen finds that the request has taken too long.
                        Ok(Ok(503 | 408)) => tally.refused.fetch_add(1, Ordering::Relaxed),
                        Ok(Ok(status)) => panic!("answered {status}"),
                        Ok(Err(_)) | Err(_) => tally.broken.fetch_add(1, Ordering::Relaxed),
                    };
                    false
                });
            }
            while let Some(copy) = under_way.join_next().await {
                if copy.unwrap() {
                    // The other copies may come when they like.
                    return under_way.detach_all();
                }
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

fn update(person: i64, number: i64) -> String {
    let id = person * 1_000_000 + number;
    json!({"update_id": id, "message": {
        "message_id": id,
        "from": {"id": person, "is_bot": false, "first_name": "Anna", "language_code": "en"},
        "chat": {"id": person, "type": "private", "first_name": "Anna"},
        "date": 1_790_000_000,
        "text": text(number),
    }})
    .to_string()
}

/// Sends one update of a person until it is acknowledged.
pub async fn post_update(address: SocketAddr, hook: &str, person: i64, number: i64) {
    while !matches!(post(address, hook, &update(person, number)).await, Ok(200)) {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

async fn post(address: SocketAddr, path: &str, body: &str) -> std::io::Result<u16> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let answer = exchange(address, &head, body).await?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| std::io::Error::other("the answer broke off"))
}

/// Sends a request and reads until the connection is closed.
pub async fn exchange(address: SocketAddr, head: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Numbers that look random and are the same every time.
pub struct Chooser(pub u64);

impl Chooser {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}
