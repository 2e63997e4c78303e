//! Reads documents strictly, as they come in by the API and by files, and writes them for people and git.
//!
//! Everything that is wrong is found in one go: each trigger and each action is read on its own, so that one
//! mistake does not hide the others. What stands in the database was strict when it came in and is read by
//! serde alone.

mod explain;
mod whole;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::trigger::read_trigger_options;
use super::{Action, Block, FORMAT, Findings, Note, Scenario, Section, Transition, Trigger, TriggerOptions};
use crate::actions::{ActionOptions, read_options};
use crate::ids::ExitId;
use crate::limits::Limits;
pub(crate) use explain::json_fault_ru;
use explain::{Fault, explain, hint};

impl Scenario {
    /// Reads a document.
    ///
    /// # Errors
    /// Everything that is not as the format wants it, each with its place. Whether the scenario makes sense
    /// is asked by [`check`](super::check()).
    pub fn parse(text: &str) -> Result<Self, Findings> {
        if text.len() <= Limits::default().document_bytes
            && let Some(scenario) = whole::read(text)
        {
            return Ok(scenario);
        }
        let mut reader = Reader { findings: Findings::default() };
        let scenario = reader.document(text);
        match scenario {
            Some(scenario) if reader.findings.is_empty() => Ok(scenario),
            _ => Err(reader.findings),
        }
    }

