//! Who writes to the bot: connections that deliver updates, by the clock or as fast as they are worked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::ids::BotId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::arrivals::Arrivals;
use crate::bot_api::find;
use crate::measure::now_us;
use crate::workload::{SECRET, update};

/// Messengers hold a few dozen connections.
const CONNECTIONS: usize = 64;

pub enum Pace {
    /// Updates per second, whatever becomes of them.
    Rate(u32),
    /// So many sent whose message has not arrived.
    Window(u32),
}

pub struct Load {
    address: SocketAddr,
    bot: BotId,
    chats: u64,
    pace: Pace,
    arrivals: Arc<Arrivals>,
    began: Instant,
    next: AtomicU64,
    stopped: AtomicBool,
    /// When each update was due, in microseconds of wall time: waiting for a free connection counts.
    due: Mutex<Vec<u64>>,
}

impl Load {
    pub fn new(
        address: SocketAddr,
        bot: BotId,
        chats: u64,
        pace: Pace,
        arrivals: Arc<Arrivals>,
    ) -> Arc<Self> {
        if let Pace::Window(window) = pace {
            arrivals.places.add_permits(window.try_into().unwrap());
        }
        Arc::new(Self {
            address,
            bot,
            chats,
            pace,
            arrivals,
            began: Instant::now(),
            next: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            due: Mutex::default(),
        })
    }

    /// Sends until it is stopped.
    pub async fn run(self: Arc<Self>) {
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            connections.spawn(Arc::clone(&self).deliver());
        }
        while let Some(ended) = connections.join_next().await {
            ended.unwrap();
        }
    }

    /// Updates sent or about to be sent.
    pub fn sent(&self) -> u64 {
        self.due.lock().unwrap().len().try_into().unwrap()
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Whoever waits for a place ends.
        self.arrivals.places.close();
    }

    /// Microseconds from due to arrived, of these updates, in order of size.
    pub fn latencies(&self, first: u64, last: u64) -> Vec<u64> {
        let due = self.due.lock().unwrap();
        let mut all: Vec<u64> = (first..last)
            .filter_map(|number| {
                Some(self.arrivals.at(number)?.saturating_sub(due[usize::try_from(number).ok()?]))
            })
            .collect();
        all.sort_unstable();
        all
    }

    async fn deliver(self: Arc<Self>) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut answer = Vec::with_capacity(1024);
        while let Some(number) = self.take().await {
            let body = update(number, self.chats);
            let request = format!(
                "POST /telegram/{}/webhook HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
                 x-telegram-bot-api-secret-token: {SECRET}\r\ncontent-length: {}\r\n\r\n{body}",
                self.bot,
                body.len()
            );
            // A refused update is sent again, as a messenger does.
            loop {
                stream.write_all(request.as_bytes()).await.unwrap();
                answer.clear();
                while !is_whole(&answer) {
                    assert!(
                        stream.read_buf(&mut answer).await.unwrap() > 0,
                        "the server closed a connection"
                    );
                }
                if answer.starts_with(b"HTTP/1.1 200") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// The next update, when it is due; `None` at the end.
    async fn take(&self) -> Option<u64> {
        match self.pace {
            Pace::Window(_) => {
                self.arrivals.places.acquire().await.ok()?.forget();
                if self.stopped.load(Ordering::Relaxed) {
                    return None;
                }
                let mut due = self.due.lock().unwrap();
                due.push(now_us());
                Some(u64::try_from(due.len()).unwrap() - 1)
            }
            Pace::Rate(rate) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let due = self.began + Duration::from_secs_f64(number as f64 / f64::from(rate));
                // tokio's clock ticks in milliseconds: the last one is waited for by looking again.
                tokio::time::sleep_until(due.into()).await;
                if self.stopped.load(Ordering::Relaxed) {
                    return None;
                }
                let late = u64::try_from(due.elapsed().as_micros()).unwrap();
                let mut all = self.due.lock().unwrap();
                // Connections wake in any order; what is sent is numbered without gaps.
                all.push(now_us() - late);
                Some(u64::try_from(all.len()).unwrap() - 1)
            }
        }
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = find(answer, b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse().unwrap());
    answer.len() >= head + 4 + length
}
