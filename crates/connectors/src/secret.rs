//! Texts nobody may see.

use std::sync::Arc;

use subtle::ConstantTimeEq;

/// A token, a password or a key. It has no `Debug`, `Display` or `Serialize`, so that it cannot reach a log.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in constant time. An empty secret equals nothing: it stands for one that was never set.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(candidate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_matches() {
        let check = |secret: &str, candidate: &str, expected| {
            assert_eq!(
                Secret::new(secret).matches(candidate.as_bytes()),
                expected,
                "{secret} and {candidate}"
            );
        };
        check("s3cret", "s3cret", true);
        check("s3cret", "s3creT", false);
        check("s3cret", "s3cre", false);
        check("s3cret", "s3crett", false);
        check("s3cret", "", false);
        check("", "", false);
    }
}
