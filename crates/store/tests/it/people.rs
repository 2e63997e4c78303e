use engine::ids::{RunId, UserId, UtcMs};
use store::api_tokens::NewApiToken;
use store::fields::{self, Owner};
use store::sessions::Session;
use store::subscribers::{self, Seen};
use store::users::{NewUser, Role};
use store::{
    LaneId, Locale, Purpose, Refusal, Secret, api_tokens, audit_log, forgetting, secrets, sessions, staff,
    tags, users, workspaces,
};

use crate::harness::{Harness, NOW, new_workspace, suite};

suite!(
    an_email_is_one_person,
    roles_belong_to_a_workspace,
    sessions_expire,
    tokens_are_found_by_hash,
    secrets_are_sealed,
    a_tag_is_given_and_taken_once,
    the_newest_staff_link_is_the_only_one,
    whoever_is_forgotten_leaves_nothing
);

fn user(email: &str) -> NewUser {
    NewUser {
        email: email.into(),
        name: "Анна".into(),
        password_hash: "$argon2id$...".into(),
        locale: Locale::Ru,
    }
}

async fn insert_user(harness: &Harness, email: &'static str) -> UserId {
    harness.write(move |tx| users::insert(tx, &user(email), NOW)).await
}

async fn an_email_is_one_person(harness: Harness) {
    assert_eq!(harness.read(users::count).await, 0);
    let id = insert_user(&harness, "Anna@Example.org ").await;
    let refusal = harness.refusal(|tx| users::insert(tx, &user("anna@example.ORG"), NOW)).await;
    assert_eq!(refusal, Refusal::Duplicate { what: "email".into() });
    let found = harness.read(|c| users::find_by_email(c, " ANNA@example.org")).await.unwrap();
    assert_eq!((found.id, found.email.as_str(), found.locale), (id, "anna@example.org", Locale::Ru));
    assert_eq!(harness.read(users::count).await, 1);
}

async fn roles_belong_to_a_workspace(harness: Harness) {
    let (other, _) = new_workspace(&harness.store, "other").await;
    let id = insert_user(&harness, "a@b.c").await;
    let here = harness.workspace;
    harness.write(move |tx| users::set_membership(tx, here, id, Role::Viewer)).await;
    harness.write(move |tx| users::set_membership(tx, here, id, Role::Owner)).await;
    assert_eq!(harness.read(move |c| users::find_role(c, here, id)).await, Some(Role::Owner));
    assert_eq!(harness.read(move |c| users::find_role(c, other, id)).await, None);
    let memberships = harness.read(move |c| users::list_memberships(c, id)).await;
    assert_eq!(memberships, [(here, "first".to_owned(), Role::Owner)]);
    let members = harness.read(move |c| users::list_members(c, here)).await;
    assert_eq!(members.iter().map(|(user, role)| (user.id, *role)).collect::<Vec<_>>(), [(id, Role::Owner)]);
    harness.write(move |tx| users::delete_membership(tx, here, id)).await;
    assert_eq!(harness.read(move |c| users::find_role(c, here, id)).await, None);
}

async fn sessions_expire(harness: Harness) {
    let user_id = insert_user(&harness, "a@b.c").await;
    let workspace_id = harness.workspace;
    let session = move |id: u8, expires_at: UtcMs| Session {
        id_hash: vec![id; 32],
        user_id,
        workspace_id,
        csrf: "token".into(),
        created_at: NOW,
        expires_at,
    };
    harness.write(move |tx| sessions::insert(tx, &session(1, NOW.plus_ms(1_000)))).await;
    harness.write(move |tx| sessions::insert(tx, &session(2, NOW.plus_ms(9_000)))).await;
    let find = |id: u8, at: i64| harness.read(move |c| sessions::find(c, &[id; 32], NOW.plus_ms(at)));
    assert!(find(1, 999).await.is_some());
    assert!(find(1, 1_000).await.is_none());
    assert!(find(3, 0).await.is_none());
    assert_eq!(harness.write(|tx| sessions::delete_expired(tx, NOW.plus_ms(5_000))).await, 1);
    assert!(find(1, 0).await.is_none());
    assert!(find(2, 5_000).await.is_some());
    harness.write(move |tx| sessions::delete_of_user(tx, user_id)).await;
    assert!(find(2, 0).await.is_none());
}

