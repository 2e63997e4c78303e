#![doc = include_str!("../README.md")]

pub mod channels;
mod connectors;
pub mod http;
mod retry;
mod secret;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use connectors::{Connectors, SetupError};
pub use retry::Retry;
pub use secret::Secret;
