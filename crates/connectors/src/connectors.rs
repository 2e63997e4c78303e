//! The registry of channels.

use crate::channels::Channel;
use crate::channels::simulator::Simulator;
use crate::channels::telegram::Telegram;
use crate::http::{HttpClient, HttpConfig};

pub use crate::http::SetupError;

/// Everything that leaves the house. One value per process: its connections are reused.
pub struct Connectors {
    http: HttpClient,
    channels: Vec<Box<dyn Channel>>,
}

impl Connectors {
    /// # Errors
    /// When the machine offers no way to set up TLS.
    pub fn new(config: HttpConfig) -> Result<Self, SetupError> {
        let tls = crate::http::tls_config()?;
        let http = HttpClient::new(&config, config.allow_private.clone(), &tls)?;
        let api = HttpClient::new(&config, config.allow_private_channels.clone(), &tls)?;
        let channels: Vec<Box<dyn Channel>> =
            vec![Box::new(Telegram::new(api)), Box::new(Simulator::new(http.clone()))];
        Ok(Self { http, channels })
    }

    /// The client for what scenarios ask for.
    pub fn http(&self) -> &HttpClient {
        &self.http
    }

    /// The channel of this wire name: `telegram`, `simulator`.
    pub fn channel(&self, kind: &str) -> Option<&dyn Channel> {
        self.channels().find(|channel| channel.capabilities().channel == kind)
    }

    pub fn channels(&self) -> impl Iterator<Item = &dyn Channel> {
        self.channels.iter().map(AsRef::as_ref)
    }
}
