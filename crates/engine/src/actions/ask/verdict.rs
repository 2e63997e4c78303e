//! What an event is to the open question.

use crate::ids::ExitId;
use crate::run::{ButtonToken, Offered, StepContext};
use crate::value::Value;

pub(super) enum Verdict {
    /// A button, or its caption: its exit unless it was made from data.
    Press {
        exit: Option<ExitId>,
        value: Value,
    },
    /// An answer in the person's own words.
    Right(Value),
    /// A mini app brought variables; the answer itself says nothing.
    MiniApp,
    /// The person would rather not answer.
    Skipped,
    /// A button of an earlier question.
    Stale,
    Wrong,
}

/// What the press of a button is to the open question.
pub(super) fn judge_press(cx: &mut StepContext<'_>, token: &str) -> Verdict {
    let Some(token) = ButtonToken::parse(token) else { return Verdict::Wrong };
    if token.run != cx.run.run || token.action != *cx.action {
        return Verdict::Wrong;
    }
    let Some(wait) = cx.open_wait() else { return Verdict::Wrong };
    // A button made from data means what it meant when it was sent; the data may have changed since.
    let made_from_data = token.exit.as_str().starts_with('_');
    if made_from_data && token.step.0 != wait.id.0 {
        return Verdict::Stale;
    }
    wait.offered.iter().find(|offered| offered.exit == token.exit).map_or(Verdict::Stale, press)
}

/// The offered choice whose caption was typed.
pub(super) fn find_caption(cx: &mut StepContext<'_>, text: &str) -> Option<Offered> {
    let wait = cx.open_wait()?;
    wait.offered.iter().find(|offered| is_word(&offered.label, text)).cloned()
}

/// Whether somebody typed this, whatever the case.
pub(super) fn is_word(word: &str, typed: &str) -> bool {
    word.trim().to_lowercase() == typed.trim().to_lowercase()
}

pub(super) fn press(offered: &Offered) -> Verdict {
    let drawn = !offered.exit.as_str().starts_with('_');
    Verdict::Press { exit: drawn.then(|| offered.exit.clone()), value: offered.value.clone() }
}
