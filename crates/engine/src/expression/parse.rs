//! From source to [`Expr`]: placeholders, paths, calls and the arithmetic of `{{ }}`.
//!
//! Start at [`placeholder`], which all four kinds of text share. Values written without quotes in conditions
//! and in the arguments of `[Function(...)]` are the business of [`super::operand`].

use std::str::FromStr;

use rust_decimal::Decimal;

use super::ast::{Expr, Operator, Part, Parts};
use super::cursor::{Cursor, Fault, is_name_char};
use super::functions::{self, Callee};
use super::{Path, Scope, operand};
use crate::effect::FieldScope;
use crate::value::{Value, parse_date};

/// The pieces of a text with placeholders, and where each begins.
pub(super) fn template(source: &str) -> Result<(Vec<Part>, Vec<usize>), Fault> {
    let mut cursor = Cursor::new(source);
    let mut parts = Parts::default();
    while let Some(plain) = plain_text(&mut cursor, &[]) {
        let at = cursor.at();
        parts.push_text(at - plain.len(), plain);
        match placeholder(&mut cursor)? {
            Some(value) => parts.push_value(at, value),
            None => {
                parts.push_text(at, cursor.rest().get(..1).unwrap_or_default());
                cursor.bump();
            }
        }
    }
    Ok(parts.finish_with_starts())
}

/// Characters up to the next one that could begin something; `None` at the end of the source.
pub(super) fn plain_text<'s>(cursor: &mut Cursor<'s>, stops: &[char]) -> Option<&'s str> {
    if cursor.rest().is_empty() {
        return None;
    }
    Some(cursor.take_while(|c| !matches!(c, '#' | '{' | '[') && !stops.contains(&c)))
}

/// Whether a placeholder begins here.
pub(super) fn is_placeholder(rest: &str) -> bool {
    rest.starts_with("#{") || rest.starts_with("{{") || bracketed(rest).is_some()
}

/// The placeholder at the cursor: `#{path}`, `[Function(arguments)]`, `{{ arithmetic }}`. `None`, and nothing
/// read, when the text here is none.
pub(super) fn placeholder(cursor: &mut Cursor<'_>) -> Result<Option<Expr>, Fault> {
    let at = cursor.at();
    if cursor.eat("#{") {
        cursor.skip_space();
        let path = path(cursor, "-")?;
        cursor.skip_space();
        cursor.expect(
            "}",
            "Expected } after the name of the variable",
            "Ожидается } после имени переменной",
        )?;
        return Ok(Some(Expr::Path(path)));
    }
    if cursor.eat("{{") {
        let value = cursor.nested(sum)?;
        cursor.skip_space();
        cursor.expect(
            "}}",
            "Expected + - * / or }} here (decimals are written with a point)",
            "Здесь ожидается + - * / или }} (дробная часть отделяется точкой)",
        )?;
        return Ok(Some(value));
    }
    let Some((callee, name_bytes)) = bracketed(cursor.rest()) else {
        return Ok(None);
    };
    cursor.advance(1 + name_bytes);
    let arguments = if cursor.eat("(") {
        let arguments = cursor.nested(operand::arguments)?;
        cursor.skip_space();
        arguments
    } else {
        Vec::new()
    };
    cursor.expect("]", "Expected ] after the function", "Ожидается ] после функции")?;
    callee.call(cursor.place(at), arguments).map(Some)
}

/// What `[Name]` or `[Name(` names, and the length of the name in bytes.
fn bracketed(rest: &str) -> Option<(Callee, usize)> {
    let inner = rest.strip_prefix('[')?;
    let end = inner.find(|c| !is_name_char(c))?;
    let (name, after) = inner.split_at_checked(end)?;
    let callee = match after.chars().next()? {
        '(' => functions::find(name)?,
        ']' => functions::find_bare(name)?,
        _ => return None,
    };
    Some((callee, end))
}

/// A text in quotes, with its placeholders. A backslash stands only before the quote it protects.
pub(super) fn quoted(cursor: &mut Cursor<'_>) -> Result<Vec<Part>, Fault> {
    let opened = cursor.at();
    let Some(quote @ ('\'' | '"')) = cursor.bump() else {
        return Err(Fault::new(opened, "Expected a quote", "Ожидается кавычка"));
    };
    let mut parts = Parts::default();
    while let Some(plain) = plain_text(cursor, &[quote, '\\']) {
        let at = cursor.at();
        parts.push_text(at - plain.len(), plain);
        if let Some(value) = placeholder(cursor)? {
            parts.push_value(at, value);
            continue;
        }
        match cursor.bump() {
            Some(character) if character == quote => return Ok(parts.finish()),
            Some('\\') if cursor.peek() == Some(quote) => {
                cursor.bump();
                parts.push_text(at, quote.encode_utf8(&mut [0; 4]));
            }
            Some(character) => parts.push_text(at, character.encode_utf8(&mut [0; 4])),
            None => break,
        }
    }
    Err(Fault::new(opened, "This quote is never closed", "Эта кавычка не закрыта"))
}

