//! Finds rows of a list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ActionKind, EMPTY_EXIT, Exit, FOUND_EXIT, Flow, Group, Port, Spec, Visit, is_default, unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, Comparison, ListQuery};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::{Map, Value};
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListFind {
    /// # List
    #[schemars(extend("x-ru" = "Список", "x-widget" = "list"))]
    pub list: String,
    /// # Conditions
    ///
    /// Without any, every row is found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        extend("x-ru" = "Условия отбора", "x-ru-help" = "Без условий находятся все строки.")
    )]
    pub filters: Vec<RowFilter>,
    /// # One condition is enough
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Достаточно одного условия"))]
    pub any: bool,
    /// # Sort by
    ///
    /// Without a column, rows come in the order they were added.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend(
        "x-ru" = "Сортировать по",
        "x-ru-help" = "Если столбец не выбран, строки идут в порядке добавления.",
        "x-widget" = "column"
    ))]
    pub sort: String,
    /// # From largest to smallest
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "От большего к меньшему"))]
    pub descending: bool,
    /// # At most, rows
    #[serde(skip_serializing_if = "is_default_limit")]
    #[schemars(range(min = 1, max = 1000), extend("x-ru" = "Не больше строк", "default" = 100))]
    pub limit: u32,
    /// # Skip, rows
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Пропустить строк"))]
    pub offset: Template,
    /// # Keep the rows in
    ///
    /// An array; a row's column is `#{rows[0].column}`, its id `#{rows[0]._id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "x-ru" = "Куда сохранить строки",
        "x-ru-help" = "Массив; столбец строки — `#{rows[0].column}`, её номер — `#{rows[0]._id}`."
    ))]
    pub save_to: Option<Target>,
    /// # Keep the first row in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить первую строку"))]
    pub first_to: Option<Target>,
    /// # Keep how many were found in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить количество"))]
    pub count_to: Option<Target>,
}

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
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Значение", "x-when" = {
        "comparison": ["eq", "ne", "gt", "ge", "lt", "le", "contains", "not_contains", "starts", "ends"]
    }))]
    pub value: Template,
}

const DEFAULT_LIMIT: u32 = 100;

fn is_default_limit(limit: &u32) -> bool {
    *limit == DEFAULT_LIMIT
}

impl Default for ListFind {
    fn default() -> Self {
        Self {
            list: String::new(),
            filters: Vec::new(),
            any: false,
            sort: String::new(),
            descending: false,
            limit: DEFAULT_LIMIT,
            offset: Template::default(),
            save_to: None,
            first_to: None,
            count_to: None,
        }
    }
}

