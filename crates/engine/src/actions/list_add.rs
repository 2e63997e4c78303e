//! Adds a row to a list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rows::validate_list;
use super::{ActionKind, DUPLICATE_EXIT, Exit, Flow, Group, Port, Sentence, Spec, Visit, unexpected_answer};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, DataOp};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::list::ListChange;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Map;
use crate::words::Words;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListAdd {
    /// # List
    #[schemars(extend("x-ru" = "Список", "x-widget" = "list"))]
    pub list: String,
    /// # Values
    ///
    /// Columns that are not named stay empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 100),
        extend("x-ru" = "Значения", "x-ru-help" = "Столбцы, которых здесь нет, останутся пустыми.")
    )]
    pub values: Vec<Cell>,
    /// # Keep the new row's id in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить номер строки"))]
    pub id_to: Option<Target>,
}

/// A column and what to write into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// # Column
    #[schemars(extend("x-ru" = "Столбец", "x-widget" = "column"))]
    pub column: String,
    /// # Value
    #[serde(default)]
    #[schemars(extend("x-ru" = "Значение"))]
    pub value: Template,
}

impl ActionKind for ListAdd {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "table-plus",
        title: Words::new("Add a row", "Добавить строку"),
        help: Words::new(
            "Adds a row to a list. A row that breaks the list's rules, such as a unique column, is an error.",
            "Добавляет строку в список. Строка, которая нарушает правила списка, например повтор в уникальном столбце, — ошибка.",
        ),
        can_fail: true,
        waits: false,
        ports: &[Port::Fixed {
            id: DUPLICATE_EXIT,
            title: Words::new("Already there", "Уже есть"),
            quiet: true,
        }],
    };
    const SENTENCES: &'static [Sentence] =
        &[Sentence::new("Add a row to {list}[: {values}]", "Добавить строку в список {list}[: {values}]")];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(DUPLICATE_EXIT)]
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.list("/list", &self.list, "");
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
        if self.values.is_empty() {
            findings.warning(
                "/values",
                "nothing_to_do",
                "the new row would be empty",
                "новая строка будет пустой",
            );
        }
        validate_cells(&self.values, findings);
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let change = ListChange::Add { row: render_cells(cx, &self.values)? };
                Ok(Flow::Ask(effect::Ask::Write(DataOp::List { list: self.list.clone(), change })))
            }
            Some(Answer::Written(id)) => {
                if let Some(target) = &self.id_to {
                    cx.set(target, id)?;
                }
                Ok(Flow::Next)
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

/// The cells of a row with their values as they are now.
pub(super) fn render_cells(cx: &StepContext<'_>, cells: &[Cell]) -> Result<Map, StepError> {
    let mut row = Map::with_capacity(cells.len());
    for (index, cell) in cells.iter().enumerate() {
        let place = |error: StepError| error.at(&format!("/values/{index}/value"));
        row.insert(cell.column.clone(), cx.value(&cell.value).map_err(place)?.into_cell());
    }
    Ok(row)
}

pub(super) fn validate_cells(cells: &[Cell], findings: &mut Findings) {
    for (index, cell) in cells.iter().enumerate() {
        let pointer = format!("/values/{index}/column");
        if cell.column.is_empty() {
            findings.error(pointer, "no_column", "a value has no column", "для значения не выбран столбец");
        } else if cells.iter().take(index).any(|earlier| earlier.column == cell.column) {
            findings.error(
                pointer,
                "duplicate_column",
                format!("the column “{}” is written twice", cell.column),
                format!("столбец «{}» записывается дважды", cell.column),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::Bench;

    #[test]
    fn adds_the_row_and_keeps_its_id() {
        let mut bench = Bench::new(json!({
            "list": "orders",
            "values": [{"column": "total", "value": "#{total}"}, {"column": "note", "value": "for #{total}"}],
            "id_to": "client.last_order",
        }));
        bench.set("total", 15);
        let effect::Ask::Write(operation) = bench.ask::<ListAdd>() else { panic!("no write") };
        assert_eq!(
            serde_json::to_value(&operation).unwrap(),
            json!({"list": {"list": "orders", "change": {"add": {"row": {"total": 15, "note": "for 15"}}}}})
        );
        assert_eq!(bench.step::<ListAdd>(Some(Answer::Written(7_i64.into()))), "next");
        assert_eq!(bench.client("last_order"), json!(7));
    }
}
