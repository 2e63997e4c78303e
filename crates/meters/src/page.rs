//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write};

use crate::Histogram;

/// The media type of the page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
}

/// A page being written. Each name is written once, with everything that belongs to it.
#[derive(Default)]
pub struct Page(String);

impl Page {
    pub const CONTENT_TYPE: &str = CONTENT_TYPE;

    /// A value without labels.
    pub fn value(&mut self, kind: Kind, name: &str, help: &str, value: impl Display) {
        self.head(name, help, if kind == Kind::Counter { "counter" } else { "gauge" });
        self.line(name, None, value);
    }

    /// Values that differ by one label. Its values must be few and known beforehand.
    pub fn family<V: Display>(
        &mut self,
        kind: Kind,
        (name, help): (&str, &str),
        label: &str,
        values: impl IntoIterator<Item = (&'static str, V)>,
    ) {
        self.head(name, help, if kind == Kind::Counter { "counter" } else { "gauge" });
        for (which, value) in values {
            self.line(name, Some((label, which)), value);
        }
    }

    pub fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, help, "histogram");
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        for (bound, sum) in histogram.cumulative() {
            self.line(&bucket, Some(("le", &bound.to_string())), sum);
            count = sum;
        }
        count += histogram.over();
        self.line(&bucket, Some(("le", "+Inf")), count);
        self.line(&format!("{name}_sum"), None, histogram.sum_seconds());
        self.line(&format!("{name}_count"), None, count);
    }

    pub fn into_text(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "# HELP {name} {}", help.replace('\\', "\\\\").replace('\n', "\\n"));
        let _ = writeln!(self.0, "# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, label: Option<(&str, &str)>, value: impl Display) {
        let _ = match label {
            Some((label, which)) => {
                let which = which.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                writeln!(self.0, "{name}{{{label}=\"{which}\"}} {value}")
            }
            None => writeln!(self.0, "{name} {value}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_page_reads_as_prometheus_wants() {
        let mut page = Page::default();
        page.value(Kind::Gauge, "depth", "How deep.", 3);
        page.family(
            Kind::Counter,
            ("sends_total", "Sends\nby result."),
            "result",
            [("sent", 2), ("a\"b", 0)],
        );
        assert_eq!(
            page.into_text(),
            "# HELP depth How deep.\n# TYPE depth gauge\ndepth 3\n\
             # HELP sends_total Sends\\nby result.\n# TYPE sends_total counter\n\
             sends_total{result=\"sent\"} 2\nsends_total{result=\"a\\\"b\"} 0\n"
        );
    }

    #[test]
    fn a_histogram_counts_each_once_and_rises() {
        let histogram = Histogram::default();
        for ms in [0, 1, 3, 60_000] {
            histogram.observe(Duration::from_millis(ms));
        }
        let mut page = Page::default();
        page.histogram("took", "Took.", &histogram);
        let text = page.into_text();
        let value = |line: &str| {
            let found = text.lines().find_map(|candidate| candidate.strip_prefix(line));
            found.unwrap_or_else(|| panic!("{line} in\n{text}")).trim().to_owned()
        };
        assert_eq!(value("took_bucket{le=\"0.00025\"}"), "1");
        assert_eq!(value("took_bucket{le=\"0.001\"}"), "2", "a bound belongs to its bucket");
        assert_eq!(value("took_bucket{le=\"0.005\"}"), "3");
        assert_eq!(value("took_bucket{le=\"10\"}"), "3");
        assert_eq!(value("took_bucket{le=\"+Inf\"}"), "4");
        assert_eq!(value("took_count"), "4");
        assert_eq!(value("took_sum"), "60.004");
    }
}
