//! What holds for every text.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::world;
use crate::expression::{Condition, RichTemplate, Target, Template};
use crate::message::RichText;
use crate::value::Value;

/// Texts made of what expressions are made of.
fn source() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "#{",
        "}",
        "{{",
        "}}",
        "[",
        "]",
        "(",
        ")",
        "'",
        "\"",
        "\\",
        ",",
        ".",
        " ",
        "=",
        "!=",
        "<",
        ">",
        "<=",
        "&",
        "|",
        "!",
        "+",
        "-",
        "*",
        "/",
        "age",
        "name",
        "client",
        "env",
        "_x",
        "12",
        "0.5",
        "01.02.2026",
        "10:00",
        "и",
        "или",
        "не",
        "not",
        "in",
        "в",
        "contains",
        "matches",
        "empty",
        "is",
        "Upper",
        "Round",
        "Sum",
        "GenStr5",
        "Answer",
        "AnswerID",
        "<b>",
        "</b>",
        "<a href=\"",
        "<br>",
        "&lt;",
        "&",
        "й",
        "🙂",
        "\n",
        "#",
        "0",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()), any::<String>(),]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(source in source()) {
        let world = world();
        let length = source.chars().count();
        let template = Template::new(&source);
        let _ = (template.render(&world), template.render_text(&world), template.render_url(&world));
        let _ = (template.render_json(&world), template.render_secret(&world), template.json_error());
        let _ = (template.render_secret_url(&world), template.render_secret_json(&world));
        let rich = RichTemplate::new(&source);
        let _ = rich.render(&world);
        let condition = Condition::new(&source);
        let _ = condition.evaluate(&world);
        let target = Target::new(&source);
        let errors = [template.error(), rich.error(), condition.error(), target.error()];
        for error in errors.into_iter().flatten() {
            prop_assert!(error.position <= length, "{error:?}");
        }
        prop_assert_eq!(target.to_string(), source.clone());
        prop_assert_eq!(serde_json::from_value::<Template>(serde_json::to_value(&template)?)?, template);
    }

    #[test]
    fn plain_text_stays_as_it_is(text in "[^#{\\[<&]*") {
        let world = world();
        prop_assert_eq!(Template::new(&text).render_text(&world), Ok(text.clone()));
        let expected = if text.is_empty() { RichText::default() } else { RichText::plain(&*text) };
        prop_assert_eq!(RichTemplate::new(&text).render(&world), Ok(expected));
    }

    #[test]
    fn values_come_out_as_they_went_in(value in any::<String>()) {
        let mut world = world();
        world.variables.insert("value".into(), value.as_str().into());
        prop_assert_eq!(Template::new("#{value}").render_text(&world), Ok(value.clone()));
        prop_assert_eq!(RichTemplate::new("<b>#{value}</b>").render(&world).unwrap().to_plain(), value.clone());
        prop_assert_eq!(Condition::new("'#{value}' = #{value}").evaluate(&world), Ok(true));

        let json = Template::new(r##"{"inside": "#{value}", "alone": #{value}}"##).render_json(&world).unwrap();
        prop_assert_eq!(json.get("inside").unwrap().to_text(), value.as_str());
        prop_assert_eq!(json.get("alone").unwrap().to_text(), value.as_str());

        let url = Template::new("https://x.ru/?q=#{value}").render_url(&world).unwrap();
        prop_assert!(url.bytes().skip(16).all(|byte| byte.is_ascii_alphanumeric() || b"%-._~".contains(&byte)));
        let decoded = percent_encoding::percent_decode_str(&url[16..]).decode_utf8().unwrap().into_owned();
        prop_assert_eq!(decoded, value);
    }
}

/// A computation, to be printed with no more parentheses than it needs and computed without the parser.
#[derive(Clone, Debug)]
enum Sum {
    Number(Decimal),
    Negative(Box<Sum>),
    Of(Box<Sum>, char, Box<Sum>),
}

impl Sum {
    fn print(&self) -> String {
        let inside = |operand: &Sum, needs: bool| {
            if needs { format!("({})", operand.print()) } else { operand.print() }
        };
        let additive = |operand: &Sum| matches!(operand, Self::Of(_, '+' | '-', _));
        match self {
            Self::Number(number) => number.to_string(),
            Self::Negative(operand) => format!("-{}", inside(operand, matches!(**operand, Self::Of(..)))),
            Self::Of(left, operator @ ('+' | '-'), right) => {
                format!("{} {operator} {}", left.print(), inside(right, additive(right)))
            }
            Self::Of(left, operator, right) => {
                let right = inside(right, matches!(**right, Self::Of(..)));
                format!("{}{operator}{right}", inside(left, additive(left)))
            }
        }
    }

    fn compute(&self) -> Option<Decimal> {
        Some(match self {
            Self::Number(number) => *number,
            Self::Negative(operand) => -operand.compute()?,
            Self::Of(left, operator, right) => {
                let (left, right) = (left.compute()?, right.compute()?);
                match operator {
                    '+' => left.checked_add(right)?,
                    '-' => left.checked_sub(right)?,
                    '*' => left.checked_mul(right)?,
                    _ => left.checked_div(right)?,
                }
            }
        })
    }
}

fn computation() -> impl Strategy<Value = Sum> {
    let number =
        (0_i64..100_000, 0_u32..4).prop_map(|(digits, scale)| Sum::Number(Decimal::new(digits, scale)));
    number.prop_recursive(5, 40, 2, |inner| {
        let operator = prop::sample::select(vec!['+', '-', '*', '/']);
        prop_oneof![
            inner.clone().prop_map(|operand| Sum::Negative(Box::new(operand))),
            (inner.clone(), operator, inner)
                .prop_map(|(left, operator, right)| { Sum::Of(Box::new(left), operator, Box::new(right)) }),
        ]
    })
}

