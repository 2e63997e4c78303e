//! From source to [`Test`].

use super::{Pattern, Test};
use crate::expression::ast::Expr;
use crate::expression::cursor::{Cursor, Fault};
use crate::expression::lexer::{Lexeme, Mode, Relation, Token, lexemes};
use crate::expression::operand::{list, operand};
use crate::expression::pattern::compile;
use crate::value::Value;

pub(super) fn condition(source: &str) -> Result<Test, Fault> {
    let mut lexemes = lexemes(&mut Cursor::new(source), Mode::Condition)?;
    if lexemes.is_empty() {
        return Ok(Test::All(Vec::new()));
    }
    let mut parser = Parser { source, lexemes: &mut lexemes, at: 0 };
    let test = parser.any()?;
    match parser.peek() {
        None => Ok(test),
        // Parentheses are balanced, so this is a second relation.
        Some(_) => Err(Fault::new(
            parser.place(),
            "Expected “and”, “or” or the end; a text with such signs is put in quotes",
            "Ожидается «и», «или» или конец; текст с такими знаками берётся в кавычки",
        )),
    }
}

struct Parser<'a> {
    source: &'a str,
    lexemes: &'a mut [Lexeme],
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Logic {
    And,
    Or,
}

/// A relation written as a word.
#[derive(Clone, Copy)]
enum Word {
    Equal,
    Contains,
    Starts,
    Ends,
    Matches,
    Empty,
    In,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Test, Fault> {
        self.joined(Logic::Or, Self::all, Test::Any)
    }

    fn all(&mut self) -> Result<Test, Fault> {
        self.joined(Logic::And, Self::term, Test::All)
    }

    fn joined(
        &mut self,
        logic: Logic,
        inner: fn(&mut Self) -> Result<Test, Fault>,
        join: fn(Vec<Test>) -> Test,
    ) -> Result<Test, Fault> {
        let first = inner(self)?;
        if self.logic(self.at) != Some(logic) {
            return Ok(first);
        }
        let mut tests = vec![first];
        while self.logic(self.at) == Some(logic) {
            self.at += 1;
            tests.push(inner(self)?);
        }
        Ok(join(tests))
    }

    fn term(&mut self) -> Result<Test, Fault> {
        let mut negated = false;
        while matches!(self.peek(), Some(Token::Not)) || self.is_word(self.at, &["not", "не"]) {
            negated = !negated;
            self.at += 1;
        }
        let test = if self.is_group() {
            self.at += 1;
            let test = self.any()?;
            if !matches!(self.peek(), Some(Token::Close)) {
                return Err(Fault::new(
                    self.place(),
                    "Expected “and”, “or” or ) here",
                    "Здесь ожидается «и», «или» или )",
                ));
            }
            self.at += 1;
            test
        } else {
            self.comparison()?
        };
        Ok(if negated { Test::Not(Box::new(test)) } else { test })
    }

    /// Whether the parenthesis here holds a condition, and not the beginning of a computation.
    fn is_group(&self) -> bool {
        match self.lexemes.get(self.at) {
            Some(Lexeme { token: Token::Open, partner, .. }) => self.ends_operand(partner + 1),
            _ => false,
        }
    }

    fn comparison(&mut self) -> Result<Test, Fault> {
        let from = self.at;
        let place = self.place();
        let mut word = None;
        while !self.ends_operand(self.at) && !matches!(self.peek(), Some(Token::Relation(_))) {
            if self.at > from {
                word = self.word_relation();
            }
            if word.is_some() {
                break;
            }
            self.skip();
        }
        if self.at == from {
            return Err(Fault::new(
                place,
                "Expected a variable or another value to compare",
                "Ожидается переменная или другое значение для сравнения",
            ));
        }
        let left = operand(self.source, self.lexemes.get_mut(from..self.at).unwrap_or_default())?;
        if let Some(Token::Relation(relation)) = self.peek() {
            let relation = *relation;
            self.at += 1;
            return Ok(related(left, relation, self.right()?));
        }
        match word {
            Some((negated, word, next)) => {
                self.at = next;
                let test = self.by_word(left, word)?;
                Ok(if negated { Test::Not(Box::new(test)) } else { test })
            }
            None => alone(left, place),
        }
    }

    fn by_word(&mut self, left: Expr, word: Word) -> Result<Test, Fault> {
        Ok(match word {
            Word::Equal => related(left, Relation::Equal, self.right()?),
            Word::Contains => Test::Contains(left, self.right()?),
            Word::Starts => Test::Starts(left, self.right()?),
            Word::Ends => Test::Ends(left, self.right()?),
            Word::Empty => Test::Empty(left),
            Word::In => Test::In(left, self.members()?),
            Word::Matches => {
                let place = self.place();
                let pattern = self.right()?;
                let Some(literal) = pattern.as_literal() else {
                    return Ok(Test::Matches(left, Pattern::Computed(pattern)));
                };
                let regex =
                    compile(&literal.to_text()).map_err(|error| Fault::new(place, error.en, error.ru))?;
                Test::Matches(left, Pattern::Fixed(regex))
            }
        })
    }

