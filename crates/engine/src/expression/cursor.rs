//! A place in a source text, and what can be wrong there.

use std::borrow::Cow;

use super::ExpressionError;
use crate::limits::EXPRESSION_DEPTH;

/// What is wrong, at a byte of the source. Counted in characters only when it is told to somebody.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    en: Cow<'static, str>,
    ru: Cow<'static, str>,
}

impl Fault {
    pub(super) fn new(at: usize, en: impl Into<Cow<'static, str>>, ru: impl Into<Cow<'static, str>>) -> Self {
        Self { at, en: en.into(), ru: ru.into() }
    }

    pub(super) fn too_deep(at: usize) -> Self {
        Self::new(
            at,
            format!("More than {EXPRESSION_DEPTH} levels of nesting"),
            format!("Глубина вложенности больше {EXPRESSION_DEPTH}"),
        )
    }

    pub(super) fn into_error(self, source: &str) -> ExpressionError {
        let position = source.get(..self.at).unwrap_or(source).chars().count();
        ExpressionError { position, en: self.en.into_owned(), ru: self.ru.into_owned() }
    }
}

/// A place in a source, counted both ways.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) byte: usize,
    pub(super) character: usize,
}

/// Reads a source from left to right.
pub(super) struct Cursor<'s> {
    source: &'s str,
    at: usize,
    depth: usize,
    /// The last place asked for: the next one is counted from there.
    counted: Place,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, at: 0, depth: 0, counted: Place::default() }
    }

    /// Where it is, in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The place of a byte of the source. Places are asked for from left to right, or nearly so.
    pub(super) fn place(&mut self, byte: usize) -> Place {
        let from = if byte < self.counted.byte { Place::default() } else { self.counted };
        let between = self.source.get(from.byte..byte).unwrap_or_default();
        self.counted = Place { byte, character: from.character + between.chars().count() };
        self.counted
    }

    /// Moves to a place that [`Cursor::at`] gave.
    pub(super) fn move_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn source(&self) -> &'s str {
        self.source
    }

    pub(super) fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    /// Goes on by this many bytes, which the caller has looked at.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    pub(super) fn expect(&mut self, expected: &str, en: &'static str, ru: &'static str) -> Result<(), Fault> {
        if self.eat(expected) { Ok(()) } else { Err(Fault::new(self.at, en, ru)) }
    }

    pub(super) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let end = rest.find(|character| !accept(character)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    pub(super) fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// A name at the cursor; empty when there is none.
    pub(super) fn take_name(&mut self) -> &'s str {
        self.take_while(is_name_char)
    }

    /// Goes one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.depth >= EXPRESSION_DEPTH {
            return Err(Fault::too_deep(self.at));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }
}

/// Names consist of letters and digits of any alphabet, and `_`.
pub(super) fn is_name_char(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
