//! When trying again makes sense.

use std::time::Duration;

/// What to do after a failure, seen from the error alone. Whether a repetition may double something is another
/// question: see [`crate::http::Fate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same request will fail again.
    Never,
    /// The other side named the wait.
    After(Duration),
    /// Wait longer each time.
    Backoff,
}
