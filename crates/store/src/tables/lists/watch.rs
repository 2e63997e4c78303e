//! Triggers that want to know when a row is written. Whoever writes rows tells them, in the same transaction; a list
//! without watchers costs nothing.

use engine::ids::{BotId, ScenarioId, TriggerId, UtcMs, WorkspaceId};
use engine::list::{ROW_ID, key_of};
use engine::schedule::{ListDateTrigger, ListRowTrigger, RowEvent, fired};
use engine::value::{Map, Value};
use engine::zone::parse_zone;
use serde::{Deserialize, Serialize};

use super::List;
use crate::connection::Tx;
use crate::error::JobError;
use crate::tables::fired::{Fired, find_subscriber};
use crate::tables::inbox;

/// A trigger of a bot that watches a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watcher {
    pub bot: BotId,
    pub scenario: ScenarioId,
    pub trigger: TriggerId,
    pub what: Watched,
}

/// What it wants to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watched {
    Row(ListRowTrigger),
    /// A row whose date comes when its moment has gone by already, in the bot's zone.
    LateDate {
        date: ListDateTrigger,
        zone: String,
    },
}

/// Tells the watchers of a list what has become of a row.
pub(super) fn tell(tx: &mut Tx, list: &List, event: &RowEvent<'_>, now: UtcMs) -> Result<(), JobError> {
    // Scenarios that wake one another in circles are not told any more.
    let Some(chain) = &list.chain else { return Ok(()) };
    for watcher in &list.watchers {
        let Watcher { bot, scenario, trigger, what } = watcher;
        let (values, column, dedupe_key) = match what {
            Watched::Row(row) if row.takes(event) => {
                (event.values(), row.subscriber.as_str(), format!("row:{}", random_hex()?))
            }
            Watched::LateDate { date, zone } => {
                let Some(key) = late(event, date, zone, now) else { continue };
                let values = date_values(event, date);
                (values, date.subscriber.as_str(), date_key(*scenario, trigger, event.row, &key))
            }
            Watched::Row(_) => continue,
        };
        let kind = fired(*scenario, trigger, values, chain.clone());
        let fired = Fired { workspace: list.workspace_id, bot: *bot, dedupe_key, kind, at: now };
        insert(tx, list.workspace_id, &fired, event, column)?;
    }
    Ok(())
}

/// Puts a fired trigger into the inbox; one that belongs to a subscriber whom the bot does not know is left out.
fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    fired: &Fired,
    event: &RowEvent<'_>,
    column: &str,
) -> Result<(), JobError> {
    let whose = if column.is_empty() {
        None
    } else {
        let Some(client_id) = event.subscriber(column) else { return Ok(()) };
        match find_subscriber(tx, workspace, fired.bot, &client_id)? {
            Some(found) => Some(found),
            None => return Ok(()),
        }
    };
    inbox::insert_batch(tx, &[fired.row(whose.as_ref())])?;
    Ok(())
}

/// The key of a date that is new in its row and due already.
fn late(event: &RowEvent<'_>, date: &ListDateTrigger, zone: &str, now: UtcMs) -> Option<Vec<u8>> {
    let cell = |cells: Option<&Map>| cells.and_then(|cells| cells.get(&date.column)).map(key_of);
    let value = event.new?.get(&date.column)?;
    let at = ListDateTrigger::date_of(value)?;
    let due = date.due(now, &parse_zone(zone).unwrap_or(jiff::tz::TimeZone::UTC))?;
    (at <= due && cell(event.old) != cell(event.new)).then(|| key_of(value))
}

/// What the run of a date trigger has as `_row` and `_date`.
pub fn date_values(event: &RowEvent<'_>, date: &ListDateTrigger) -> Vec<(&'static str, Value)> {
    let mut row = event.cells().cloned().unwrap_or_default();
    let at = row.get(&date.column).cloned().unwrap_or_default();
    row.insert(ROW_ID.to_owned(), event.row.into());
    vec![("row", row.into()), ("date", at)]
}

/// A row fires once per date: by the sweep over the dates, or when it comes late.
pub fn date_key(scenario: ScenarioId, trigger: &TriggerId, row: i64, key: &[u8]) -> String {
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("date:{scenario}:{trigger}:{row}:{key}")
}

fn random_hex() -> Result<String, JobError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| crate::error::Refusal::Other(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
