//! What a step sees of its run and of the world, and the ways it may change them.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::names;
use super::state::{Offered, OpenWait, RunState};
use super::token::ButtonToken;
use super::trace::TraceStep;
use crate::actions::{AfterPress, Flow};
use crate::channel::Capabilities;
use crate::effect::{Ask, ChannelCall, Effect, EffectId, Emitted, FieldScope, SecretText};
use crate::error::StepError;
use crate::event::{Event, Peer};
use crate::expression::{Condition, Lookup, RichTemplate, Scope, TAGS, Target, Template};
use crate::ids::{ActionId, BlockId, ExitId, RunId, UtcMs, WaitId};
use crate::limits::Limits;
use crate::message::{ButtonsChange, Message, MessageEdit, Response, RichText};
use crate::program::ProgramSet;
use crate::random::mix;
use crate::scenario::TriggerOptions;
use crate::signal::{Happened, Watched};
use crate::value::{Map, Value};
use crate::words::Lang;

/// Fields of one owner, by name.
pub type Fields = Map;

/// Everything that is fixed while a burst runs.
pub struct Context<'a> {
    pub programs: &'a ProgramSet,
    pub now: UtcMs,
    /// The bot's zone.
    pub zone: &'a TimeZone,
    /// Secret of this installation; draws are made from it, the run and the step.
    pub seed: u64,
    pub channel: &'a Capabilities,
    pub limits: &'a Limits,
    /// The bot's own language, for texts of ours when the person's is unknown.
    pub lang: Lang,
    /// Whether another run of the lane has an open question.
    pub question_open: bool,
}

/// The variables of a run that live outside of it, as far as its program needs them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scopes {
    pub client: Fields,
    pub person: Fields,
    pub globals: Fields,
    /// `_botid`, `_botname`, `_request` ...; mostly those of the bot.
    pub system: Arc<Fields>,
}

/// One step at work.
pub struct StepContext<'a> {
    pub(crate) cx: &'a Context<'a>,
    pub(crate) run: &'a mut RunState,
    pub(crate) scopes: &'a mut Scopes,
    pub(crate) out: &'a mut Vec<Emitted>,
    pub(crate) trace: &'a mut TraceStep,
    pub(crate) action: &'a ActionId,
}

