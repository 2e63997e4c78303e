//! Deletes rows of a list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rows::{Conditions, FilterGroup, RowFilter, Rows, Which, validate_list};
use super::{
    ActionKind, EMPTY_EXIT, Exit, Flow, Group, Port, Sentence, Spec, Visit, is_default, unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, DataOp};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::list::ListChange;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListDelete {
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
    /// # Keep how many rows were deleted in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить, сколько строк удалено"))]
    pub count_to: Option<Target>,
}

impl ActionKind for ListDelete {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "trash",
        title: Words::new("Delete rows", "Удалить строки"),
        help: Words::new(
            "Deletes the rows of a list that match the conditions.",
            "Удаляет строки списка, которые подходят под условия.",
        ),
        can_fail: true,
        waits: false,
        ports: &[Port::Fixed {
            id: EMPTY_EXIT,
            title: Words::new("Nothing found", "Ничего не найдено"),
            quiet: true,
        }],
    };
    const SENTENCES: &'static [Sentence] = &[
        Sentence::when(
            "/which",
            "number",
            "Delete row {row} of {list}",
            "Удалить строку {row} списка {list}",
        ),
        Sentence::when("/which", "all", "Delete all rows of {list}", "Удалить все строки списка {list}"),
        Sentence::new(
            "Delete rows of {list} where {filters+groups}",
            "Удалить из списка {list} строки, где {filters+groups}",
        ),
    ];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(EMPTY_EXIT)]
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.list("/list", &self.list, "");
        self.rows().visit(&self.list, visit);
        if let Some(target) = &self.count_to {
            visit.target("/count_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        validate_list(&self.list, findings);
        self.rows().validate(findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let change = ListChange::Delete { rows: self.rows().select(cx)? };
                Ok(Flow::Ask(effect::Ask::Write(DataOp::List { list: self.list.clone(), change })))
            }
            Some(Answer::Written(count)) => {
                let deleted = count.is_true();
                if let Some(target) = &self.count_to {
                    cx.set(target, count)?;
                }
                Ok(if deleted { Flow::Next } else { Flow::Exit(EMPTY_EXIT.into()) })
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl ListDelete {
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
    fn asks_for_the_rows_and_counts_them() {
        let mut bench = Bench::new(json!({
            "list": "cart", "filters": [{"column": "client", "value": "[ClientID]"}], "count_to": "n",
        }));
        let effect::Ask::Write(operation) = bench.ask::<ListDelete>() else { panic!("no write") };
        assert_eq!(
            serde_json::to_value(&operation).unwrap(),
            json!({"list": {"list": "cart", "change": {"delete": {"rows": {
                "filters": [{"column": "client", "comparison": "eq", "value": "42"}], "any": false, "groups": [],
            }}}}})
        );
        assert_eq!(bench.step::<ListDelete>(Some(Answer::Written(3.into()))), "next");
        assert_eq!(bench.json("n"), json!(3));
        assert_eq!(bench.step::<ListDelete>(Some(Answer::Written(0.into()))), "exit empty");
        assert_eq!(Bench::new(json!({"list": "cart"})).fail::<ListDelete>(None).code, "no_conditions");
    }
}
