//! Counts attempts to sign in, per account and per address: at most 20 a minute of either.
//!
//! In memory: a restart forgives, which costs an attacker more than it gives. Several nodes count apart.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Attempts allowed in one window.
pub const ATTEMPTS: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// Keys remembered; beyond it the oldest windows are forgotten first.
const KEYS_MAX: usize = 50_000;

#[derive(Default)]
pub struct Throttle {
    windows: Mutex<HashMap<Key, Window>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Address(IpAddr),
}

struct Window {
    began: Instant,
    attempts: u32,
}

impl Throttle {
    /// Counts one attempt; false when there were too many.
    pub fn admit(&self, account: &str, address: Option<IpAddr>) -> bool {
        self.admit_at(account, address, Instant::now())
    }

    fn admit_at(&self, account: &str, address: Option<IpAddr>, now: Instant) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if windows.len() >= KEYS_MAX {
            windows.retain(|_, window| now.duration_since(window.began) < WINDOW);
            if windows.len() >= KEYS_MAX {
                windows.clear();
            }
        }
        let keys = [Some(Key::Account(account.trim().to_lowercase())), address.map(Key::Address)];
        let mut admitted = true;
        for key in keys.into_iter().flatten() {
            let window = windows.entry(key).or_insert(Window { began: now, attempts: 0 });
            if now.duration_since(window.began) >= WINDOW {
                *window = Window { began: now, attempts: 0 };
            }
            window.attempts = window.attempts.saturating_add(1);
            admitted &= window.attempts <= ATTEMPTS;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_and_an_address_get_twenty_attempts_a_minute_each() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        for attempt in 0..ATTEMPTS {
            assert!(throttle.admit_at("anna@example.org", Some(here), now), "{attempt}");
        }
        assert!(
            !throttle.admit_at("Anna@Example.org ", None, now),
            "the account is spent, however it is spelt"
        );
        assert!(!throttle.admit_at("other@example.org", Some(here), now), "the address is spent");
        assert!(throttle.admit_at("other@example.org", Some("192.0.2.2".parse().unwrap()), now));
        assert!(throttle.admit_at("anna@example.org", Some(here), now + WINDOW));
    }
}
