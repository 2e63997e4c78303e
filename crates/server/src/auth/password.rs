//! Passwords: Argon2id with OWASP's figures (19 MiB, two passes, one lane; Password Storage Cheat Sheet).

use std::sync::LazyLock;

use actix_web::web;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::error::ApiError;
use crate::request::random;

/// Shortest password, in characters.
const MIN_CHARS: usize = 10;
/// Longest password, in bytes: hashing a novel would be a way to keep us busy.
const MAX_BYTES: usize = 1024;

/// Checked when the account does not exist, so that both cases take equally long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(&hex::encode(random::<16>())).unwrap_or_default());

/// Whether a password may be chosen.
///
/// # Errors
/// Too short, or longer than we are ready to hash.
pub fn check_new(password: &str) -> Result<(), ApiError> {
    if password.chars().count() >= MIN_CHARS && password.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(ApiError::invalid(
        format!("The password needs at least {MIN_CHARS} characters."),
        format!("В пароле должно быть не меньше {MIN_CHARS} символов."),
    ))
}

/// Hashes a password off the event loop.
///
/// # Errors
/// Internal, when the hasher or the blocking pool fails.
pub async fn hash_password(password: String) -> Result<String, ApiError> {
    web::block(move || hash(&password)).await.map_err(ApiError::internal)?
}

/// Whether the password is the one of this hash; `None` (no such account) takes as long and is false.
///
/// # Errors
/// Internal, when the blocking pool fails.
pub async fn verify_password(password: String, stored: Option<String>) -> Result<bool, ApiError> {
    let known = stored.is_some();
    let matches = web::block(move || verify(&password, stored.as_deref().unwrap_or(&NOBODY)));
    Ok(matches.await.map_err(ApiError::internal)? && known)
}

fn hasher() -> Result<Argon2<'static>, ApiError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(ApiError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, ApiError> {
    let hash = hasher()?.hash_password(password.as_bytes()).map_err(ApiError::internal)?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    PasswordHash::new(stored)
        .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn only_the_right_password_of_a_known_account_passes() {
        let stored = hash_password("correct horse".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let check = async |password: &str, stored: Option<&str>| {
            verify_password(password.to_owned(), stored.map(str::to_owned)).await.unwrap()
        };
        assert!(check("correct horse", Some(&stored)).await);
        assert!(!check("correct horsE", Some(&stored)).await);
        assert!(!check("correct horse", None).await);
        assert!(!check("correct horse", Some("no hash")).await);
    }
}
