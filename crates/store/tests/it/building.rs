use engine::ids::{BotId, MiniAppId, RunId, ScenarioId, VersionId, WorkspaceId};
use store::bots::{BotChange, BotIntake, BotStatus, UnknownPolicy};
use store::fields::Owner;
use store::inbox::{InboxKind, NewInboxRow};
use store::messages::NewIncoming;
use store::mini_apps::NewMiniApp;
use store::runs::{NewRun, RunStatus};
use store::subscribers::Seen;
use store::timers::NewTimer;
use store::webhooks::NewWebhook;
use store::{
    JobError, LaneId, Purpose, Refusal, Retention, Secret, Tx, WriteError, bots, fields, inbox, lanes,
    messages, mini_apps, nodes, runs, scenarios, subscribers, timers, webhooks, workspaces,
};

use crate::harness::{Harness, NOW, new_bot, new_workspace, suite};

suite!(
    drafts_are_saved_over_the_revision_they_started_from,
    publishing_makes_versions_and_tells_caches,
    bots_are_their_workspaces_own,
    a_deleted_bot_leaves_nothing_behind,
    attachments_stay_inside_a_workspace,
    deleting_a_scenario_takes_its_versions,
    mini_apps_are_found_by_slug,
    pages_of_mini_apps_are_kept,
    webhooks_are_found_by_hash,
    subscribers_are_seen_for_the_first_time_once,
);

async fn insert_scenario(harness: &Harness, name: &'static str) -> ScenarioId {
    let here = harness.workspace;
    harness.write(move |tx| scenarios::insert(tx, here, name, "{}", NOW)).await
}

async fn drafts_are_saved_over_the_revision_they_started_from(harness: Harness) {
    let here = harness.workspace;
    let id = insert_scenario(&harness, "Заказ").await;
    let duplicate = harness.refusal(move |tx| scenarios::insert(tx, here, "Заказ", "{}", NOW)).await;
    assert_eq!(duplicate, Refusal::Duplicate { what: "name".into() });
    assert_eq!(harness.write(move |tx| scenarios::save_draft(tx, here, id, 1, "{\"a\":1}", NOW)).await, 2);
    let stale = harness.refusal(move |tx| scenarios::save_draft(tx, here, id, 1, "{\"b\":1}", NOW)).await;
    assert_eq!(stale, Refusal::Stale);
    let found = harness.read(move |c| scenarios::find(c, here, id)).await.unwrap();
    assert_eq!((found.draft.as_str(), found.draft_revision), ("{\"a\":1}", 2));
    let (other, _) = new_workspace(&harness.store, "other").await;
    assert!(harness.read(move |c| scenarios::find(c, other, id)).await.is_none());
    let foreign = harness.refusal(move |tx| scenarios::save_draft(tx, other, id, 2, "{}", NOW)).await;
    assert_eq!(foreign, Refusal::NotFound);
    let taken = insert_scenario(&harness, "Second").await;
    let refusal = harness.refusal(move |tx| scenarios::rename(tx, here, taken, "Заказ", NOW)).await;
    assert_eq!(refusal, Refusal::Duplicate { what: "name".into() });
}

async fn publishing_makes_versions_and_tells_caches(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let id = insert_scenario(&harness, "One").await;
    harness.write(move |tx| bots::attach_scenario(tx, here, bot, id, 0)).await;
    assert!(harness.read(move |c| bots::list_published(c, here, bot)).await.is_empty());
    let epoch = harness.read(move |c| workspaces::epoch(c, here)).await;
    let first = harness.write(move |tx| scenarios::publish(tx, here, id, "{\"v\":1}", None, NOW)).await;
    let second = harness.write(move |tx| scenarios::publish(tx, here, id, "{\"v\":2}", None, NOW)).await;
    assert!(harness.read(move |c| workspaces::epoch(c, here)).await >= epoch + 2);
    let versions = harness.read(move |c| scenarios::list_versions(c, here, id, 10)).await;
    assert_eq!(
        versions
            .iter()
            .map(|version| (version.id, version.number, version.document.as_str()))
            .collect::<Vec<_>>(),
        [(second, 2, "{\"v\":2}"), (first, 1, "{\"v\":1}")]
    );
    let published = harness.read(move |c| bots::list_published(c, here, bot)).await;
    assert_eq!(published.iter().map(|p| (p.scenario_id, p.version_id)).collect::<Vec<_>>(), [(id, second)]);
    harness.write(move |tx| scenarios::set_published(tx, here, id, Some(first))).await;
    let listed = harness.read(move |c| scenarios::list_published(c, here)).await;
    assert_eq!(listed, [(id, "One".to_owned(), first)]);
    let other = insert_scenario(&harness, "Two").await;
    let foreign = harness.refusal(move |tx| scenarios::set_published(tx, here, other, Some(first))).await;
    assert_eq!(foreign, Refusal::NotFound, "another scenario's version");
}

