use engine::ids::{MessageId, UtcMs};
use store::messages::{Direction, Fate, NewIncoming};
use store::outbox::{OutboxClass, OutboxRow};
use store::{messages, outbox};

use crate::harness::{Harness, NOW, suite};

suite!(
    an_effect_is_queued_once,
    order_holds_per_peer,
    replies_overtake_mailings,
    what_is_not_due_holds_its_peer_back,
    only_failures_count_as_attempts,
    a_claim_is_nobody_elses,
    what_is_claimed_at_once_keeps_the_order,
    sent_messages_become_history,
    dead_and_unknown_ones_say_so,
    a_fate_may_be_told_twice,
    history_tells_the_order,
);

impl Harness {
    async fn queue(&self, effect: &str, peer: &str, class: OutboxClass, at: i64) -> Option<MessageId> {
        let new = self.new_send(effect, peer, class, at);
        self.write(move |tx| outbox::insert(tx, &new)).await
    }

    async fn claim_at_once(&self, effect: &str, peer: &str, class: OutboxClass) -> Option<OutboxRow> {
        let new = self.new_send(effect, peer, class, 0);
        self.write(move |tx| outbox::insert_claimed(tx, &new, "node", NOW)).await
    }

    async fn claim(&self, at: i64) -> Vec<OutboxRow> {
        let (here, bot) = (self.workspace, self.bot);
        self.write(move |tx| outbox::claim(tx, here, bot, 10, "node", NOW.plus_ms(at))).await
    }

    async fn sent(&self, row: &OutboxRow, platform_id: &'static str) {
        let row = row.clone();
        self.write(move |tx| outbox::mark_sent(tx, &row, Some(platform_id), NOW)).await;
    }
}

fn effects(rows: &[OutboxRow]) -> Vec<&str> {
    rows.iter().map(|row| row.effect_id.as_str()).collect()
}

async fn an_effect_is_queued_once(harness: Harness) {
    let id = harness.queue("1/0/0", "chat", OutboxClass::Reply, 0).await.unwrap();
    assert_eq!(harness.queue("1/0/0", "chat", OutboxClass::Reply, 0).await, None);
    let rows = harness.claim(0).await;
    assert_eq!(effects(&rows), ["1/0/0"]);
    assert_eq!((rows[0].id, rows[0].attempts, rows[0].lane()), (id, 0, harness.lane("user:1")));
    assert_eq!(rows[0].return_to.as_deref(), Some("1/2"));
}

async fn order_holds_per_peer(harness: Harness) {
    for (effect, peer) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")] {
        harness.queue(effect, peer, OutboxClass::Reply, 0).await;
    }
    harness.queue("ack", "a", OutboxClass::Ack, 0).await;
    let first = harness.claim(0).await;
    assert_eq!(effects(&first), ["ack", "a1", "b1"], "acknowledgements first and outside the order");
    assert!(harness.claim(0).await.is_empty(), "nothing overtakes what is under way");
    harness.sent(&first[1], "10").await;
    let second = harness.claim(0).await;
    assert_eq!(effects(&second), ["a2"]);
    // A retry keeps its place.
    let row = second[0].clone();
    harness.write(move |tx| outbox::mark_retry(tx, &row, NOW.plus_ms(1_000), Some("429"))).await;
    assert!(harness.claim(999).await.is_empty());
    let again = harness.claim(1_000).await;
    assert_eq!(effects(&again), ["a2"]);
    assert_eq!((again[0].attempts, again[0].error.as_deref(), again[0].uncertain), (1, Some("429"), false));
    harness.sent(&again[0], "11").await;
    assert_eq!(effects(&harness.claim(1_000).await), ["a3"]);
}

async fn replies_overtake_mailings(harness: Harness) {
    harness.queue("mass-a", "a", OutboxClass::Mass, 0).await;
    harness.queue("reply-a", "a", OutboxClass::Reply, 0).await;
    harness.queue("mass-b", "b", OutboxClass::Mass, 0).await;
    let rows = harness.claim(0).await;
    assert_eq!(effects(&rows), ["reply-a", "mass-b"], "peer a gets one at a time");
    harness.sent(&rows[0], "1").await;
    assert_eq!(effects(&harness.claim(0).await), ["mass-a"]);
    // While a mailing's message is under way, the peer's reply waits.
    harness.queue("reply-a2", "a", OutboxClass::Reply, 0).await;
    assert!(harness.claim(0).await.is_empty());
}

