//! Finds rows of a list, and works out numbers over them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rows::{Conditions, FilterGroup, RowFilter, validate_list};
use super::{
    ActionKind, EMPTY_EXIT, Exit, FOUND_EXIT, Flow, Group, Port, Sentence, Spec, Visit, is_default,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{self, Answer};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::list::{Aggregate, AggregateFunction, ListQuery, ROW_ID, Sort};
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
    /// # Groups of conditions
    ///
    /// Where all conditions must hold, one of a group is enough; where one is enough, all of a group must hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 10),
        extend(
            "x-ru" = "Группы условий",
            "x-ru-help" = "Если должны выполняться все условия, из группы достаточно одного; если достаточно одного, группа должна выполняться целиком."
        )
    )]
    pub groups: Vec<FilterGroup>,
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
    /// # Then by
    ///
    /// Decides between rows that are equal so far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 5),
        extend("x-ru" = "Затем по", "x-ru-help" = "Решает, когда по предыдущим столбцам строки равны.")
    )]
    pub then: Vec<SortColumn>,
    /// # In random order
    ///
    /// With columns to sort by, only rows that are equal by them are mixed.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "В случайном порядке",
        "x-ru-help" = "Если выбраны столбцы сортировки, перемешиваются только равные по ним строки."
    ))]
    pub random: bool,
    /// # No repeats in
    ///
    /// Of rows with the same value in this column, the first one counts.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend(
        "x-ru" = "Без повторов по",
        "x-ru-help" = "Из строк с одинаковым значением этого столбца берётся первая.",
        "x-widget" = "column"
    ))]
    pub unique: String,
    /// # At most, rows
    #[serde(skip_serializing_if = "is_default_limit")]
    #[schemars(range(min = 1, max = 1000), extend("x-ru" = "Не больше строк", "default" = 100))]
    pub limit: u32,
    /// # Page
    ///
    /// From 1; a page has as many rows as are taken at most.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Страница",
        "x-ru-help" = "Начиная с 1; на странице столько строк, сколько берётся за раз."
    ))]
    pub page: Template,
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
    /// # Keep how many were taken in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить, сколько строк взято"))]
    pub count_to: Option<Target>,
    /// # Numbers over all that match
    ///
    /// Whatever the page: how many there are, a sum, an average, the smallest or the largest value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 10),
        extend(
            "x-ru" = "Посчитать по всем найденным",
            "x-ru-help" = "Независимо от страницы: количество, сумма, среднее, наименьшее или наибольшее значение."
        )
    )]
    pub totals: Vec<TotalOf>,
}

/// A further column to sort by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SortColumn {
    /// # Column
    #[schemars(extend("x-ru" = "Столбец", "x-widget" = "column"))]
    pub column: String,
    /// # From largest to smallest
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "От большего к меньшему"))]
    pub descending: bool,
}

/// A number over all rows that match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TotalOf {
    /// # What
    #[serde(default)]
    #[schemars(extend("x-ru" = "Что посчитать", "x-widget" = "select", "default" = "count"))]
    pub function: AggregateFunction,
    /// # Of the column
    ///
    /// Empty cells do not count. Without a column, “how many” counts rows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(extend(
        "x-ru" = "По столбцу",
        "x-ru-help" = "Пустые ячейки не считаются. «Количество» без столбца считает строки.",
        "x-widget" = "column"
    ))]
    pub column: String,
    /// # Keep it in
    #[schemars(extend("x-ru" = "Куда сохранить"))]
    pub target: Target,
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
            groups: Vec::new(),
            sort: String::new(),
            descending: false,
            then: Vec::new(),
            random: false,
            unique: String::new(),
            limit: DEFAULT_LIMIT,
            page: Template::default(),
            offset: Template::default(),
            save_to: None,
            first_to: None,
            count_to: None,
            totals: Vec::new(),
        }
    }
}