impl StepContext<'_> {
    pub fn now(&self) -> UtcMs {
        self.cx.now
    }

    pub fn limits(&self) -> &Limits {
        self.cx.limits
    }

    pub fn channel(&self) -> &Capabilities {
        self.cx.channel
    }

    /// The value of a template; a template that is exactly one `#{x}` keeps the variable's type.
    pub fn value(&self, template: &Template) -> Result<Value, StepError> {
        template.render(self)
    }

    pub fn text(&self, template: &Template) -> Result<String, StepError> {
        template.render_text(self)
    }

    /// Text in which `#{env.X}` stays a reference.
    pub fn secret_text(&self, template: &Template) -> Result<SecretText, StepError> {
        template.render_secret(self)
    }

    pub fn rich(&self, template: &RichTemplate) -> Result<RichText, StepError> {
        template.render(self)
    }

    pub fn is_true(&self, condition: &Condition) -> Result<bool, StepError> {
        condition.evaluate(self)
    }

    /// The value of a template that is to be written to the target: `[Self]` is what the target holds now.
    pub fn value_for(&self, target: &Target, template: &Template) -> Result<Value, StepError> {
        let value = self.find(target.scope(), target.name()).map(Cow::Borrowed).unwrap_or_default();
        template.render(&names::Changing { step: self, value: &value })
    }

    /// Writes a variable or a field. Fields are written with the commit; the step sees them at once.
    pub fn set(&mut self, target: &Target, value: Value) -> Result<(), StepError> {
        let Scope::Field(scope) = target.scope() else {
            self.trace.wrote(&target.to_string(), &value, self.cx.limits);
            self.run.vars.insert(target.name().to_owned(), value);
            return Ok(());
        };
        self.require_owner(target)?;
        let limit = self.cx.limits.field_bytes;
        if value.stored_bytes() > limit {
            let kib = limit / 1024;
            return Err(StepError::new(
                "field_too_large",
                format!("“{target}” would hold more than {kib} KiB: keep large data in a list"),
                format!("«{target}» вместит не больше {kib} КиБ: большие данные храните в списке"),
            ));
        }
        self.trace.wrote(&target.to_string(), &value, self.cx.limits);
        let name = target.name();
        let old = self.fields_mut(scope).insert(name.to_owned(), value.clone());
        self.tell_of_field(scope, name, old, &value)?;
        self.emit(Effect::SetField { scope, name: name.to_owned(), value });
        Ok(())
    }

    /// Tells the triggers that watch a field of the subscriber.
    fn tell_of_field(
        &mut self,
        scope: FieldScope,
        name: &str,
        old: Option<Value>,
        new: &Value,
    ) -> Result<(), StepError> {
        if scope != FieldScope::Client || old.as_ref().unwrap_or(&Value::Null) == new {
            return Ok(());
        }
        let Some(watched) = self.watched(|options| options.watches_field(name))? else { return Ok(()) };
        let what = Happened::Field { name: name.to_owned(), old: old.unwrap_or_default(), new: new.clone() };
        for signal in watched.signals(&what) {
            self.emit(Effect::Signal { signal, chain: watched.chain.clone() });
        }
        Ok(())
    }

    /// # Errors
    /// `unknown_scenario`: it is not there, or not published.
    pub fn require_scenario(&self, name: &str) -> Result<(), StepError> {
        let found = self.cx.programs.callee(name).is_some_and(|program| program.start_trigger().is_some());
        if found {
            return Ok(());
        }
        Err(StepError::new(
            "unknown_scenario",
            format!("There is no published scenario “{name}” with a beginning"),
            format!("Опубликованного сценария «{name}», у которого есть начало, нет"),
        )
        .at("/scenario"))
    }

    pub fn run_id(&self) -> RunId {
        self.run.run
    }

    /// Gives the run's subscriber a tag, or takes it.
    ///
    /// # Errors
    /// `no_subscriber`; `too_many_hops` when a trigger watches the tag and scenarios wake one another in circles.
    pub fn change_tag(&mut self, tag: String, added: bool) -> Result<(), StepError> {
        if self.run.event.sender.is_none() {
            return Err(no_subscriber(
                "A tag belongs to a subscriber, and this run has none",
                "Тег ставится подписчику, а у этого прохождения его нет",
            ));
        }
        let watched = self.watched(|options| options.watches_tag(&tag, added))?;
        if let Some(Value::Array(tags)) = self.scopes.client.get_mut(TAGS) {
            let is_it = |own: &Value| matches!(own, Value::Text(own) if *own == tag);
            match tags.iter().position(is_it) {
                None if added => tags.push(tag.as_str().into()),
                Some(index) if !added => {
                    tags.remove(index);
                }
                _ => {}
            }
        }
        let sign = if added { "+" } else { "-" };
        self.trace.wrote("client.tags", &format!("{sign} {tag}").into(), self.cx.limits);
        self.emit(Effect::Tag { tag, added, watched });
        Ok(())
    }

    /// The triggers of the bot that wait for something this run is about to do; `None` when there are none.
    ///
    /// # Errors
    /// `too_many_hops`.
    fn watched(&self, wanted: impl Fn(&TriggerOptions) -> bool) -> Result<Option<Watched>, StepError> {
        let triggers = self.cx.programs.watching(wanted);
        if triggers.is_empty() {
            return Ok(None);
        }
        Ok(Some(Watched { triggers, chain: self.next_chain()? }))
    }

    /// The chain that a signal of this run carries on.
    ///
    /// # Errors
    /// `too_many_hops`: scenarios wake one another again and again.
    pub fn next_chain(&self) -> Result<Vec<String>, StepError> {
        let own_name = self.cx.programs.name_of(self.run.scenario);
        self.run.next_chain(own_name, self.cx.now, self.cx.limits)
    }

    /// Fields of a subscriber need one.
    ///
    /// # Errors
    /// `no_subscriber`.
    pub fn require_owner(&self, target: &Target) -> Result<(), StepError> {
        let is_shared = matches!(target.scope(), Scope::Field(FieldScope::Global) | Scope::Run);
        if is_shared || self.run.event.sender.is_some() {
            return Ok(());
        }
        Err(no_subscriber(
            format!("“{target}” belongs to a subscriber, and this run has none: a webhook started it"),
            format!("«{target}» — поле подписчика, а у этого прохождения его нет: его запустил вебхук"),
        ))
    }

    /// A value the step's scopes learnt from elsewhere (an atomic increment), without writing it again.
    ///
    /// # Errors
    /// `too_many_hops` when a trigger watches it and scenarios wake one another in circles.
    pub fn learn(&mut self, scope: FieldScope, name: &str, value: Value) -> Result<(), StepError> {
        self.trace.wrote(&format!("{}.{name}", scope.as_str()), &value, self.cx.limits);
        let old = self.fields_mut(scope).insert(name.to_owned(), value.clone());
        self.tell_of_field(scope, name, old, &value)
    }

    pub fn remove_variable(&mut self, name: &str) {
        self.run.vars.shift_remove(name);
    }

    pub fn variables(&self) -> &Map {
        &self.run.vars
    }

    pub fn scopes(&self) -> &Scopes {
        self.scopes
    }

    /// The run's own chat; webhooks without a subscriber have none.
    pub fn peer(&self) -> Result<Peer, StepError> {
        self.run.peer.clone().ok_or_else(|| {
            no_subscriber(
                "There is nobody to write to: this run has no subscriber, as one begun by a webhook or a schedule",
                "Писать некому: у этого прохождения нет подписчика, как у начатого вебхуком или расписанием",
            )
        })
    }

    /// Says something in the run's own chat; answers the name under which it can be changed later.
    pub fn send(&mut self, message: Message) -> Result<EffectId, StepError> {
        let peer = self.peer()?;
        Ok(self.emit(Effect::Send { peer, message }))
    }

    /// Does what goes to the messenger and waits for its fate: the step is called again with
    /// [`Answer::Delivered`](crate::effect::Answer::Delivered), or takes its error exit.
    pub fn deliver(&mut self, effect: Effect) -> Flow {
        let id = self.run.name_effect(&effect);
        Flow::Ask(Ask::Deliver(Box::new(Emitted { id, effect })))
    }

    /// The name of the first message of this step, whether it is waited for or not.
    pub fn first_message(&self) -> EffectId {
        EffectId::first_message(self.run.run, self.run.step)
    }

    /// Where calls of the messenger's API stand in order; the chat of the run when it has one.
    pub fn order_peer(&self) -> Option<Peer> {
        self.run.peer.clone()
    }

    /// The name of this action across all runs of its scenario.
    pub fn action_slot(&self) -> String {
        format!("{}/{}", self.run.scenario, self.action)
    }

    /// Answers the webhook or mini-app request this run took; without one, or after the first answer,
    /// nothing happens.
    pub fn respond(&mut self, response: Response) {
        if let Some(event) = self.run.reply_to.take() {
            self.emit(Effect::Respond { event, response });
        }
    }

    /// Takes or refuses the payment that is about to be made; false when there is none, or it was answered.
    pub fn answer_checkout(&mut self, refusal: Option<&str>) -> bool {
        let Some(query) = self.run.checkout.take() else { return false };
        let peer = self.order_peer();
        self.emit(Effect::Call { peer, call: ChannelCall::checkout(&query, refusal) });
        true
    }

    /// The person's language when the channel told it, else the bot's.
    pub fn lang(&self) -> Lang {
        let tag = self.run.event.sender.as_ref().map(|sender| sender.language.as_str());
        tag.filter(|tag| !tag.is_empty()).map_or(self.cx.lang, Lang::from_tag)
    }

    /// The event the run took last.
    pub fn event(&self) -> &Event {
        &self.run.event
    }

    pub fn emit(&mut self, effect: Effect) -> EffectId {
        let id = self.run.name_effect(&effect);
        self.out.push(Emitted { id, effect });
        id
    }

    /// Token of a button of this action: leads back to `exit`, and to this wait when it is a question's.
    pub fn button_token(&self, exit: &ExitId) -> String {
        self.token_of(exit).to_string()
    }

    /// By which the messenger tells that something was picked by this button: the same in every run, so that a
    /// keyboard which still stands from an earlier one works on.
    pub fn pick_request(&self, button: &ExitId) -> i32 {
        let slot = self.action_slot();
        let hash = fnv([slot.as_str(), "/", button.as_str()].iter().flat_map(|text| text.bytes()));
        // Telegram takes 32 bits with a sign (core.telegram.org/bots/api#keyboardbuttonrequestusers).
        i32::try_from((hash ^ (hash >> 32)) & 0x7FFF_FFFF).unwrap_or(i32::MAX)
    }

    fn token_of(&self, exit: &ExitId) -> ButtonToken {
        ButtonToken {
            version: self.run.version,
            run: self.run.run,
            step: self.run.step,
            action: self.action.clone(),
            exit: exit.clone(),
        }
    }

    /// The wait of this step, once it waits: attempts and offered choices.
    pub fn open_wait(&mut self) -> Option<&mut OpenWait> {
        self.run.wait.as_mut()
    }

    /// Remembers the choices of a question that is about to wait.
    pub fn offer(&mut self, offered: Vec<Offered>) {
        let id = WaitId(self.run.step.0);
        match &mut self.run.wait {
            Some(wait) => wait.offered = offered,
            None => {
                let wait = OpenWait::new(id, self.action.clone());
                self.run.wait = Some(OpenWait { question: true, offered, ..wait });
            }
        }
    }

    /// Gives the wait that is about to begin a name; an empty one is none.
    pub fn name_wait(&mut self, key: String) {
        if !key.is_empty() {
            let id = WaitId(self.run.step.0);
            let action = self.action;
            self.run.wait.get_or_insert_with(|| OpenWait::new(id, action.clone())).key = Some(key);
        }
    }

    /// A button of this action was pressed, or its caption typed: its message changes as it says.
    pub(crate) fn after_press(&mut self, token: Option<&ButtonToken>, exit: &ExitId, after: AfterPress) {
        let token = token.map_or_else(|| self.token_of(exit), ButtonToken::clone);
        let change = match after {
            AfterPress::Keep => return,
            AfterPress::Remove => ButtonsChange::Remove,
            AfterPress::Tick => ButtonsChange::Tick(token.to_string()),
        };
        if let Some(peer) = self.run.peer.clone() {
            let message = EffectId::first_message(token.run, token.step);
            self.emit(Effect::Edit { peer, message, edit: MessageEdit::buttons(change) });
        }
    }

    /// Has the wait that is about to begin end with the call of this address.
    pub fn wait_for_call(&mut self, address: String) {
        let id = WaitId(self.run.step.0);
        let action = self.action;
        self.run.wait.get_or_insert_with(|| OpenWait::new(id, action.clone())).address = Some(address);
    }

    /// Makes `answer` the last answer, `[Answer]`, and the answer of this block.
    pub fn set_answer(&mut self, answer: Value) {
        if let Some(place) = &self.run.place {
            // Answers stand in the order they were given: a repeated one moves to the end.
            self.run.answers.shift_remove(&place.block);
            self.run.answers.insert(place.block.clone(), answer.clone());
        }
        self.run.answer = answer;
    }

    /// A number for scripts and draws, the same on every repetition of this step.
    pub fn step_seed(&self) -> u64 {
        mix(self.cx.seed ^ mix(self.run.run.0.cast_unsigned()) ^ self.run.step.0)
    }

    /// A number below the bound that this action draws for this subscriber, the same in every run. Without a
    /// subscriber it is drawn for the step.
    pub fn draw_for_subscriber(&self, bound: u64) -> u64 {
        let Some(sender) = &self.run.event.sender else { return self.random_below(bound) };
        let texts = [self.action.as_str(), "/", sender.id.as_str()];
        mix(self.cx.seed ^ fnv(texts.iter().flat_map(|text| text.bytes()))) % bound.max(1)
    }

    /// Whether the step's action is a loop that is under way.
    pub fn is_looping(&self) -> bool {
        self.run.loop_of(self.action).is_some()
    }

    /// The bot's zone.
    pub fn zone(&self) -> &TimeZone {
        self.cx.zone
    }

    /// The name of the block with this id, if the program has it.
    pub fn has_block(&self, block: &BlockId) -> bool {
        self.cx.programs.version(self.run.version).is_some_and(|program| program.block(block).is_some())
    }

    /// Says something in the trace.
    pub fn log(&mut self, line: impl Into<String>) {
        self.trace.log(line.into(), self.cx.limits);
    }

    /// Notes that the step looks at a variable or field by other ways than a text or a condition.
    pub fn note_read(&self, scope: Scope, name: &str, value: &Value) {
        let shown = match scope {
            Scope::Field(scope) => Cow::Owned(format!("{}.{name}", scope.as_str())),
            Scope::Run | Scope::Env => Cow::Borrowed(name),
        };
        self.trace.read(shown, value, self.cx.limits);
    }

    fn find(&self, scope: Scope, name: &str) -> Option<&Value> {
        match scope {
            Scope::Run => self.run.vars.get(name).or_else(|| self.scopes.system.get(name)),
            Scope::Field(FieldScope::Client) => self.scopes.client.get(name),
            Scope::Field(FieldScope::Person) => self.scopes.person.get(name),
            Scope::Field(FieldScope::Global) => self.scopes.globals.get(name),
            Scope::Env => None,
        }
    }

    fn fields_mut(&mut self, scope: FieldScope) -> &mut Fields {
        match scope {
            FieldScope::Client => &mut self.scopes.client,
            FieldScope::Person => &mut self.scopes.person,
            FieldScope::Global => &mut self.scopes.globals,
        }
    }
}

impl Lookup for StepContext<'_> {
    fn variable(&self, scope: Scope, name: &str) -> Option<Cow<'_, Value>> {
        let found = self.find(scope, name)?;
        self.note_read(scope, name, found);
        Some(Cow::Borrowed(found))
    }

    fn template(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        let found = names::known(self, name, arguments)?;
        self.trace.read(Cow::Owned(format!("[{name}]")), &found, self.cx.limits);
        Some(found)
    }

    fn now(&self) -> jiff::Zoned {
        let moment = jiff::Timestamp::from_millisecond(self.cx.now.0).unwrap_or_default();
        moment.to_zoned(self.cx.zone.clone())
    }

    fn bot_lang(&self) -> Lang {
        self.cx.lang
    }

    fn random_below(&self, bound: u64) -> u64 {
        // Draws of one step differ by their order.
        let drawn = u64::from(self.trace.draw());
        mix(self.step_seed().wrapping_add(drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15))) % bound.max(1)
    }
}

fn no_subscriber(en: impl Into<String>, ru: impl Into<String>) -> StepError {
    StepError::new("no_subscriber", en, ru)
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo): the same number for the same text on every machine and version.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}
