//! The zone of a step: what `getHours()` and the helpers go by.
//!
//! The database of zones is the one that is compiled in: a worker cannot read files.

use std::{cell::RefCell, sync::LazyLock};

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone, TimeZoneDatabase},
};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone by its name, looked up when a step first asks about it.
#[derive(Default)]
pub(super) struct StepZone {
    name: RefCell<String>,
    found: RefCell<Option<TimeZone>>,
}

impl StepZone {
    pub fn set(&self, name: &str) {
        if *self.name.borrow() != name {
            name.clone_into(&mut self.name.borrow_mut());
            self.found.take();
        }
    }

    pub fn get(&self) -> TimeZone {
        self.found.borrow_mut().get_or_insert_with(|| find(&self.name.borrow())).clone()
    }

    /// East of Greenwich at this moment, in seconds.
    pub fn offset_seconds(&self, unix_time_seconds: i64) -> i32 {
        if self.name.borrow().is_empty() {
            return 0;
        }
        // The furthest dates of JavaScript lie beyond those of the calendar.
        let moment = Timestamp::from_second(unix_time_seconds).unwrap_or(if unix_time_seconds < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        });
        self.get().to_offset(moment).seconds()
    }
}

fn find(name: &str) -> TimeZone {
    if let Some(offset) = fixed(name) {
        return TimeZone::fixed(offset);
    }
    ZONES.get(name).unwrap_or(TimeZone::UTC)
}

/// `+03:00`, `-05`, `+03:00:30`.
fn fixed(name: &str) -> Option<Offset> {
    let (sign, digits) = match name.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let mut seconds = 0;
    for (part, unit) in digits.split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i32>().ok()?.checked_mul(unit)?;
    }
    Offset::from_seconds(sign * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_by_name_and_by_distance() {
        let check = |name: &str, at: &str, seconds: i32| {
            let zone = StepZone::default();
            zone.set(name);
            assert_eq!(zone.offset_seconds(at.parse::<Timestamp>().unwrap().as_second()), seconds, "{name}");
        };
        check("", "2026-01-05T09:00:00Z", 0);
        check("Europe/Moscow", "2026-01-05T09:00:00Z", 3 * 3600);
        check("Europe/Riga", "2026-01-05T09:00:00Z", 2 * 3600);
        check("Europe/Riga", "2026-07-05T09:00:00Z", 3 * 3600);
        check("+05:30", "2026-01-05T09:00:00Z", 5 * 3600 + 1800);
        check("-03", "2026-01-05T09:00:00Z", -3 * 3600);
        check("+99999999:00", "2026-01-05T09:00:00Z", 0);
        check("Nowhere/City", "2026-01-05T09:00:00Z", 0);
        check("+", "2026-01-05T09:00:00Z", 0);
    }
}
