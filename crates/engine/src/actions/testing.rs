//! A bench for the tests of the kinds: one action of one run, and what its steps did.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{ActionKind, Flow};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, Effect, Emitted, SecretPart};
use crate::error::StepError;
use crate::event::{Event, EventKind, Peer, Sender};
use crate::ids::{ActionId, EventId, RunId, ScenarioId, UtcMs, VersionId, WaitId};
use crate::limits::Limits;
use crate::message::{Choice, ChoiceAction, Message, Response};
use crate::program::{Program, ProgramSet};
use crate::run::{ButtonToken, Context, OpenWait, Place, RunState, Scopes, StepContext, TraceStep};
use crate::scenario::Scenario;
use crate::value::{Map, Value};
use crate::words::Lang;

/// 2026-01-15 12:00:00 UTC.
pub(super) const NOW: UtcMs = UtcMs(1_768_478_400_000);

pub(super) struct Bench {
    options: serde_json::Value,
    programs: ProgramSet,
    run: RunState,
    scopes: Scopes,
    out: Vec<Emitted>,
    trace: TraceStep,
    channel: Capabilities,
}

/// An event of Ann's.
pub(super) fn event(kind: EventKind) -> Event {
    let sender =
        Sender { id: "42".into(), first_name: "Ann".into(), language: "en".into(), ..Sender::default() };
    let peer = Peer { chat: "42".into(), thread: None };
    Event { id: EventId(1), at: NOW, peer: Some(peer), sender: Some(sender), messages: Vec::new(), kind }
}

pub(super) fn map(json: serde_json::Value) -> Map {
    match Value::from(json) {
        Value::Object(map) => map,
        other => panic!("{other:?} is no object"),
    }
}

/// The parameters of a call of this method that an action waits for; secrets stand as `<NAME>`.
pub(super) fn called(ask: effect::Ask, method: &str) -> serde_json::Value {
    let effect::Ask::Deliver(emitted) = ask else { panic!("{ask:?} is no call of the messenger") };
    let (called, params) = call_of(&emitted.effect);
    assert_eq!(called, method);
    params
}

/// Method and parameters of a call of the messenger.
pub(super) fn call_of(effect: &Effect) -> (String, serde_json::Value) {
    let Effect::Call { call, .. } = effect else { panic!("{effect:?} is no call of the messenger") };
    let part = |part: &SecretPart| match part {
        SecretPart::Text(text) => text.clone(),
        SecretPart::Secret(name) => format!("<{name}>"),
    };
    let params: String = call.params.0.iter().map(part).collect();
    (call.method.clone(), serde_json::from_str(&params).expect(&params))
}

impl Bench {
    pub(super) fn new(options: serde_json::Value) -> Self {
        Self::wired(options, &[])
    }

    /// An action whose exits lead somewhere.
    pub(super) fn wired(options: serde_json::Value, exits: &[&str]) -> Self {
        let exits: serde_json::Map<String, serde_json::Value> =
            exits.iter().map(|exit| ((*exit).to_owned(), json!({"block": "b"}))).collect();
        let document: Scenario = serde_json::from_value(json!({
            "format": "scenaria/1", "name": "bench",
            "blocks": [{"id": "b", "actions": [{"id": "a", "kind": "respond", "options": {}, "exits": exits}]}],
        }))
        .unwrap();
        let program = Program::compile(ScenarioId(1), VersionId(1), document);
        let mut run =
            RunState::new(RunId(7), ScenarioId(1), VersionId(1), event(EventKind::Started { payload: None }));
        run.place = Some(Place { block: "b".into(), action: 0 });
        run.reply_to = Some(EventId(1));
        Self {
            options,
            programs: ProgramSet::new(vec![Arc::new(program)]),
            trace: TraceStep::new(run.step, "b".into(), "a".into(), "bench"),
            run,
            scopes: Scopes::default(),
            out: Vec::new(),
            channel: Capabilities::telegram(),
        }
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.run.vars.insert(name.to_owned(), Value::from(value.into()));
    }

    pub(super) fn set_client(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.scopes.client.insert(name.to_owned(), Value::from(value.into()));
    }

    pub(super) fn set_global(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.scopes.globals.insert(name.to_owned(), Value::from(value.into()));
    }

    /// Takes the event of another subscriber.
    pub(super) fn become_subscriber(&mut self, id: &str) {
        self.run.event.sender.as_mut().unwrap().id = id.to_owned();
    }

    /// Takes an event of Ann's.
    pub(super) fn takes(&mut self, kind: EventKind) {
        self.run.event = event(kind);
    }

    /// The messages her last event came as, by their numbers in the messenger.
    pub(super) fn came_as(&mut self, messages: &[&str]) {
        self.run.event.messages = messages.iter().map(|id| (*id).to_owned()).collect();
    }

    /// She is about to pay.
    pub(super) fn is_paying(&mut self, query: &str) {
        self.run.checkout = Some(query.to_owned());
    }

    /// Begins another run.
    pub(super) fn in_run(&mut self, run: i64) {
        self.run.run = RunId(run);
    }

    pub(super) fn speak(&mut self, language: &str) {
        self.run.event.sender.as_mut().unwrap().language = language.to_owned();
    }