    /// The right side, up to the next “and” or “or”. None at all is the empty text.
    fn right(&mut self) -> Result<Expr, Fault> {
        let from = self.at;
        while !self.ends_operand(self.at) && !matches!(self.peek(), Some(Token::Relation(_))) {
            self.skip();
        }
        operand(self.source, self.lexemes.get_mut(from..self.at).unwrap_or_default())
    }

    /// `(a, b, c)`, or one value that is a list itself.
    fn members(&mut self) -> Result<Vec<Expr>, Fault> {
        match self.lexemes.get(self.at) {
            Some(Lexeme { token: Token::Open, partner, .. }) if self.ends_operand(partner + 1) => {
                let (from, to) = (self.at + 1, *partner);
                self.at = to + 1;
                list(self.source, self.lexemes.get_mut(from..to).unwrap_or_default())
            }
            _ => Ok(vec![self.right()?]),
        }
    }

    /// The relation written as a word here, whether it is negated, and where its right side begins.
    fn word_relation(&self) -> Option<(bool, Word, usize)> {
        let mut at = self.at;
        if self.is_word(at, &["is"]) && !self.ends_operand(at + 1) {
            at += 1;
        }
        let negated = self.is_word(at, &["not", "не"]);
        if negated {
            at += 1;
        }
        let word = match self.word(at)?.to_lowercase().as_str() {
            "equals" | "равно" | "равен" | "равна" => Word::Equal,
            "contains" | "содержит" => Word::Contains,
            "starts" | "начинается" => Word::Starts,
            "ends" | "заканчивается" => Word::Ends,
            "matches" | "соответствует" => Word::Matches,
            "empty" | "пусто" | "пуст" | "пуста" if self.ends_operand(at + 1) => Word::Empty,
            "in" | "в" if self.begins_list(at + 1) => Word::In,
            _ => return None,
        };
        at += 1;
        let joins = match word {
            Word::Starts | Word::Ends => self.is_word(at, &["with", "с", "со", "на"]),
            _ => false,
        };
        // `starts with` alone means the word `with`.
        if joins && !self.ends_operand(at + 1) {
            at += 1;
        }
        Some((negated, word, at))
    }

    fn begins_list(&self, at: usize) -> bool {
        let token = self.lexemes.get(at).map(|lexeme| &lexeme.token);
        matches!(token, Some(Token::Open | Token::Value(_) | Token::Quoted(_)))
    }

    fn ends_operand(&self, at: usize) -> bool {
        match self.lexemes.get(at) {
            None => true,
            Some(lexeme) => matches!(lexeme.token, Token::Close) || self.logic(at).is_some(),
        }
    }

    fn logic(&self, at: usize) -> Option<Logic> {
        match self.lexemes.get(at)?.token {
            Token::And => Some(Logic::And),
            Token::Or => Some(Logic::Or),
            Token::Word if self.is_word(at, &["and", "и"]) => Some(Logic::And),
            Token::Word if self.is_word(at, &["or", "или"]) => Some(Logic::Or),
            _ => None,
        }
    }

    fn word(&self, at: usize) -> Option<&str> {
        let lexeme = self.lexemes.get(at)?;
        let is_word = matches!(lexeme.token, Token::Word);
        is_word.then(|| self.source.get(lexeme.start..lexeme.end).unwrap_or_default())
    }

    fn is_word(&self, at: usize, words: &[&str]) -> bool {
        // No keyword is longer: texts are not copied to be compared.
        self.word(at)
            .filter(|word| word.len() <= 8)
            .is_some_and(|word| words.contains(&&*word.to_lowercase()))
    }

    /// Goes on behind this lexeme, or behind the parentheses it opens.
    fn skip(&mut self) {
        self.at = match self.lexemes.get(self.at) {
            Some(Lexeme { token: Token::Open, partner, .. }) => partner + 1,
            _ => self.at + 1,
        };
    }

    fn peek(&self) -> Option<&Token> {
        self.lexemes.get(self.at).map(|lexeme| &lexeme.token)
    }

    /// Where in the source the parser is, in bytes.
    fn place(&self) -> usize {
        self.lexemes.get(self.at).map_or(self.source.len(), |lexeme| lexeme.start)
    }
}

/// A comparison with the constant empty text asks for emptiness, of arrays and objects too.
fn related(left: Expr, relation: Relation, right: Expr) -> Test {
    let is_empty = |expr: &Expr| matches!(expr.as_literal(), Some(Value::Text(text)) if text.is_empty());
    match relation {
        Relation::Equal if is_empty(&right) => Test::Empty(left),
        Relation::NotEqual if is_empty(&right) => Test::Not(Box::new(Test::Empty(left))),
        relation => Test::Related(left, relation, right),
    }
}

/// A value without a relation. A fixed text is a mistake: half of `= salt and pepper`.
fn alone(value: Expr, place: usize) -> Result<Test, Fault> {
    let is_answer = |text: &str| matches!(text, "true" | "false");
    match value.as_literal() {
        Some(Value::Text(text)) if !is_answer(text) => Err(Fault::new(
            place + text.len(),
            "Expected a relation such as = after this text; a text that contains “and” or “or” is put in quotes",
            "После этого текста ожидается сравнение, например =; текст, в котором есть «и» или «или», берётся в кавычки",
        )),
        _ => Ok(Test::True(value)),
    }
}
