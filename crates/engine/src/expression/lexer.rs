//! Splits conditions, and the arguments of `[Function(...)]`, into lexemes.
//!
//! Both allow texts without quotes, so what a character means depends on what stands before it: `-` after a
//! value is an operator, inside `10-15` or `foo-bar` it is text. Whether lexemes are arithmetic or plain text
//! is decided later, by [`super::operand`].

use super::ast::{Expr, Operator, Part};
use super::cursor::{Cursor, Fault, is_name_char};
use super::functions;
use super::parse::{date_prefix, is_placeholder, number_prefix, placeholder, quoted};
use crate::limits::EXPRESSION_DEPTH;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

pub(super) enum Token {
    /// A placeholder or a call.
    Value(Expr),
    Quoted(Vec<Part>),
    Number,
    Word,
    Operator(Operator),
    Relation(Relation),
    And,
    Or,
    Not,
    Open,
    Close,
    Comma,
}

/// A token and its place in the source, in bytes.
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Of an open parenthesis: the index of the one that closes it.
    pub(super) partner: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The whole source is a condition.
    Condition,
    /// Ends before the parenthesis that closes the arguments; `=`, `&` and the like are plain text.
    Arguments,
}

/// Reads lexemes to the end of the source or of the arguments. Parentheses are balanced in the result.
pub(super) fn lexemes(cursor: &mut Cursor<'_>, mode: Mode) -> Result<Vec<Lexeme>, Fault> {
    let mut found: Vec<Lexeme> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        cursor.skip_space();
        let start = cursor.at();
        let Some(character) = cursor.peek() else {
            if mode == Mode::Arguments {
                return Err(Fault::new(start, "Expected ) here", "Здесь ожидается )"));
            }
            break;
        };
        let token = match character {
            ')' => {
                let Some(opened) = open.pop() else {
                    if mode == Mode::Arguments {
                        break;
                    }
                    return Err(Fault::new(
                        start,
                        "This ) closes nothing; a text with parentheses is put in quotes",
                        "Этой ) нечего закрывать; текст со скобками берётся в кавычки",
                    ));
                };
                let index = found.len();
                if let Some(lexeme) = found.get_mut(opened) {
                    lexeme.partner = index;
                }
                cursor.bump();
                Token::Close
            }
            '(' if open.len() >= EXPRESSION_DEPTH => return Err(Fault::too_deep(start)),
            '(' => {
                open.push(found.len());
                cursor.bump();
                Token::Open
            }
            _ => token(cursor, character, found.last(), mode)?,
        };
        found.push(Lexeme { token, start, end: cursor.at(), partner: 0 });
    }
    match open.last().and_then(|index| found.get(*index)) {
        Some(lexeme) => Err(Fault::new(lexeme.start, "This ( is never closed", "Эта ( не закрыта")),
        None => Ok(found),
    }
}

fn token(
    cursor: &mut Cursor<'_>,
    character: char,
    previous: Option<&Lexeme>,
    mode: Mode,
) -> Result<Token, Fault> {
    if let Some(value) = placeholder(cursor)? {
        return Ok(Token::Value(value));
    }
    match character {
        '\'' | '"' => return quoted(cursor).map(Token::Quoted),
        ',' => {
            cursor.bump();
            return Ok(Token::Comma);
        }
        _ => {}
    }
    if mode == Mode::Condition
        && let Some((symbol, token)) = symbol(cursor.rest())
    {
        cursor.advance(symbol);
        return Ok(token);
    }
    let after = |token: fn(&Token) -> bool| previous.is_some_and(|lexeme| token(&lexeme.token));
    let after_value =
        after(|token| matches!(token, Token::Value(_) | Token::Quoted(_) | Token::Number | Token::Close));
    let rest = cursor.rest();
    let behind = rest.get(character.len_utf8()..).unwrap_or_default();
    if let Some(operator) = Operator::from_char(character) {
        let is_sign = character == '-' && (is_placeholder(behind) || behind.starts_with('('));
        if after_value || is_sign {
            cursor.bump();
            return Ok(Token::Operator(operator));
        }
    }
    let signed = matches!(character, '-' | '+') && behind.starts_with(|c: char| c.is_ascii_digit());
    if signed || character.is_ascii_digit() {
        let (token, length) = number(rest, after(|token| matches!(token, Token::Operator(_))), mode);
        cursor.advance(length);
        return Ok(token);
    }
    call_or_word(cursor, mode)
}

