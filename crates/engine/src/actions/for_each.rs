//! Does the same for each element of an array.
//!
//! The line of `each` leads to the body; its quiet end, or a line back to this action's block, comes to the next
//! element. A line to what stands behind `done` leaves the loop.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ActionKind, DONE_EXIT, EACH_EXIT, Exit, Flow, Group, Loop, Port, Sentence, Spec, Visit, unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::Answer;
use crate::error::StepError;
use crate::expression::{Scope, Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForEach {
    /// # Over what
    ///
    /// An array, such as rows that were found. Nothing is an empty array, a single value an array of itself.
    #[schemars(extend(
        "x-ru" = "По чему идти",
        "x-ru-help" = "Массив, например найденные строки. Пустое значение — пустой массив, одиночное — массив из него."
    ))]
    pub items: Template,
    /// # Element
    ///
    /// Temporary variable that holds the element while its pass lasts.
    #[schemars(extend(
        "x-ru" = "Элемент",
        "x-ru-help" = "Временная переменная, в которой лежит элемент на каждом шаге."
    ))]
    pub item: Target,
    /// # Number
    ///
    /// Temporary variable that counts the elements from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Номер", "x-ru-help" = "Временная переменная, которая считает элементы с 1."))]
    pub index: Option<Target>,
}

impl Default for ForEach {
    fn default() -> Self {
        Self { items: Template::default(), item: "item".into(), index: None }
    }
}

impl ActionKind for ForEach {
    const SPEC: Spec = Spec {
        group: Group::Logic,
        icon: "refresh",
        title: Words::new("For each", "Для каждого"),
        help: Words::new(
            "Goes along “Each” for every element of an array, one after the other, then along “Done”. Where the line of “Each” ends, the next element begins.",
            "Идёт по выходу «Каждый» для каждого элемента массива по очереди, а потом по выходу «Готово». Там, где линия от «Каждый» кончается, начинается следующий элемент.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Fixed { id: EACH_EXIT, title: Words::new("Each", "Каждый"), quiet: false },
            Port::Fixed { id: DONE_EXIT, title: Words::new("Done", "Готово"), quiet: false },
        ],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("For each {item} of {items}", "Для каждого {item} из {items}")];
    const NEEDED_EXITS: &'static [&'static str] = &[EACH_EXIT];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(EACH_EXIT), Exit::fixed(DONE_EXIT)]
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !is_wired(DONE_EXIT)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/items", &self.items);
        visit.target("/item", &self.item);
        if let Some(index) = &self.index {
            visit.target("/index", index);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.items.is_empty() {
            findings.error(
                "/items",
                "no_items",
                "it is not said what to go over",
                "не указано, по какому массиву идти",
            );
        }
        for (pointer, target) in [("/item", Some(&self.item)), ("/index", self.index.as_ref())] {
            if target.is_some_and(|target| target.scope() != Scope::Run) {
                findings.error(
                    pointer,
                    "not_temporary",
                    "a loop keeps its element in a temporary variable, not in a field",
                    "цикл хранит элемент во временной переменной, а не в поле",
                );
            }
        }
        if self.index.as_ref().is_some_and(|index| *index == self.item) {
            findings.error(
                "/index",
                "same_variable",
                "element and number need two variables",
                "элементу и номеру нужны разные переменные",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        if answer.is_some() {
            return Err(unexpected_answer());
        }
        if cx.is_looping() {
            return Ok(Flow::Each(None));
        }
        let items = match cx.value(&self.items).map_err(|error| error.at("/items"))? {
            Value::Array(items) => items,
            empty if empty.is_empty() => Vec::new(),
            single => vec![single],
        };
        let most = cx.limits().loop_items;
        if items.len() > most {
            let count = items.len();
            return Err(StepError::new(
                "too_many_items",
                format!("There are {count} elements, and a loop takes up to {most}"),
                format!("Элементов {count}, а цикл принимает до {most}"),
            )
            .at("/items"));
        }
        let index = self.index.as_ref().map(|index| index.name().to_owned());
        Ok(Flow::Each(Some(Loop { items, item: self.item.name().to_owned(), index })))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn it_goes_over_whatever_it_is_given() {
        let check = |value: serde_json::Value, count: usize| {
            let mut bench = Bench::new(json!({"items": "#{it}"}));
            bench.set("it", value.clone());
            match bench.try_flow::<ForEach>(None).unwrap() {
                Flow::Each(Some(Loop { items, item, index: None })) => {
                    assert_eq!((items.len(), item.as_str()), (count, "item"), "{value}");
                }
                other => panic!("{other:?}"),
            }
        };
        check(json!([1, 2, 3]), 3);
        check(json!([]), 0);
        check(json!(null), 0);
        check(json!(""), 0);
        check(json!("one"), 1);
        check(json!({"title": "Tea"}), 1);
    }

    #[test]
    fn too_long_a_loop_is_an_error() {
        let mut bench = Bench::new(json!({"items": "#{it}"}));
        bench.set("it", vec![1; 1001]);
        let error = bench.fail::<ForEach>(None);
        assert_eq!((error.code.as_str(), error.pointer.as_deref()), ("too_many_items", Some("/items")));
    }

    #[test]
    fn its_variables_are_temporary_and_two() {
        let check = |options, expected: &[&str]| {
            let kind: ForEach = serde_json::from_value(options).unwrap();
            let mut findings = Findings::default();
            kind.validate(&Capabilities::telegram(), &mut findings);
            let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
            assert_eq!(codes, expected);
        };
        check(json!({"items": "#{a}", "item": "x", "index": "n"}), &[]);
        check(json!({"items": "#{a}", "item": "client.x"}), &["not_temporary"]);
        check(json!({"items": "#{a}", "item": "x", "index": "x"}), &["same_variable"]);
        check(json!({}), &["no_items"]);
    }
}