async fn tokens_are_found_by_hash(harness: Harness) {
    let here = harness.workspace;
    let token = move |hash: u8, expires_at: Option<UtcMs>| NewApiToken {
        workspace_id: here,
        name: "CI".into(),
        token_hash: vec![hash; 32],
        prefix: "sc_ab".into(),
        scopes: "scenarios:write".into(),
        expires_at,
    };
    let id = harness.write(move |tx| api_tokens::insert(tx, &token(1, None), NOW)).await;
    harness.write(move |tx| api_tokens::insert(tx, &token(2, Some(NOW)), NOW)).await;
    let find = |hash: u8| harness.read(move |c| api_tokens::find_by_hash(c, &[hash; 32], NOW));
    assert_eq!(find(1).await.unwrap().workspace_id, here);
    assert!(find(2).await.is_none(), "expired");
    assert!(find(3).await.is_none());
    harness.write(move |tx| api_tokens::touch(tx, here, id, NOW.plus_ms(5))).await;
    let listed = harness.read(move |c| api_tokens::list(c, here)).await;
    assert_eq!(listed[0].last_used_at, Some(NOW.plus_ms(5)));
    let (other, _) = new_workspace(&harness.store, "other").await;
    assert_eq!(harness.refusal(move |tx| api_tokens::delete(tx, other, id)).await, Refusal::NotFound);
    harness.write(move |tx| api_tokens::delete(tx, here, id)).await;
    assert!(find(1).await.is_none());
}

async fn secrets_are_sealed(harness: Harness) {
    let here = harness.workspace;
    let epoch = harness.read(move |c| workspaces::epoch(c, here)).await;
    let vault = harness.store.vault().clone();
    let purpose = Purpose::Variable("API_KEY");
    let sealed = vault.seal(here, purpose, &Secret::new("sk-canary")).unwrap();
    harness.write(move |tx| secrets::upsert(tx, here, "API_KEY", &sealed, NOW)).await;
    assert!(harness.read(move |c| workspaces::epoch(c, here)).await > epoch, "caches are told");
    let found = harness.read(move |c| secrets::find(c, here, "API_KEY")).await.unwrap();
    assert_eq!(vault.open(here, purpose, &found).unwrap().expose(), "sk-canary");
    let (other, _) = new_workspace(&harness.store, "other").await;
    assert!(harness.read(move |c| secrets::find(c, other, "API_KEY")).await.is_none());
    assert_eq!(harness.read(move |c| secrets::list(c, here)).await[0].name, "API_KEY");
    harness.write(move |tx| audit_log::insert(tx, here, None, "secret.set", "API_KEY", NOW)).await;
    let log = harness.read(move |c| audit_log::list(c, here, 10)).await;
    assert_eq!((log[0].action.as_str(), log[0].target.as_str()), ("secret.set", "API_KEY"));
    assert!(harness.read(move |c| audit_log::list(c, other, 10)).await.is_empty());
    harness.write(move |tx| secrets::delete(tx, here, "API_KEY")).await;
    assert!(harness.read(move |c| secrets::find(c, here, "API_KEY")).await.is_none());
}