/// `client.address.street[0]`; `step_extra` are characters allowed in steps beside those of names.
fn path(cursor: &mut Cursor<'_>, step_extra: &str) -> Result<Path, Fault> {
    let at = cursor.at();
    let first = name(cursor)?;
    let scope = match first {
        "client" => Scope::Field(FieldScope::Client),
        "person" => Scope::Field(FieldScope::Person),
        "global" => Scope::Field(FieldScope::Global),
        "env" => Scope::Env,
        _ => Scope::Run,
    };
    let name = if scope == Scope::Run {
        first
    } else {
        cursor.expect(
            ".",
            "Expected a point and a name, as in client.phone",
            "Ожидаются точка и имя, как в client.phone",
        )?;
        name(cursor)?
    };
    let mut steps = Vec::new();
    loop {
        if cursor.eat(".") {
            let step = cursor.take_while(|c| is_name_char(c) || step_extra.contains(c));
            if step.is_empty() {
                return Err(Fault::new(
                    cursor.at(),
                    "Expected a name after the point",
                    "После точки ожидается имя",
                ));
            }
            steps.push(step.to_owned());
        } else if cursor.eat("[") {
            steps.push(index(cursor)?);
        } else {
            break;
        }
    }
    if scope == Scope::Env && !steps.is_empty() {
        return Err(Fault::new(at, "A secret is a text without parts", "Секрет — это текст без частей"));
    }
    Ok(Path { scope, name: name.to_owned(), steps })
}

fn name<'s>(cursor: &mut Cursor<'s>) -> Result<&'s str, Fault> {
    let name = cursor.take_name();
    if name.is_empty() {
        return Err(Fault::new(
            cursor.at(),
            "Expected the name of a variable: letters, digits and _",
            "Ожидается имя переменной: буквы, цифры и _",
        ));
    }
    Ok(name)
}

/// What stands between `[` and `]` of a path: a number, a key, a key in quotes.
fn index(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let at = cursor.at();
    let step = match cursor.peek() {
        Some(quote @ ('"' | '\'')) => {
            cursor.bump();
            let step = cursor.take_while(|c| c != quote);
            cursor.bump();
            step
        }
        _ => cursor.take_while(|c| is_name_char(c) || c == '-'),
    };
    if step.is_empty() || !cursor.eat("]") {
        return Err(Fault::new(
            at,
            "Expected a number from 0 or a key, and ]; a computed place is Item(list, number)",
            "Ожидаются номер от 0 или ключ и ]; место по вычисленному номеру даёт Item(список, номер)",
        ));
    }
    Ok(step.to_owned())
}

fn sum(cursor: &mut Cursor<'_>) -> Result<Expr, Fault> {
    chain(cursor, product, Operator::is_additive)
}

fn product(cursor: &mut Cursor<'_>) -> Result<Expr, Fault> {
    chain(cursor, unary, |operator| !operator.is_additive())
}

