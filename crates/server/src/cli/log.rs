//! The log, on standard error.

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogOptions};

pub fn init(options: &LogOptions) {
    let filter = EnvFilter::try_new(&options.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Failing means that there is a log already, as in tests.
    let _ = match options.log_format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}
