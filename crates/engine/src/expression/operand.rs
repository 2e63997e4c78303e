//! Values written without quotes: arithmetic where it looks like arithmetic, else text.
//!
//! `#{a} * 2 - 1` is computed; `#{first} #{last}`, `red wine`, `10-15` and `/menu` are texts, spaces included.

use super::ast::{Expr, Operator, Parts};
use super::cursor::{Cursor, Fault};
use super::lexer::{Lexeme, Mode, Token, lexemes};
use crate::value::{Value, parse_number};

/// Arguments up to and including the closing parenthesis.
pub(super) fn arguments(cursor: &mut Cursor<'_>) -> Result<Vec<Expr>, Fault> {
    let mut found = lexemes(cursor, Mode::Arguments)?;
    cursor.expect(")", "Expected ) here", "Здесь ожидается )")?;
    if found.is_empty() { Ok(Vec::new()) } else { list(cursor.source(), &mut found) }
}

/// Operands between commas.
pub(super) fn list(source: &str, lexemes: &mut [Lexeme]) -> Result<Vec<Expr>, Fault> {
    let mut depth = 0_usize;
    lexemes
        .split_mut(|lexeme| {
            match lexeme.token {
                Token::Open => depth += 1,
                Token::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && matches!(lexeme.token, Token::Comma)
        })
        .map(|lexemes| operand(source, lexemes))
        .collect()
}

/// The value of neighbouring lexemes; none at all are the empty text.
pub(super) fn operand(source: &str, lexemes: &mut [Lexeme]) -> Result<Expr, Fault> {
    match lexemes {
        [] => Ok(Expr::empty_text()),
        [lexeme] => Ok(single(source, lexeme)),
        several if is_arithmetic(several) => {
            let mut arithmetic = Arithmetic { source, lexemes: several, at: 0 };
            Ok(arithmetic.sum())
        }
        several => text(source, several),
    }
}

fn single(source: &str, lexeme: &mut Lexeme) -> Expr {
    match std::mem::replace(&mut lexeme.token, Token::Comma) {
        Token::Value(value) => value,
        Token::Quoted(parts) => Expr::text(parts),
        _ => literal(source.get(lexeme.start..lexeme.end).unwrap_or_default()),
    }
}

/// A number where that loses nothing: `007` stays what was written.
fn literal(text: &str) -> Expr {
    let number = parse_number(text).map(Value::Number).filter(|number| number.to_text() == text);
    Expr::Literal(number.unwrap_or_else(|| Value::text(text)))
}

/// Values and operators in turn, parentheses around them.
fn is_arithmetic(lexemes: &[Lexeme]) -> bool {
    let mut expects_value = true;
    for lexeme in lexemes {
        expects_value = match (&lexeme.token, expects_value) {
            (Token::Value(_) | Token::Quoted(_) | Token::Number, true) => false,
            (Token::Open | Token::Operator(Operator::Subtract), true) => true,
            (Token::Operator(_), false) => true,
            (Token::Close, false) => false,
            _ => return false,
        };
    }
    !expects_value
}

/// Everything as it is written, with the placeholders' values in their places.
fn text(source: &str, lexemes: &mut [Lexeme]) -> Result<Expr, Fault> {
    let mut parts = Parts::default();
    let mut end = lexemes.first().map_or(0, |lexeme| lexeme.start);
    for lexeme in lexemes {
        parts.push_text(end, source.get(end..lexeme.start).unwrap_or_default());
        end = lexeme.end;
        match std::mem::replace(&mut lexeme.token, Token::Comma) {
            Token::Value(value) => parts.push_value(lexeme.start, value),
            Token::Quoted(_) => {
                return Err(Fault::new(
                    lexeme.start,
                    "A text in quotes stands alone: put the whole text in quotes or an operator before it",
                    "Текст в кавычках стоит отдельно: возьмите в кавычки весь текст или поставьте перед ним знак действия",
                ));
            }
            _ => parts.push_text(lexeme.start, source.get(lexeme.start..lexeme.end).unwrap_or_default()),
        }
    }
    Ok(Expr::text(parts.finish()))
}

/// Builds the tree of lexemes that [`is_arithmetic`] has accepted.
struct Arithmetic<'a> {
    source: &'a str,
    lexemes: &'a mut [Lexeme],
    at: usize,
}

impl Arithmetic<'_> {
    fn sum(&mut self) -> Expr {
        self.chain(Self::product, Operator::is_additive)
    }

    fn product(&mut self) -> Expr {
        self.chain(Self::unary, |operator| !operator.is_additive())
    }

    fn chain(&mut self, operand: fn(&mut Self) -> Expr, accept: fn(Operator) -> bool) -> Expr {
        let first = operand(self);
        let mut rest = Vec::new();
        while let Some(Token::Operator(operator)) = self.peek()
            && accept(*operator)
        {
            let operator = *operator;
            self.at += 1;
            rest.push((operator, operand(self)));
        }
        Expr::chain(first, rest)
    }

    fn unary(&mut self) -> Expr {
        let mut negative = false;
        while matches!(self.peek(), Some(Token::Operator(_))) {
            negative = !negative;
            self.at += 1;
        }
        let value = self.primary();
        if negative { Expr::Negate(Box::new(value)) } else { value }
    }

    fn primary(&mut self) -> Expr {
        let at = self.at;
        self.at += 1;
        if let Some(Token::Open) = self.lexemes.get(at).map(|lexeme| &lexeme.token) {
            let inner = self.sum();
            self.at += 1;
            return inner;
        }
        self.lexemes.get_mut(at).map_or_else(Expr::empty_text, |lexeme| single(self.source, lexeme))
    }

    fn peek(&self) -> Option<&Token> {
        self.lexemes.get(self.at).map(|lexeme| &lexeme.token)
    }
}
