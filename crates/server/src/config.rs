//! What the operator can set, by option or by `SCENARIA_*` variable.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use store::Retention;
use url::Url;

/// Where the data lives.
#[derive(Args, Clone)]
pub struct StoreOptions {
    /// Directory for the database, keys and files
    #[arg(long, env = "SCENARIA_DATA_DIR", default_value = "./data", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// PostgreSQL address (postgres://user:password@host/database); SQLite in the data directory without it
    #[arg(long, env = "SCENARIA_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// What `serve` needs to know.
#[derive(Args, Clone)]
pub struct ServeOptions {
    /// Address of the admin pages and the REST API
    #[arg(long, env = "SCENARIA_ADMIN_ADDR", default_value = "127.0.0.1:8080", value_name = "HOST:PORT")]
    pub admin_addr: SocketAddr,
    /// Address for messengers, mini apps and webhooks
    #[arg(long, env = "SCENARIA_PUBLIC_ADDR", default_value = "127.0.0.1:8081", value_name = "HOST:PORT")]
    pub public_addr: SocketAddr,
    /// How the public address is reached from outside; messengers need https [default: http:// and the public address]
    #[arg(long, env = "SCENARIA_PUBLIC_URL", value_name = "URL", value_parser = parse_public_url)]
    pub public_url: Option<Url>,
    /// Private addresses that HTTP requests of scenarios may reach (`10.0.0.5`, `192.168.0.0/16`), separated by commas
    #[arg(long, env = "SCENARIA_ALLOW_PRIVATE", value_delimiter = ',', value_name = "ADDRESSES")]
    pub allow_private: Vec<String>,
    /// The same for messengers' API servers, such as a Bot API server of your own
    #[arg(long, env = "SCENARIA_ALLOW_PRIVATE_CHANNELS", value_delimiter = ',', value_name = "ADDRESSES")]
    pub allow_private_channels: Vec<String>,
    /// Run JS steps although this system cannot confine them (seccomp is missing)
    #[arg(long, env = "SCENARIA_ALLOW_UNCONFINED_SCRIPTS")]
    pub allow_unconfined_scripts: bool,
    /// Address for Prometheus (`/metrics`); nothing is served there without it. Anybody who reaches it may read it
    #[arg(long, env = "SCENARIA_METRICS_ADDR", value_name = "HOST:PORT")]
    pub metrics_addr: Option<SocketAddr>,
    #[command(flatten)]
    pub keep: KeepOptions,
    #[command(flatten)]
    pub store: StoreOptions,
}

/// What is kept of the past. Whatever is older, or one too many, is deleted bit by bit.
#[derive(Args, Clone)]
pub struct KeepOptions {
    /// Hours that what came in is kept after it was worked: for so long, what a messenger delivers twice is known
    #[arg(long, env = "SCENARIA_KEEP_UPDATES_HOURS", default_value_t = 48, value_name = "HOURS",
        value_parser = clap::value_parser!(u32).range(48..))]
    pub keep_updates_hours: u32,
    /// Of that, the newest so many with what was in them
    #[arg(long, env = "SCENARIA_KEEP_UPDATES", default_value_t = 2_000_000, value_name = "NUMBER")]
    pub keep_updates: u32,
    /// Days that sends are kept which were given up
    #[arg(long, env = "SCENARIA_KEEP_FAILED_SENDS_DAYS", default_value_t = 30, value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..))]
    pub keep_failed_sends_days: u32,
    /// Messages behind which sends that were given up are not kept
    #[arg(long, env = "SCENARIA_KEEP_FAILED_SENDS", default_value_t = 1_000_000, value_name = "NUMBER")]
    pub keep_failed_sends: u32,
    /// Days the messages of conversations are kept
    #[arg(long, env = "SCENARIA_KEEP_MESSAGES_DAYS", default_value_t = 365, value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..))]
    pub keep_messages_days: u32,
    /// Messages kept at most, of all bots together
    #[arg(long, env = "SCENARIA_KEEP_MESSAGES", default_value_t = 20_000_000, value_name = "NUMBER")]
    pub keep_messages: u32,
    /// Days that runs are kept which have ended
    #[arg(long, env = "SCENARIA_KEEP_RUNS_DAYS", default_value_t = 90, value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..))]
    pub keep_runs_days: u32,
    /// Runs kept at most, those apart that have not ended
    #[arg(long, env = "SCENARIA_KEEP_RUNS", default_value_t = 20_000_000, value_name = "NUMBER")]
    pub keep_runs: u32,
    /// Days that what runs did is kept for looking at
    #[arg(long, env = "SCENARIA_KEEP_TRACES_DAYS", default_value_t = 14, value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(1..))]
    pub keep_traces_days: u32,
    /// Megabytes of traces at most
    #[arg(long, env = "SCENARIA_KEEP_TRACES_MB", default_value_t = 1_024, value_name = "MB")]
    pub keep_traces_mb: u32,
}

