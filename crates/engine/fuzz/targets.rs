//! What must hold for any text. Run by the fuzzer with texts it makes up, and by the tests with those it found.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use engine::effect::{HttpAnswer, HttpCall, Script, ScriptOutcome};
use engine::error::StepError;
use engine::event::EventKind;
use engine::expression::{Condition, ExpressionError, Lookup, RichTemplate, Scope, Target, Template};
use engine::ids::{ScenarioId, VersionId};
use engine::list::{ListDefinition, ListFile};
use engine::pick::{Picked, PickedUser};
use engine::play::{ChatFile, Outside, World};
use engine::program::{Program, ProgramSet};
use engine::scenario::{CheckWorld, Findings, Scenario, check};
use engine::value::Value;
use engine::words::Lang;

/// A document is refused with places and sentences, or it can be written, read again, checked and played.
pub fn document(text: &str) {
    let scenario = match Scenario::parse(text) {
        Ok(scenario) => scenario,
        Err(findings) => {
            assert!(findings.has_errors(), "refused without a reason");
            return sentences(&findings);
        }
    };
    let written = scenario.to_text();
    let again = Scenario::parse(&written).unwrap_or_else(|findings| panic!("{findings:?}\n{written}"));
    assert_eq!(again, scenario, "reading what was written gives another document");
    let findings = check(&scenario, &CheckWorld::default());
    sentences(&findings);
    if !findings.has_errors() {
        let mut world = World::new(programs(scenario), Vec::new(), Lang::En);
        for kind in [
            EventKind::Started { payload: Some("ref_1".to_owned()) },
            EventKind::Text { text: "привет 1".to_owned() },
            EventKind::Contact {
                phone: "+79990001122".to_owned(),
                own: true,
                first_name: "Ann".to_owned(),
                last_name: String::new(),
                user: "7".to_owned(),
            },
            EventKind::Picked(Picked::Users { request: 0, users: vec![PickedUser::default()] }),
        ] {
            world.event("anna", kind, &mut Nowhere);
            world.skip(3_600_000, &mut Nowhere);
        }
    }
}

fn sentences(findings: &Findings) {
    for finding in findings.iter() {
        assert!(finding.pointer.is_empty() || finding.pointer.starts_with('/'), "{finding:?}");
        assert!(!finding.en.is_empty() && !finding.ru.is_empty(), "{finding:?}");
    }
}

/// An expression parses or names a place inside of it, and a value is never parsed.
pub fn expression(text: &str) {
    let variables = Variables { text: text.into() };
    let (template, rich) = (Template::new(text), RichTemplate::new(text));
    let (condition, target) = (Condition::new(text), Target::new(text));
    let errors = [template.error(), rich.error(), condition.error(), target.error()];
    errors.into_iter().flatten().for_each(|error| place(error, text));
    if let Some(error) = template.json_error() {
        place(&error, text);
    }
    let _ = (template.render(&variables), template.render_text(&variables), template.render_url(&variables));
    let _ = (template.render_json(&variables), template.render_secret_json(&variables));
    let _ = (template.render_secret(&variables), template.render_secret_url(&variables));
    let _ = (rich.render(&variables), condition.evaluate(&variables));

    let shown = Template::new("#{text}").render_text(&variables);
    assert_eq!(shown.as_deref(), Ok(text), "a value came out otherwise than it went in");
    let shown = RichTemplate::new("<b>#{text}</b>").render(&variables).map(|rich| rich.to_plain());
    assert_eq!(shown.as_deref(), Ok(text), "a value became marks");
    assert_eq!(
        Condition::new("'#{text}' = #{text}").evaluate(&variables),
        Ok(true),
        "a value became a condition"
    );
    let json = Template::new(r##"{"inside": "#{text}", "alone": #{text}}"##).render_json(&variables);
    let json = json.unwrap_or_else(|error| panic!("a value broke JSON: {error:?}"));
    for key in ["inside", "alone"] {
        assert_eq!(json.get(key), Some(&Value::from(text)), "a value became JSON");
    }
}

fn place(error: &ExpressionError, text: &str) {
    assert!(error.position <= text.chars().count(), "{error:?}");
    assert!(!error.en.is_empty() && !error.ru.is_empty(), "{error:?}");
}

/// A chat file is refused at one of its lines, or what a replay wrote, the next replay writes again.
pub fn chat(text: &str) {
    let file = match ChatFile::parse(text) {
        Ok(file) => file,
        Err(error) => return assert!((1..=text.lines().count()).contains(&error.line), "{error:?}"),
    };
    static BOT: LazyLock<(ProgramSet, Vec<ListDefinition>)> = LazyLock::new(|| {
        let scenario = Scenario::parse(include_str!("../tests/fixtures/all-kinds.json"));
        let lists: ListFile = serde_json::from_str(include_str!("seeds/lists.json")).unwrap_or_default();
        (programs(scenario.unwrap_or_else(|findings| panic!("{findings:?}"))), lists.lists)
    });
    let replay = |file: &ChatFile| {
        let (programs, lists) = &*BOT;
        file.replay(&mut World::new(programs.clone(), lists.clone(), Lang::En), &mut Nowhere)
    };
    let written = replay(&file);
    let again = ChatFile::parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(replay(&again), written, "a chat that was just written does not pass");
}

fn programs(scenario: Scenario) -> ProgramSet {
    ProgramSet::new(vec![Arc::new(Program::compile(ScenarioId(1), VersionId(1), scenario))])
}

/// Nothing is answered.
struct Nowhere;

impl Outside for Nowhere {
    fn script(&mut self, _: &Script) -> Result<ScriptOutcome, StepError> {
        Err(StepError::new("nowhere", "There are no scripts here", "Скриптов здесь нет"))
    }

    fn http(&mut self, _: &HttpCall) -> Result<HttpAnswer, StepError> {
        Err(StepError::new("nowhere", "There is nobody to ask", "Спросить некого"))
    }
}

/// Every variable is the text itself, a number, or an array of both.
struct Variables {
    text: Value,
}

impl Lookup for Variables {
    fn variable(&self, _: Scope, name: &str) -> Option<Cow<'_, Value>> {
        match name.chars().last()? {
            'n' => Some(Cow::Owned(Value::from(7))),
            'l' => Some(Cow::Owned(Value::Array(vec![self.text.clone(), Value::from(7)]))),
            '_' => None,
            _ => Some(Cow::Borrowed(&self.text)),
        }
    }

    fn template(&self, _: &str, arguments: &[Value]) -> Option<Value> {
        arguments.first().cloned()
    }

    fn now(&self) -> jiff::Zoned {
        jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC)
    }

    fn bot_lang(&self) -> Lang {
        Lang::Ru
    }

    fn random_below(&self, bound: u64) -> u64 {
        bound / 2
    }
}
