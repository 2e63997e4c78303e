//! The catalogue: all that the editor needs to draw a kind of action or trigger and to offer functions, in one
//! language.
//!
//! It comes from the option structs alone: their JSON Schema with the labels beside each field, and the
//! [`Spec`](super::Spec) of the kind. References are inlined and optional values marked by `x-optional`, so
//! that a form is drawn by walking `properties` and `items` once.

mod functions;

use schemars::Schema;
use serde::Serialize;
use serde_json::{Map, Value, json};

pub use functions::{CatalogExample, CatalogFunction};

use super::{ERROR_EXIT, Group, Port, Sentence, for_each_kind};
use crate::scenario::for_each_trigger;
use crate::words::{Lang, Words};

/// Every kind of action and trigger, in the palette's order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Catalog {
    pub actions: Vec<CatalogAction>,
    pub triggers: Vec<CatalogTrigger>,
    /// What texts and conditions may call.
    pub functions: Vec<CatalogFunction>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CatalogAction {
    pub kind: &'static str,
    pub group: Group,
    pub group_title: &'static str,
    /// Name of a Tabler icon.
    pub icon: &'static str,
    pub title: &'static str,
    pub help: &'static str,
    pub can_fail: bool,
    pub waits: bool,
    /// JSON Schema of the options; see the module's documentation.
    pub schema: Value,
    /// The options of an action that was just taken from the palette.
    pub defaults: Value,
    /// How its ports come about, the error exit included.
    pub exits: Vec<CatalogExit>,
    /// What the canvas says of it: the first that may be said, else the title.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<CatalogSentence>,
}

/// See [`Sentence`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CatalogSentence {
    pub text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<Only>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CatalogTrigger {
    pub kind: &'static str,
    pub icon: &'static str,
    pub title: &'static str,
    pub help: &'static str,
    pub schema: Value,
    pub defaults: Value,
}

/// See [`Port`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum CatalogExit {
    Fixed {
        id: &'static str,
        title: &'static str,
        /// Drawn only once it is wired or asked for.
        quiet: bool,
        /// There only while an option has this value.
        #[serde(skip_serializing_if = "Option::is_none")]
        only: Option<Only>,
    },
    Each {
        /// Pointer into the options; `*` stands for every index.
        each: &'static str,
        /// Pointers inside the element.
        id: &'static str,
        label: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        only: Option<Only>,
        #[serde(skip_serializing_if = "Option::is_none")]
        unless: Option<Only>,
    },
}

/// The value of an option: inside an element (`only` elements with it have a port), or of the action as a whole (a
/// fixed port is there `only` with it, elements have theirs `unless` it has it). An absent option has its schema's
/// default.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Only {
    pub pointer: &'static str,
    pub value: &'static str,
}

/// Builds the catalogue; it does not change while the program runs.
pub fn catalog(lang: Lang) -> Catalog {
    let mut actions = Vec::new();
    for_each_kind(&mut |action, schema| {
        let spec = action.spec();
        actions.push(CatalogAction {
            kind: action.kind(),
            group: spec.group,
            group_title: spec.group.title().get(lang),
            icon: spec.icon,
            title: spec.title.get(lang),
            help: spec.help.get(lang),
            can_fail: spec.can_fail,
            waits: spec.waits,
            schema: localise(resolve(&schema), lang),
            defaults: options_of(&action),
            exits: exits(spec.ports, spec.can_fail, lang),
            sentences: sentences(action.sentences(), lang),
        });
    });
    let mut triggers = Vec::new();
    for_each_trigger(&mut |trigger, schema| {
        let spec = trigger.spec();
        triggers.push(CatalogTrigger {
            kind: trigger.kind(),
            icon: spec.icon,
            title: spec.title.get(lang),
            help: spec.help.get(lang),
            schema: localise(resolve(&schema), lang),
            defaults: options_of(&trigger),
        });
    });
    Catalog { actions, triggers, functions: functions::list(lang) }
}

fn exits(ports: &[Port], can_fail: bool, lang: Lang) -> Vec<CatalogExit> {
    let error =
        Port::Fixed { id: ERROR_EXIT, title: Words::new("On error", "При ошибке"), quiet: true };
    let all = ports.iter().copied().chain(can_fail.then_some(error));
    all.map(|port| match port {
        Port::Fixed { id, title, quiet } => {
            CatalogExit::Fixed { id, title: title.get(lang), quiet, only: None }
        }
        Port::When { id, title, option: (pointer, value) } => CatalogExit::Fixed {
            id,
            title: title.get(lang),
            quiet: false,
            only: Some(Only { pointer, value }),
        },
        Port::Each { each, id, label, only, unless } => {
            let option = |(pointer, value)| Only { pointer, value };
            CatalogExit::Each { each, id, label, only: only.map(option), unless: unless.map(option) }
        }
    })
    .collect()
}