async fn bots_are_their_workspaces_own(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let (other, _) = new_workspace(&harness.store, "other").await;
    assert!(harness.read(move |c| bots::find(c, other, bot)).await.is_none());
    let vault = harness.store.vault().clone();
    let token = vault.seal(here, Purpose::BotToken, &Secret::new("1:t")).unwrap();
    let change = BotChange {
        name: "Renamed".into(),
        base_url: Some("http://localhost".into()),
        intake: BotIntake::Polling,
        unknown_policy: UnknownPolicy::Drop,
        token: Some(token),
    };
    let keep = BotChange { token: None, ..change.clone() };
    let foreign = {
        let change = change.clone();
        harness.refusal(move |tx| bots::update(tx, other, bot, &change)).await
    };
    assert_eq!(foreign, Refusal::NotFound);
    harness.write(move |tx| bots::update(tx, here, bot, &change)).await;
    harness.write(move |tx| bots::update(tx, here, bot, &keep)).await;
    harness.write(move |tx| bots::set_identity(tx, here, bot, "777", Some("my_bot"))).await;
    harness.write(move |tx| bots::set_poll_offset(tx, here, bot, 42)).await;
    let found = harness.read(move |c| bots::find(c, here, bot)).await.unwrap();
    assert_eq!(
        vault.open(here, Purpose::BotToken, &found.token.unwrap()).unwrap().expose(),
        "1:t",
        "token kept"
    );
    assert_eq!(
        (found.name.as_str(), found.intake, found.poll_offset),
        ("Renamed", BotIntake::Polling, Some(42))
    );
    assert_eq!((found.external_id.as_deref(), found.username.as_deref()), (Some("777"), Some("my_bot")));
    assert_eq!(harness.read(move |c| bots::find_for_intake(c, bot)).await.unwrap().workspace_id, here);
    let active = || harness.read(bots::list_active);
    assert!(active().await.iter().any(|found| found.id == bot));
    harness.write(move |tx| bots::set_status(tx, here, bot, BotStatus::Failed, Some("401"))).await;
    assert!(!active().await.iter().any(|found| found.id == bot));
    assert_eq!(harness.refusal(move |tx| bots::delete(tx, other, bot)).await, Refusal::NotFound);
    harness.write(move |tx| bots::delete(tx, here, bot)).await;
    assert!(harness.read(move |c| bots::list(c, here)).await.is_empty());
}

async fn a_deleted_bot_leaves_nothing_behind(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let other = harness.write(move |tx| bots::insert(tx, &new_bot(here), NOW)).await;
    let scenario = insert_scenario(&harness, "One").await;
    for bot in [bot, other] {
        harness.write(move |tx| fill(tx, here, bot, scenario)).await;
    }
    let lane = harness.lane("user:700");
    harness.write(move |tx| bots::delete(tx, here, bot)).await;
    assert!(harness.read(move |c| bots::find(c, here, bot)).await.is_none());
    assert!(harness.read(move |c| bots::find_for_intake(c, bot)).await.is_none());
    let again = harness.refusal(move |tx| bots::attach_scenario(tx, here, bot, scenario, 0)).await;
    assert_eq!(again, Refusal::NotFound);

    let sweep = || harness.trim(Retention::default(), NOW);
    let mut chunks = 0;
    while sweep().await > 0 {
        chunks += 1;
    }
    assert!(chunks > 10, "{chunks} chunks");
    let gone = lane.clone();
    assert!(harness.read(move |c| subscribers::find(c, &gone)).await.is_none());
    let gone = lane.clone();
    assert!(harness.read(move |c| messages::history(c, &gone, None, 10)).await.is_empty());
    let gone = lane.clone();
    assert_eq!(harness.read(move |c| lanes::load(c, &gone)).await.version, 0);
    let gone = lane.clone();
    assert!(harness.read(move |c| runs::load_open_of_lane(c, &gone)).await.is_empty());
    let owner = Owner::client(bot, "700");
    assert!(harness.read(move |c| fields::load(c, here, &owner, None)).await.is_empty());
    let partitions = harness.read(nodes::list_partitions).await;
    assert_eq!(partitions.iter().map(|partition| partition.bot_id).collect::<Vec<_>>(), [other]);

    // The other bot's are all there.
    assert_eq!(harness.read(inbox::count_pending).await, PEOPLE);
    assert_eq!(harness.read(move |c| subscribers::count(c, here, other)).await, PEOPLE);
    let owner = Owner::client(other, "700");
    assert_eq!(harness.read(move |c| fields::load(c, here, &owner, None)).await.len(), 1);
    let lane = LaneId::new(here, other, "user:700");
    assert_eq!(harness.read(move |c| timers::next_due_of_lane(c, &lane)).await, Some(NOW));
}

