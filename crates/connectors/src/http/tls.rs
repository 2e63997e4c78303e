//! TLS: rustls with ring, the machine's certificate authorities, and the built-in ones where it has none.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// One configuration for all clients: reading the system's certificates takes a while.
pub(crate) fn tls_config() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::debug!(%error, "a certificate store of the system was not read");
    }
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        // A container image without ca-certificates must still reach the messengers.
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
