//! One run: its state, and the machine that advances it.

mod context;
mod frames;
mod machine;
mod names;
mod state;
mod token;
mod trace;

pub use context::{Context, Fields, Scopes, StepContext};
pub use machine::{Fuel, Output, Passage, advance};
pub use state::{Held, Offered, OpenWait, Place, RunState, STATE_FORMAT, Ticked};
pub use token::ButtonToken;
pub use trace::TraceStep;