async fn what_is_not_due_holds_its_peer_back(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let next = || harness.read(move |c| outbox::next_due_at(c, here, bot));
    assert_eq!(next().await, None);
    harness.queue("a1", "a", OutboxClass::Reply, 500).await;
    harness.queue("a2", "a", OutboxClass::Reply, 0).await;
    assert_eq!(next().await, Some(NOW), "of the earliest row");
    assert!(harness.claim(499).await.is_empty());
    assert_eq!(effects(&harness.claim(500).await), ["a1"]);
    harness.queue("m1", "b", OutboxClass::Mass, -5).await;
    assert_eq!(next().await, Some(NOW.plus_ms(-5)));
    let queued = harness.read(outbox::bots_with_queued).await;
    assert_eq!(queued, [(here, bot)]);
    let paused = store::bots::BotStatus::Paused;
    harness.write(move |tx| store::bots::set_status(tx, here, bot, paused, None)).await;
    assert!(harness.read(outbox::bots_with_queued).await.is_empty());
}

async fn only_failures_count_as_attempts(harness: Harness) {
    harness.queue("e", "chat", OutboxClass::Reply, 0).await;
    for _ in 0..12 {
        let row = harness.claim(0).await.remove(0);
        assert_eq!(row.attempts, 0, "obeying the messenger is no failure");
        harness.write(move |tx| outbox::mark_postponed(tx, &row, NOW, Some("429"))).await;
        let row = harness.claim(0).await.remove(0);
        harness.write(move |tx| outbox::mark_unsent(tx, &row, NOW)).await;
    }
    let row = harness.claim(0).await.remove(0);
    harness.write(move |tx| outbox::mark_retry(tx, &row, NOW, Some("no connection"))).await;
    let row = harness.claim(0).await.remove(0);
    assert_eq!((row.attempts, row.uncertain), (1, false));
    harness.write(move |tx| outbox::mark_unknown_resend(tx, &row, NOW, Some("reset"))).await;
    let row = harness.claim(0).await.remove(0);
    assert_eq!((row.attempts, row.uncertain), (2, true));
}

async fn a_claim_is_nobody_elses(harness: Harness) {
    for index in 0..40 {
        harness.queue(&format!("e{index}"), &format!("peer{index}"), OutboxClass::Reply, 0).await;
    }
    let (here, bot) = (harness.workspace, harness.bot);
    let senders: Vec<_> = (0..8)
        .map(|node| {
            let store = harness.store.clone();
            let job = move |tx: &mut store::Tx| outbox::claim(tx, here, bot, 10, &format!("n{node}"), NOW);
            tokio::spawn(async move { store.write(store::Class::Lanes, job).await.unwrap() })
        })
        .collect();
    let mut claimed = Vec::new();
    for sender in senders {
        let rows = sender.await.unwrap();
        assert!(rows.len() <= 10);
        claimed.extend(rows.into_iter().map(|row| row.id));
    }
    claimed.extend(harness.claim(0).await.into_iter().map(|row| row.id));
    let mut once = claimed.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), claimed.len(), "nothing was claimed twice");
    assert_eq!(harness.read(|c| outbox::open_claims(c, 100)).await.len(), claimed.len());
    let mut of_nodes = 0;
    for node in 0..8 {
        let node = format!("n{node}");
        of_nodes += harness.read(move |c| outbox::open_claims_of_node(c, here, bot, &node)).await.len();
    }
    let rest = harness.read(move |c| outbox::open_claims_of_node(c, here, bot, "node")).await;
    assert_eq!(of_nodes + rest.len(), claimed.len());
    let one = harness.read(|c| outbox::open_claims(c, 1)).await.remove(0);
    harness.sent(&one, "1").await;
    assert_eq!(harness.read(|c| outbox::open_claims(c, 100)).await.len(), claimed.len() - 1);
}

