//! The pure core: documents, expressions, actions and the run machine.

pub mod actions;
pub mod address;
pub mod channel;
pub mod delivery;
pub mod effect;
pub mod error;
pub mod event;
pub mod expression;
mod http_call;
pub mod ids;
pub mod lane;
pub mod limits;
pub mod list;
pub mod message;
pub mod pick;
pub mod play;
pub mod program;
mod random;
mod route;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod signal;
pub mod value;
pub mod words;
pub mod zone;

pub use route::{Route, route};
