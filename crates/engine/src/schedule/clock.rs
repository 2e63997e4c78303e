//! Between the clock on the wall and moments, over the changes to summer time and back.
//!
//! A clock is put forward over some times and shows others twice. Here a time of the clock happens once: at the
//! moment when the clock first shows it or something later. So the order of times is the order of their moments.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::ids::UtcMs;

/// The moment the clock of a zone first shows this time or a later one.
pub fn first_at(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(time).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(time).ok(),
        AmbiguousOffset::Gap { before, .. } => {
            // The clock never shows it: it jumps over it.
            let behind = before.to_timestamp(time).ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
            zone.preceding(behind).next().map(|jump| jump.timestamp())
        }
    }
}

/// The latest time that the clock of a zone has shown up to a moment: what it shows, or what it showed before it
/// was put back.
pub fn reached(moment: Timestamp, zone: &TimeZone) -> DateTime {
    let shows = zone.to_datetime(moment);
    let Some(change) =
        zone.preceding(moment.checked_add(SignedDuration::from_secs(1)).unwrap_or(moment)).next()
    else {
        return shows;
    };
    let Ok(before) = change.timestamp().checked_sub(SignedDuration::from_millis(1)) else { return shows };
    shows.max(zone.to_datetime(before))
}

pub(crate) fn timestamp(moment: UtcMs) -> Timestamp {
    Timestamp::from_millisecond(moment.0).unwrap_or(if moment.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

pub(crate) fn utc_ms(moment: Timestamp) -> UtcMs {
    UtcMs(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::parse_zone;

    #[test]
    fn a_time_of_the_clock_happens_once() {
        let berlin = parse_zone("Europe/Berlin").unwrap();
        let check = |time: &str, expected: &str| {
            let moment = first_at(time.parse().unwrap(), &berlin).unwrap();
            assert_eq!(moment.to_string(), expected, "{time}");
            let seen = reached(moment, &berlin);
            assert!(seen >= time.parse().unwrap(), "{time}: {seen}");
            let before = moment.checked_sub(SignedDuration::from_millis(1)).unwrap();
            assert!(reached(before, &berlin) < time.parse().unwrap(), "{time} came before its moment");
        };
        check("2026-01-05T10:00", "2026-01-05T09:00:00Z");
        // Put forward from 02:00 to 03:00 at 01:00 UTC.
        check("2026-03-29T01:59", "2026-03-29T00:59:00Z");
        check("2026-03-29T02:00", "2026-03-29T01:00:00Z");
        check("2026-03-29T02:30", "2026-03-29T01:00:00Z");
        check("2026-03-29T03:00", "2026-03-29T01:00:00Z");
        check("2026-03-29T03:01", "2026-03-29T01:01:00Z");
        // Put back from 03:00 to 02:00 at 01:00 UTC: 02:30 is shown twice.
        check("2026-10-25T02:30", "2026-10-25T00:30:00Z");
        check("2026-10-25T02:59", "2026-10-25T00:59:00Z");
        check("2026-10-25T03:00", "2026-10-25T02:00:00Z");
        check("2026-10-25T03:01", "2026-10-25T02:01:00Z");
    }

    #[test]
    fn a_clock_that_was_put_back_has_shown_more_than_it_shows() {
        let berlin = parse_zone("Europe/Berlin").unwrap();
        let at = |moment: &str| reached(moment.parse().unwrap(), &berlin).to_string();
        assert_eq!(at("2026-10-25T00:30:00Z"), "2026-10-25T02:30:00");
        assert_eq!(at("2026-10-25T01:30:00Z"), "2026-10-25T02:59:59.999");
        assert_eq!(at("2026-10-25T02:00:00Z"), "2026-10-25T03:00:00");
        assert_eq!(at("2026-03-29T01:00:00Z"), "2026-03-29T03:00:00");
    }
}
