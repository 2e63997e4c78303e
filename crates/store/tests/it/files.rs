use engine::ids::UtcMs;
use engine::message::MediaKind;
use store::files::{self, NewFile};
use store::{Refusal, Retention};

use crate::harness::{Harness, NOW, new_workspace, suite};

suite!(
    a_file_is_what_was_uploaded_last,
    an_upload_that_took_a_day_is_gone,
    a_messengers_id_belongs_to_a_bot_a_content_and_a_kind,
);

const DAY_MS: i64 = 24 * 3_600_000;

fn new_file(harness: &Harness, content: &str, size: i64) -> NewFile {
    NewFile {
        workspace_id: harness.workspace,
        name: "Menu, summer.jpg".into(),
        slug: format!("slug-of-{content}"),
        content_id: content.into(),
        content_type: "image/jpeg".into(),
        size,
    }
}

/// Uploads two chunks and makes them the file.
async fn upload(harness: &Harness, content: &'static str, now: UtcMs) {
    let (here, new) = (harness.workspace, new_file(harness, content, 5));
    harness.write(move |tx| files::begin(tx, here, content, now)).await;
    harness.write(move |tx| files::append(tx, here, content, 0, b"abc")).await;
    harness.write(move |tx| files::append(tx, here, content, 1, b"de")).await;
    harness.write(move |tx| files::keep(tx, &new, now)).await;
}

async fn chunks(harness: &Harness, content: &'static str) -> Vec<Vec<u8>> {
    let here = harness.workspace;
    let mut chunks = Vec::new();
    while let Some(chunk) = {
        let number = i64::try_from(chunks.len()).unwrap();
        harness.read(move |c| files::find_chunk(c, here, content, number)).await
    } {
        chunks.push(chunk);
    }
    chunks
}

async fn a_file_is_what_was_uploaded_last(harness: Harness) {
    let here = harness.workspace;
    upload(&harness, "c1", NOW).await;
    upload(&harness, "c2", NOW.plus_ms(1)).await;
    let list = harness.read(move |c| files::list(c, here)).await;
    let file = harness.read(move |c| files::find(c, here, "Menu, summer.jpg")).await.unwrap();
    assert_eq!(list, std::slice::from_ref(&file));
    assert_eq!((file.content_id.as_str(), file.slug.as_str(), file.size), ("c2", "slug-of-c1", 5));
    assert_eq!(file.updated_at, NOW.plus_ms(1));
    assert_eq!(harness.read(|c| files::find_by_slug(c, "slug-of-c1")).await, Some(file));
    assert_eq!(harness.read(move |c| files::total_size(c, here)).await, 5);
    assert_eq!(chunks(&harness, "c2").await, [b"abc".to_vec(), b"de".to_vec()]);

    let (other, _) = new_workspace(&harness.store, "other").await;
    assert!(harness.read(move |c| files::find(c, other, "Menu, summer.jpg")).await.is_none());
    assert_eq!(harness.read(move |c| files::total_size(c, other)).await, 0);
    assert!(harness.read(move |c| files::find_chunk(c, other, "c2", 0)).await.is_none());
    let foreign = harness.refusal(move |tx| files::delete(tx, other, "Menu, summer.jpg", NOW)).await;
    assert_eq!(foreign, Refusal::NotFound);

    // Who reads the old content now still has a day.
    assert_eq!(harness.trim(Retention::default(), NOW.plus_ms(DAY_MS)).await, 0);
    assert_eq!(chunks(&harness, "c1").await.len(), 2);
    assert!(harness.trim(Retention::default(), NOW.plus_ms(DAY_MS + 2)).await > 0);
    while harness.trim(Retention::default(), NOW.plus_ms(DAY_MS + 2)).await > 0 {}
    assert_eq!((chunks(&harness, "c1").await.len(), chunks(&harness, "c2").await.len()), (0, 2));
    harness.write(move |tx| files::delete(tx, here, "Menu, summer.jpg", NOW.plus_ms(5))).await;
    assert!(harness.read(move |c| files::list(c, here)).await.is_empty());
    while harness.trim(Retention::default(), NOW.plus_ms(2 * DAY_MS)).await > 0 {}
    assert!(chunks(&harness, "c2").await.is_empty());
}

async fn an_upload_that_took_a_day_is_gone(harness: Harness) {
    let (here, new) = (harness.workspace, new_file(&harness, "c1", 3));
    harness.write(move |tx| files::begin(tx, here, "c1", NOW)).await;
    harness.write(move |tx| files::append(tx, here, "c1", 0, b"abc")).await;
    while harness.trim(Retention::default(), NOW.plus_ms(DAY_MS + 1)).await > 0 {}
    assert_eq!(harness.refusal(move |tx| files::keep(tx, &new, NOW)).await, Refusal::NotFound);
    assert!(harness.read(move |c| files::list(c, here)).await.is_empty());
}

async fn a_messengers_id_belongs_to_a_bot_a_content_and_a_kind(harness: Harness) {
    let (here, bot) = (harness.workspace, harness.bot);
    upload(&harness, "c1", NOW).await;
    let find = |kind| harness.read(move |c| files::find_sent(c, here, bot, "c1", kind));
    let note = |content: &'static str, id: &'static str| {
        harness.write(move |tx| files::note_sent(tx, here, bot, content, MediaKind::Photo, id))
    };
    assert!(find(MediaKind::Photo).await.is_none());
    note("c1", "old").await;
    note("c1", "AgAC").await;
    note("gone", "x").await;
    assert_eq!(find(MediaKind::Photo).await.as_deref(), Some("AgAC"));
    assert!(find(MediaKind::File).await.is_none());
    let (other, other_bot) = new_workspace(&harness.store, "other").await;
    let foreign = harness.read(move |c| files::find_sent(c, other, other_bot, "c1", MediaKind::Photo)).await;
    assert!(foreign.is_none());
    harness.write(move |tx| files::forget_sent(tx, here, bot, &["c1".to_owned()])).await;
    assert!(find(MediaKind::Photo).await.is_none());
}