    pub(super) fn try_flow<K: ActionKind + DeserializeOwned>(
        &mut self,
        answer: Option<Answer>,
    ) -> Result<Flow, StepError> {
        let kind: K = serde_json::from_value(self.options.clone()).unwrap();
        let (limits, zone, action) = (Limits::default(), TimeZone::UTC, ActionId::from("a"));
        let context = Context {
            programs: &self.programs,
            now: NOW,
            zone: &zone,
            seed: 1,
            channel: &self.channel,
            limits: &limits,
            lang: Lang::En,
            question_open: false,
        };
        let flow = kind.step(
            &mut StepContext {
                cx: &context,
                run: &mut self.run,
                scopes: &mut self.scopes,
                out: &mut self.out,
                trace: &mut self.trace,
                action: &action,
            },
            answer,
        )?;
        if let Flow::Wait { question, until } = flow {
            let id = WaitId(self.run.step.0);
            let open = self.run.wait.get_or_insert(OpenWait::new(id, action));
            (open.question, open.until) = (question, until);
        }
        Ok(flow)
    }

    /// Runs a step and tells where it went: `next`, `exit yes`, `question until 5`, `wait until 5`.
    pub(super) fn try_step<K: ActionKind + DeserializeOwned>(
        &mut self,
        answer: Option<Answer>,
    ) -> Result<String, StepError> {
        self.try_flow::<K>(answer).map(|flow| match flow {
            Flow::Next => "next".to_owned(),
            Flow::Exit(exit) => format!("exit {exit}"),
            Flow::Wait { question, until } => {
                let what = if question { "question" } else { "wait" };
                until.map_or_else(|| what.to_owned(), |until| format!("{what} until {}", until.0))
            }
            other => format!("{other:?}"),
        })
    }

    pub(super) fn step<K: ActionKind + DeserializeOwned>(&mut self, answer: Option<Answer>) -> String {
        self.try_step::<K>(answer).unwrap()
    }

    pub(super) fn fail<K: ActionKind + DeserializeOwned>(&mut self, answer: Option<Answer>) -> StepError {
        self.try_flow::<K>(answer).unwrap_err()
    }

    /// Runs the first half of a step that asks the world.
    pub(super) fn ask<K: ActionKind + DeserializeOwned>(&mut self) -> effect::Ask {
        match self.try_flow::<K>(None).unwrap() {
            Flow::Ask(ask) => ask,
            other => panic!("{other:?} is no ask"),
        }
    }

    /// The message sent last.
    pub(super) fn sent(&self) -> Message {
        let last = self.out.iter().rev().find_map(|emitted| match &emitted.effect {
            Effect::Send { message, .. } => Some(message.clone()),
            _ => None,
        });
        last.expect("a message was sent")
    }

    pub(super) fn effects(&self) -> Vec<Effect> {
        self.out.iter().map(|emitted| emitted.effect.clone()).collect()
    }

    pub(super) fn last_effect(&self) -> Option<Effect> {
        self.out.last().map(|emitted| emitted.effect.clone())
    }

    pub(super) fn sent_count(&self) -> usize {
        self.out.iter().filter(|emitted| matches!(emitted.effect, Effect::Send { .. })).count()
    }

    /// Texts of the toasts that ended presses; an empty one for a plain end.
    pub(super) fn toasts(&self) -> Vec<&str> {
        self.out
            .iter()
            .filter_map(|emitted| match &emitted.effect {
                Effect::Acknowledge { text, .. } => Some(text.as_deref().unwrap_or_default()),
                _ => None,
            })
            .collect()
    }

    pub(super) fn response(&self) -> Response {
        let last = self.out.iter().rev().find_map(|emitted| match &emitted.effect {
            Effect::Respond { response, .. } => Some(response.clone()),
            _ => None,
        });
        last.expect("a response was given")
    }

    pub(super) fn labels(&self, message: &Message) -> Vec<Vec<String>> {
        message.choices.iter().map(|row| row.iter().map(|choice| choice.label.clone()).collect()).collect()
    }

    /// The exit a sent button leads to.
    pub(super) fn exit_of(&self, choice: &Choice) -> String {
        let ChoiceAction::Reply(token) = &choice.action else { panic!("{choice:?} does not come back") };
        ButtonToken::parse(token).unwrap().exit.to_string()
    }

    /// The press of a button of the message sent last.
    pub(super) fn press(&self, label: &str) -> Option<Answer> {
        let sent = self.sent();
        let choice = sent.choices.iter().flatten().find(|choice| choice.label == label).expect(label);
        let ChoiceAction::Reply(token) = &choice.action else { panic!("{choice:?} does not come back") };
        let kind = EventKind::Button { token: token.clone(), callback: Some("c".to_owned()), value: None };
        Some(Answer::Event(Box::new(event(kind))))
    }

    pub(super) fn says(&self, text: &str) -> Option<Answer> {
        Some(Answer::Event(Box::new(event(EventKind::Text { text: text.to_owned() }))))
    }

    pub(super) fn json(&self, name: &str) -> serde_json::Value {
        self.run.vars.get(name).map(Value::to_json).unwrap_or_default()
    }

    pub(super) fn client(&self, name: &str) -> serde_json::Value {
        self.scopes.client.get(name).map(Value::to_json).unwrap_or_default()
    }

    pub(super) fn answer(&self) -> serde_json::Value {
        self.run.answer.to_json()
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.run.vars.keys().map(String::as_str).collect()
    }

    pub(super) fn logs(&self) -> &[String] {
        &self.trace.logs
    }

    pub(super) fn reads(&self) -> Vec<(String, String)> {
        self.trace.reads()
    }

    /// Goes to the next step, as after a loop back to the same action.
    pub(super) fn next_step(&mut self) {
        self.run.wait = None;
        self.run.step.0 += 1;
    }
}