/// A symbol of conditions at the beginning of a text, and its length in bytes.
fn symbol(rest: &str) -> Option<(usize, Token)> {
    const SYMBOLS: [(&str, Relation); 11] = [
        ("==", Relation::Equal),
        ("!=", Relation::NotEqual),
        ("<>", Relation::NotEqual),
        (">=", Relation::GreaterOrEqual),
        ("<=", Relation::LessOrEqual),
        ("=", Relation::Equal),
        (">", Relation::Greater),
        ("<", Relation::Less),
        ("≠", Relation::NotEqual),
        ("≥", Relation::GreaterOrEqual),
        ("≤", Relation::LessOrEqual),
    ];
    if let Some((symbol, relation)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
        return Some((symbol.len(), Token::Relation(*relation)));
    }
    let double = |symbol| if rest.starts_with(symbol) { 2 } else { 1 };
    match rest.as_bytes().first()? {
        b'&' => Some((double("&&"), Token::And)),
        b'|' => Some((double("||"), Token::Or)),
        b'!' => {
            let behind = rest.get(1..)?.trim_start();
            let negates = is_placeholder(behind) || behind.starts_with(['(', '\'', '"', '!']);
            negates.then_some((1, Token::Not))
        }
        _ => None,
    }
}

/// `12`, `-7.5`, `+79001234567`; but `10-15`, `24/7`, `18:00`, `5шт` and dates are words.
fn number(rest: &str, after_operator: bool, mode: Mode) -> (Token, usize) {
    if !after_operator && let Some(date) = date_prefix(rest) {
        return (Token::Word, date);
    }
    let sign = usize::from(rest.starts_with(['-', '+']));
    let length = sign + number_prefix(rest.get(sign..).unwrap_or_default());
    if after_operator {
        return (Token::Number, length);
    }
    let tail_length = word_length(rest.get(length..).unwrap_or_default(), mode);
    let tail = rest.get(length..length + tail_length).unwrap_or_default();
    // `100-#{a}` and `10*2` compute; the operator is a lexeme of its own.
    let is_operator = |tail: &str| tail.len() == 1 && tail.starts_with(['-', '+', '/', '*']);
    if tail.is_empty() || is_operator(tail) || tail.starts_with('*') {
        return (Token::Number, length);
    }
    (Token::Word, length + tail_length)
}

/// Length of the text without spaces that a source begins with, in bytes.
fn word_length(rest: &str, mode: Mode) -> usize {
    let ends = |(at, character): &(usize, char)| match character {
        '(' | ')' | ',' => true,
        '&' | '|' | '=' | '<' | '>' | '≠' | '≥' | '≤' => mode == Mode::Condition,
        '!' => mode == Mode::Condition && rest.get(*at..).is_some_and(|rest| rest.starts_with("!=")),
        '#' | '{' | '[' => rest.get(*at..).is_some_and(is_placeholder),
        character => character.is_whitespace(),
    };
    rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at)
}

fn call_or_word(cursor: &mut Cursor<'_>, mode: Mode) -> Result<Token, Fault> {
    let at = cursor.at();
    let name = cursor.take_name();
    if cursor.peek() == Some('(')
        && let Some(callee) = functions::find(name)
    {
        cursor.bump();
        let arguments = cursor.nested(super::operand::arguments)?;
        return callee.call(cursor.place(at), arguments).map(Token::Value);
    }
    cursor.move_to(at);
    // What begins here is not special to anybody else: at least one character belongs to the word.
    let first = cursor.bump().map_or(0, char::len_utf8);
    debug_assert!(first > 0 && !name.contains(|c| !is_name_char(c)));
    cursor.advance(word_length(cursor.rest(), mode));
    Ok(Token::Word)
}