async fn what_is_claimed_at_once_keeps_the_order(harness: Harness) {
    use OutboxClass::{Ack, Mass, Reply};
    harness.queue("mailing", "a", Mass, 0).await;
    let Some(first) = harness.claim_at_once("first", "a", Reply).await else {
        // On PostgreSQL nothing is: it would not see what other jobs write meanwhile.
        assert!(harness.store.is_shared());
        return;
    };
    assert!(!harness.store.is_shared());
    assert!(harness.claim_at_once("second", "a", Reply).await.is_none(), "the first is under way");
    assert!(harness.claim_at_once("mailing 2", "c", Mass).await.is_none(), "a mailing has time");
    assert!(harness.claim_at_once("ack", "a", Ack).await.is_some(), "it stands outside the order");
    assert!(harness.claim_at_once("elsewhere", "b", Reply).await.is_some());
    assert!(harness.claim_at_once("first", "d", Reply).await.is_none(), "the effect is there already");
    assert_eq!(effects(&harness.claim(0).await), [""; 0], "none is claimed twice, and the mailing waits");
    let stored = harness.read(move |c| outbox::find(c, first.workspace_id, first.id)).await.unwrap();
    assert_eq!(format!("{stored:?}"), format!("{first:?}"), "as the table has it");
    harness.sent(&first, "11").await;
    harness.queue("second", "a", Reply, 0).await;
    assert!(harness.claim_at_once("third", "a", Reply).await.is_none(), "the second is queued");
    assert_eq!(effects(&harness.claim(0).await), ["second"]);
}

