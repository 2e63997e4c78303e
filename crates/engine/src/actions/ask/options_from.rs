//! Buttons made from data: one for each element of an array.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::choices::shorten_label;
use crate::actions::{Visit, is_default};
use crate::error::StepError;
use crate::expression::{Lookup, Scope, Template};
use crate::ids::ExitId;
use crate::run::{Offered, StepContext};
use crate::value::Value;
use crate::words::Lang;

/// The name of the present element.
const ITEM: &str = "item";

/// Buttons made from the elements of an array.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionsFrom {
    /// # Array
    ///
    /// A variable with rows of a list or other elements.
    #[schemars(extend("x-ru" = "Массив", "x-ru-help" = "Переменная со строками списка или другими элементами."))]
    pub items: Template,
    /// # Caption
    ///
    /// The element is `#{item}`, its column `#{item.name}`.
    #[schemars(extend("x-ru" = "Надпись", "x-ru-help" = "Элемент — `#{item}`, его столбец — `#{item.name}`."))]
    pub label: Template,
    /// # Value
    ///
    /// What the answer becomes; without it, the caption.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Значение", "x-ru-help" = "Что станет ответом; если не задано — надпись."))]
    pub value: Template,
}

impl OptionsFrom {
    pub(super) fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/options_from/items", &self.items);
        visit.template_with("/options_from/label", &self.label, ITEM);
        visit.template_with("/options_from/value", &self.value, ITEM);
    }

    /// What the elements offer, each under an id that no drawn button has.
    pub(super) fn render(&self, cx: &StepContext<'_>) -> Result<Vec<Offered>, StepError> {
        let items = match cx.value(&self.items).map_err(|error| error.at("/options_from/items"))? {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            Value::Text(text) if text.trim().is_empty() => Vec::new(),
            _ => {
                return Err(StepError::new(
                    "not_an_array",
                    "Buttons can only be made from an array",
                    "Кнопки можно сделать только из массива",
                )
                .at("/options_from/items"));
            }
        };
        let mut offered = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let lookup = WithItem { outer: cx, item };
            let label = self.label.render_text(&lookup).map_err(|error| error.at("/options_from/label"))?;
            if label.trim().is_empty() {
                return Err(StepError::new(
                    "empty_button",
                    format!("The button of element {} has no caption", index + 1),
                    format!("У кнопки элемента {} нет надписи", index + 1),
                )
                .at("/options_from/label"));
            }
            // The whole caption: what is kept must not depend on what fits on a button.
            let value = if self.value.is_empty() {
                label.as_str().into()
            } else {
                self.value.render(&lookup).map_err(|error| error.at("/options_from/value"))?
            };
            let label = shorten_label(label, cx.channel().label_max);
            offered.push(Offered { exit: ExitId::new(format!("_{index}")), label, value });
        }
        Ok(offered)
    }
}

/// What the step sees, and the present element as `#{item}`.
struct WithItem<'a> {
    outer: &'a dyn Lookup,
    item: &'a Value,
}

impl Lookup for WithItem<'_> {
    fn variable(&self, scope: Scope, name: &str) -> Option<Cow<'_, Value>> {
        if scope == Scope::Run && name == ITEM {
            return Some(Cow::Borrowed(self.item));
        }
        self.outer.variable(scope, name)
    }

    fn template(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        self.outer.template(name, arguments)
    }

    fn now(&self) -> jiff::Zoned {
        self.outer.now()
    }

    fn bot_lang(&self) -> Lang {
        self.outer.bot_lang()
    }

    fn random_below(&self, bound: u64) -> u64 {
        self.outer.random_below(bound)
    }
}
