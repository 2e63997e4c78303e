//! Mini apps on the public listener: the owner's page, and the callback it sends its data to.
//!
//! Nothing here reads a cookie. Who somebody is comes from the launch data the messenger signed, and from
//! nothing else (docs/adr/0004-mini-app-origin.md). Start at [`callback`].

pub mod callback;
mod identity;
pub mod launch;
pub mod page;
mod payload;

pub use identity::verify;
pub use payload::{MiniAppCall, Quescha};
