//! When triggers fire that no person sets off: at times of the clock, at dates in a list, at changes of a list.
//!
//! Here is what the builder says ([`ScheduleTrigger`], [`ListDateTrigger`], [`ListRowTrigger`]) and what it means;
//! the runtime and the played world both ask here. Nothing is remembered here: the caller says what was before.

mod clock;
mod cron;
mod list_date;
mod list_row;
mod times;

pub use clock::{first_at, reached};
pub(crate) use clock::{timestamp, utc_ms};
pub use cron::{Cron, CronError};
pub use list_date::{DateUnit, Late, ListDateTrigger, Shift};
pub use list_row::{ListRowTrigger, RowChange, RowEvent};
pub use times::{Every, OnDays, Runs, ScheduleTrigger};

use crate::event::EventKind;
use crate::ids::{ScenarioId, TriggerId};
use crate::value::{Map, Value};

/// The event of a trigger that fires. `values` become variables of the run, `_row` for `row`.
pub fn fired(
    scenario: ScenarioId,
    trigger: &TriggerId,
    values: impl IntoIterator<Item = (&'static str, Value)>,
    chain: Vec<String>,
) -> EventKind {
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map>();
    EventKind::Fired { scenario, trigger: trigger.clone(), values, chain }
}
