//! Runs a script of the builder in the sandbox.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActionKind, Flow, Group, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, FieldScope, Script, ScriptOutcome};
use crate::error::StepError;
use crate::expression::{Lookup, Scope, Target};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Map;
use crate::words::Words;
use crate::zone::zone_name;

/// Where the result is kept when nobody said where.
const RESULT: &str = "result";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Javascript {
    /// # Code
    ///
    /// `varstore` holds the variables; what is written there is kept. `client`, `globals` and `request` can
    /// be read, `log(...)` shows a line in the run's steps. `return` gives the result.
    ///
    /// Sums and dates, in the bot's zone and the person's language: `formatMoney(1990, 'RUB')`,
    /// `formatNumber(0.5, 2)`, `round(19.999, 2)`, `formatDate(new Date(), 'd mmmm, hh:mm')`,
    /// `parseDate('31.12.2026 18:30')`, `plural(5, 'day', 'days')`.
    ///
    /// A long text is quicker from pieces: collect them in an array and use `join('')` instead of `+=`.
    #[schemars(
        length(max = 100_000),
        with = "String",
        extend(
            "x-ru" = "Код",
            "x-ru-help" = "В `varstore` — переменные: что туда записать, то и сохранится. `client`, `globals` и `request` можно читать, `log(...)` покажет строку в ходе прохождения. `return` отдаёт результат.\n\nСуммы и даты, в часовом поясе бота и на языке человека: `formatMoney(1990, 'RUB')`, `formatNumber(0.5, 2)`, `round(19.999, 2)`, `formatDate(new Date(), 'd mmmm, hh:mm')`, `parseDate('31.12.2026 18:30')`, `plural(5, 'день', 'дня', 'дней')`.\n\nДлинный текст быстрее собирается из частей: складывайте их в массив и соедините через `join('')` вместо `+=`.",
            "x-widget" = "code"
        )
    )]
    pub code: Arc<str>,
    /// # Keep the result in
    ///
    /// What the code gives back with `return`; without a name it is in `result`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить результат", "x-ru-help" = "То, что код вернул через `return`; если имя не указано — в переменной `result`."))]
    pub result_to: Option<Target>,
}

