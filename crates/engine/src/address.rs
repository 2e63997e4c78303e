//! Addresses of one use that runs give out to be called back on.
//!
//! The address ends in a secret; everything but the run's own variable knows it by the secret's hash.

use sha2::{Digest, Sha256};

use crate::error::StepError;

/// Longer than any secret of ours.
const SECRET_CHARS: usize = 64;

/// The secret at the end of an address; a bare secret is one too.
pub fn secret_in(address: &str) -> Option<&str> {
    let secret = address.trim().rsplit('/').next().unwrap_or_default();
    let is_ours = !secret.is_empty()
        && secret.len() <= SECRET_CHARS
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_ours.then_some(secret)
}

/// What an address is known by: SHA-256 of its secret, in hexadecimal.
pub fn hash(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The run that waits made no such address.
pub fn unknown() -> StepError {
    StepError::new(
        "unknown_address",
        "This is no address that “Webhook address” made in this scenario, or it is long over",
        "Такого адреса «Адрес для вебхука» в этом сценарии не делал, или он давно истёк",
    )
    .at("/address")
}

/// Somebody has called, and that was taken already.
pub fn used() -> StepError {
    StepError::new(
        "address_used",
        "The address was used already: it is good for one call. Make another one",
        "Адрес уже использован: он годится на один вызов. Сделайте новый",
    )
    .at("/address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found() {
        let check =
            |address: &str, expected: Option<&str>| assert_eq!(secret_in(address), expected, "{address}");
        check("https://a.b/webhook/once/12ab", Some("12ab"));
        check(" 12ab ", Some("12ab"));
        check("", None);
        check("https://a.b/", None);
        check("https://a.b/webhook/once/12?x=1", None);
        check(&"a".repeat(65), None);
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
