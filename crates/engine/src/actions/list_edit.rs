//! Changes rows of a list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rows::{Conditions, FilterGroup, RowFilter, Rows, Which, validate_list};
use super::{
    ActionKind, DUPLICATE_EXIT, EMPTY_EXIT, Exit, Flow, Group, Port, Sentence, Spec, Visit, is_default,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, DataOp};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::list::{CellChange, Change, ListChange};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListEdit {
    /// # List
    #[schemars(extend("x-ru" = "Список", "x-widget" = "list"))]
    pub list: String,
    /// # Which rows
    #[schemars(extend("x-ru" = "Какие строки", "x-widget" = "select", "default" = "matching"))]
    pub which: Which,
    /// # The row's number
    ///
    /// As it was found: `#{row._id}`.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Номер строки",
        "x-ru-help" = "Как при поиске: `#{row._id}`.",
        "x-when" = {"which": ["number"]}
    ))]
    pub row: Template,
    /// # Conditions
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-ru" = "Условия отбора", "x-when" = {"which": ["matching"]}))]
    pub filters: Vec<RowFilter>,
    /// # One condition is enough
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Достаточно одного условия", "x-when" = {"which": ["matching"]}))]
    pub any: bool,
    /// # Groups of conditions
    ///
    /// Where all conditions must hold, one of a group is enough; where one is enough, all of a group must hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 10),
        extend(
            "x-ru" = "Группы условий",
            "x-ru-help" = "Если должны выполняться все условия, из группы достаточно одного; если достаточно одного, группа должна выполняться целиком.", "x-when" = {"which": ["matching"]}
        )
    )]
    pub groups: Vec<FilterGroup>,
    /// # What to change
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Что изменить"))]
    pub values: Vec<CellEdit>,
    /// # Keep how many rows changed in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить, сколько строк изменено"))]
    pub count_to: Option<Target>,
}

/// A column and what happens to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellEdit {
    /// # Column
    #[schemars(extend("x-ru" = "Столбец", "x-widget" = "column"))]
    pub column: String,
    /// # How
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Как", "x-widget" = "select", "default" = "set"))]
    pub how: HowToEdit,
    /// # Value
    #[serde(default)]
    #[schemars(extend("x-ru" = "Значение"))]
    pub value: Template,
}

/// What a new value does to the one that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "set": {"en": "replace by", "ru": "заменить на"},
    "add": {"en": "increase by", "ru": "увеличить на"},
    "append": {"en": "write behind", "ru": "дописать"},
}))]
pub enum HowToEdit {
    #[default]
    Set,
    Add,
    Append,
}