impl ActionKind for Javascript {
    const SPEC: Spec = Spec {
        group: Group::Code,
        icon: "code",
        title: Words::new("JavaScript", "JavaScript"),
        help: Words::new(
            "Runs your own code over the variables. It has no network and no files.",
            "Выполняет ваш код над переменными. У него нет ни сети, ни файлов.",
        ),
        can_fail: true,
        waits: false,
        ports: &[],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Run code[ → {result_to}]", "Выполнить код[ → {result_to}]")];

    fn visit(&self, visit: &mut dyn Visit) {
        visit.script("/code", &self.code);
        match &self.result_to {
            Some(target) => visit.target("/result_to", target),
            None if self.code.contains("return") => visit.target("/code", &Target::new(RESULT)),
            None => {}
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.code.trim().is_empty() {
            findings.error("/code", "empty_code", "there is no code", "нет кода");
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let scopes = cx.scopes();
                let given = |store: &str, scope: Scope, variables: &Map| {
                    let given = mentioned(&self.code, store, variables);
                    given.iter().for_each(|(name, value)| cx.note_read(scope, name, value));
                    given
                };
                Ok(Flow::Ask(effect::Ask::Script(Script {
                    source: self.code.clone(),
                    varstore: given("varstore", Scope::Run, cx.variables()),
                    client: given("client", Scope::Field(FieldScope::Client), &scopes.client),
                    globals: given("globals", Scope::Field(FieldScope::Global), &scopes.globals),
                    request: may_use(&self.code, "request")
                        .then(|| cx.variable(Scope::Run, "_request"))
                        .flatten()
                        .map(|value| value.into_owned())
                        .unwrap_or_default(),
                    seed: cx.step_seed(),
                    now: cx.now(),
                    zone: zone_name(cx.zone()),
                    lang: cx.lang(),
                })))
            }
            Some(Answer::Script(outcome)) => self.take(cx, outcome),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl Javascript {
    fn take(&self, cx: &mut StepContext<'_>, outcome: ScriptOutcome) -> Result<Flow, StepError> {
        for line in outcome.logs {
            cx.log(line);
        }
        for (name, value) in outcome.changed {
            let target = Target::new(&name);
            if target.scope() != Scope::Run {
                cx.log(format!("varstore[{name:?}]: only the run's own variables can be written"));
            } else if let Some(error) = target.error() {
                cx.log(format!("varstore[{name:?}]: {}", error.en));
            } else {
                cx.set(&target, value)?;
            }
        }
        for name in outcome.removed {
            cx.remove_variable(&name);
        }
        match (&self.result_to, outcome.result) {
            (Some(target), result) => cx.set(target, result.unwrap_or_default())?,
            (None, Some(result)) => cx.set(&Target::new(RESULT), result)?,
            (None, None) => {}
        }
        Ok(Flow::Next)
    }
}

/// The variables a script may look at: those it names, or all when it uses the whole store.
fn mentioned(source: &str, store: &str, variables: &Map) -> Map {
    if variables.is_empty() {
        return Map::new();
    }
    if uses_whole(source, store) {
        return variables.clone();
    }
    if !source.contains(store) {
        return Map::new();
    }
    let named = variables.iter().filter(|(name, _)| source.contains(name.as_str()));
    named.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether the source may look at something of this name.
pub(crate) fn may_use(source: &str, name: &str) -> bool {
    source.contains(name) || hides(source)
}

/// Whether the source may use what it does not name.
fn hides(source: &str) -> bool {
    const HIDES: [&str; 6] = ["\\", "eval", "Function", ".constructor", "globalThis", "this"];
    HIDES.iter().any(|word| source.contains(word))
}

/// Whether the store is used otherwise than as `store.name`, or the source may hide what it uses.
fn uses_whole(source: &str, store: &str) -> bool {
    if hides(source) {
        return true;
    }
    source.match_indices(store).any(|(start, _)| {
        let after = source.get(start + store.len()..).unwrap_or_default();
        let inside_a_word = after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        let after = after.trim_start();
        let after = after.strip_prefix('?').unwrap_or(after);
        let names_one = after.strip_prefix('.').is_some_and(|name| {
            name.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
        });
        !inside_a_word && !names_one
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, NOW, map};

    fn script(code: &str) -> Script {
        let mut bench = Bench::new(json!({ "code": code }));
        for name in ["total", "cart", "secret_plan"] {
            bench.set(name, 1);
        }
        bench.set_client("phone", "+7");
        bench.set_client("city", "Perm");
        let effect::Ask::Script(script) = bench.ask::<Javascript>() else { panic!("no script") };
        script
    }

    fn check(code: &str, varstore: &[&str], client: &[&str]) {
        let script = script(code);
        assert_eq!(script.varstore.keys().collect::<Vec<_>>(), varstore, "varstore of {code}");
        assert_eq!(script.client.keys().collect::<Vec<_>>(), client, "client of {code}");
        assert_eq!(script.now, NOW);
    }

    #[test]
    fn a_script_gets_what_it_names() {
        const ALL: [&str; 3] = ["total", "cart", "secret_plan"];
        check("varstore.total + 1", &["total"], &[]);
        check("varstore .total; varstore?.cart", &["total", "cart"], &[]);
        check("1 + 1", &[], &[]);
        check("client.phone", &[], &["phone"]);
        check("myclient_total", &[], &[]);
        check("varstore['to' + 'tal']", &ALL, &[]);
        check("Object.keys(varstore)", &ALL, &[]);
        check("const { total } = varstore;", &ALL, &[]);
        check("const v = varstore\nv.cart", &ALL, &[]);
        check("varstore?.['cart']", &ALL, &[]);
        check("for (const name in client) log(name)", &[], &["phone", "city"]);
        check(r"varst\u006fre.total", &ALL, &["phone", "city"]);
        check("eval('var' + 'store')", &ALL, &["phone", "city"]);
        check("[].map.constructor('return var' + 'store')()", &ALL, &["phone", "city"]);
    }

    #[test]
    fn what_a_script_is_given_stands_in_its_trace() {
        let code = "return varstore.total + client.phone + globals.rate + '#{env.KEY}'";
        let mut bench = Bench::new(json!({ "code": code }));
        for name in ["total", "secret_plan"] {
            bench.set(name, 1);
        }
        bench.set_client("phone", "+7");
        bench.set_client("city", "Perm");
        bench.set_global("rate", 90);
        bench.set("_request", json!({"a": 1}));
        bench.ask::<Javascript>();
        let reads = [("total", "1"), ("client.phone", "+7"), ("global.rate", "90")];
        assert_eq!(bench.reads(), reads.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_outcome_becomes_variables_result_and_log() {
        let mut bench = Bench::new(json!({"code": "…", "result_to": "client.sum"}));
        bench.set("old", 1);
        let outcome = ScriptOutcome {
            changed: map(
                json!({"total": 5, "_response": {"ok": true}, "_botid": "x", "client.phone": "x", "a b": 1}),
            ),
            removed: vec!["old".to_owned()],
            result: Some(9_i64.into()),
            logs: vec!["hello".to_owned()],
        };
        assert_eq!(bench.step::<Javascript>(Some(Answer::Script(outcome))), "next");
        assert_eq!(bench.json("total"), json!(5));
        assert_eq!(bench.json("_response"), json!({"ok": true}));
        assert_eq!(bench.client("sum"), json!(9));
        assert_eq!(bench.client("phone"), json!(null));
        assert_eq!(bench.names(), ["total", "_response"]);
        let mut bench = Bench::new(json!({"code": "return 7"}));
        let returned = ScriptOutcome { result: Some(7_i64.into()), ..ScriptOutcome::default() };
        assert_eq!(bench.step::<Javascript>(Some(Answer::Script(returned))), "next");
        assert_eq!(bench.json("result"), json!(7));
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let mut bench = Bench::new(json!({"code": "…"}));
        let outcome = ScriptOutcome {
            changed: map(json!({"client.phone": "x", "_botid": "x", "a b": 1})),
            logs: vec!["hello".to_owned()],
            ..ScriptOutcome::default()
        };
        assert_eq!(bench.step::<Javascript>(Some(Answer::Script(outcome))), "next");
        let logs = bench.logs();
        assert_eq!((logs.first().map(String::as_str), logs.len()), (Some("hello"), 4), "{logs:?}");
    }
}
