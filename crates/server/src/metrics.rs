//! `/metrics` for Prometheus, on an address of its own (`--metrics-addr`): the figures are the whole installation's,
//! so neither a workspace's token nor the public listener should show them. What is counted has its place where it
//! happens (`store`, `runtime`, [`Responses`]); depths and lags are asked of the database at each scrape.

use std::fs;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use meters::{Counter, Kind, Page};
use store::backlog::{self, Backlog};

use crate::services::{Services, now};

/// A scrape must come back before the next one begins, also when the database does not.
const PATIENCE: Duration = Duration::from_secs(5);

/// HTTP responses of both listeners, by class.
#[derive(Debug, Default)]
pub struct Responses([Counter; 5]);

impl Responses {
    pub fn count(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.0.get(class) {
            counter.increment();
        }
    }
}

pub fn routes(config: &mut ServiceConfig) {
    config.route("/metrics", web::get().to(get_metrics));
}

/// `GET /metrics`
pub async fn get_metrics(services: web::Data<Services>) -> HttpResponse {
    let mut page = Page::default();
    let [c1, c2, c3, c4, c5] = &services.responses.0;
    let classes = [("1xx", c1), ("2xx", c2), ("3xx", c3), ("4xx", c4), ("5xx", c5)];
    page.family(
        Kind::Counter,
        ("scenaria_http_responses_total", "HTTP responses of the admin and the public listener."),
        "class",
        classes.map(|(class, counter)| (class, counter.get())),
    );
    services.runtime.describe(&mut page);
    services.store.describe(&mut page);
    describe_process(&mut page);
    page.value(
        Kind::Gauge,
        "scenaria_paused",
        "1 while nothing is worked until `scenaria release`.",
        u8::from(services.runtime.is_paused()),
    );
    let at = services.store.now();
    let asked = services.store.read(move |connection| Ok(backlog::count(connection, at)?));
    let backlog = tokio::time::timeout(PATIENCE, asked).await;
    let up = matches!(&backlog, Ok(Ok(_)));
    page.value(Kind::Gauge, "scenaria_database_up", "Whether the database answered just now.", u8::from(up));
    if let Ok(Ok(backlog)) = backlog {
        describe_backlog(&mut page, &backlog, at.0);
    }
    HttpResponse::Ok().content_type(Page::CONTENT_TYPE).body(page.into_text())
}

fn describe_backlog(page: &mut Page, backlog: &Backlog, now: i64) {
    let age = |at: Option<engine::ids::UtcMs>| {
        let ms = at.map_or(0, |at| now.saturating_sub(at.0).max(0));
        Duration::from_millis(ms.unsigned_abs()).as_secs_f64()
    };
    page.value(Kind::Gauge, "scenaria_inbox_events", "Events nobody has worked yet.", backlog.events);
    page.value(
        Kind::Gauge,
        "scenaria_inbox_oldest_seconds",
        "Age of the oldest of them.",
        age(backlog.oldest_event_at),
    );
    page.family(
        Kind::Gauge,
        ("scenaria_outbox_queued", "Sends that wait, by class."),
        "class",
        [("ack", backlog.acks), ("reply", backlog.replies), ("mass", backlog.mass)],
    );
    page.value(Kind::Gauge, "scenaria_outbox_sending", "Sends under way.", backlog.sending);
    page.value(
        Kind::Gauge,
        "scenaria_outbox_buried",
        "Sends that were given up lately, and those of unknown fate.",
        backlog.buried,
    );
    page.value(Kind::Gauge, "scenaria_calls_open", "Calls of scenarios without an answer.", backlog.calls);
    page.value(Kind::Gauge, "scenaria_timers", "Timers that wait.", backlog.timers);
    page.value(
        Kind::Gauge,
        "scenaria_timers_lag_seconds",
        "How late the next timer is already; 0 when it is in time.",
        age(backlog.next_timer_at),
    );
}

/// What every exporter says of its process, from `/proc`; left out where there is none.
fn describe_process(page: &mut Page) {
    const TICKS: f64 = 100.0;
    const PAGE_BYTES: u64 = 4_096;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> =
        stat.rsplit_once(')').map_or(Vec::new(), |(_, rest)| rest.split_ascii_whitespace().collect());
    let field = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    if let (Some(user), Some(system), Some(pages)) = (field(11), field(12), field(21)) {
        page.value(
            Kind::Counter,
            "process_cpu_seconds_total",
            "Processor time of the server, without its script workers.",
            (user + system) as f64 / TICKS,
        );
        page.value(
            Kind::Gauge,
            "process_resident_memory_bytes",
            "Memory of the server, without its script workers.",
            pages * PAGE_BYTES,
        );
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        page.value(Kind::Gauge, "process_open_fds", "Open files and connections.", open.count());
    }
    page.value(Kind::Gauge, "scenaria_time_seconds", "The clock of this machine.", now().0 / 1_000);
}
