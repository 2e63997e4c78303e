//! The token a button carries through the messenger and back.

use std::fmt;

use crate::ids::{ActionId, ExitId, RunId, StepNo, VersionId};

/// Leads from a pressed button to the exit it stands for. At most 64 bytes as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButtonToken {
    pub version: VersionId,
    pub run: RunId,
    /// The step that sent it; the wait's id when it was a question.
    pub step: StepNo,
    pub action: ActionId,
    pub exit: ExitId,
}

impl ButtonToken {
    /// Reads a token of ours; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('~')?.split('.');
        let mut number = || i64::from_str_radix(parts.next()?, 36).ok();
        let (version, run, step) = (VersionId(number()?), RunId(number()?), number()?);
        let (action, exit) = (parts.next()?, parts.next()?);
        let whole =
            parts.next().is_none() && crate::ids::is_valid_id(action) && crate::ids::is_valid_id(exit);
        whole.then(|| Self {
            version,
            run,
            step: StepNo(step.cast_unsigned()),
            action: action.into(),
            exit: exit.into(),
        })
    }
}

impl fmt::Display for ButtonToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("~")?;
        for number in [self.version.0, self.run.0, self.step.0.cast_signed()] {
            write_base36(f, number)?;
            f.write_str(".")?;
        }
        write!(f, "{}.{}", self.action, self.exit)
    }
}

fn write_base36(f: &mut fmt::Formatter<'_>, number: i64) -> fmt::Result {
    let mut digits = [0u8; 13];
    let mut rest = number.unsigned_abs();
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        let value = u8::try_from(rest % 36).unwrap_or_default();
        *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
        rest /= 36;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    let text = digits.get(digits.len() - used..).unwrap_or_default();
    f.write_str(std::str::from_utf8(text).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_as_they_went() {
        let token = ButtonToken {
            version: VersionId(1_234_567),
            run: RunId(987_654_321),
            step: StepNo(42),
            action: "a1".into(),
            exit: "yes".into(),
        };
        assert_eq!(ButtonToken::parse(&token.to_string()), Some(token));
    }

    #[test]
    fn the_longest_everyday_token_fits_64_bytes() {
        let token = ButtonToken {
            version: VersionId(36_i64.pow(7) - 1),
            run: RunId(36_i64.pow(9) - 1),
            step: StepNo(9_999),
            action: "a234567890123456".into(),
            exit: "e234567890123456".into(),
        };
        assert!(token.to_string().len() <= 64, "{token} is longer");
    }

    #[test]
    fn foreign_data_is_no_token() {
        for text in ["", "~", "~1.2.3.a", "~1.2.3.a.b.c", "menu", "~zz!.1.1.a.b", "~1.2.3.a.б"] {
            assert_eq!(ButtonToken::parse(text), None, "{text}");
        }
    }
}
