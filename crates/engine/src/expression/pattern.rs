//! Regular expressions of scenarios: linear in time by the library's design, bounded in memory by a limit.

pub use regex::Regex;

use super::ExpressionError;
use crate::limits::PATTERN_BYTES;

/// Compiles the regular expression a builder wrote.
///
/// # Errors
/// What is wrong with it, and at which character.
pub fn compile(pattern: &str) -> Result<Regex, ExpressionError> {
    build(pattern, false)
}

/// The same, for texts in which capital and small letters are the same.
///
/// # Errors
/// As [`compile`].
pub fn compile_caseless(pattern: &str) -> Result<Regex, ExpressionError> {
    build(pattern, true)
}

fn build(pattern: &str, caseless: bool) -> Result<Regex, ExpressionError> {
    let built = regex::RegexBuilder::new(pattern)
        .case_insensitive(caseless)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .nest_limit(64)
        .build();
    built.map_err(|error| {
        // The message draws the pattern with a mark under the place; its last line says what is wrong.
        let message = error.to_string();
        let line = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let mark =
            message.lines().find(|line| line.trim_start().starts_with('^')).and_then(|line| line.find('^'));
        // The drawing stands four characters to the right.
        let position = mark.map_or(0, |column| column.saturating_sub(4)).min(pattern.chars().count());
        ExpressionError {
            position,
            en: format!("This is no regular expression: {line}"),
            ru: format!("Это не регулярное выражение: {}", fault_ru(line)),
        }
    })
}

/// What is wrong, by the messages of the library.
fn fault_ru(message: &str) -> &str {
    const FAULTS: [(&str, &str); 9] = [
        ("unclosed group", "скобка не закрыта"),
        ("unopened group", "скобке нечего закрывать"),
        ("unclosed character class", "не закрыта скобка ["),
        ("unclosed counted repetition", "не закрыта скобка {"),
        ("repetition operator missing expression", "перед знаком повторения ничего нет"),
        ("invalid repetition count range", "в повторении {m,n} первое число больше второго"),
        ("look-around", "условия «перед» и «после» не поддерживаются"),
        ("backreferences are not supported", "обратные ссылки не поддерживаются"),
        ("unrecognized escape sequence", "неизвестный знак после обратной косой черты"),
    ];
    let known = FAULTS.iter().find(|(start, _)| message.starts_with(start));
    known.map_or(message, |(_, russian)| russian)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_their_place() {
        let check = |pattern: &str, position: usize, part: &str| {
            let error = compile(pattern).unwrap_err();
            assert_eq!(error.position, position, "{pattern}: {}", error.en);
            assert!(error.en.contains(part), "{pattern}: {}", error.en);
        };
        check("абв(", 3, "unclosed group");
        check("a[z", 1, "unclosed character class");
        check("x{3,1}", 1, "invalid repetition");
        check("(?=a)", 0, "look-around");
        check(r"(\w{1000}){1000}", 0, "size limit");
        check("a\n(", 0, "unclosed");
        assert!(compile_caseless("ёж").unwrap().is_match("ЁЖ") && !compile("ёж").unwrap().is_match("ЁЖ"));
    }
}