/// More than a chunk.
const PEOPLE: i64 = 701;

fn fill(tx: &mut Tx, here: WorkspaceId, bot: BotId, scenario: ScenarioId) -> Result<(), JobError> {
    for person in 0..PEOPLE {
        let lane = LaneId::new(here, bot, format!("user:{person}"));
        let run = RunId(bot.0 * 10_000 + person);
        let text = String::new;
        let seen = Seen {
            external_user_id: None,
            peer: "{}".into(),
            first_name: text(),
            last_name: text(),
            username: text(),
            language: text(),
        };
        subscribers::upsert(tx, &lane, &seen, NOW)?;
        fields::upsert(tx, here, &Owner::client(bot, &person.to_string()), "a", "1")?;
        lanes::fence(tx, &lane, 0, Some(run), None)?;
        let new = NewInboxRow {
            lane: lane.clone(),
            partition: 0,
            dedupe_key: person.to_string(),
            kind: InboxKind::Update,
            payload: Vec::new(),
            meta: text(),
            reply_secret: None,
            hops: 0,
            received_at: NOW,
        };
        inbox::insert_batch(tx, &[new])?;
        let new = NewRun {
            id: run,
            lane: lane.clone(),
            scenario_id: scenario,
            version_id: VersionId(1),
            status: RunStatus::Waiting,
            state: text(),
            error: None,
            place: None,
            started_at: NOW,
        };
        runs::insert(tx, &new)?;
        let new = NewTimer {
            lane: lane.clone(),
            partition: 0,
            due_at: NOW,
            run_id: Some(run),
            wait_id: None,
            payload: "{}".into(),
        };
        timers::insert(tx, &new)?;
        let new = NewIncoming { lane, peer: "p".into(), payload: "1".into(), platform_id: None, at: NOW };
        messages::insert_incoming(tx, &new)?;
    }
    Ok(())
}

async fn attachments_stay_inside_a_workspace(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let (other, other_bot) = new_workspace(&harness.store, "other").await;
    let (one, two) = (insert_scenario(&harness, "One").await, insert_scenario(&harness, "Two").await);
    let foreign = harness.refusal(move |tx| bots::attach_scenario(tx, here, other_bot, one, 0)).await;
    assert_eq!(foreign, Refusal::NotFound);
    let foreign = harness.refusal(move |tx| bots::attach_scenario(tx, other, other_bot, one, 0)).await;
    assert_eq!(foreign, Refusal::NotFound);
    harness.write(move |tx| bots::attach_scenario(tx, here, bot, one, 5)).await;
    harness.write(move |tx| bots::attach_scenario(tx, here, bot, two, 3)).await;
    let order = || harness.read(move |c| bots::list_scenarios(c, here));
    let ids =
        |attached: Vec<bots::BotScenario>| attached.into_iter().map(|a| a.scenario_id).collect::<Vec<_>>();
    assert_eq!(ids(order().await), [two, one]);
    harness.write(move |tx| bots::attach_scenario(tx, here, bot, one, 1)).await;
    assert_eq!(ids(order().await), [one, two]);
    harness.write(move |tx| bots::detach_scenario(tx, here, bot, one)).await;
    assert_eq!(ids(order().await), [two]);
}