impl ActionKind for ListFind {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "list-search",
        title: Words::new("Find rows", "Найти строки"),
        help: Words::new(
            "Finds the rows of a list that match the conditions, and counts over them.",
            "Находит строки списка, которые подходят под условия, и считает по ним.",
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
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "Find rows of {list}[ where {filters+groups}][ → {save_to|first_to|count_to|totals}]",
        "Найти в списке {list} строки[, где {filters+groups}][ → {save_to|first_to|count_to|totals}]",
    )];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(FOUND_EXIT), Exit::fixed(EMPTY_EXIT)]
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !(is_wired(FOUND_EXIT) && is_wired(EMPTY_EXIT))
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.list("/list", &self.list, "");
        self.conditions().visit(&self.list, visit);
        for (pointer, column) in self.columns() {
            visit.list(&pointer, &self.list, column);
        }
        visit.template("/page", &self.page);
        visit.template("/offset", &self.offset);
        for (pointer, target) in self.targets() {
            visit.target(pointer, target);
        }
        for (index, total) in self.totals.iter().enumerate() {
            visit.target(&format!("/totals/{index}/target"), &total.target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        validate_list(&self.list, findings);
        self.conditions().validate(findings);
        let unnamed = self.then.iter().enumerate().filter(|(_, then)| then.column.is_empty());
        for (index, _) in unnamed {
            findings.error(
                format!("/then/{index}/column"),
                "no_column",
                "no column to sort by is chosen",
                "не выбран столбец сортировки",
            );
        }
        for (index, total) in self.totals.iter().enumerate() {
            if total.column.is_empty() && total.function != AggregateFunction::Count {
                findings.error(
                    format!("/totals/{index}/column"),
                    "no_column",
                    "no column to calculate over is chosen",
                    "не выбран столбец, по которому считать",
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
            Some(Answer::Rows { rows, aggregates }) => self.take(cx, rows, aggregates),
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl ListFind {
    /// The conditions its rows must meet.
    pub(crate) fn conditions(&self) -> Conditions<'_> {
        Conditions { filters: &self.filters, any: self.any, groups: &self.groups }
    }

    /// The columns it names outside of its conditions.
    fn columns(&self) -> impl Iterator<Item = (String, &str)> {
        let then = self.then.iter().enumerate();
        let totals = self.totals.iter().enumerate();
        [("/sort".to_owned(), self.sort.as_str()), ("/unique".to_owned(), self.unique.as_str())]
            .into_iter()
            .chain(then.map(|(index, then)| (format!("/then/{index}/column"), then.column.as_str())))
            .chain(totals.map(|(index, total)| (format!("/totals/{index}/column"), total.column.as_str())))
            .filter(|(_, column)| !column.is_empty())
    }

    fn targets(&self) -> impl Iterator<Item = (&'static str, &Target)> {
        [("/save_to", &self.save_to), ("/first_to", &self.first_to), ("/count_to", &self.count_to)]
            .into_iter()
            .filter_map(|(pointer, target)| Some((pointer, target.as_ref()?)))
    }

    /// Whether only numbers are wanted; then no row leaves the database.
    fn wants_totals_alone(&self) -> bool {
        !self.totals.is_empty() && self.targets().next().is_none()
    }

    fn query(&self, cx: &StepContext<'_>) -> Result<ListQuery, StepError> {
        let mut sort = Vec::with_capacity(1 + self.then.len());
        if !self.sort.is_empty() {
            sort.push(Sort { column: self.sort.clone(), descending: self.descending });
        } else if self.descending && self.then.is_empty() {
            // Newest first.
            sort.push(Sort { column: ROW_ID.to_owned(), descending: true });
        }
        let further = self.then.iter().filter(|then| !then.column.is_empty());
        sort.extend(further.map(|then| Sort { column: then.column.clone(), descending: then.descending }));
        let mut aggregates: Vec<Aggregate> = self
            .totals
            .iter()
            .map(|total| Aggregate { function: total.function, column: total.column.clone() })
            .collect();
        let limit = if self.wants_totals_alone() {
            // Says by which exit to leave.
            aggregates.push(Aggregate { function: AggregateFunction::Count, column: String::new() });
            0
        } else {
            self.limit.min(cx.limits().list_rows)
        };
        Ok(ListQuery {
            list: self.list.clone(),
            rows: self.conditions().select(cx)?,
            sort,
            shuffle: self.random.then(|| cx.step_seed()),
            unique: (!self.unique.is_empty()).then(|| self.unique.clone()),
            offset: self.first_row(cx)?,
            limit,
            aggregates,
        })
    }

    fn first_row(&self, cx: &StepContext<'_>) -> Result<u32, StepError> {
        let skipped = read_number(cx, &self.offset, 0).map_err(|error| error.at("/offset"))?;
        let page = read_number(cx, &self.page, 1).map_err(|error| error.at("/page"))?;
        let rows = self.limit.min(cx.limits().list_rows);
        Ok(page.max(1).saturating_sub(1).saturating_mul(rows).saturating_add(skipped))
    }

    fn take(
        &self,
        cx: &mut StepContext<'_>,
        rows: Vec<Map>,
        mut aggregates: Vec<Value>,
    ) -> Result<Flow, StepError> {
        let is_empty = if self.wants_totals_alone() {
            !aggregates.pop().is_some_and(|count| count.is_true())
        } else {
            rows.is_empty()
        };
        for (total, value) in self.totals.iter().zip(aggregates) {
            cx.set(&total.target, value)?;
        }
        if let Some(target) = &self.count_to {
            cx.set(target, Value::Number(rows.len().into()))?;
        }
        if let Some(target) = &self.first_to {
            cx.set(target, rows.first().cloned().map_or(Value::Null, Value::Object))?;
        }
        if let Some(target) = &self.save_to {
            cx.set(target, Value::Array(rows.into_iter().map(Value::Object).collect()))?;
        }
        Ok(Flow::Exit(if is_empty { EMPTY_EXIT } else { FOUND_EXIT }.into()))
    }
}

/// A whole number from 0 on; `missing` when the field is empty.
fn read_number(cx: &StepContext<'_>, template: &Template, missing: u32) -> Result<u32, StepError> {
    let value = cx.value(template)?;
    if value.is_empty() {
        return Ok(missing);
    }
    value.to_number().and_then(|number| u32::try_from(number.trunc()).ok()).ok_or_else(|| {
        StepError::new(
            "not_a_number",
            format!("“{}” is no number from 0 on", value.to_text()),
            format!("«{}» — не число от 0 и больше", value.to_text()),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, map};

    fn query(options: serde_json::Value) -> serde_json::Value {
        let mut bench = Bench::new(options);
        bench.set("least", 10);
        bench.set("page", "3");
        bench.set("towns", json!(["Tula", "Oryol"]));
        let effect::Ask::Read(query) = bench.ask::<ListFind>() else { panic!("no read") };
        serde_json::to_value(&query).unwrap()
    }

    #[test]
    fn asks_the_list_with_values_of_their_types() {
        assert_eq!(
            query(json!({
                "list": "orders",
                "filters": [
                    {"column": "total", "comparison": "ge", "value": "#{least}"},
                    {"column": "note", "comparison": "empty", "value": "ignored"},
                ],
                "any": true, "sort": "total", "descending": true, "limit": 5000, "offset": "7",
            })),
            json!({
                "list": "orders",
                "rows": {"filters": [
                    {"column": "total", "comparison": "ge", "value": 10},
                    {"column": "note", "comparison": "empty", "value": null},
                ], "any": true, "groups": []},
                "sort": [{"column": "total", "descending": true}], "shuffle": null, "unique": null,
                "offset": 7, "limit": 1000, "aggregates": [],
            })
        );
    }

    #[test]
    fn groups_ranges_and_pages() {
        let asked = query(json!({
            "list": "orders",
            "filters": [{"column": "total", "comparison": "between", "value": "#{least}", "upper": "20"}],
            "groups": [
                {"filters": [
                    {"column": "town", "comparison": "in", "value": "#{towns}"},
                    {"column": "town", "comparison": "not_in", "value": "Tver , Kaluga"},
                ]},
                {"filters": []},
            ],
            "then": [{"column": "town"}, {"column": "total", "descending": true}],
            "limit": 5, "page": "#{page}", "offset": "1", "unique": "town",
        }));
        assert_eq!(asked["rows"]["filters"][0]["value"], json!([10, "20"]));
        let group = json!([{"filters": [
            {"column": "town", "comparison": "in", "value": ["Tula", "Oryol"]},
            {"column": "town", "comparison": "not_in", "value": ["Tver", "Kaluga"]},
        ], "any": true, "groups": []}]);
        assert_eq!(asked["rows"]["groups"], group);
        assert_eq!(
            asked["sort"],
            json!([{"column": "town", "descending": false}, {"column": "total", "descending": true}])
        );
        assert_eq!((&asked["offset"], &asked["unique"]), (&json!(11), &json!("town")));
    }

    #[test]
    fn a_random_order_is_the_same_when_the_step_is_repeated() {
        let seed = || query(json!({"list": "orders", "random": true}))["shuffle"].as_u64().unwrap();
        assert_eq!(seed(), seed());
        let newest = query(json!({"list": "orders", "descending": true}));
        assert_eq!(newest["sort"], json!([{"column": "_id", "descending": true}]));
    }

    #[test]
    fn keeps_rows_first_and_count() {
        let check = |rows: serde_json::Value, exit: &str, first: serde_json::Value| {
            let options = json!({"list": "orders", "save_to": "rows", "first_to": "row", "count_to": "n"});
            let mut bench = Bench::new(options);
            let found = rows.as_array().unwrap().iter().map(|row| map(row.clone())).collect();
            let answer = Answer::Rows { rows: found, aggregates: Vec::new() };
            assert_eq!(bench.step::<ListFind>(Some(answer)), format!("exit {exit}"));
            assert_eq!(bench.json("n"), json!(rows.as_array().unwrap().len()));
            assert_eq!(bench.json("rows"), rows);
            assert_eq!(bench.json("row"), first);
        };
        check(json!([{"_id": 1, "a": "x"}, {"_id": 2, "a": "y"}]), "found", json!({"_id": 1, "a": "x"}));
        check(json!([]), "empty", json!(null));
    }

    #[test]
    fn numbers_alone_take_no_rows() {
        let options =
            json!({"list": "orders", "totals": [{"function": "sum", "column": "total", "target": "sum"}]});
        let check = |count: i64, exit: &str| {
            let mut bench = Bench::new(options.clone());
            let effect::Ask::Read(query) = bench.ask::<ListFind>() else { panic!("no read") };
            assert_eq!((query.limit, query.aggregates.len()), (0, 2));
            let aggregates = vec![Value::from(30), count.into()];
            assert_eq!(bench.step::<ListFind>(Some(Answer::Rows { rows: vec![], aggregates })), exit);
            assert_eq!(bench.json("sum"), json!(30));
        };
        check(2, "exit found");
        check(0, "exit empty");
    }

    #[test]
    fn a_text_to_skip_is_an_error() {
        let check = |field: &str, text: &str| {
            let mut bench = Bench::new(json!({"list": "orders", field: "#{page}"}));
            bench.set("page", text);
            assert_eq!(bench.fail::<ListFind>(None).pointer.as_deref(), Some(format!("/{field}").as_str()));
        };
        check("offset", "many");
        check("page", "-1");
    }
}
