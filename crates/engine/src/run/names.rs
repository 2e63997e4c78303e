//! What only the run knows and expressions may ask: `[Answer]`, `[Name]`, `[Block]` ... Their list is
//! [`crate::expression::RUN_NAMES`].

use std::borrow::Cow;

use super::context::StepContext;
use super::state::RunState;
use crate::event::Sender;
use crate::expression::{JOINED, Lookup, Scope, TAGS, field_behind};
use crate::ids::BlockId;
use crate::scenario::Block;
use crate::value::Value;
use crate::words::Lang;

/// The value of a name; `None` when the run knows no such thing.
pub(super) fn known(cx: &StepContext<'_>, name: &str, arguments: &[Value]) -> Option<Value> {
    let run = &*cx.run;
    let of_sender =
        |pick: fn(&Sender) -> String| run.event.sender.as_ref().map_or_else(String::new, pick).into();
    let here = run.place.as_ref().map(|place| &place.block);
    let before = run.previous.as_ref();
    Some(match name {
        "Answer" => match arguments.first() {
            None => run.answer.clone(),
            Some(number) => answer_to(run, numbered(cx, number)),
        },
        "AnswerID" => run.answers.get(arguments.first()?.to_text().as_ref()).cloned().unwrap_or_default(),
        "ALast" => newest_answer(run, arguments.iter().filter_map(|number| numbered(cx, number))),
        "ALastID" => {
            let ids: Vec<BlockId> = arguments.iter().map(|id| BlockId::from(id.to_text().as_ref())).collect();
            newest_answer(run, ids.iter())
        }
        "Data" => data_item(run.vars.get("data")?, arguments.first()?),
        "HasTag" => {
            let tags = match cx.scopes().client.get(TAGS) {
                Some(Value::Array(tags)) => tags.as_slice(),
                _ => &[],
            };
            let wanted =
                |tag: &Value| arguments.iter().any(|wanted| tag.to_text() == wanted.to_text().trim());
            Value::Bool(tags.iter().any(wanted))
        }
        "Name" => of_sender(|sender| sender.first_name.clone()),
        "FullName" => {
            of_sender(|sender| format!("{} {}", sender.first_name, sender.last_name).trim().to_owned())
        }
        "Username" => of_sender(|sender| sender.username.clone()),
        "ClientLink" => run.event.sender.as_ref().map_or("".into(), |sender| profile_link(cx, sender)),
        "ClientID" => of_sender(|sender| sender.id.clone()),
        "ClientMessageID" => run.event.messages.last().map_or(Value::Null, |id| id.as_str().into()),
        "Messenger" => cx.channel().channel.as_str().into(),
        "BotID" => cx.scopes().system.get("_botid").cloned().unwrap_or_default(),
        "CurrentMessage" => number_of(cx, here),
        "CurrentMessageID" => here.map_or("", BlockId::as_str).into(),
        "Block" => name_of(cx, here),
        "PrevMessage" => number_of(cx, before),
        "PrevMessageID" => before.map_or("", BlockId::as_str).into(),
        "PrevBlock" => name_of(cx, before),
        // Nothing is being changed here.
        "Self" => Value::Null,
        "CreationDate" => joined(cx),
        // Whoever runs the server has no plan of ours.
        "AccountActive" => 1.into(),
        "AccountTrial" => 0.into(),
        "AccountTariff" => "".into(),
        // Quescha kept these itself; here the scenario that invites keeps them as fields.
        other => cx.scopes().client.get(field_behind(other)?).cloned().unwrap_or_default(),
    })
}

/// Whoever comes for the first time is stored with the end of this very step.
fn joined(cx: &StepContext<'_>) -> Value {
    let moment = cx.scopes().client.get(JOINED).and_then(Value::to_number);
    let moment = moment.and_then(|ms| i64::try_from(ms).ok()).unwrap_or(cx.cx.now.0);
    let day = jiff::Timestamp::from_millisecond(moment).unwrap_or_default().to_zoned(cx.cx.zone.clone());
    day.strftime("%d.%m.%Y").to_string().into()
}

fn blocks<'a>(cx: &StepContext<'a>) -> &'a [Block] {
    cx.cx.programs.version(cx.run.version).map_or(&[], |program| &program.document().blocks)
}

/// The block with this number, counted from 1.
fn numbered<'a>(cx: &StepContext<'a>, number: &Value) -> Option<&'a BlockId> {
    let index = usize::try_from(number.to_number()?).ok()?.checked_sub(1)?;
    blocks(cx).get(index).map(|block| &block.id)
}

fn number_of(cx: &StepContext<'_>, id: Option<&BlockId>) -> Value {
    let index = id.and_then(|id| blocks(cx).iter().position(|block| block.id == *id));
    index.map_or(Value::Null, |index| Value::Number((index + 1).into()))
}

fn name_of(cx: &StepContext<'_>, id: Option<&BlockId>) -> Value {
    let block = id.and_then(|id| blocks(cx).iter().find(|block| block.id == *id));
    block.map_or("", |block| block.name.as_str()).into()
}

fn answer_to(run: &RunState, block: Option<&BlockId>) -> Value {
    block.and_then(|block| run.answers.get(block)).cloned().unwrap_or_default()
}

/// Answers stand in the order they were given.
fn newest_answer<'b>(run: &RunState, blocks: impl Iterator<Item = &'b BlockId>) -> Value {
    let newest = blocks.filter_map(|block| run.answers.get_full(block)).max_by_key(|(index, ..)| *index);
    newest.map(|(_, _, answer)| answer.clone()).unwrap_or_default()
}

fn data_item(data: &Value, item: &Value) -> Value {
    let index =
        item.to_number().and_then(|number| usize::try_from(number).ok()).and_then(|n| n.checked_sub(1));
    match (data, index) {
        (Value::Array(items), Some(index)) => items.get(index).cloned(),
        (single, Some(0)) if !matches!(single, Value::Object(_)) => Some(single.clone()),
        (data, _) => data.get(&item.to_text()).cloned(),
    }
    .unwrap_or_default()
}

/// Telegram's links to people (core.telegram.org/api/links); other channels have none.
fn profile_link(cx: &StepContext<'_>, sender: &Sender) -> Value {
    match (cx.channel().channel.as_str(), sender.username.as_str()) {
        ("telegram", "") => format!("tg://user?id={}", sender.id).into(),
        ("telegram", username) => format!("https://t.me/{username}").into(),
        _ => "".into(),
    }
}

/// A step that is about to change something: `[Self]` is the value it has until then.
pub struct Changing<'a> {
    pub step: &'a dyn Lookup,
    pub value: &'a Value,
}

impl Lookup for Changing<'_> {
    fn variable(&self, scope: Scope, name: &str) -> Option<Cow<'_, Value>> {
        self.step.variable(scope, name)
    }

    fn template(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        if name == "Self" { Some(self.value.clone()) } else { self.step.template(name, arguments) }
    }

    fn now(&self) -> jiff::Zoned {
        self.step.now()
    }

    fn bot_lang(&self) -> Lang {
        self.step.bot_lang()
    }

    fn random_below(&self, bound: u64) -> u64 {
        self.step.random_below(bound)
    }
}
