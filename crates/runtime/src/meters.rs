//! What the runtime counts about itself.

use connectors::channels::SendOutcome;
use meters::{Counter, Histogram, Kind, Page};

use crate::Runtime;

/// Counted where it happens; written to a page by [`Runtime::describe`].
#[derive(Debug, Default)]
pub(crate) struct RuntimeMeters {
    /// Updates, calls and messages of the test chat that were stored, repeats included.
    pub(crate) received: Counter,
    /// Bursts that were committed.
    pub(crate) bursts: Counter,
    /// From reading the lane to the end of the commit.
    pub(crate) burst_time: Histogram,
    /// Events the engine panicked on.
    pub(crate) panics: Counter,
    pub(crate) timers_fired: Counter,
    /// Failures of work in the background that were counted.
    pub(crate) setbacks: Counter,
    /// Work in the background that is not tried again.
    pub(crate) given_up: Counter,
    pub(crate) calls_answered: Counter,
    pub(crate) calls_failed: Counter,
    pub(crate) scripts_done: Counter,
    pub(crate) scripts_failed: Counter,
    /// Time of a JS step, its wait for a worker included.
    pub(crate) script_time: Histogram,
    sends: Sends,
}

/// Sends by what became of them.
#[derive(Debug, Default)]
struct Sends {
    sent: Counter,
    retry: Counter,
    unknown: Counter,
    rejected: Counter,
    unreachable: Counter,
    revoked: Counter,
    migrated: Counter,
}

impl RuntimeMeters {
    pub(crate) fn count_send(&self, outcome: &SendOutcome) {
        let sends = &self.sends;
        match outcome {
            SendOutcome::Sent { .. } => &sends.sent,
            SendOutcome::Retry { .. } => &sends.retry,
            SendOutcome::Unknown { .. } => &sends.unknown,
            SendOutcome::Rejected { .. } => &sends.rejected,
            SendOutcome::Unreachable { .. } => &sends.unreachable,
            SendOutcome::Revoked => &sends.revoked,
            SendOutcome::Migrated { .. } => &sends.migrated,
        }
        .increment();
    }
}

impl Runtime {
    /// Writes what the runtime counts about itself. Asks the database nothing.
    pub fn describe(&self, page: &mut Page) {
        let meters = &self.inner.meters;
        let sends = &meters.sends;
        page.value(
            Kind::Counter,
            "scenaria_events_received_total",
            "Updates and calls that were stored, repeats included.",
            meters.received.get(),
        );
        page.value(
            Kind::Gauge,
            "scenaria_lanes_at_work",
            "Lanes that are worked on or wait for a worker.",
            self.lanes_at_work(),
        );
        page.value(
            Kind::Counter,
            "scenaria_bursts_total",
            "Bursts that were committed.",
            meters.bursts.get(),
        );
        page.histogram(
            "scenaria_burst_seconds",
            "From reading a lane to the end of its commit.",
            &meters.burst_time,
        );
        page.value(
            Kind::Counter,
            "scenaria_engine_panics_total",
            "Events the engine panicked on: bugs of Scenaria.",
            meters.panics.get(),
        );
        page.value(
            Kind::Counter,
            "scenaria_timers_fired_total",
            "Timers that became events.",
            meters.timers_fired.get(),
        );
        page.value(
            Kind::Counter,
            "scenaria_setbacks_total",
            "Work in the background that failed by itself and is tried again or given up.",
            meters.setbacks.get(),
        );
        page.value(
            Kind::Counter,
            "scenaria_given_up_total",
            "Work in the background that failed too often: see `scenaria doctor`.",
            meters.given_up.get(),
        );
        let results = [
            ("sent", &sends.sent),
            ("retry", &sends.retry),
            ("unknown", &sends.unknown),
            ("rejected", &sends.rejected),
            ("unreachable", &sends.unreachable),
            ("revoked", &sends.revoked),
            ("migrated", &sends.migrated),
        ];
        page.family(
            Kind::Counter,
            ("scenaria_sends_total", "Attempts to send, by what became of them."),
            "result",
            results.map(|(name, counter)| (name, counter.get())),
        );
        page.family(
            Kind::Counter,
            ("scenaria_calls_total", "HTTP and other calls of scenarios that came to an answer."),
            "result",
            [("answered", meters.calls_answered.get()), ("failed", meters.calls_failed.get())],
        );
        page.family(
            Kind::Counter,
            ("scenaria_scripts_total", "JS steps."),
            "result",
            [("done", meters.scripts_done.get()), ("failed", meters.scripts_failed.get())],
        );
        page.histogram(
            "scenaria_script_seconds",
            "Time of a JS step, its wait for a worker included.",
            &meters.script_time,
        );
        let sandbox = self.inner.sandbox.status();
        page.family(
            Kind::Gauge,
            ("scenaria_sandbox_workers", "Processes that run JS steps."),
            "state",
            [("running", sandbox.running), ("idle", sandbox.idle), ("apart", sandbox.apart)],
        );
        let children = sandbox.children;
        page.value(
            Kind::Counter,
            "scenaria_sandbox_workers_started_total",
            "Processes for JS steps that were started.",
            children.started,
        );
        page.family(
            Kind::Counter,
            ("scenaria_sandbox_workers_ended_total", "Processes for JS steps that were replaced."),
            "reason",
            [("killed", children.killed), ("died", children.died), ("retired", children.retired)],
        );
    }
}
