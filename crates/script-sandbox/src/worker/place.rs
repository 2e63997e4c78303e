//! Where in the builder's code something happened.
//!
//! Boa records positions of calls, member accesses and a few more, and keeps its backtraces to itself. What
//! it does say is read from the text of the error; what it does not know is looked up in the source, or left
//! out rather than guessed.

use std::fmt;

use boa_engine::{JsError, error::JsNativeErrorKind};

use super::context::SOURCE_PATH;

/// The builder's code and how far it stands below the first line of what the engine parses.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub text: &'a str,
    pub lines_before: u32,
}

/// Line and column, from 1.
type Place = (u32, u32);

impl Source<'_> {
    /// The place behind the last character.
    pub fn end(&self) -> Place {
        let last = self.text.lines().last().unwrap_or_default();
        (count(self.text.lines()).max(1), count(last.chars()) + 1)
    }

    /// Where the engine stood when it threw; `None` when it does not know.
    pub fn of_error(&self, error: &JsError) -> Option<Place> {
        let (line, column) = innermost_frame(error)?;
        let known = line > self.lines_before;
        let start = if known { (line - self.lines_before, column) } else { (1, 1) };
        // Boa has no position for reading a name, only the start of the function that does.
        if let Some(name) = undefined_name(error)
            && let Some(place) = find_name(self.text, &name, start)
        {
            return Some(place);
        }
        known.then_some(start)
    }
}

fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// The text of an error ends in lines `    at name (path:line:column)`, innermost first.
fn innermost_frame(error: &JsError) -> Option<Place> {
    let mut tail = Tail(String::new());
    fmt::write(&mut tail, format_args!("{error}")).ok()?;
    let frames = tail.0.lines().rev().take_while(|line| line.starts_with("    at "));
    frames.filter_map(place_in_frame).last()
}

fn place_in_frame(line: &str) -> Option<Place> {
    let (_, place) = line.strip_suffix(')')?.rsplit_once(SOURCE_PATH)?;
    let (line, column) = place.strip_prefix(':')?.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// The end of a text that may be very long: a script can throw 50 MB.
struct Tail(String);

const TAIL_BYTES: usize = 16 << 10;

impl fmt::Write for Tail {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() > 2 * TAIL_BYTES {
            let cut = self.0.ceil_char_boundary(self.0.len() - TAIL_BYTES);
            self.0.drain(..cut);
        }
        Ok(())
    }
}

/// `x` of `ReferenceError: x is not defined`.
fn undefined_name(error: &JsError) -> Option<String> {
    let native = error.as_native()?;
    let name = native.message().strip_suffix(" is not defined")?;
    matches!(native.kind(), JsNativeErrorKind::Reference).then(|| name.to_owned())
}

/// The first use of a name at or after a place, outside of comments and strings.
fn find_name(text: &str, name: &str, from: Place) -> Option<Place> {
    let mut rest = text;
    let (mut line, mut column) = (1, 1);
    let mut before = ' ';
    while let Some(character) = rest.chars().next() {
        let skipped = if (line, column) >= from && !continues_name(before) && starts_with_name(rest, name) {
            return Some((line, column));
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if character == '"' || character == '\'' {
            quoted(rest, character)
        } else {
            character.len_utf8()
        };
        let (passed, remaining) = rest.split_at_checked(skipped)?;
        for character in passed.chars() {
            (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        before = passed.chars().next_back().unwrap_or(' ');
        rest = remaining;
    }
    None
}

fn starts_with_name(text: &str, name: &str) -> bool {
    let after = text.strip_prefix(name).map(|after| after.chars().next());
    after.is_some_and(|next| !next.is_some_and(|next| next.is_alphanumeric() || next == '_' || next == '$'))
}

/// Whether a name after this character is only the end of a longer one, or a member of something.
fn continues_name(before: char) -> bool {
    before.is_alphanumeric() || matches!(before, '_' | '$' | '.')
}

/// Length of a string with its quotes; a line ends it too.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        if (character == quote && !escaped) || character == '\n' {
            return index + character.len_utf8();
        }
        escaped = character == '\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_used() {
        let check = |text: &str, from: Place, expected: Option<Place>| {
            assert_eq!(find_name(text, "имя", from), expected, "{text}");
        };
        check("имя", (1, 1), Some((1, 1)));
        check("let a = 1\n  имя + a", (1, 1), Some((2, 3)));
        check("имя2 + a.имя + $имя + имя", (1, 1), Some((1, 23)));
        check("// имя\n/* имя\n */ имя", (1, 1), Some((3, 5)));
        check("'имя' + \"it's \\\" имя\" + имя", (1, 1), Some((1, 25)));
        check("`${имя}`", (1, 1), Some((1, 4)));
        check("имя; f(() => имя)", (1, 5), Some((1, 14)));
        check("it's имя", (1, 1), None);
        check("/* имя", (1, 1), None);
    }

    #[test]
    fn frames_are_read_from_the_end_of_a_message() {
        assert_eq!(place_in_frame("    at f (script:12:5)"), Some((12, 5)));
        assert_eq!(place_in_frame("    at map (native)"), None);
        assert_eq!(place_in_frame("    at <eval> (eval at :1:1)"), None);
        assert_eq!(Source { text: "", lines_before: 1 }.end(), (1, 1));
        assert_eq!(Source { text: "a\nбв\n", lines_before: 1 }.end(), (2, 3));
    }
}