async fn deleting_a_scenario_takes_its_versions(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let id = insert_scenario(&harness, "One").await;
    harness.write(move |tx| bots::attach_scenario(tx, here, bot, id, 0)).await;
    let version = harness.write(move |tx| scenarios::publish(tx, here, id, "{}", None, NOW)).await;
    harness.write(move |tx| scenarios::delete(tx, here, id)).await;
    assert!(harness.read(move |c| scenarios::find_version(c, here, version)).await.is_none());
    assert!(harness.read(move |c| bots::list_scenarios(c, here)).await.is_empty());
    assert!(harness.read(move |c| scenarios::list(c, here)).await.is_empty());
}

async fn mini_apps_are_found_by_slug(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let app = move |name: &str, slug: &str| NewMiniApp {
        workspace_id: here,
        name: name.into(),
        slug: slug.into(),
        html: "<p>".into(),
        bot_id: Some(bot),
    };
    let id: MiniAppId = harness.write(move |tx| mini_apps::insert(tx, &app("Shop", "s1"), NOW)).await;
    let second = harness.write(move |tx| mini_apps::insert(tx, &app("Other", "s2"), NOW)).await;
    let taken = harness.refusal(move |tx| mini_apps::insert(tx, &app("Shop", "s3"), NOW)).await;
    assert_eq!(taken, Refusal::Duplicate { what: "name".into() });
    let taken = harness.refusal(move |tx| mini_apps::update(tx, here, second, "Shop", "", None, NOW)).await;
    assert_eq!(taken, Refusal::Duplicate { what: "name".into() });
    harness.write(move |tx| mini_apps::update(tx, here, id, "Shop", "<b>", None, NOW)).await;
    let found = harness.read(|c| mini_apps::find_by_slug(c, "s1")).await.unwrap();
    assert_eq!((found.id, found.html.as_str(), found.bot_id), (id, "<b>", None));
    assert!(harness.read(|c| mini_apps::find_by_slug(c, "s3")).await.is_none());
    let (other, _) = new_workspace(&harness.store, "other").await;
    assert!(harness.read(move |c| mini_apps::find(c, other, id)).await.is_none());
    assert_eq!(harness.refusal(move |tx| mini_apps::delete(tx, other, id)).await, Refusal::NotFound);
    harness.write(move |tx| mini_apps::delete(tx, here, id)).await;
    assert_eq!(harness.read(move |c| mini_apps::list(c, here)).await.len(), 1);
}

async fn pages_of_mini_apps_are_kept(harness: Harness) {
    let here = harness.workspace;
    let new = NewMiniApp {
        workspace_id: here,
        name: "Shop".into(),
        slug: "s1".into(),
        html: "1".into(),
        bot_id: Some(harness.bot),
    };
    let id: MiniAppId = harness.write(move |tx| mini_apps::insert(tx, &new, NOW)).await;
    let save = |html: String, at| {
        harness.write(move |tx| mini_apps::update(tx, here, id, "Shop", &html, None, NOW.plus_ms(at)))
    };
    let versions = || harness.read(move |c| mini_apps::list_versions(c, here, id));
    save("1".into(), 5).await;
    assert!(versions().await.is_empty(), "the same page is no version");
    save("2".into(), 10).await;
    save("3".into(), 20).await;
    let kept: Vec<_> = versions().await.iter().map(|kept| (kept.number, kept.saved_at)).collect();
    assert_eq!(kept, [(2, NOW.plus_ms(10)), (1, NOW)]);
    assert_eq!(harness.read(move |c| mini_apps::find_version(c, here, id, 2)).await.as_deref(), Some("2"));
    let (other, _) = new_workspace(&harness.store, "other").await;
    assert!(harness.read(move |c| mini_apps::find_version(c, other, id, 2)).await.is_none());
    for number in 4..=60 {
        save(number.to_string(), number).await;
    }
    let kept: Vec<_> = versions().await.iter().map(|kept| kept.number).collect();
    assert_eq!((kept.len(), kept.first(), kept.last()), (50, Some(&59), Some(&10)), "no more than fifty");
    harness.write(move |tx| mini_apps::delete(tx, here, id)).await;
    assert!(versions().await.is_empty());
}

