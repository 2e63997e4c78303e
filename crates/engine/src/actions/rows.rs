//! Which rows an action means: conditions, groups of them, or a row's number. What the list actions share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Visit, is_default};
use crate::error::StepError;
use crate::expression::Template;
use crate::list::{Comparison, Filter, ROW_ID, Selection};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;

/// A condition on one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowFilter {
    /// # Column
    #[schemars(extend("x-ru" = "Столбец", "x-widget" = "column"))]
    pub column: String,
    /// # Comparison
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Сравнение", "x-widget" = "select", "default" = "eq"))]
    pub comparison: Comparison,
    /// # Value
    ///
    /// Several values are written with commas, or come from an array.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Значение",
        "x-ru-help" = "Несколько значений пишутся через запятую или берутся из массива.",
        "x-when" = {"comparison": [
            "eq", "ne", "gt", "ge", "lt", "le", "between", "in", "not_in", "contains", "not_contains", "starts",
            "ends", "within", "words",
        ]}
    ))]
    pub value: Template,
    /// # and
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "и до", "x-when" = {"comparison": ["between"]}))]
    pub upper: Template,
    /// # Instead of the value: another column
    ///
    /// Compares two columns of the same row.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Вместо значения: другой столбец",
        "x-ru-help" = "Сравнивает два столбца одной строки.",
        "x-widget" = "column",
        "x-when" = {"comparison": [
            "eq", "ne", "gt", "ge", "lt", "le", "contains", "not_contains", "starts", "ends", "within", "words",
        ]},
        "x-more" = true
    ))]
    pub with_column: String,
}

/// Conditions that are joined the other way round than those around them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterGroup {
    /// # Conditions
    #[schemars(length(max = 20), extend("x-ru" = "Условия"))]
    pub filters: Vec<RowFilter>,
}

/// How the rows to change are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "matching": {"en": "that match the conditions", "ru": "подходящие под условия"},
    "number": {"en": "the one with this number", "ru": "одну, по номеру"},
    "all": {"en": "all rows of the list", "ru": "все строки списка"},
}))]
pub enum Which {
    #[default]
    Matching,
    Number,
    All,
}

/// The conditions of an action, as they stand in its options.
#[derive(Clone, Copy)]
pub(crate) struct Conditions<'a> {
    pub(super) filters: &'a [RowFilter],
    pub(super) any: bool,
    pub(super) groups: &'a [FilterGroup],
}

impl Conditions<'_> {
    pub(super) fn is_empty(self) -> bool {
        self.filters.is_empty() && self.groups.iter().all(|group| group.filters.is_empty())
    }

    /// Every filter with its pointer.
    fn each(&self) -> impl Iterator<Item = (String, &RowFilter)> {
        let own =
            self.filters.iter().enumerate().map(|(index, filter)| (format!("/filters/{index}"), filter));
        own.chain(self.groups.iter().enumerate().flat_map(|(group, inside)| {
            let filters = inside.filters.iter().enumerate();
            filters.map(move |(index, filter)| (format!("/groups/{group}/filters/{index}"), filter))
        }))
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.each().map(|(_, filter)| filter.column.as_str()).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn visit(self, list: &str, visit: &mut dyn Visit) {
        for (pointer, filter) in self.each() {
            visit.list(&format!("{pointer}/column"), list, &filter.column);
            visit.template(&format!("{pointer}/value"), &filter.value);
            visit.template(&format!("{pointer}/upper"), &filter.upper);
            if !filter.with_column.is_empty() {
                visit.list(&format!("{pointer}/with_column"), list, &filter.with_column);
            }
        }
    }

    pub(super) fn validate(self, findings: &mut Findings) {
        for (pointer, filter) in self.each() {
            if filter.column.is_empty() {
                findings.error(
                    format!("{pointer}/column"),
                    "no_column",
                    "a condition has no column",
                    "в условии отбора не выбран столбец",
                );
            }
            if filter.comparison == Comparison::Between && filter.upper.is_empty() {
                findings.error(
                    format!("{pointer}/upper"),
                    "no_upper",
                    "“is between” needs two values",
                    "для «между» нужны два значения",
                );
            }
        }
        for (index, group) in self.groups.iter().enumerate() {
            if group.filters.is_empty() {
                findings.warning(
                    format!("/groups/{index}"),
                    "empty_group",
                    "a group without conditions does nothing",
                    "группа без условий ничего не делает",
                );
            }
        }
    }

    /// The conditions with their values as they are now.
    pub(super) fn select(self, cx: &StepContext<'_>) -> Result<Selection, StepError> {
        let mut selection = Selection { any: self.any, ..Selection::default() };
        for (index, filter) in self.filters.iter().enumerate() {
            let filter = filter.render(cx).map_err(|error| error.within(&format!("/filters/{index}")))?;
            selection.filters.push(filter);
        }
        for (index, group) in self.groups.iter().enumerate().filter(|(_, group)| !group.filters.is_empty()) {
            let mut inside = Selection { any: !self.any, ..Selection::default() };
            for (position, filter) in group.filters.iter().enumerate() {
                let place = format!("/groups/{index}/filters/{position}");
                inside.filters.push(filter.render(cx).map_err(|error| error.within(&place))?);
            }
            selection.groups.push(inside);
        }
        Ok(selection)
    }
}

