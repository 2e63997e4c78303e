//! Buttons made from data: one for each element of an array.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::shorten_label;
use super::{Visit, is_default};
use crate::channel::Capabilities;
use crate::error::StepError;
use crate::expression::{Lookup, Scope, Template};
use crate::ids::ExitId;
use crate::message::{Choice, ChoiceAction};
use crate::run::{Offered, StepContext};
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Lang;

/// The name of the present element.
pub(super) const ITEM: &str = "item";

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
    /// # Buttons in a row
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8), extend("x-ru" = "Кнопок в ряду"))]
    pub per_row: Option<usize>,
}

impl OptionsFrom {
    pub(super) fn validate(&self, channel: &Capabilities, findings: &mut Findings) {
        if self.label.is_empty() {
            findings.error(
                "/options_from/label",
                "empty_button",
                "a button has no caption",
                "у кнопки нет надписи",
            );
        }
        let max = channel.choices_per_row_max;
        if self.per_row.is_some_and(|count| !(1..=max).contains(&count)) {
            findings.error(
                "/options_from/per_row",
                "out_of_range",
                format!("a row has room for 1 to {max} buttons"),
                format!("в ряду помещается от 1 до {max} кнопок"),
            );
        }
    }

    /// The buttons of these offers, in rows; each leads back to this action, and knows its value if it is to.
    fn rows(&self, cx: &StepContext<'_>, offered: &[Offered], with_values: bool) -> Vec<Vec<Choice>> {
        let choice = |offered: &Offered| Choice {
            label: offered.label.clone(),
            action: ChoiceAction::Reply(cx.button_token(&offered.exit)),
            value: with_values.then(|| offered.value.clone()),
        };
        let per_row = self.per_row.unwrap_or(1).max(1);
        offered.chunks(per_row).map(|row| row.iter().map(choice).collect()).collect()
    }

    /// Puts the buttons of the elements above those of the message.
    pub(super) fn add_to(
        &self,
        cx: &StepContext<'_>,
        choices: &mut Vec<Vec<Choice>>,
        with_values: bool,
    ) -> Result<Vec<Offered>, StepError> {
        let offered = self.render(cx)?;
        let taken = choices.iter().map(Vec::len).sum::<usize>();
        let max = cx.channel().choices_max.saturating_sub(taken);
        if offered.len() > max {
            return Err(StepError::new(
                "too_many_buttons",
                format!("The data makes {} buttons; there is room for {max}", offered.len()),
                format!("Из данных получается кнопок: {}, а помещается {max}", offered.len()),
            )
            .at("/options_from/items"));
        }
        choices.splice(0..0, self.rows(cx, &offered, with_values));
        Ok(offered)
    }

    pub(super) fn visit(&self, visit: &mut dyn Visit) {
        visit.template("/options_from/items", &self.items);
        visit.template_with("/options_from/label", &self.label, ITEM);
        visit.template_with("/options_from/value", &self.value, ITEM);
    }

    /// What the elements offer, each under an id that no drawn button has.
    fn render(&self, cx: &StepContext<'_>) -> Result<Vec<Offered>, StepError> {
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
pub(super) struct WithItem<'a> {
    pub(super) outer: &'a dyn Lookup,
    pub(super) item: &'a Value,
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
