//! Nodes that share the bots, on either database: SQLite has one node, but the rules are the same.

use engine::ids::BotId;
use store::nodes::{self, Beat, NodeId};
use store::{outbox, replies};

use crate::harness::{Harness, NOW, new_bot, suite};

suite!(nodes_share_the_bots, what_the_dead_owned_is_taken_over, a_claim_is_settled_by_who_holds_it);

const LEASE_MS: i64 = 10_000;

fn node(id: &str, home: &str) -> NodeId {
    NodeId { id: id.into(), home: home.into() }
}

async fn join(harness: &Harness, id: &str, home: &str) -> Beat {
    let node = node(id, home);
    harness.write(move |tx| nodes::join(tx, &node, LEASE_MS)).await
}

async fn beat(harness: &Harness, id: &str, lease_ms: i64) -> Option<Beat> {
    let node = node(id, id);
    harness.write(move |tx| nodes::beat(tx, &node, lease_ms)).await
}

async fn nodes_share_the_bots(harness: Harness) {
    let workspace = harness.workspace;
    let bots: Vec<BotId> = {
        let mut bots = vec![harness.bot];
        for _ in 0..2 {
            bots.push(harness.write(move |tx| store::bots::insert(tx, &new_bot(workspace), NOW)).await);
        }
        bots
    };
    let first = join(&harness, "a", "a").await;
    assert_eq!((first.owned.as_slice(), first.alive, first.is_eldest), (bots.as_slice(), 1, true));
    let second = join(&harness, "b", "b").await;
    assert_eq!((second.owned.len(), second.alive, second.is_eldest), (0, 2, false), "the first has them all");
    assert_eq!(beat(&harness, "a", LEASE_MS).await.unwrap().owned, bots[..2], "it gives up what is too much");
    assert_eq!(beat(&harness, "b", LEASE_MS).await.unwrap().owned, bots[2..]);
    for _ in 0..3 {
        assert_eq!(beat(&harness, "a", LEASE_MS).await.unwrap().owned, bots[..2], "and it stays so");
        assert_eq!(beat(&harness, "b", LEASE_MS).await.unwrap().owned, bots[2..]);
    }
    harness.write(|tx| nodes::leave(tx, "a")).await;
    let last = beat(&harness, "b", LEASE_MS).await.unwrap();
    assert_eq!((last.owned.len(), last.alive, last.is_eldest), (3, 1, true));
    let epochs = harness.read(nodes::list_partitions).await.into_iter().map(|row| row.epoch);
    assert_eq!(epochs.collect::<Vec<_>>(), [3, 3, 3], "given, given up and taken");
}

async fn what_the_dead_owned_is_taken_over(harness: Harness) {
    let own = [harness.bot];
    assert_eq!(join(&harness, "a", "home").await.owned, own);
    assert!(join(&harness, "b", "b").await.owned.is_empty());
    // The same directory is served anew: its earlier process cannot be alive.
    let again = join(&harness, "c", "home").await;
    assert_eq!((again.owned.as_slice(), again.buried, again.alive), (own.as_slice(), 1, 2));
    assert_eq!(beat(&harness, "a", LEASE_MS).await, None, "it is told that it is dead");
    // A heartbeat of this very moment is young enough for a lease of ten seconds, not for none.
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let heir = beat(&harness, "b", 10).await.unwrap();
    assert_eq!((heir.owned.as_slice(), heir.buried, heir.alive), (own.as_slice(), 1, 1));
    assert_eq!(beat(&harness, "c", LEASE_MS).await, None);
    assert!(harness.read(|c| nodes::lanes_with_work(c, "b", 10)).await.is_empty());
}

async fn a_claim_is_settled_by_who_holds_it(harness: Harness) {
    let (workspace, bot) = (harness.workspace, harness.bot);
    join(&harness, "a", "a").await;
    let new = harness.new_send("1/1/0", "1", outbox::OutboxClass::Reply, 0);
    harness.write(move |tx| outbox::insert(tx, &new)).await;
    let claimed = harness.write(move |tx| outbox::claim(tx, workspace, bot, 1, "a", NOW)).await;
    let orphans = || harness.read(|c| nodes::orphaned_claims(c, "b", 10));
    assert!(orphans().await.is_empty(), "its node lives");
    harness.write(|tx| nodes::leave(tx, "a")).await;
    assert!(orphans().await.is_empty(), "the bot is not this node's");
    join(&harness, "b", "b").await;
    assert_eq!(orphans().await.len(), 1);
    let held =
        |rows: Vec<outbox::OutboxRow>| harness.write(move |tx| Ok(outbox::lock_claims(tx, &rows)?.len()));
    assert_eq!(held(claimed.clone()).await, 1);
    let row = claimed[0].clone();
    harness.write(move |tx| outbox::mark_unknown_resend(tx, &row, NOW, None)).await;
    let again = harness.write(move |tx| outbox::claim(tx, workspace, bot, 1, "b", NOW)).await;
    assert_eq!(held(again).await, 1);
    if matches!(harness.database, store::Database::Postgres { .. }) {
        assert_eq!(held(claimed).await, 0, "what the dead node has to say comes too late");
    }
    let none = harness.read(|c| replies::find_of_events(c, &[engine::ids::EventId(1)])).await;
    assert!(none.is_empty());
}
