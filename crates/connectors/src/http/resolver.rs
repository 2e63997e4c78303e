//! Name resolution that answers with permitted addresses only.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::AllowPrivate;

/// A name resolved to an address that requests may not reach.
#[derive(Debug, thiserror::Error)]
#[error("the name resolves to an address that is not public")]
pub(super) struct NotPublic;

/// What this resolver answers is what gets connected to: a name has no second chance to change its mind.
pub(super) struct GuardedResolver {
    inner: Arc<dyn Resolve>,
    /// `None` lets every address through.
    allow: Option<Arc<AllowPrivate>>,
}

impl GuardedResolver {
    pub(super) fn new(inner: Option<Arc<dyn Resolve>>, allow: Option<Arc<AllowPrivate>>) -> Self {
        Self { inner: inner.unwrap_or_else(|| Arc::new(SystemResolver)), allow }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.allow.clone();
        let resolving = self.inner.resolve(name);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = resolving.await?.collect();
            // One inside address among public ones is an attack or a mistake; the connection may pick any.
            if let Some(allow) = allow
                && !addresses.iter().all(|address| allow.permits(address.ip()))
            {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// The system's own resolver.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Addrs =
                Box::new(tokio::net::lookup_host((name.as_str(), 0)).await?.collect::<Vec<_>>().into_iter());
            Ok(addresses)
        })
    }
}