impl KeepOptions {
    pub fn retention(&self) -> Retention {
        let hours = |hours: u32| i64::from(hours) * 60 * 60 * 1_000;
        let days = |days: u32| hours(24) * i64::from(days);
        Retention {
            inbox_ms: hours(self.keep_updates_hours),
            inbox: self.keep_updates.into(),
            outbox_ms: days(self.keep_failed_sends_days),
            outbox: self.keep_failed_sends.into(),
            messages_ms: days(self.keep_messages_days),
            messages: self.keep_messages.into(),
            runs_ms: days(self.keep_runs_days),
            runs: self.keep_runs.into(),
            traces_ms: days(self.keep_traces_days),
            traces_bytes: i64::from(self.keep_traces_mb) << 20,
            ..Retention::default()
        }
    }
}

/// How the log reads.
#[derive(Args, Clone)]
pub struct LogOptions {
    /// error, warn, info, debug, trace, or a filter such as `info,runtime=debug`
    #[arg(long, env = "SCENARIA_LOG_LEVEL", default_value = "warn", global = true, value_name = "LEVEL")]
    pub log_level: String,
    /// Form of the log lines
    #[arg(long, env = "SCENARIA_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// The public address without a trailing slash, so that paths can simply follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    pub fn new(configured: Option<&Url>, listening: SocketAddr) -> Self {
        let url = configured.map_or_else(|| format!("http://{listening}"), Url::to_string);
        Self(url.trim_end_matches('/').to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether messengers would accept it for a webhook or a mini app.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The address of a path that begins with `/`.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Scheme, host and port, as a Content-Security-Policy names a source.
    pub fn origin(&self) -> String {
        Url::parse(&self.0).map_or_else(|_| self.0.clone(), |url| url.origin().ascii_serialization())
    }
}

fn parse_public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; an example: https://bots.example.org"))?;
    match url.scheme() {
        "http" | "https" if url.query().is_none() && url.fragment().is_none() => Ok(url),
        "http" | "https" => Err("an address without ? and # is needed".to_owned()),
        other => Err(format!("`{other}` is neither http nor https; an example: https://bots.example.org")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_joins_paths_once() {
        let listening = "127.0.0.1:8081".parse().unwrap();
        let check = |configured: Option<&str>, expected: &str| {
            let url = configured.map(|text| parse_public_url(text).unwrap());
            assert_eq!(PublicUrl::new(url.as_ref(), listening).at("/app/x"), expected);
        };
        check(None, "http://127.0.0.1:8081/app/x");
        check(Some("https://bots.example.org"), "https://bots.example.org/app/x");
        check(Some("https://example.org/bots/"), "https://example.org/bots/app/x");
    }

    #[test]
    fn without_options_the_store_keeps_what_it_would() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            keep: KeepOptions,
        }
        let kept = |line: &[&str]| {
            let line: Line = clap::Parser::parse_from(std::iter::once("x").chain(line.iter().copied()));
            format!("{:?}", line.keep.retention())
        };
        assert_eq!(kept(&[]), format!("{:?}", Retention::default()));
        let changed =
            kept(&["--keep-updates-hours", "72", "--keep-updates", "5", "--keep-failed-sends", "7"]);
        assert!(
            changed.contains("inbox_ms: 259200000, inbox: 5") && changed.contains("outbox: 7"),
            "{changed}"
        );
    }

    #[test]
    fn public_url_must_be_a_web_address() {
        for text in ["bots.example.org", "ftp://example.org", "https://example.org/?a=1", ""] {
            assert!(parse_public_url(text).is_err(), "{text}");
        }
    }
}