async fn webhooks_are_found_by_hash(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    let scenario = insert_scenario(&harness, "One").await;
    let vault = harness.store.vault().clone();
    let sealed = vault.seal(here, Purpose::WebhookSecret, &Secret::new("wh")).unwrap();
    let (other, _) = new_workspace(&harness.store, "other").await;
    let webhook = move |workspace| NewWebhook {
        workspace_id: workspace,
        name: "Payment".into(),
        secret_hash: vec![7; 32],
        secret: sealed.clone(),
        bot_id: bot,
        scenario_id: scenario,
        trigger_id: "t1".into(),
    };
    let foreign = {
        let webhook = webhook.clone();
        harness.store.write(store::Class::Lanes, move |tx| webhooks::insert(tx, &webhook(other), NOW)).await
    };
    assert_eq!(foreign, Err(WriteError::Unavailable), "the foreign keys refuse another workspace's bot");
    let id = harness.write(move |tx| webhooks::insert(tx, &webhook(here), NOW)).await;
    let found = harness.read(|c| webhooks::find_by_secret_hash(c, &[7; 32])).await.unwrap();
    assert_eq!((found.id, found.workspace_id, found.trigger_id.as_str()), (id, here, "t1"));
    assert_eq!(vault.open(here, Purpose::WebhookSecret, &found.secret).unwrap().expose(), "wh");
    assert!(harness.read(|c| webhooks::find_by_secret_hash(c, &[8; 32])).await.is_none());
    assert_eq!(harness.read(move |c| webhooks::list(c, here)).await.len(), 1);
    harness.write(move |tx| webhooks::delete(tx, here, id)).await;
    assert!(harness.read(move |c| webhooks::list(c, here)).await.is_empty());
}

async fn subscribers_are_seen_for_the_first_time_once(harness: Harness) {
    let lane = harness.lane("user:5");
    let seen = Seen {
        external_user_id: Some("5".into()),
        peer: "{}".into(),
        first_name: "Пётр".into(),
        last_name: String::new(),
        username: "p".into(),
        language: "ru".into(),
    };
    let visit = |name: &str, at: i64| {
        let (lane, seen) = (lane.clone(), Seen { first_name: name.into(), ..seen.clone() });
        harness.write(move |tx| subscribers::upsert(tx, &lane, &seen, NOW.plus_ms(at)))
    };
    assert!(visit("Пётр", 0).await);
    assert!(!visit("Peter", 5).await);
    let wanted = lane.clone();
    let found = harness.read(move |c| subscribers::find(c, &wanted)).await.unwrap();
    assert_eq!(
        (found.first_name.as_str(), found.first_seen_at, found.last_seen_at),
        ("Peter", NOW, NOW.plus_ms(5))
    );
    let seen_at = async || {
        let lane = lane.clone();
        let found = harness.read(move |c| subscribers::find(c, &lane)).await.unwrap();
        assert_eq!(found.blocked_at, None);
        found.last_seen_at.0 - NOW.0
    };
    let minute = 60_000;
    for (name, at, known) in [
        ("Peter", 9, 5),
        ("Peter", minute, 5),
        ("Peter", 5 + minute, 5 + minute),
        ("Пётр", 6 + minute, 6 + minute),
        ("Пётр", -minute, -minute),
    ] {
        assert!(!visit(name, at).await);
        assert_eq!(seen_at().await, known, "{name} {at}");
    }
    let blocked = lane.clone();
    harness.write(move |tx| subscribers::set_blocked(tx, &blocked, Some(NOW))).await;
    assert!(!visit("Пётр", 1 - minute).await);
    assert_eq!(seen_at().await, 1 - minute);
    let (here, bot) = (harness.workspace, harness.bot);
    assert_eq!(harness.read(move |c| subscribers::count(c, here, bot)).await, 1);
    assert_eq!(harness.read(move |c| subscribers::list(c, here, bot, 0, 10)).await.len(), 1);
    assert_eq!(harness.read(move |c| subscribers::list(c, here, bot, 1, 10)).await.len(), 0);

    let owner = Owner::client(bot, "5");
    harness.write(move |tx| fields::upsert(tx, here, &owner, "mail", "\"petr_1@example.org\"")).await;
    let search = async |text: &'static str| {
        harness.read(move |c| subscribers::search(c, here, bot, text, 0, 10)).await.len()
    };
    for text in ["Пёт", "пётр", "ПЁТР", "p", "5", "petr_1@"] {
        assert_eq!(search(text).await, 1, "{text}");
    }
    for text in ["Anna", "%", "p_", "petr%"] {
        assert_eq!(search(text).await, 0, "{text}");
    }
}
