//! The trigger *row of a list*: a row was added, changed or deleted, by whomever.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::list::ROW_ID;
use crate::scenario::Findings;
use crate::value::{Map, Value};

/// A row of a list was added, changed or deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListRowTrigger {
    /// # List
    #[schemars(extend("x-ru" = "Список", "x-widget" = "list"))]
    pub list: String,
    /// # When a row is
    ///
    /// The row is in the variable `_row`, what it was before in `_old`, what happened in `_change`.
    #[schemars(extend(
        "x-ru" = "Когда строку",
        "x-ru-help" = "Строка — в переменной `_row`, какой она была — в `_old`, что случилось — в `_change`.",
        "x-widget" = "select",
        "default" = "added"
    ))]
    pub on: RowChange,
    /// # Only if this column changed
    ///
    /// Without a choice, any of them.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend(
        "x-ru" = "Только если изменился столбец",
        "x-ru-help" = "Если не выбран — любой.",
        "x-widget" = "column",
        "x-when" = {"on": ["changed", "added_or_changed", "any"]}
    ))]
    pub column: String,
    /// # Column with the subscriber
    ///
    /// Holds `[ClientID]`. Then the run is this subscriber's, and rows without a subscriber of the bot are left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend(
        "x-ru" = "Столбец с подписчиком",
        "x-ru-help" = "В нём `[ClientID]`. Тогда прохождение идёт у этого подписчика, а строки без подписчика бота пропускаются.",
        "x-widget" = "column"
    ))]
    pub subscriber: String,
}

/// What happens to a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "added": {"en": "added", "ru": "добавили"},
    "changed": {"en": "changed", "ru": "изменили"},
    "deleted": {"en": "deleted", "ru": "удалили"},
    "added_or_changed": {"en": "added or changed", "ru": "добавили или изменили"},
    "any": {"en": "added, changed or deleted", "ru": "добавили, изменили или удалили"},
}))]
pub enum RowChange {
    #[default]
    Added,
    Changed,
    Deleted,
    AddedOrChanged,
    Any,
}

/// A row that was written, by the names of its columns; without `old` it is new, without `new` it is gone.
#[derive(Clone, Copy, Debug)]
pub struct RowEvent<'a> {
    pub row: i64,
    pub old: Option<&'a Map>,
    pub new: Option<&'a Map>,
}

impl RowEvent<'_> {
    /// The row as it is, or as it was when it is gone.
    pub fn cells(&self) -> Option<&Map> {
        self.new.or(self.old)
    }

    fn is_changed(&self, column: &str) -> bool {
        let cell =
            |cells: Option<&Map>| cells.and_then(|cells| cells.get(column)).cloned().unwrap_or_default();
        cell(self.old) != cell(self.new)
    }

    /// What happened, in a word.
    pub fn name(&self) -> &'static str {
        match (self.old, self.new) {
            (None, _) => "added",
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "deleted",
        }
    }

    /// What the run of the trigger has as `_row`, `_old` and `_change`.
    pub fn values(&self) -> Vec<(&'static str, Value)> {
        let numbered = |cells: &Map| {
            let mut cells = cells.clone();
            cells.insert(ROW_ID.to_owned(), self.row.into());
            Value::Object(cells)
        };
        let mut values = vec![("change", self.name().into())];
        values.extend(self.cells().map(|cells| ("row", numbered(cells))));
        values.extend(self.old.map(|cells| ("old", numbered(cells))));
        values
    }

    /// The subscriber a column names.
    pub fn subscriber(&self, column: &str) -> Option<String> {
        let text = self.cells()?.get(column)?.to_text();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

impl ListRowTrigger {
    /// Whether it takes what happened to a row. A row that is written as it was has not changed.
    pub fn takes(&self, event: &RowEvent<'_>) -> bool {
        let column = || self.column.is_empty() || event.is_changed(&self.column);
        let changes = || event.old != event.new && column();
        match (event.old.is_some(), event.new.is_some()) {
            (false, true) => matches!(self.on, RowChange::Added | RowChange::AddedOrChanged | RowChange::Any),
            (true, true) => {
                matches!(self.on, RowChange::Changed | RowChange::AddedOrChanged | RowChange::Any)
                    && changes()
            }
            (true, false) => matches!(self.on, RowChange::Deleted | RowChange::Any),
            (false, false) => false,
        }
    }

    /// Findings with pointers inside the options.
    pub fn validate(&self, findings: &mut Findings) {
        if self.list.is_empty() {
            findings.error("/list", "nothing_chosen", "it is not said which list", "не выбран список");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(json: serde_json::Value) -> Map {
        match Value::from(json) {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    #[test]
    fn what_each_kind_takes() {
        let (one, two) = (map(json!({"a": 1, "b": 1})), map(json!({"a": 1, "b": 2})));
        let added = RowEvent { row: 7, old: None, new: Some(&one) };
        let changed = RowEvent { row: 7, old: Some(&one), new: Some(&two) };
        let same = RowEvent { row: 7, old: Some(&one), new: Some(&one) };
        let deleted = RowEvent { row: 7, old: Some(&two), new: None };
        let check = |options: serde_json::Value, expected: &str| {
            let trigger: ListRowTrigger = serde_json::from_value(options.clone()).unwrap();
            let taken = [&added, &changed, &same, &deleted].map(|event| trigger.takes(event));
            let taken: String = taken.iter().map(|takes| if *takes { '+' } else { '-' }).collect();
            assert_eq!(taken, expected, "{options}");
        };
        check(json!({}), "+---");
        check(json!({"on": "changed"}), "-+--");
        check(json!({"on": "changed", "column": "a"}), "----");
        check(json!({"on": "changed", "column": "b"}), "-+--");
        check(json!({"on": "deleted"}), "---+");
        check(json!({"on": "added_or_changed", "column": "a"}), "+---");
        check(json!({"on": "any"}), "++-+");
    }
}