impl ActionKind for ListFind {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "list-search",
        title: Words::new("Find rows", "Найти строки"),
        help: Words::new(
            "Finds the rows of a list that match the conditions.",
            "Находит строки списка, которые подходят под условия.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Fixed { id: FOUND_EXIT, title: Words::new("Found", "Найдено"), quiet: true },
            Port::Fixed {
                id: EMPTY_EXIT,
                title: Words::new("Nothing found", "Ничего не найдено"),
                quiet: true,
            },
        ],
    };

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(FOUND_EXIT), Exit::fixed(EMPTY_EXIT)]
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !(is_wired(FOUND_EXIT) && is_wired(EMPTY_EXIT))
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.list("/list", &self.list, "");
        for (index, filter) in self.filters.iter().enumerate() {
            visit.list(&format!("/filters/{index}/column"), &self.list, &filter.column);
            visit.template(&format!("/filters/{index}/value"), &filter.value);
        }
        if !self.sort.is_empty() {
            visit.list("/sort", &self.list, &self.sort);
        }
        visit.template("/offset", &self.offset);
        for (pointer, target) in self.targets() {
            visit.target(pointer, target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        if self.list.is_empty() {
            findings.error("/list", "no_list", "no list is chosen", "не выбран список");
        }
        for (index, filter) in self.filters.iter().enumerate() {
            if filter.column.is_empty() {
                findings.error(
                    format!("/filters/{index}/column"),
                    "no_column",
                    "a condition has no column",
                    "в условии отбора не выбран столбец",
                );
            }
        }
        if self.limit == 0 {
            findings.error(
                "/limit",
                "out_of_range",
                "at least one row must be allowed",
                "нужна хотя бы одна строка",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => Ok(Flow::Ask(effect::Ask::Read(self.query(cx)?))),
            Some(Answer::Rows(rows)) => self.take(cx, rows),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl ListFind {
    fn targets(&self) -> impl Iterator<Item = (&'static str, &Target)> {
        [("/save_to", &self.save_to), ("/first_to", &self.first_to), ("/count_to", &self.count_to)]
            .into_iter()
            .filter_map(|(pointer, target)| Some((pointer, target.as_ref()?)))
    }

    fn query(&self, cx: &StepContext<'_>) -> Result<ListQuery, StepError> {
        let mut filters = Vec::with_capacity(self.filters.len());
        for (index, filter) in self.filters.iter().enumerate() {
            let place = |error: StepError| error.at(&format!("/filters/{index}/value"));
            let value = match filter.comparison {
                Comparison::Empty | Comparison::NotEmpty => Value::Null,
                _ => cx.value(&filter.value).map_err(place)?,
            };
            filters.push(effect::Filter {
                column: filter.column.clone(),
                comparison: filter.comparison,
                value,
            });
        }
        Ok(ListQuery {
            list: self.list.clone(),
            filters,
            any: self.any,
            sort: (!self.sort.is_empty()).then(|| self.sort.clone()),
            descending: self.descending,
            offset: self.read_offset(cx)?,
            limit: self.limit.min(cx.limits().list_rows),
        })
    }

    fn read_offset(&self, cx: &StepContext<'_>) -> Result<u32, StepError> {
        let value = cx.value(&self.offset).map_err(|error| error.at("/offset"))?;
        if value.is_empty() {
            return Ok(0);
        }
        value.to_number().and_then(|number| u32::try_from(number.trunc()).ok()).ok_or_else(|| {
            StepError::new(
                "not_a_number",
                format!("“{}” is no number of rows to skip", value.to_text()),
                format!("«{}» — не количество строк, которые надо пропустить", value.to_text()),
            )
            .at("/offset")
        })
    }

    fn take(&self, cx: &mut StepContext<'_>, rows: Vec<Map>) -> Result<Flow, StepError> {
        let count = rows.len();
        if let Some(target) = &self.count_to {
            cx.set(target, Value::Number(count.into()))?;
        }
        if let Some(target) = &self.first_to {
            cx.set(target, rows.first().cloned().map_or(Value::Null, Value::Object))?;
        }
        if let Some(target) = &self.save_to {
            cx.set(target, Value::Array(rows.into_iter().map(Value::Object).collect()))?;
        }
        Ok(Flow::Exit(if count == 0 { EMPTY_EXIT } else { FOUND_EXIT }.into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, map};

    #[test]
    fn asks_the_list_with_values_of_their_types() {
        let mut bench = Bench::new(json!({
            "list": "orders",
            "filters": [
                {"column": "total", "comparison": "ge", "value": "#{least}"},
                {"column": "note", "comparison": "empty", "value": "ignored"},
            ],
            "any": true, "sort": "total", "descending": true, "limit": 5000, "offset": "#{page}",
        }));
        bench.set("least", 10);
        bench.set("page", "20");
        let effect::Ask::Read(query) = bench.ask::<ListFind>() else { panic!("no read") };
        assert_eq!(
            serde_json::to_value(&query).unwrap(),
            json!({
                "list": "orders",
                "filters": [
                    {"column": "total", "comparison": "ge", "value": 10},
                    {"column": "note", "comparison": "empty", "value": null},
                ],
                "any": true, "sort": "total", "descending": true, "offset": 20, "limit": 1000,
            })
        );
    }

    #[test]
    fn keeps_rows_first_and_count() {
        let check = |rows: serde_json::Value, exit: &str, first: serde_json::Value| {
            let options = json!({"list": "orders", "save_to": "rows", "first_to": "row", "count_to": "n"});
            let mut bench = Bench::new(options);
            let answer = rows.as_array().unwrap().iter().map(|row| map(row.clone())).collect();
            assert_eq!(bench.step::<ListFind>(Some(Answer::Rows(answer))), format!("exit {exit}"));
            assert_eq!(bench.json("n"), json!(rows.as_array().unwrap().len()));
            assert_eq!(bench.json("rows"), rows);
            assert_eq!(bench.json("row"), first);
        };
        check(json!([{"_id": 1, "a": "x"}, {"_id": 2, "a": "y"}]), "found", json!({"_id": 1, "a": "x"}));
        check(json!([]), "empty", json!(null));
    }

    #[test]
    fn a_text_to_skip_is_an_error() {
        let mut bench = Bench::new(json!({"list": "orders", "offset": "#{page}"}));
        bench.set("page", "many");
        assert_eq!(bench.fail::<ListFind>(None).pointer.as_deref(), Some("/offset"));
    }
}
