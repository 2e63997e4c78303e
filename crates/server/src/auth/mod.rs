//! Who is asking: owner set-up, passwords, sessions, API tokens, and the guards in front of the handlers.
//!
//! Handlers behind [`session::require`] take a [`Session`], handlers of the REST API a [`Caller`]; neither
//! can be had without its guard. Start at [`session`].

pub mod bearer;
pub mod cookie;
pub mod csrf;
pub mod password;
pub mod session;
pub mod set_up;
pub mod sign_in;
mod throttle;

pub use bearer::Caller;
pub use session::Session;
pub use throttle::Throttle;