fn sentences(sentences: &[Sentence], lang: Lang) -> Vec<CatalogSentence> {
    let said = |sentence: &Sentence| CatalogSentence {
        text: sentence.words.get(lang),
        only: sentence.only.map(|(pointer, value)| Only { pointer, value }),
    };
    sentences.iter().map(said).collect()
}

/// The `options` of a serialised action or trigger.
fn options_of(tagged: &impl Serialize) -> Value {
    let mut whole = serde_json::to_value(tagged).unwrap_or_default();
    whole.get_mut("options").map(Value::take).unwrap_or_else(|| json!({}))
}

/// Inlines references and simplifies what schemars says about options and enums; labels stay as they are.
fn resolve(schema: &Schema) -> Value {
    let root = schema.as_value();
    let none = Map::new();
    let definitions = root.get("$defs").and_then(Value::as_object).unwrap_or(&none);
    resolve_node(root, definitions)
}

fn resolve_node(node: &Value, definitions: &Map<String, Value>) -> Value {
    let Value::Object(node) = node else { return node.clone() };
    let mut node = node.clone();
    node.remove("$schema");
    node.remove("$defs");
    if let Some(Value::String(reference)) = node.remove("$ref") {
        let name = reference.rsplit('/').next().unwrap_or_default();
        node = merge(definitions.get(name), node);
    }
    if let Some(Value::Array(alternatives)) = node.remove("anyOf") {
        // schemars writes an option of a referenced type so.
        let inner = alternatives.iter().find(|alternative| alternative.get("type") != Some(&json!("null")));
        let inner = inner.map(|inner| resolve_node(inner, definitions));
        node = merge(inner.as_ref(), node);
        node.insert("x-optional".to_owned(), true.into());
    }
    if let Some(Value::Array(types)) = node.get("type") {
        let inner = types.iter().find(|name| *name != "null").cloned().unwrap_or_default();
        node.insert("type".to_owned(), inner);
        node.insert("x-optional".to_owned(), true.into());
    }
    if let Some(Value::Array(variants)) = node.remove("oneOf") {
        let values = variants.iter().flat_map(variant_values).collect();
        node.insert("type".to_owned(), "string".into());
        node.insert("enum".to_owned(), Value::Array(values));
    }
    order_values(&mut node);
    if node.get("type") == Some(&json!("boolean")) {
        node.entry("default").or_insert(false.into());
    }
    if let Some(Value::Object(properties)) = node.get_mut("properties") {
        for property in properties.values_mut() {
            *property = resolve_node(property, definitions);
        }
    }
    if let Some(items) = node.get_mut("items") {
        *items = resolve_node(items, definitions);
    }
    Value::Object(node)
}

/// A definition without its own name, and what stands beside the reference over it.
fn merge(definition: Option<&Value>, beside: Map<String, Value>) -> Map<String, Value> {
    let mut merged = definition.and_then(Value::as_object).cloned().unwrap_or_default();
    merged.remove("title");
    merged.remove("description");
    merged.extend(beside);
    merged
}

/// Variants with a doc comment stand alone as `const`, the others together as `enum`.
fn variant_values(variant: &Value) -> Vec<Value> {
    match (variant.get("const"), variant.get("enum")) {
        (Some(value), _) => vec![value.clone()],
        (None, Some(Value::Array(values))) => values.clone(),
        _ => Vec::new(),
    }
}

/// Values in the order of their labels: schemars puts those with a doc comment last.
fn order_values(node: &mut Map<String, Value>) {
    let Some(Value::Object(labels)) = node.get("x-labels") else { return };
    let order: Vec<String> = labels.keys().cloned().collect();
    if let Some(Value::Array(values)) = node.get_mut("enum") {
        values.sort_by_key(|value| order.iter().position(|name| value == name.as_str()));
    }
}

/// Puts the labels of one language into `title`, `description` and `x-labels`.
fn localise(node: Value, lang: Lang) -> Value {
    let Value::Object(mut node) = node else { return node };
    let (title, help) = (node.remove("x-ru"), node.remove("x-ru-help"));
    if title.is_none() {
        // The name of a Rust type says nothing to a builder.
        node.remove("title");
        node.remove("description");
    } else if lang == Lang::Ru {
        node.extend(title.map(|title| ("title".to_owned(), title)));
        node.remove("description");
        node.extend(help.map(|help| ("description".to_owned(), help)));
    }
    if let Some(Value::Object(labels)) = node.get_mut("x-labels") {
        for label in labels.values_mut() {
            *label = label.get(lang.code()).cloned().unwrap_or_default();
        }
    }
    if let Some(Value::Object(properties)) = node.get_mut("properties") {
        for property in properties.values_mut() {
            *property = localise(property.take(), lang);
        }
    }
    if let Some(items) = node.get_mut("items") {
        *items = localise(items.take(), lang);
    }
    Value::Object(node)
}

#[cfg(test)]
mod tests;
