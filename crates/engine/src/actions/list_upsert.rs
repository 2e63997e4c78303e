//! Changes the row that has the same value in a unique column, or adds one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list_add::{Cell, render_cells, validate_cells};
use super::rows::validate_list;
use super::{
    ADDED_EXIT, ActionKind, DUPLICATE_EXIT, Exit, Flow, Group, Port, Sentence, Spec, UPDATED_EXIT, Visit,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, DataOp};
use crate::error::StepError;
use crate::expression::Target;
use crate::list::ListChange;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListUpsert {
    /// # List
    #[schemars(extend("x-ru" = "Список", "x-widget" = "list"))]
    pub list: String,
    /// # Told apart by
    ///
    /// A unique column; one of the values below must be for it.
    #[schemars(extend(
        "x-ru" = "Отличать по",
        "x-ru-help" = "Уникальный столбец; среди значений ниже должно быть значение для него.",
        "x-widget" = "column"
    ))]
    pub key: String,
    /// # Values
    ///
    /// Of a row that is there, columns that are not named stay as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 100),
        extend("x-ru" = "Значения", "x-ru-help" = "Если строка уже есть, столбцы, которых здесь нет, не изменятся.")
    )]
    pub values: Vec<Cell>,
    /// # Keep the row's number in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить номер строки"))]
    pub id_to: Option<Target>,
}

impl ActionKind for ListUpsert {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "refresh",
        title: Words::new("Update or add a row", "Изменить или добавить строку"),
        help: Words::new(
            "Changes the row with the same key, or adds a new one, also when two people do so at once.",
            "Изменяет строку с тем же ключом или добавляет новую, даже если это делают сразу двое.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Fixed { id: ADDED_EXIT, title: Words::new("Added", "Добавлена"), quiet: true },
            Port::Fixed { id: UPDATED_EXIT, title: Words::new("Was there", "Уже была"), quiet: true },
            Port::Fixed {
                id: DUPLICATE_EXIT, title: Words::new("Already there", "Уже есть"), quiet: true
            },
        ],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "In {list}, change the row of the same {key} or add one[: {values}]",
        "В списке {list} изменить строку с тем же {key} или добавить[: {values}]",
    )];

    fn exits(&self) -> Vec<Exit> {
        [ADDED_EXIT, UPDATED_EXIT, DUPLICATE_EXIT].map(Exit::fixed).into()
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !(is_wired(ADDED_EXIT) && is_wired(UPDATED_EXIT))
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.list("/list", &self.list, "");
        if !self.key.is_empty() {
            visit.list("/key", &self.list, &self.key);
        }
        for (index, cell) in self.values.iter().enumerate() {
            visit.list(&format!("/values/{index}/column"), &self.list, &cell.column);
            visit.template(&format!("/values/{index}/value"), &cell.value);
        }
        if let Some(target) = &self.id_to {
            visit.target("/id_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        validate_list(&self.list, findings);
        validate_cells(&self.values, findings);
        if self.key.is_empty() {
            findings.error(
                "/key",
                "no_column",
                "it is not said by which column rows are told apart",
                "не выбран столбец, по которому отличать строки",
            );
        } else if !self.values.iter().any(|cell| cell.column == self.key) {
            findings.error(
                "/values",
                "no_key_value",
                format!("there is no value for “{}”, by which rows are told apart", self.key),
                format!("нет значения для «{}», по которому отличаются строки", self.key),
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let change =
                    ListChange::Upsert { key: self.key.clone(), row: render_cells(cx, &self.values)? };
                Ok(Flow::Ask(effect::Ask::Write(DataOp::List { list: self.list.clone(), change })))
            }
            Some(Answer::Upserted { row, added }) => {
                if let Some(target) = &self.id_to {
                    cx.set(target, row.into())?;
                }
                Ok(Flow::Exit(if added { ADDED_EXIT } else { UPDATED_EXIT }.into()))
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn says_whether_the_row_was_there() {
        let mut bench = Bench::new(json!({
            "list": "people", "key": "phone",
            "values": [{"column": "phone", "value": "#{phone}"}, {"column": "name", "value": "[Name]"}],
            "id_to": "row",
        }));
        bench.set("phone", "+7");
        let effect::Ask::Write(operation) = bench.ask::<ListUpsert>() else { panic!("no write") };
        assert_eq!(
            serde_json::to_value(&operation).unwrap(),
            json!({"list": {"list": "people", "change": {"upsert": {"key": "phone", "row": {"phone": "+7", "name": "Ann"}}}}})
        );
        let answer = |added| Some(Answer::Upserted { row: 4, added });
        assert_eq!(bench.step::<ListUpsert>(answer(true)), "exit added");
        assert_eq!(bench.step::<ListUpsert>(answer(false)), "exit updated");
        assert_eq!(bench.json("row"), json!(4));
    }
}
