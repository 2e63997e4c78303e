//! Tracked links: made inside of a burst's job, followed by the public listener. The first visit of a personal one is
//! an event in its owner's lane, and so are the others where a trigger wants every visit.

use engine::effect::{Answer, NewLink as Wanted};
use engine::error::StepError;
use engine::event::EventKind;
use engine::run::RunState;
use store::inbox::{self, InboxKind, NewInboxRow};
use store::links::{self, Link, NewLink};
use store::{Class, JobError, Tx};

use crate::Runtime;
use crate::commit::{Commit, to_json};
use crate::event::{OwnEvent, PLAIN};
use crate::intake::IntakeError;

/// Codes are made by the engine: so many letters and digits.
const CODE_CHARS: usize = 11;

/// Makes the link an action asks for, in its own commit; answers its address.
pub fn make(
    tx: &mut Tx,
    commit: &Commit,
    run: &RunState,
    wanted: &Wanted,
) -> Result<Result<Answer, StepError>, JobError> {
    let owner = run.event.sender.as_ref().filter(|_| wanted.personal);
    let new = NewLink {
        workspace_id: commit.lane_id.workspace,
        bot_id: commit.lane_id.bot,
        code: wanted.code.clone(),
        url: wanted.url.clone(),
        name: wanted.name.clone(),
        lane_key: owner.map(|_| commit.lane_id.key.to_string()),
        sender: owner.map(to_json),
        peer: owner.and(run.peer.as_ref()).map(to_json),
    };
    Ok(if links::insert(tx, &new, commit.now)? {
        Ok(Answer::Written(commit.bot.short_link(&wanted.code).into()))
    } else {
        Err(StepError::new(
            "link_taken",
            "The link could not be made: another one has its code",
            "Не удалось сделать ссылку: её код уже занят",
        ))
    })
}

impl Runtime {
    /// Where a tracked link leads; counts the visit if it is one. `None` when there is no such link.
    ///
    /// A visit that the database has no time for is not counted: whoever follows a link is not kept waiting.
    pub async fn follow_link(&self, code: String, counts: bool) -> Result<Option<String>, IntakeError> {
        if code.len() != CODE_CHARS || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        let found =
            self.inner.store.read(move |connection| Ok(links::find_by_code(connection, &code)?)).await?;
        let Some(link) = found else { return Ok(None) };
        let url = link.url.clone();
        if counts {
            let (lane, now) = (link.lane(), self.inner.store.now());
            let every = match link.lane() {
                Some(_) => self.inner.bots.load(link.bot_id).await?.is_some_and(|bot| bot.every_visit),
                None => false,
            };
            let counted = self
                .inner
                .store
                .write(Class::Background, move |tx| {
                    let visits = links::record_visit(tx, &link, now)?;
                    let told = visits == 1 || every;
                    if let Some(row) = visit_row(&link, visits, now).filter(|_| told) {
                        inbox::insert_batch(tx, &[row])?;
                    }
                    Ok(())
                })
                .await;
            match (counted, lane) {
                (Ok(()), Some(lane)) => self.inner.wake(lane),
                (Ok(()), None) => {}
                (Err(error), _) => tracing::warn!(%error, "a visit of a link was not counted"),
            }
        }
        Ok(Some(url))
    }
}

/// The event of a visit, for the lane of whose link it is.
fn visit_row(link: &Link, visits: i64, now: engine::ids::UtcMs) -> Option<NewInboxRow> {
    let lane = link.lane()?;
    let event = OwnEvent {
        peer: link.peer.as_deref().and_then(|peer| serde_json::from_str(peer).ok()),
        sender: link.sender.as_deref().and_then(|sender| serde_json::from_str(sender).ok()),
        kind: EventKind::LinkVisited { name: link.name.clone(), url: link.url.clone(), again: visits > 1 },
    };
    Some(NewInboxRow {
        lane,
        partition: 0,
        dedupe_key: match visits {
            1 => format!("link:{}", link.id),
            visits => format!("link:{}:{visits}", link.id),
        },
        kind: InboxKind::Signal,
        payload: to_json(&event).into_bytes(),
        meta: PLAIN.to_owned(),
        reply_secret: None,
        hops: 0,
        received_at: now,
    })
}
