//! How the canvas says what an action does, in one line: a text with places for the action's options.
//!
//! * `{list}`: the option, drawn by its schema: a chip for a variable, a name in bold, the label of a choice, the
//!   first element of an array and how many more there are. Without a value: that it is missing.
//! * `{save_to|first_to}`: the first of them that has a value; `{filters+groups}`: the elements of both.
//! * `{amount:unit}`: a length of time; the unit is an option, or written out (`{days:days}`).
//! * `[ → {save_to}]`: left out unless everything named in it has a value. `{?random}` draws nothing: it is there
//!   to decide that.

use crate::words::Words;

/// A sentence about an action. Of several, the first that may be said is.
#[derive(Clone, Copy, Debug)]
pub struct Sentence {
    /// Said only while the option at this pointer has this value.
    pub only: Option<(&'static str, &'static str)>,
    pub words: Words,
}

impl Sentence {
    pub const fn new(en: &'static str, ru: &'static str) -> Self {
        Self { only: None, words: Words::new(en, ru) }
    }

    /// Said only while the option at this pointer has this value.
    pub const fn when(
        pointer: &'static str,
        value: &'static str,
        en: &'static str,
        ru: &'static str,
    ) -> Self {
        Self { only: Some((pointer, value)), words: Words::new(en, ru) }
    }
}
