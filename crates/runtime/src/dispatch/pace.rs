//! How fast a bot may send: one bucket of tokens for the bot and one for each chat it has written to lately. What comes
//! too early is refused by the messenger with a wait for the whole bot; here only the chat that is too quick waits.
//!
//! The numbers are Telegram's (<https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>). A
//! server of the owner's own says by itself when it is too much.

use std::collections::HashMap;

use engine::ids::UtcMs;
use store::outbox::{OutboxClass, OutboxRow};

use crate::bots::LoadedBot;

/// Messages of one bot in a second.
const BOT: Rate = Rate { capacity: 30, every_ms: 33 };

/// Messages to one person: short bursts pass.
const PERSON: Rate = Rate { capacity: 5, every_ms: 1_000 };

/// Messages to one group or channel, 20 in any minute.
const GROUP: Rate = Rate { capacity: 5, every_ms: 4_000 };

/// Chats remembered before those that are long full are forgotten.
const CHATS_MAX: usize = 10_000;

/// So many tokens at once, and a new one every so often.
#[derive(Clone, Copy, Debug)]
struct Rate {
    capacity: i64,
    every_ms: i64,
}

/// A bucket, kept as the moment at which it is full again.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    full_at: UtcMs,
}

impl Bucket {
    const FULL: Self = Self { full_at: UtcMs(i64::MIN) };

    /// When the next token is there; now or earlier when there is one.
    fn ready_at(self, rate: Rate) -> UtcMs {
        self.full_at.plus_ms(-(rate.capacity - 1).saturating_mul(rate.every_ms))
    }

    fn take(&mut self, rate: Rate, now: UtcMs) {
        self.full_at = self.full_at.max(now).plus_ms(rate.every_ms);
    }
}

/// The buckets of one bot. They live as long as its dispatcher: whoever starts anew starts with full ones.
pub(super) struct Pace {
    bot: Bucket,
    chats: HashMap<String, Bucket>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { bot: Bucket::FULL, chats: HashMap::new() }
    }
}

impl Pace {
    /// Whether this bot is held to the messenger's pace.
    pub(super) fn applies(bot: &LoadedBot) -> bool {
        bot.channel == connectors::channels::telegram::KIND && bot.access.base_url.is_none()
    }

    /// When the bot may send anything at all.
    pub(super) fn ready_at(&self) -> UtcMs {
        self.bot.ready_at(BOT)
    }

    /// Takes the tokens a row costs; or says when its chat has one.
    pub(super) fn admit(&mut self, row: &OutboxRow, now: UtcMs) -> Result<(), UtcMs> {
        if row.class == OutboxClass::Ack || row.peer.is_empty() || !counts(row) {
            self.bot.take(BOT, now);
            return Ok(());
        }
        if self.chats.len() >= CHATS_MAX {
            self.chats.retain(|_, bucket| bucket.full_at > now);
        }
        let chat = row.peer.split('/').next().unwrap_or_default();
        let rate = if chat.starts_with(['-', '@']) { GROUP } else { PERSON };
        let bucket = match self.chats.get_mut(chat) {
            Some(bucket) => bucket,
            None => self.chats.entry(chat.to_owned()).or_insert(Bucket::FULL),
        };
        let ready = bucket.ready_at(rate);
        if ready > now {
            return Err(ready);
        }
        bucket.take(rate, now);
        self.bot.take(BOT, now);
        Ok(())
    }
}

/// Whether the messenger counts it as a message to the chat it stands in the order of.
fn counts(row: &OutboxRow) -> bool {
    matches!(row.kind.as_str(), "message" | "edit")
}

#[cfg(test)]
mod tests {
    use engine::ids::{BotId, MessageId, WorkspaceId};
    use store::outbox::OutboxStatus;

    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn row(peer: &str, class: OutboxClass, kind: &str) -> OutboxRow {
        OutboxRow {
            workspace_id: WorkspaceId(1),
            id: MessageId(1),
            effect_id: "1/0/0".into(),
            bot_id: BotId(1),
            lane_key: "user:1".into(),
            peer: peer.into(),
            class,
            kind: kind.into(),
            payload: "{}".into(),
            in_history: true,
            not_before: UtcMs(0),
            expires_at: None,
            status: OutboxStatus::Sending,
            attempts: 0,
            uncertain: false,
            claimed_by: None,
            claimed_at: None,
            error: None,
            return_to: None,
            created_at: UtcMs(0),
        }
    }

    /// How many of the messages offered every so often to a chat go out within a minute.
    fn sent_in_a_minute(peer: &str, every_ms: i64) -> usize {
        let (mut pace, row) = (Pace::default(), row(peer, OutboxClass::Reply, "message"));
        (0..60_000 / every_ms).filter(|turn| pace.admit(&row, UtcMs(NOW + turn * every_ms)).is_ok()).count()
    }

    #[test]
    fn a_chat_gets_a_burst_and_then_its_rate() {
        assert_eq!(sent_in_a_minute("-100", 100), 19, "a group: no more than 20");
        assert_eq!(sent_in_a_minute("-100/7", 100), 19, "its topics count together");
        assert_eq!(sent_in_a_minute("42", 100), 64, "a person: a burst, then one a second");
        assert_eq!(sent_in_a_minute("42", 1_000), 60, "who is slow enough never waits");
    }

    #[test]
    fn who_waits_is_told_until_when_and_holds_up_nobody_else() {
        let mut pace = Pace::default();
        let message = |peer: &str| row(peer, OutboxClass::Reply, "message");
        for _ in 0..5 {
            assert_eq!(pace.admit(&message("42"), UtcMs(NOW)), Ok(()));
        }
        assert_eq!(pace.admit(&message("42"), UtcMs(NOW)), Err(UtcMs(NOW + 1_000)));
        assert_eq!(pace.admit(&message("43"), UtcMs(NOW)), Ok(()));
        assert_eq!(pace.admit(&row("42", OutboxClass::Ack, "acknowledge"), UtcMs(NOW)), Ok(()));
        assert_eq!(pace.admit(&row("42", OutboxClass::Reply, "call"), UtcMs(NOW)), Ok(()));
        assert_eq!(pace.admit(&message("42"), UtcMs(NOW + 1_000)), Ok(()));
    }

    #[test]
    fn the_bot_as_a_whole_has_thirty_a_second() {
        let mut pace = Pace::default();
        assert!(pace.ready_at() <= UtcMs(NOW));
        for chat in 0..30 {
            assert!(pace.ready_at() <= UtcMs(NOW), "{chat}");
            pace.admit(&row(&chat.to_string(), OutboxClass::Reply, "message"), UtcMs(NOW)).unwrap();
        }
        assert!(pace.ready_at() > UtcMs(NOW) && pace.ready_at() <= UtcMs(NOW + 33));
    }
}