impl RowFilter {
    fn render(&self, cx: &StepContext<'_>) -> Result<Filter, StepError> {
        let value = |template| cx.value(template).map(Value::into_cell);
        let value = match self.comparison {
            Comparison::Empty | Comparison::NotEmpty => Value::Null,
            Comparison::Between => Value::Array(vec![
                value(&self.value).map_err(|error| error.at("/value"))?,
                value(&self.upper).map_err(|error| error.at("/upper"))?,
            ]),
            Comparison::In | Comparison::NotIn => {
                split(value(&self.value).map_err(|error| error.at("/value"))?)
            }
            _ => value(&self.value).map_err(|error| error.at("/value"))?,
        };
        let other = Some(&self.with_column).filter(|column| !column.is_empty()).cloned();
        Ok(Filter { column: self.column.clone(), comparison: self.comparison, value, other })
    }
}

/// The values of a text with commas; arrays are some already.
pub(super) fn split(value: Value) -> Value {
    let parts = |text: &str| -> Vec<Value> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
    };
    match value {
        Value::Array(items) => Value::Array(items),
        Value::Text(text) => Value::Array(parts(&text)),
        Value::Null => Value::Array(Vec::new()),
        single => Value::Array(vec![single]),
    }
}

/// The rows an action changes, as they stand in its options.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(super) which: Which,
    pub(super) row: &'a Template,
    pub(crate) conditions: Conditions<'a>,
}

impl Rows<'_> {
    pub(super) fn visit(self, list: &str, visit: &mut dyn Visit) {
        visit.template("/row", self.row);
        self.conditions.visit(list, visit);
    }

    pub(super) fn validate(self, findings: &mut Findings) {
        match self.which {
            Which::Matching if self.conditions.is_empty() => {
                let error = no_conditions();
                findings.error("/filters", "no_conditions", lower(&error.en), lower(&error.ru));
            }
            Which::Matching => self.conditions.validate(findings),
            Which::Number if self.row.is_empty() => {
                findings.error("/row", "no_row", "the row's number is missing", "не указан номер строки")
            }
            Which::Number | Which::All => {}
        }
    }

    /// # Errors
    /// `no_conditions` when all rows would be meant without being asked for; `no_row` for what is no number.
    pub(super) fn select(self, cx: &StepContext<'_>) -> Result<Selection, StepError> {
        match self.which {
            Which::All => Ok(Selection::default()),
            Which::Matching if self.conditions.is_empty() => Err(no_conditions().at("/filters")),
            Which::Matching => self.conditions.select(cx),
            Which::Number => {
                let value = cx.value(self.row).map_err(|error| error.at("/row"))?;
                if value.to_number().is_none() {
                    return Err(no_row(&value).at("/row"));
                }
                let column = ROW_ID.to_owned();
                Ok(Selection::of(vec![Filter { column, comparison: Comparison::Eq, value, other: None }]))
            }
        }
    }
}

fn no_conditions() -> StepError {
    StepError::new(
        "no_conditions",
        "Without conditions every row would change: add one, or choose “all rows of the list”",
        "Без условий изменились бы все строки: добавьте условие или выберите «все строки списка»",
    )
}

fn no_row(value: &Value) -> StepError {
    let value = value.to_text();
    StepError::new(
        "no_row",
        format!("“{value}” is not the number of a row"),
        format!("«{value}» — не номер строки"),
    )
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// An action without a list.
pub(super) fn validate_list(list: &str, findings: &mut Findings) {
    if list.is_empty() {
        findings.error("/list", "no_list", "no list is chosen", "не выбран список");
    }
}
