//! Tracked links: short addresses that lead elsewhere and count who went there. Where one leads is fixed when it is
//! made.

use diesel::prelude::*;
use engine::ids::{BotId, UtcMs, WorkspaceId};

use crate::columns::{LaneId, MaybeNum, Num};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError};
use crate::schema::links;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = links)]
pub struct Link {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    pub id: i64,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    pub code: String,
    pub url: String,
    pub name: String,
    /// Whose link it is; nobody's when it is only counted.
    pub lane_key: Option<String>,
    /// JSON of the person and of his chat, as they were when the link was made.
    pub sender: Option<String>,
    pub peer: Option<String>,
    pub visits: i64,
    #[diesel(deserialize_as = MaybeNum, column_name = first_visit_at_ms)]
    pub first_visit_at: Option<UtcMs>,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
}

impl Link {
    /// The lane of the person whose link it is.
    pub fn lane(&self) -> Option<LaneId> {
        self.lane_key.as_deref().map(|key| LaneId::new(self.workspace_id, self.bot_id, key))
    }
}

#[derive(Clone, Debug)]
pub struct NewLink {
    pub workspace_id: WorkspaceId,
    pub bot_id: BotId,
    pub code: String,
    pub url: String,
    pub name: String,
    pub lane_key: Option<String>,
    pub sender: Option<String>,
    pub peer: Option<String>,
}

/// Makes a link unless there is one of this code; false when that one leads elsewhere.
pub fn insert(tx: &mut Tx, new: &NewLink, now: UtcMs) -> Result<bool, JobError> {
    on!(tx.0, c => diesel::insert_into(links::table)
        .values((
            links::workspace_id.eq(new.workspace_id.0),
            links::bot_id.eq(new.bot_id.0),
            links::code.eq(&new.code),
            links::url.eq(&new.url),
            links::name.eq(&new.name),
            links::lane_key.eq(&new.lane_key),
            links::sender.eq(&new.sender),
            links::peer.eq(&new.peer),
            links::visits.eq(0_i64),
            links::created_at_ms.eq(now.0),
        ))
        .on_conflict((links::workspace_id, links::code))
        .do_nothing()
        .execute(c))?;
    let found = find_by_code(&mut tx.0, &new.code)?;
    let same = |link: &Link| link.workspace_id == new.workspace_id && link.url == new.url;
    Ok(found.as_ref().is_some_and(same))
}

/// By the code, which tells the workspace.
pub fn find_by_code(connection: &mut Connection, code: &str) -> DbResult<Option<Link>> {
    on!(connection, c => links::table
        .filter(links::code.eq(code))
        .order(links::id)
        .select(Link::as_select())
        .first(c)
        .optional())
}

/// Counts a visit; answers how many there have been.
pub fn record_visit(tx: &mut Tx, link: &Link, now: UtcMs) -> Result<i64, JobError> {
    let own =
        || links::table.filter(links::workspace_id.eq(link.workspace_id.0)).filter(links::id.eq(link.id));
    on!(tx.0, c => diesel::update(own().filter(links::first_visit_at_ms.is_null()))
        .set(links::first_visit_at_ms.eq(now.0))
        .execute(c))?;
    Ok(on!(tx.0, c => diesel::update(own())
        .set(links::visits.eq(links::visits + 1_i64))
        .returning(links::visits)
        .get_result(c))?)
}