async fn sent_messages_become_history(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let id = harness.queue("e", "chat", OutboxClass::Reply, 0).await.unwrap();
    harness.queue("ack", "chat", OutboxClass::Ack, 0).await;
    for row in harness.claim(0).await {
        harness.sent(&row, "777").await;
    }
    assert!(harness.read(move |c| outbox::find(c, here, id)).await.is_none());
    let message = harness.read(move |c| messages::find(c, here, id)).await.unwrap();
    assert_eq!((message.fate, message.direction, message.uncertain), (Fate::Sent, Direction::Out, false));
    assert_eq!((message.platform_id.as_deref(), message.payload.as_str()), (Some("777"), "{\"text\":\"e\"}"));
    let by_platform =
        |peer: &'static str| harness.read(move |c| messages::find_by_platform_id(c, here, bot, peer, "777"));
    assert_eq!(by_platform("chat").await.unwrap().id, id);
    assert!(by_platform("other").await.is_none());
    assert!(message.changed_at.is_none() && !message.deleted && message.part_ids.is_none());

    let by_effect = |effect: &'static str| harness.read(move |c| messages::find_by_effect(c, here, effect));
    harness.write(move |tx| messages::change(tx, here, id, "{}", None, NOW.plus_ms(5))).await;
    let changed = by_effect("e").await.unwrap();
    assert_eq!((changed.payload.as_str(), changed.changed_at), ("{}", Some(NOW.plus_ms(5))));
    // Another effect took the message over.
    harness.write(move |tx| messages::change(tx, here, id, "[]", Some("f"), NOW.plus_ms(6))).await;
    assert!(by_effect("e").await.is_none());
    assert_eq!(by_effect("f").await.unwrap().id, id);

    let by_slot =
        |peer: &'static str| harness.read(move |c| messages::find_by_slot(c, here, bot, peer, "1/a"));
    harness.write(move |tx| messages::set_place(tx, here, id, Some(r#"["776","777"]"#), Some("1/a"))).await;
    assert_eq!(by_slot("chat").await.unwrap().part_ids.as_deref(), Some(r#"["776","777"]"#));
    assert!(by_slot("other").await.is_none());
    harness.write(move |tx| messages::mark_deleted(tx, here, id, NOW.plus_ms(7))).await;
    assert!(by_slot("chat").await.is_none(), "what is gone holds no place");
    let deleted = harness.read(move |c| messages::find(c, here, id)).await.unwrap();
    assert_eq!((deleted.deleted, deleted.changed_at), (true, Some(NOW.plus_ms(7))));
    let lane = harness.lane("user:1");
    let history = harness.read(move |c| messages::history(c, &lane, None, 10)).await;
    assert_eq!(history.len(), 1, "acknowledgements are no messages");
}

async fn dead_and_unknown_ones_say_so(harness: Harness) {
    for (effect, peer) in [("dead", "a"), ("unknown", "b"), ("resend", "c")] {
        harness.queue(effect, peer, OutboxClass::Reply, 0).await;
    }
    let rows = harness.claim(0).await;
    let (dead, unknown, resend) = (rows[0].clone(), rows[1].clone(), rows[2].clone());
    let ids = [dead.id, unknown.id, resend.id];
    harness
        .write(move |tx| {
            outbox::mark_dead(tx, &dead, "403 blocked", NOW)?;
            outbox::mark_unknown(tx, &unknown, "reset", NOW)?;
            outbox::mark_unknown_resend(tx, &resend, NOW, Some("reset"))
        })
        .await;
    let again = harness.claim(0).await;
    assert_eq!(effects(&again), ["resend"], "the others are not sent again");
    assert!(again[0].uncertain);
    harness.sent(&again[0], "5").await;
    let here = harness.workspace;
    let mut fates = Vec::new();
    for id in ids {
        let message = harness.read(move |c| messages::find(c, here, id)).await.unwrap();
        fates.push((message.fate, message.uncertain, message.error));
    }
    assert_eq!(
        fates,
        [
            (Fate::Dead, false, Some("403 blocked".to_owned())),
            (Fate::Unknown, false, Some("reset".to_owned())),
            (Fate::Sent, true, None),
        ]
    );
    harness.queue("next-a", "a", OutboxClass::Reply, 0).await;
    assert_eq!(effects(&harness.claim(0).await), ["next-a"], "a dead one holds nobody back");
    assert_eq!(harness.write(|tx| outbox::delete_buried(tx, UtcMs(NOW.0 + 1), 0, 10)).await, 2);
    assert_eq!(harness.queue("dead", "z", OutboxClass::Reply, 0).await.map(|_| ()), Some(()));
}

/// As after a COMMIT whose answer was lost.
async fn a_fate_may_be_told_twice(harness: Harness) {
    for (effect, peer) in [("sent", "a"), ("dead", "b"), ("unknown", "c"), ("retry", "d")] {
        harness.queue(effect, peer, OutboxClass::Reply, 0).await;
    }
    let rows = harness.claim(0).await;
    for _ in 0..2 {
        let rows = rows.clone();
        harness
            .write(move |tx| {
                outbox::mark_sent(tx, &rows[0], Some("1"), NOW)?;
                outbox::mark_dead(tx, &rows[1], "403 blocked", NOW)?;
                outbox::mark_unknown(tx, &rows[2], "reset", NOW)?;
                outbox::mark_retry(tx, &rows[3], NOW, Some("429"))
            })
            .await;
    }
    let lane = harness.lane("user:1");
    let history = harness.read(move |c| messages::history(c, &lane, None, 10)).await;
    let fates: Vec<_> = history.iter().rev().map(|message| message.fate).collect();
    assert_eq!(fates, [Fate::Sent, Fate::Dead, Fate::Unknown]);
    assert_eq!(effects(&harness.claim(0).await), ["retry"]);
}

async fn history_tells_the_order(harness: Harness) {
    let incoming = |text: &str| {
        let new = NewIncoming {
            lane: harness.lane("user:1"),
            peer: "chat".into(),
            payload: format!("\"{text}\""),
            platform_id: None,
            at: NOW,
        };
        harness.write(move |tx| messages::insert_incoming(tx, &new))
    };
    // Sent rows leave the outbox, and their ids are not used again.
    let mut ids = Vec::new();
    for index in 0..3 {
        ids.push(incoming(&format!("in{index}")).await);
        ids.push(harness.queue(&format!("out{index}"), "chat", OutboxClass::Reply, 0).await.unwrap());
        let rows = harness.claim(0).await;
        harness.sent(&rows[0], "1").await;
    }
    assert!(ids.is_sorted());
    let lane = harness.lane("user:1");
    let history = harness.read(move |c| messages::history(c, &lane, None, 4)).await;
    let found: Vec<_> = history.iter().map(|message| message.id).collect();
    assert_eq!(found, ids.iter().rev().take(4).copied().collect::<Vec<_>>());
    let (lane, before) = (harness.lane("user:1"), found[3]);
    let rest = harness.read(move |c| messages::history(c, &lane, Some(before), 4)).await;
    assert_eq!(rest.iter().map(|message| message.id).collect::<Vec<_>>(), [ids[1], ids[0]]);
    assert_eq!(rest[1].direction, Direction::In);
}
