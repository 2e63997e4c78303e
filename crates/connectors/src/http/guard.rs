//! Which addresses a request may reach.
//!
//! The lists follow the IANA special-purpose registries for IPv4 and IPv6 (October 2026): everything that is not
//! globally reachable is refused, and so are the tunnels that carry an IPv4 address inside an IPv6 one.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;
use url::{Host, Url};

use super::error::{HttpError, HttpErrorKind};

/// Inside addresses the operator opened: whole networks, or single `host:port` pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowPrivate {
    networks: Vec<IpNet>,
    /// Host in the spelling of a parsed URL, and port.
    authorities: Vec<(String, u16)>,
}

/// An entry that is neither a network nor `host:port`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither an address (`10.0.0.5`), a network (`10.0.0.0/8`) nor `host:port` (`bot-api:8081`)"
)]
pub struct AllowPrivateError(String);

impl AllowPrivate {
    /// Reads a list of addresses, networks and `host:port` pairs.
    ///
    /// # Errors
    /// Names the entry that is none of them.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, AllowPrivateError> {
        let mut allow = Self::default();
        for entry in entries.into_iter().map(str::trim).filter(|entry| !entry.is_empty()) {
            if let Ok(network) = IpNet::from_str(entry) {
                allow.networks.push(network);
            } else if let Ok(address) = IpAddr::from_str(entry) {
                allow.networks.push(address.into());
            } else {
                let authority = parse_authority(entry).ok_or_else(|| AllowPrivateError(entry.to_owned()))?;
                allow.authorities.push(authority);
            }
        }
        Ok(allow)
    }

    /// Whether a connection to this address is open to everybody or opened by the operator.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.networks.iter().any(|network| network.contains(&address))
    }

    fn names(&self, url: &Url) -> bool {
        self.authorities.iter().any(|(host, port)| {
            url.host_str() == Some(host.as_str()) && url.port_or_known_default() == Some(*port)
        })
    }
}

impl fmt::Display for AllowPrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks = self.networks.iter().map(ToString::to_string);
        let authorities = self.authorities.iter().map(|(host, port)| format!("{host}:{port}"));
        f.write_str(&networks.chain(authorities).collect::<Vec<_>>().join(","))
    }
}

fn parse_authority(entry: &str) -> Option<(String, u16)> {
    let port: u16 = entry.rsplit_once(':')?.1.parse().ok()?;
    // Through the same parser as the requests, so that both are spelled alike.
    let url = Url::parse(&format!("http://{entry}/")).ok()?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.username().is_empty() && url.password().is_none();
    bare.then(|| url.host_str().map(|host| (host.to_owned(), port))).flatten()
}

/// Which client takes a request.
pub(super) enum Road {
    Guarded,
    Trusted,
}

/// Judges a URL before anything else happens to it.
pub(super) fn check(url: &Url, allow: &AllowPrivate) -> Result<Road, HttpError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(HttpError::not_sent(HttpErrorKind::Scheme(url.scheme().to_owned())));
    }
    if allow.names(url) {
        return Ok(Road::Trusted);
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) => return Ok(Road::Guarded),
        None => return Err(HttpError::not_sent(HttpErrorKind::Url)),
    };
    if allow.permits(address) {
        return Ok(Road::Guarded);
    }
    Err(HttpError::not_sent(HttpErrorKind::PrivateAddress { host: address.to_string() }))
}

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    // Azure's host agent, which hands out a machine's secrets, has a public address.
    const AZURE_WIRE_SERVER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // "This network", loopback, multicast, reserved and broadcast.
        (0 | 127 | 224.., _, _) => true,
        // Private networks, and link-local with the cloud's metadata.
        (10, _, _) | (172, 16..=31, _) | (192, 168, _) | (169, 254, _) => true,
        // Carrier-grade NAT.
        (100, 64..=127, _) => true,
        // Protocol assignments, documentation, 6to4 relays, benchmarks.
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) | (198, 18 | 19, _) => true,
        _ => address == AZURE_WIRE_SERVER,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        // IPv4-mapped addresses and the well-known NAT64 prefix reach the IPv4 address inside.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(embedded(high, low))
        }
        // Protocol assignments (Teredo, ORCHID, benchmarks), documentation, 6to4.
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => false,
        [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Outside of global unicast: loopback, unspecified, IPv4-compatible, local NAT64, unique local,
        // link-local, site-local, multicast and everything unassigned.
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests;
