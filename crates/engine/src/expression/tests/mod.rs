//! Tests of expressions, by kind of text; the small world they all read is here.

mod condition;
mod functions;
mod properties;
mod rich;
mod target;
mod template;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use serde_json::json;

use super::{Lookup, Scope};
use crate::effect::FieldScope;
use crate::value::Value;
use crate::words::Lang;

/// Variables with and without scope; it is Wednesday, 14.10.2026 15:04, three hours east of Greenwich.
pub(super) struct World {
    pub(super) variables: HashMap<String, Value>,
    draws: Cell<u64>,
}

pub(super) fn world() -> World {
    let variables = json!({
        "age": "25", "count": 7, "price": 19.99, "city": "Paris", "name": "Ann", "empty": "", "spaces": "  ",
        "yes": true, "no": false, "none": null, "zero": 0, "word": "abc", "date": "02.01.2026",
        "sum": "1+1", "evil": "\" or 1=1", "close": "</b>", "template": "#{age}", "quote": "say \"hi\"\n\\",
        "url": "https://example.com/?a=b", "list": ["a", "b", 3], "nothing": [],
        "cart": [{"title": "Tea", "price": 100.5, "sizes": ["S", "M"]}, {"title": "Cup", "price": "200"}],
        "object": {"a": 1, "b-c": "dash", "two words": "2w"}, "_request": {"text": "hello"},
        "Имя": "Анна", "1st": "first", "question": "что? да", "pattern": "^\\d+$", "big": "9999999999999999999999999999",
        "client.city": "Rome", "client.name": "Клиент", "person.vip": true, "global.rate": 90.5,
    });
    let serde_json::Value::Object(variables) = variables else { unreachable!() };
    let variables = variables.into_iter().map(|(name, value)| (name, value.into())).collect();
    World { variables, draws: Cell::new(0) }
}

impl Lookup for World {
    fn variable(&self, scope: Scope, name: &str) -> Option<Cow<'_, Value>> {
        let full = match scope {
            Scope::Run => Cow::Borrowed(name),
            Scope::Field(FieldScope::Client) => format!("client.{name}").into(),
            Scope::Field(FieldScope::Person) => format!("person.{name}").into(),
            Scope::Field(FieldScope::Global) => format!("global.{name}").into(),
            Scope::Env => panic!("secrets are never asked for"),
        };
        self.variables.get(full.as_ref()).map(Cow::Borrowed)
    }

    fn template(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        Some(match name {
            "Answer" => "/menu".into(),
            "AnswerID" => format!("answer to {}", arguments[0].to_text()).into(),
            "Name" => "Ann".into(),
            "ClientID" => 42.into(),
            _ => return None,
        })
    }

    fn now(&self) -> jiff::Zoned {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(3));
        jiff::civil::date(2026, 10, 14).at(15, 4, 5, 0).to_zoned(zone).unwrap()
    }

    fn bot_lang(&self) -> Lang {
        Lang::Ru
    }

    fn random_below(&self, bound: u64) -> u64 {
        self.draws.set(self.draws.get() + 7);
        self.draws.get() % bound.max(1)
    }
}
