//! Adds to a number in a list, in one step for everybody.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::increment::render_bounds;
use super::rows::{Conditions, FilterGroup, RowFilter, Rows, Which, validate_list};
use super::{
    ActionKind, EMPTY_EXIT, Exit, Flow, Group, OUT_OF_RANGE_EXIT, Port, Sentence, Spec, Visit, is_default,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, DataOp};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::list::ListChange;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListIncrement {
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
    /// # Column
    #[schemars(extend("x-ru" = "Столбец", "x-widget" = "column"))]
    pub column: String,
    /// # By
    ///
    /// A number below zero takes away.
    #[schemars(extend("x-ru" = "На сколько", "x-ru-help" = "Отрицательное число уменьшает."))]
    pub by: Template,
    /// # Not less than
    ///
    /// If the number would become less, nothing changes.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Не меньше", "x-ru-help" = "Если число стало бы меньше, ничего не изменится."))]
    pub least: Template,
    /// # Not more than
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Не больше"))]
    pub most: Template,
    /// # Keep the new number in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить новое число"))]
    pub value_to: Option<Target>,
}

impl Default for ListIncrement {
    fn default() -> Self {
        Self {
            list: String::new(),
            which: Which::default(),
            row: Template::default(),
            filters: Vec::new(),
            any: false,
            groups: Vec::new(),
            column: String::new(),
            by: Template::new("1"),
            least: Template::default(),
            most: Template::default(),
            value_to: None,
        }
    }
}

impl ActionKind for ListIncrement {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "table-plus",
        title: Words::new("Increase a number in a list", "Увеличить число в списке"),
        help: Words::new(
            "Adds to a number in a row, also when several people do so at once.",
            "Прибавляет к числу в строке, даже если это делают сразу несколько человек.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Fixed {
                id: OUT_OF_RANGE_EXIT,
                title: Words::new("Out of bounds", "За границами"),
                quiet: true,
            },
            Port::Fixed {
                id: EMPTY_EXIT,
                title: Words::new("Nothing found", "Ничего не найдено"),
                quiet: true,
            },
        ],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when(
            "/which",
            "number",
            "Add {by} to {column} in row {row} of {list}",
            "Прибавить {by} к {column} в строке {row} списка {list}",
        ),
        Sentence::when(
            "/which",
            "all",
            "Add {by} to {column} in all rows of {list}",
            "Прибавить {by} к {column} во всех строках списка {list}",
        ),
        Sentence::new(
            "Add {by} to {column} of {list} where {filters+groups}",
            "Прибавить {by} к {column} в списке {list}, где {filters+groups}",
        ),
    ];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(OUT_OF_RANGE_EXIT), Exit::fixed(EMPTY_EXIT)]
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.list("/list", &self.list, "");
        self.rows().visit(&self.list, visit);
        visit.list("/column", &self.list, &self.column);
        visit.template("/by", &self.by);
        visit.template("/least", &self.least);
        visit.template("/most", &self.most);
        if let Some(target) = &self.value_to {
            visit.target("/value_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        validate_list(&self.list, findings);
        self.rows().validate(findings);
        if self.column.is_empty() {
            findings.error("/column", "no_column", "no column is chosen", "не выбран столбец");
        }
        if self.by.is_empty() {
            findings.error("/by", "no_number", "it is not said by how much", "не указано, на сколько");
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let change = ListChange::Increment {
                    rows: self.rows().select(cx)?,
                    column: self.column.clone(),
                    by: cx.value(&self.by).map_err(|error| error.at("/by"))?,
                    bounds: render_bounds(cx, &self.least, &self.most)?,
                };
                Ok(Flow::Ask(effect::Ask::Write(DataOp::List { list: self.list.clone(), change })))
            }
            Some(Answer::Written(Value::Null)) => Ok(Flow::Exit(EMPTY_EXIT.into())),
            Some(Answer::Written(number)) => {
                if let Some(target) = &self.value_to {
                    cx.set(target, number)?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl ListIncrement {
    fn rows(&self) -> Rows<'_> {
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
    fn asks_for_the_number_within_its_bounds() {
        let mut bench = Bench::new(json!({
            "list": "stock", "filters": [{"column": "title", "value": "Tea"}], "column": "left",
            "by": "{{ 0 - #{n} }}", "least": "0", "value_to": "left",
        }));
        bench.set("n", 2);
        let effect::Ask::Write(DataOp::List { change, .. }) = bench.ask::<ListIncrement>() else { panic!() };
        let ListChange::Increment { column, by, bounds, .. } = change else { panic!("{change:?}") };
        assert_eq!((column.as_str(), by.to_json()), ("left", json!(-2)));
        assert_eq!((bounds.least, bounds.most), (Some(0.into()), None));
        assert_eq!(bench.step::<ListIncrement>(Some(Answer::Written(3.into()))), "next");
        assert_eq!(bench.json("left"), json!(3));
        assert_eq!(bench.step::<ListIncrement>(Some(Answer::Written(Value::Null))), "exit empty");
    }
}