async fn a_tag_is_given_and_taken_once(harness: Harness) {
    let lane = harness.lane("user:1");
    let give = |tag: &'static str, at: i64| {
        let lane = lane.clone();
        harness.write(move |tx| tags::insert(tx, &lane, tag, UtcMs(at)))
    };
    assert!(give("vip", 2).await);
    assert!(!give("vip", 3).await, "it is there already");
    assert!(give("early", 1).await);
    let of = lane.clone();
    assert_eq!(harness.read(move |c| tags::of_lane(c, &of)).await, ["early", "vip"], "oldest first");
    let (workspace, bot) = (lane.workspace, lane.bot);
    let counted = harness.read(move |c| tags::count_by_tag(c, workspace, bot, 10)).await;
    assert_eq!(counted, [("early".to_owned(), 1), ("vip".to_owned(), 1)]);
    let other = LaneId::new(workspace, bot, "user:2");
    assert!(!harness.write(move |tx| tags::delete(tx, &other, "vip")).await, "somebody else's");
    let of = lane.clone();
    assert!(harness.write(move |tx| tags::delete(tx, &of, "vip")).await);
    assert!(!harness.write(move |tx| tags::delete(tx, &lane, "vip")).await);
}

async fn the_newest_staff_link_is_the_only_one(harness: Harness) {
    let lane = harness.lane("user:1");
    let (workspace, bot) = (lane.workspace, lane.bot);
    let set = |code: &'static str| {
        let hash = staff::hash_code(code);
        harness.write(move |tx| staff::set_link(tx, workspace, bot, &hash, NOW.plus_ms(10)))
    };
    let is_link = |code: &'static str, now: UtcMs| {
        let hash = staff::hash_code(code);
        harness.read(move |c| staff::is_link(c, workspace, bot, &hash, now))
    };
    assert!(!is_link("one", NOW).await);
    set("one").await;
    assert!(is_link("one", NOW).await);
    assert!(!is_link("one", NOW.plus_ms(10)).await, "its time is over");
    set("two").await;
    assert!(is_link("two", NOW).await && !is_link("one", NOW).await);
    let joins = lane.clone();
    harness.write(move |tx| staff::insert(tx, &joins, NOW)).await;
    let joins = lane.clone();
    harness.write(move |tx| staff::insert(tx, &joins, NOW.plus_ms(5))).await;
    let members = harness.read(move |c| staff::list(c, workspace, bot, 10)).await;
    assert_eq!(
        members.iter().map(|member| (member.lane_key.as_str(), member.since)).collect::<Vec<_>>(),
        [("user:1", NOW)]
    );
    let leaves = lane.clone();
    assert!(harness.write(move |tx| staff::delete(tx, &leaves)).await);
    assert!(!harness.write(move |tx| staff::delete(tx, &lane)).await);
}

async fn whoever_is_forgotten_leaves_nothing(harness: Harness) {
    let (gone, stays) = (harness.lane("user:1"), harness.lane("user:2"));
    let seen = Seen {
        external_user_id: Some("1".into()),
        peer: "{}".into(),
        first_name: "Anna".into(),
        last_name: String::new(),
        username: String::new(),
        language: "en".into(),
    };
    let owner = |lane: &LaneId| Owner::client(lane.bot, lane.key.trim_start_matches("user:"));
    for lane in [gone.clone(), stays.clone()] {
        let (seen, owner) = (seen.clone(), owner(&lane));
        harness
            .write(move |tx| {
                subscribers::upsert(tx, &lane, &seen, NOW)?;
                tags::insert(tx, &lane, "vip", NOW)?;
                staff::insert(tx, &lane, NOW)?;
                fields::upsert(tx, lane.workspace, &owner, "city", "1")
            })
            .await;
    }
    let (lane, owners) = (gone.clone(), vec![owner(&gone)]);
    harness.write(move |tx| forgetting::forget(tx, &lane, RunId(1), &owners)).await;
    for (lane, is_there) in [(gone, false), (stays, true)] {
        let owner = owner(&lane);
        let left = harness
            .read(move |c| {
                Ok::<_, store::DbError>([
                    subscribers::find(c, &lane)?.is_some(),
                    !tags::of_lane(c, &lane)?.is_empty(),
                    !fields::load(c, lane.workspace, &owner, None)?.is_empty(),
                    staff::list(c, lane.workspace, lane.bot, 9)?
                        .iter()
                        .any(|one| one.lane_key == lane.key.to_string()),
                ])
            })
            .await;
        assert_eq!(left, [is_there; 4]);
    }
}