fn chain(
    cursor: &mut Cursor<'_>,
    operand: fn(&mut Cursor<'_>) -> Result<Expr, Fault>,
    accept: fn(Operator) -> bool,
) -> Result<Expr, Fault> {
    let first = operand(cursor)?;
    let mut rest = Vec::new();
    loop {
        cursor.skip_space();
        match cursor.peek().and_then(Operator::from_char).filter(|operator| accept(*operator)) {
            Some(operator) => {
                cursor.bump();
                rest.push((operator, operand(cursor)?));
            }
            None => return Ok(Expr::chain(first, rest)),
        }
    }
}

fn unary(cursor: &mut Cursor<'_>) -> Result<Expr, Fault> {
    let mut negative = false;
    loop {
        cursor.skip_space();
        if !cursor.eat("-") {
            break;
        }
        negative = !negative;
    }
    let value = primary(cursor)?;
    Ok(if negative { Expr::Negate(Box::new(value)) } else { value })
}

fn primary(cursor: &mut Cursor<'_>) -> Result<Expr, Fault> {
    if let Some(value) = cursor.nested(placeholder)? {
        return Ok(value);
    }
    match cursor.peek() {
        Some('(') => {
            cursor.bump();
            let value = cursor.nested(sum)?;
            cursor.skip_space();
            cursor.expect(")", "Expected + - * / or ) here", "Здесь ожидается + - * / или )")?;
            Ok(value)
        }
        Some('\'' | '"') => quoted(cursor).map(Expr::text),
        Some(character) if character.is_ascii_digit() => number_or_date(cursor),
        Some(character) if is_name_char(character) => call_or_path(cursor),
        _ => Err(Fault::new(
            cursor.at(),
            "Expected a number, a variable, a function or a text in quotes",
            "Ожидается число, переменная, функция или текст в кавычках",
        )),
    }
}

fn number_or_date(cursor: &mut Cursor<'_>) -> Result<Expr, Fault> {
    let at = cursor.at();
    if let Some((date, rest)) = date_prefix(cursor.rest()).and_then(|end| cursor.rest().split_at_checked(end))
        && date.contains('.')
    {
        cursor.move_to(cursor.source().len() - rest.len());
        return Ok(Expr::Literal(Value::text(date)));
    }
    let length = number_prefix(cursor.rest());
    let text = cursor.rest().get(..length).unwrap_or_default();
    cursor.advance(length);
    if cursor.peek().is_some_and(is_name_char) {
        return Err(Fault::new(
            at,
            "Expected a number; the name of a variable that begins with a digit is written as #{1st}",
            "Ожидается число; имя переменной, которое начинается с цифры, пишется как #{1st}",
        ));
    }
    Decimal::from_str(text)
        .map(|number| Expr::Literal(Value::Number(number)))
        .map_err(|_| Fault::new(at, "This number has too many digits", "В этом числе слишком много цифр"))
}

fn call_or_path(cursor: &mut Cursor<'_>) -> Result<Expr, Fault> {
    let at = cursor.at();
    let name = cursor.take_name();
    if !cursor.eat("(") {
        cursor.move_to(at);
        return path(cursor, "").map(Expr::Path);
    }
    let callee = functions::find(name).ok_or_else(|| {
        Fault::new(at, format!("There is no function {name}"), format!("Функции {name} нет"))
    })?;
    let arguments = cursor.nested(|cursor| computed_arguments(cursor, &callee))?;
    callee.call(cursor.place(at), arguments)
}

/// Arguments inside `{{ }}`: here a bare word is a variable, except where the function wants a text.
fn computed_arguments(cursor: &mut Cursor<'_>, callee: &Callee) -> Result<Vec<Expr>, Fault> {
    let mut arguments = Vec::new();
    cursor.skip_space();
    if cursor.eat(")") {
        return Ok(arguments);
    }
    loop {
        cursor.skip_space();
        let word = if callee.takes_text(arguments.len()) { bare_text(cursor) } else { None };
        arguments.push(match word {
            Some(word) => word,
            None => sum(cursor)?,
        });
        cursor.skip_space();
        if cursor.eat(")") {
            return Ok(arguments);
        }
        cursor.expect(",", "Expected , or ) here", "Здесь ожидается , или )")?;
    }
}

/// A word that stands alone as an argument, such as the name of a column or `₽`.
fn bare_text(cursor: &mut Cursor<'_>) -> Option<Expr> {
    let end = cursor.rest().find([',', ')'])?;
    let word = cursor.rest().get(..end)?.trim_end();
    if word.is_empty() || word.contains(['\'', '"', '#', '[', '(', '{']) {
        return None;
    }
    cursor.advance(word.len());
    Some(Expr::Literal(Value::text(word)))
}

/// Length of the number a text begins with (no sign), in bytes.
pub(super) fn number_prefix(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let fraction = text.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
    if whole == 0 || fraction == 0 { whole } else { whole + 1 + fraction }
}

/// Length of the date, with its time, that a text begins with, in bytes.
pub(super) fn date_prefix(text: &str) -> Option<usize> {
    let is_end = |at: usize| !text.get(at..).is_some_and(|rest| rest.starts_with(is_name_char));
    let date =
        text.bytes().take(10).take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'/' | b'-')).count();
    let is_date = |at: usize| is_end(at) && text.get(..at).and_then(parse_date).is_some();
    let date = is_date(date).then_some(date)?;
    let time = text.get(date..).and_then(|rest| rest.strip_prefix(' ')).unwrap_or_default();
    let time = time.bytes().take(5).take_while(|byte| byte.is_ascii_digit() || *byte == b':').count();
    Some(date + 1 + time).filter(|end| is_date(*end)).or(Some(date))
}