/// A question, likewise. Spellings are drawn too.
#[derive(Clone, Debug)]
enum Question {
    Compared(u8, &'static str, u8),
    Not(&'static str, Box<Question>),
    All(Vec<Question>, &'static str),
    Any(Vec<Question>, &'static str),
}

impl Question {
    fn print(&self) -> String {
        let inside = |question: &Question, needs: bool| {
            if needs { format!("({})", question.print()) } else { question.print() }
        };
        let joined = |questions: &[Question], word: &str, needs: fn(&Question) -> bool| {
            let printed: Vec<String> =
                questions.iter().map(|question| inside(question, needs(question))).collect();
            printed.join(&format!(" {word} "))
        };
        match self {
            Self::Compared(left, relation, right) => format!("{left} {relation} {right}"),
            Self::Not(word, question) => {
                format!("{word} {}", inside(question, matches!(**question, Self::All(..) | Self::Any(..))))
            }
            Self::All(questions, word) => joined(questions, word, |inner| matches!(inner, Self::Any(..))),
            Self::Any(questions, word) => joined(questions, word, |_| false),
        }
    }

    fn holds(&self) -> bool {
        match self {
            Self::Compared(left, relation, right) => match *relation {
                "=" | "==" | "равно" => left == right,
                "!=" | "≠" => left != right,
                ">" => left > right,
                ">=" | "≥" => left >= right,
                "<" => left < right,
                _ => left <= right,
            },
            Self::Not(_, question) => !question.holds(),
            Self::All(questions, _) => questions.iter().all(Self::holds),
            Self::Any(questions, _) => questions.iter().any(Self::holds),
        }
    }
}

fn question() -> impl Strategy<Value = Question> {
    let relation = prop::sample::select(vec!["=", "==", "равно", "!=", "≠", ">", ">=", "≥", "<", "<=", "≤"]);
    let compared = (0_u8..4, relation, 0_u8..4)
        .prop_map(|(left, relation, right)| Question::Compared(left, relation, right));
    compared.prop_recursive(4, 30, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        let (not, and, or) = (vec!["not", "не"], vec!["and", "и", "&", "&&"], vec!["or", "или", "|", "||"]);
        prop_oneof![
            (prop::sample::select(not), inner)
                .prop_map(|(word, question)| Question::Not(word, Box::new(question))),
            (several.clone(), prop::sample::select(and))
                .prop_map(|(questions, word)| Question::All(questions, word)),
            (several, prop::sample::select(or)).prop_map(|(questions, word)| Question::Any(questions, word)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_computes_to_the_same(sum in computation()) {
        let source = format!("{{{{ {} }}}}", sum.print());
        let template = Template::new(&source);
        prop_assert_eq!(template.error(), None, "{}", source);
        match (template.render(&world()), sum.compute()) {
            (rendered, Some(number)) => prop_assert_eq!(rendered, Ok(Value::Number(number)), "{}", source),
            (rendered, None) => prop_assert!(rendered.is_err(), "{source}"),
        }
    }

    #[test]
    fn what_is_printed_asks_the_same(question in question()) {
        let source = question.print();
        prop_assert_eq!(Condition::new(&source).evaluate(&world()), Ok(question.holds()), "{}", source);
    }

    #[test]
    fn quoted_texts_are_what_was_quoted(text in "[^#\\[{]{0,20}[^#\\[{\\\\]") {
        let mut world = world();
        world.variables.insert("value".into(), text.as_str().into());
        for quote in ['\'', '"'] {
            let source = format!("#{{value}} = {quote}{}{quote}", text.replace(quote, &format!("\\{quote}")));
            prop_assert_eq!(Condition::new(&source).evaluate(&world), Ok(true), "{}", source);
        }
    }

    #[test]
    fn functions_never_break_their_place(value in any::<String>()) {
        let mut world = world();
        world.variables.insert("value".into(), value.as_str().into());
        let render = |source: &str| Template::new(source).render_text(&world).unwrap();
        let page = render("[HtmlEscape(#{value})]");
        prop_assert!(!page.contains(['<', '>', '"', '\'']), "{}", page);
        prop_assert_eq!(render("[UrlDecode(UrlEncode(#{value}))]"), value.as_str());
        prop_assert_eq!(render("[FromBase64(Base64(#{value}))]"), value.as_str());
        prop_assert_eq!(render("[ParseJson(Json(#{value}))]"), value.as_str());
        prop_assert_eq!(render("[CharUp]#{value}"), render("[Capitalize(#{value})]"));
    }
}

/// Each piece takes hundredths of a second. In quadratic time it would be half a minute and more, and nextest would
/// stop the test; no clock is asked here, so that a busy machine does not fail it.
#[test]
fn time_grows_with_length_only() {
    for piece in [
        "#{",
        "{{",
        "[Upper(",
        "[",
        "(",
        ")",
        "'",
        "\"",
        "<b>",
        "<a href=\"",
        "</b>",
        "<",
        "&",
        "!",
        "! ",
        "not ",
        "1*",
        "1-",
        "-",
        "1 + ",
        "#{a} + ",
        "a = 1 & ",
        "a ",
        "[Sum(1,",
        "{{ (",
        "{{ Sum(a, ",
        "x, ",
        "<b><i>",
        "</i>",
    ] {
        let source = piece.repeat(50_000 / piece.len());
        let _ = Template::new(&source).render_text(&world());
        let _ = Template::new(&source).json_error();
        let _ = RichTemplate::new(&source).render(&world());
        let _ = Condition::new(&source).evaluate(&world());
        let _ = Condition::new(&format!("#{{a}} = {source}")).evaluate(&world());
        let _ = Template::new(&format!("{{{{ {source} }}}}")).render_text(&world());
    }
}
