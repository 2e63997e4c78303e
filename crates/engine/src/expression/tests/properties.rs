//! What holds for every text.

use std::time::Instant;

use proptest::prelude::*;

use super::world;
use crate::expression::{Condition, RichTemplate, Target, Template};
use crate::message::RichText;

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
        let started = Instant::now();
        let _ = Template::new(&source).render_text(&world());
        let _ = Template::new(&source).json_error();
        let _ = RichTemplate::new(&source).render(&world());
        let _ = Condition::new(&source).evaluate(&world());
        let _ = Condition::new(&format!("#{{a}} = {source}")).evaluate(&world());
        let _ = Template::new(&format!("{{{{ {source} }}}}")).render_text(&world());
        // Hundredths of a second; quadratic time would be half a minute and more.
        assert!(started.elapsed().as_secs() < 5, "{piece} took {:?}", started.elapsed());
    }
}