impl ActionKind for ListEdit {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "edit",
        title: Words::new("Change rows", "Изменить строки"),
        help: Words::new(
            "Changes the rows of a list that match the conditions.",
            "Изменяет строки списка, которые подходят под условия.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Fixed {
                id: EMPTY_EXIT,
                title: Words::new("Nothing found", "Ничего не найдено"),
                quiet: true,
            },
            Port::Fixed {
                id: DUPLICATE_EXIT, title: Words::new("Already there", "Уже есть"), quiet: true
            },
        ],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when(
            "/which",
            "number",
            "Change row {row} of {list}: {values}",
            "Изменить строку {row} списка {list}: {values}",
        ),
        Sentence::when(
            "/which",
            "all",
            "Change all rows of {list}: {values}",
            "Изменить все строки списка {list}: {values}",
        ),
        Sentence::new(
            "Change rows of {list} where {filters+groups}: {values}",
            "Изменить в списке {list} строки, где {filters+groups}: {values}",
        ),
    ];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(EMPTY_EXIT), Exit::fixed(DUPLICATE_EXIT)]
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.list("/list", &self.list, "");
        self.rows().visit(&self.list, visit);
        for (index, cell) in self.values.iter().enumerate() {
            visit.list(&format!("/values/{index}/column"), &self.list, &cell.column);
            visit.template(&format!("/values/{index}/value"), &cell.value);
        }
        if let Some(target) = &self.count_to {
            visit.target("/count_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        validate_list(&self.list, findings);
        self.rows().validate(findings);
        if self.values.is_empty() {
            findings.warning(
                "/values",
                "nothing_to_do",
                "nothing is changed here",
                "здесь ничего не меняется",
            );
        }
        for (index, _) in self.values.iter().enumerate().filter(|(_, cell)| cell.column.is_empty()) {
            findings.error(
                format!("/values/{index}/column"),
                "no_column",
                "a value has no column",
                "для значения не выбран столбец",
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let rows = self.rows().select(cx)?;
                let mut changes = Vec::with_capacity(self.values.len());
                for (index, cell) in self.values.iter().enumerate() {
                    let place = |error: StepError| error.at(&format!("/values/{index}/value"));
                    let value = cx.value(&cell.value).map_err(place)?.into_cell();
                    let change = match cell.how {
                        HowToEdit::Set => Change::Set(value),
                        HowToEdit::Add => Change::Add(value),
                        HowToEdit::Append => Change::Append(value),
                    };
                    changes.push(CellChange { column: cell.column.clone(), change });
                }
                let change = ListChange::Edit { rows, changes };
                Ok(Flow::Ask(effect::Ask::Write(DataOp::List { list: self.list.clone(), change })))
            }
            Some(Answer::Written(count)) => {
                let changed = count.is_true();
                if let Some(target) = &self.count_to {
                    cx.set(target, count)?;
                }
                Ok(if changed { Flow::Next } else { Flow::Exit(EMPTY_EXIT.into()) })
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl ListEdit {
    pub(crate) fn rows(&self) -> Rows<'_> {
        let conditions = Conditions { filters: &self.filters, any: self.any, groups: &self.groups };
        Rows { which: self.which, row: &self.row, conditions }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn asks_for_the_change_with_values_of_their_types() {
        let mut bench = Bench::new(json!({
            "list": "orders", "which": "number", "row": "#{row._id}",
            "values": [
                {"column": "state", "value": "paid"},
                {"column": "visits", "how": "add", "value": "#{by}"},
                {"column": "log", "how": "append", "value": "; paid"},
            ],
            "count_to": "changed",
        }));
        bench.set("row", json!({"_id": 7}));
        bench.set("by", 2);
        let effect::Ask::Write(operation) = bench.ask::<ListEdit>() else { panic!("no write") };
        assert_eq!(
            serde_json::to_value(&operation).unwrap(),
            json!({"list": {"list": "orders", "change": {"edit": {
                "rows": {"filters": [{"column": "_id", "comparison": "eq", "value": 7}], "any": false, "groups": []},
                "changes": [
                    {"column": "state", "change": {"set": "paid"}},
                    {"column": "visits", "change": {"add": 2}},
                    {"column": "log", "change": {"append": "; paid"}},
                ],
            }}}})
        );
        assert_eq!(bench.step::<ListEdit>(Some(Answer::Written(1.into()))), "next");
        assert_eq!(bench.json("changed"), json!(1));
        assert_eq!(bench.step::<ListEdit>(Some(Answer::Written(0.into()))), "exit empty");
    }

    #[test]
    fn all_rows_must_be_asked_for() {
        let check = |options: serde_json::Value, expected: Result<(), &str>| {
            let mut bench = Bench::new(options.clone());
            bench.set("nothing", "");
            let asked = bench.try_flow::<ListEdit>(None).map(|_| ());
            assert_eq!(asked.as_ref().map_err(|error| error.code.as_str()).copied(), expected, "{options}");
        };
        check(json!({"list": "l"}), Err("no_conditions"));
        check(json!({"list": "l", "groups": [{"filters": []}]}), Err("no_conditions"));
        check(json!({"list": "l", "which": "number", "row": "#{nothing}"}), Err("no_row"));
        check(json!({"list": "l", "which": "all"}), Ok(()));
        check(json!({"list": "l", "filters": [{"column": "a", "value": "#{nothing}"}]}), Ok(()));
    }
}