    /// The document as text: the same document always gives the same text, and a small change a small diff.
    pub fn to_text(&self) -> String {
        // Only a map with keys that are no texts could fail, and there is none in these types.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

struct Reader {
    findings: Findings,
}

/// An object whose fields are taken one by one; what is left is unknown.
struct Fields {
    pointer: String,
    map: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Fields {
    fn take(&mut self, name: &'static str) -> Option<(String, Value)> {
        self.known.push(name);
        let value = self.map.shift_remove(name)?;
        Some((format!("{}/{name}", self.pointer), value))
    }
}

impl Reader {
    fn document(&mut self, text: &str) -> Option<Scenario> {
        let limits = Limits::default();
        if text.len() > limits.document_bytes {
            let megabytes = limits.document_bytes / (1024 * 1024);
            self.findings.error(
                "",
                "too_large",
                format!("The document is larger than {megabytes} MB"),
                format!("Документ больше {megabytes} МБ"),
            );
            return None;
        }
        let value: Value = serde_json::from_str(text).map_err(|error| self.invalid_json(&error)).ok()?;
        let mut fields = self.fields("", value)?;
        self.format(fields.take("format"))?;
        let name = self.required(&mut fields, "name");
        let triggers = self.each(&mut fields, "triggers", Self::trigger);
        let blocks = self.each(&mut fields, "blocks", Self::block);
        let sections = self
            .each(&mut fields, "sections", |reader, pointer, value| reader.read::<Section>(pointer, value));
        let notes =
            self.each(&mut fields, "notes", |reader, pointer, value| reader.read::<Note>(pointer, value));
        let on_error = self.optional(&mut fields, "on_error");
        self.refuse_rest(fields);
        Some(Scenario { format: FORMAT.to_owned(), name: name?, triggers, blocks, sections, notes, on_error })
    }

    fn format(&mut self, format: Option<(String, Value)>) -> Option<()> {
        let known = format!("this version of Scenaria reads “{FORMAT}”");
        let known_ru = format!("эта версия Scenaria читает «{FORMAT}»");
        match format {
            Some((_, Value::String(format))) if format == FORMAT => return Some(()),
            Some((pointer, format)) => self.findings.error(
                pointer,
                "unknown_format",
                format!("The format {format} is unknown; {known}"),
                format!("Формат {format} неизвестен; {known_ru}"),
            ),
            None => self.findings.error(
                "/format",
                "no_format",
                format!("The document does not say its format; {known}"),
                format!("В документе не указан формат (format); {known_ru}"),
            ),
        }
        None
    }

    fn trigger(&mut self, pointer: &str, value: Value) -> Option<Trigger> {
        let mut fields = self.fields(pointer, value)?;
        let id = self.required(&mut fields, "id");
        let kind = self.required::<String>(&mut fields, "kind");
        let options = fields.take("options");
        let interrupts = self.optional(&mut fields, "interrupts");
        let question_returns = self.optional(&mut fields, "question_returns").unwrap_or_default();
        let overlap = self.optional(&mut fields, "overlap").unwrap_or_default();
        let position = self.optional(&mut fields, "position").unwrap_or_default();
        let next = self.optional(&mut fields, "next");
        self.refuse_rest(fields);
        let options = self.tagged(pointer, &kind?, TriggerOptions::KINDS, options, |kind, value, track| {
            read_trigger_options(kind, serde_path_to_error::Deserializer::new(value, track))
        });
        Some(Trigger { id: id?, options: options?, interrupts, question_returns, overlap, position, next })
    }

    fn block(&mut self, pointer: &str, value: Value) -> Option<Block> {
        let mut fields = self.fields(pointer, value)?;
        let id = self.required(&mut fields, "id");
        let name = self.optional(&mut fields, "name").unwrap_or_default();
        let section = self.optional(&mut fields, "section");
        let position = self.optional(&mut fields, "position").unwrap_or_default();
        let actions = self.each(&mut fields, "actions", Self::action);
        let next = self.optional(&mut fields, "next");
        self.refuse_rest(fields);
        Some(Block { id: id?, name, section, position, actions, next })
    }

    fn action(&mut self, pointer: &str, value: Value) -> Option<Action> {
        let mut fields = self.fields(pointer, value)?;
        let id = self.required(&mut fields, "id");
        let kind = self.required::<String>(&mut fields, "kind");
        let options = fields.take("options");
        let exits = self.exits(&mut fields);
        self.refuse_rest(fields);
        let options = self.tagged(pointer, &kind?, ActionOptions::KINDS, options, |kind, value, track| {
            read_options(kind, serde_path_to_error::Deserializer::new(value, track))
        });
        Some(Action { id: id?, options: options?, exits })
    }

    fn exits(&mut self, fields: &mut Fields) -> BTreeMap<ExitId, Transition> {
        let mut exits = BTreeMap::new();
        let Some((pointer, value)) = fields.take("exits") else { return exits };
        let Value::Object(map) = value else {
            self.wrong_type(&pointer, "an object", "объект", &value);
            return exits;
        };
        for (id, transition) in map {
            let pointer = format!("{pointer}/{}", escape(&id));
            if let Some(transition) = self.read(&pointer, transition) {
                exits.insert(ExitId::from(id.as_str()), transition);
            }
        }
        exits
    }

    /// Reads the options of an action or a trigger; absent ones are the kind's defaults.
    fn tagged<T>(
        &mut self,
        pointer: &str,
        kind: &str,
        kinds: &[&'static str],
        options: Option<(String, Value)>,
        read: impl FnOnce(&str, Value, &mut serde_path_to_error::Track) -> Option<Result<T, serde_json::Error>>,
    ) -> Option<T> {
        let (at, value) =
            options.unwrap_or_else(|| (format!("{pointer}/options"), Value::Object(Map::new())));
        if !value.is_object() {
            self.wrong_type(&at, "an object", "объект", &value);
            return None;
        }
        let mut track = serde_path_to_error::Track::new();
        match read(kind, value, &mut track) {
            Some(Ok(options)) => Some(options),
            Some(Err(error)) => {
                self.fault(&at, &track.path(), &error);
                None
            }
            None => {
                let (hint, hint_ru) = hint(kind, kinds);
                self.findings.error(
                    format!("{pointer}/kind"),
                    "unknown_kind",
                    format!("There is no kind “{kind}”; {hint}"),
                    format!("Вида «{kind}» нет; {hint_ru}"),
                );
                None
            }
        }
    }

    /// Reads every element of an array.
    fn each<T>(
        &mut self,
        fields: &mut Fields,
        name: &'static str,
        read: impl Fn(&mut Self, &str, Value) -> Option<T>,
    ) -> Vec<T> {
        let Some((pointer, value)) = fields.take(name) else { return Vec::new() };
        let Value::Array(items) = value else {
            self.wrong_type(&pointer, "an array", "массив", &value);
            return Vec::new();
        };
        let items = items.into_iter().enumerate();
        items.filter_map(|(index, item)| read(self, &format!("{pointer}/{index}"), item)).collect()
    }

    fn required<T: DeserializeOwned>(&mut self, fields: &mut Fields, name: &'static str) -> Option<T> {
        match fields.take(name) {
            Some((pointer, value)) => self.read(&pointer, value),
            None => {
                self.findings.error(
                    fields.pointer.clone(),
                    "missing_field",
                    format!("The field “{name}” is missing"),
                    format!("Нет поля «{name}»"),
                );
                None
            }
        }
    }

    fn optional<T: DeserializeOwned>(&mut self, fields: &mut Fields, name: &'static str) -> Option<T> {
        fields.take(name).and_then(|(pointer, value)| self.read(&pointer, value))
    }

    fn read<T: DeserializeOwned>(&mut self, pointer: &str, value: Value) -> Option<T> {
        let mut track = serde_path_to_error::Track::new();
        T::deserialize(serde_path_to_error::Deserializer::new(value, &mut track))
            .map_err(|error| self.fault(pointer, &track.path(), &error))
            .ok()
    }

    fn fields(&mut self, pointer: &str, value: Value) -> Option<Fields> {
        match value {
            Value::Object(map) => Some(Fields { pointer: pointer.to_owned(), map, known: Vec::new() }),
            other => {
                self.wrong_type(pointer, "an object", "объект", &other);
                None
            }
        }
    }

    fn refuse_rest(&mut self, fields: Fields) {
        for name in fields.map.keys() {
            self.add(&fields.pointer, Fault::unknown_field(name, &fields.known));
        }
    }

    fn fault(&mut self, base: &str, path: &serde_path_to_error::Path, error: &serde_json::Error) {
        let inner: String = path
            .iter()
            .filter_map(|segment| match segment {
                serde_path_to_error::Segment::Seq { index } => Some(format!("/{index}")),
                serde_path_to_error::Segment::Map { key } => Some(format!("/{}", escape(key))),
                _ => None,
            })
            .collect();
        self.add(&format!("{base}{inner}"), explain(&error.to_string()));
    }

    fn wrong_type(&mut self, pointer: &str, expected: &str, expected_ru: &str, found: &Value) {
        self.add(pointer, Fault::wrong_type(expected, expected_ru, found));
    }

    fn add(&mut self, pointer: &str, fault: Fault) {
        let pointer = match &fault.field {
            Some(field) if !pointer.ends_with(&format!("/{}", escape(field))) => {
                format!("{pointer}/{}", escape(field))
            }
            _ => pointer.to_owned(),
        };
        self.findings.error(pointer, fault.code, fault.en, fault.ru);
    }

    fn invalid_json(&mut self, error: &serde_json::Error) {
        // At the end of a line serde_json counts from its beginning.
        let (line, column) = (error.line(), error.column().max(1));
        let what = error.to_string();
        let what = what.rsplit_once(" at line").map_or(what.as_str(), |(what, _)| what);
        self.findings.error(
            "",
            "invalid_json",
            format!("Line {line}, column {column}: this is no JSON ({what})"),
            format!("Строка {line}, столбец {column}: это не JSON ({})", json_fault_ru(what)),
        );
    }
}

/// A name as a step of a JSON pointer (RFC 6901).
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
