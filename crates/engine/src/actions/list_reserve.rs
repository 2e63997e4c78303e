//! Takes a free row of a list for somebody: of two people who want the last one, one gets it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list_add::{Cell, render_cells, validate_cells};
use super::rows::{Conditions, FilterGroup, RowFilter, validate_list};
use super::{
    ActionKind, Exit, Flow, Group, NONE_EXIT, Port, RESERVED_EXIT, Sentence, Spec, Visit, is_default,
    unexpected_answer,
};
use crate::channel::Capabilities;
use crate::effect::{self, Answer, DataOp};
use crate::error::StepError;
use crate::expression::{Target, Template};
use crate::list::{ListChange, Reserve, Sort};
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::words::Words;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListReserve {
    /// # List
    #[schemars(extend("x-ru" = "Список", "x-widget" = "list"))]
    pub list: String,
    /// # Column that says who has taken the row
    ///
    /// A row is free while this column is empty.
    #[schemars(extend(
        "x-ru" = "Столбец, в котором записано, кто занял",
        "x-ru-help" = "Строка свободна, пока этот столбец пуст.",
        "x-widget" = "column"
    ))]
    pub column: String,
    /// # For whom
    #[schemars(extend("x-ru" = "Для кого", "default" = "[ClientID]"))]
    pub holder: Template,
    /// # Conditions
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-ru" = "Условия отбора"))]
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
    /// # Take first by
    ///
    /// Without a column, the oldest free row is taken.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend(
        "x-ru" = "Занимать сначала по",
        "x-ru-help" = "Если столбец не выбран, занимается самая старая свободная строка.",
        "x-widget" = "column"
    ))]
    pub sort: String,
    /// # From largest to smallest
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "От большего к меньшему"))]
    pub descending: bool,
    /// # Any free row at random
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend("x-ru" = "Случайная свободная строка"))]
    pub random: bool,
    /// # Another one each time
    ///
    /// Otherwise whoever already has such a row gets the same one again.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Каждый раз ещё одну",
        "x-ru-help" = "Иначе тот, у кого уже есть такая строка, получит её же."
    ))]
    pub again: bool,
    /// # Write into the row as well
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Что ещё записать в строку"))]
    pub values: Vec<Cell>,
    /// # Keep the row in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ru" = "Куда сохранить строку"))]
    pub row_to: Option<Target>,
}

impl Default for ListReserve {
    fn default() -> Self {
        Self {
            list: String::new(),
            column: String::new(),
            holder: Template::new("[ClientID]"),
            filters: Vec::new(),
            any: false,
            groups: Vec::new(),
            sort: String::new(),
            descending: false,
            random: false,
            again: false,
            values: Vec::new(),
            row_to: None,
        }
    }
}

impl ActionKind for ListReserve {
    const SPEC: Spec = Spec {
        group: Group::Data,
        icon: "lock",
        title: Words::new("Reserve a row", "Занять строку"),
        help: Words::new(
            "Takes a free row for one person: a slot, a ticket, a promo code. Nobody else can get it.",
            "Занимает свободную строку для одного человека: время, билет, промокод. Другому она не достанется.",
        ),
        can_fail: true,
        waits: false,
        ports: &[
            Port::Fixed {
                id: RESERVED_EXIT, title: Words::new("Reserved", "Занято для него"), quiet: true
            },
            Port::Fixed {
                id: NONE_EXIT, title: Words::new("None is free", "Свободных нет"), quiet: false
            },
        ],
    };
    const SENTENCES: &'static [Sentence] = &[Sentence::new(
        "Take a free row of {list}[ where {filters+groups}][{?random} at random][ → {row_to}]",
        "Занять свободную строку списка {list}[, где {filters+groups}][{?random}, случайную][ → {row_to}]",
    )];

    fn exits(&self) -> Vec<Exit> {
        vec![Exit::fixed(RESERVED_EXIT), Exit::fixed(NONE_EXIT)]
    }

    fn runs_on(&self, is_wired: &dyn Fn(&str) -> bool) -> bool {
        !(is_wired(RESERVED_EXIT) && is_wired(NONE_EXIT))
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.list("/list", &self.list, "");
        visit.list("/column", &self.list, &self.column);
        visit.template("/holder", &self.holder);
        self.conditions().visit(&self.list, visit);
        if !self.sort.is_empty() {
            visit.list("/sort", &self.list, &self.sort);
        }
        for (index, cell) in self.values.iter().enumerate() {
            visit.list(&format!("/values/{index}/column"), &self.list, &cell.column);
            visit.template(&format!("/values/{index}/value"), &cell.value);
        }
        if let Some(target) = &self.row_to {
            visit.target("/row_to", target);
        }
    }

    fn validate(&self, _channel: &Capabilities, findings: &mut Findings) {
        validate_list(&self.list, findings);
        self.conditions().validate(findings);
        validate_cells(&self.values, findings);
        if self.column.is_empty() {
            findings.error("/column", "no_column", "no column is chosen", "не выбран столбец");
        }
        if self.holder.is_empty() {
            findings.error(
                "/holder",
                "no_holder",
                "it is not said for whom the row is taken",
                "не указано, для кого занимается строка",
            );
        }
        if self.conditions().columns().any(|column| !column.is_empty() && column == self.column) {
            findings.warning(
                "/filters",
                "needless_condition",
                format!(
                    "rows whose “{}” is empty are free anyway; no condition on it is needed",
                    self.column
                ),
                format!("свободны и так строки с пустым «{}»; условие на этот столбец не нужно", self.column),
            );
        }
    }

    fn step(&self, cx: &mut StepContext<'_>, answer: Option<Answer>) -> Result<Flow, StepError> {
        match answer {
            None => {
                let change = ListChange::Reserve(self.reserve(cx)?);
                Ok(Flow::Ask(effect::Ask::Write(DataOp::List { list: self.list.clone(), change })))
            }
            Some(Answer::Written(row)) => {
                let exit = if row.is_empty() { NONE_EXIT } else { RESERVED_EXIT };
                if let Some(target) = &self.row_to {
                    cx.set(target, row)?;
                }
                Ok(Flow::Exit(exit.into()))
            }
            Some(_) => Err(unexpected_answer()),
        }
    }
}

impl ListReserve {
    fn conditions(&self) -> Conditions<'_> {
        Conditions { filters: &self.filters, any: self.any, groups: &self.groups }
    }

    fn reserve(&self, cx: &StepContext<'_>) -> Result<Reserve, StepError> {
        let holder = cx.value(&self.holder).map_err(|error| error.at("/holder"))?.into_cell();
        if holder.is_empty() {
            return Err(StepError::new(
                "no_holder",
                "It is not known for whom the row should be taken: the field is empty",
                "Неизвестно, для кого занять строку: поле пустое",
            )
            .at("/holder"));
        }
        let by = Sort { column: self.sort.clone(), descending: self.descending };
        Ok(Reserve {
            rows: self.conditions().select(cx)?,
            sort: if self.sort.is_empty() { Vec::new() } else { vec![by] },
            shuffle: self.random.then(|| cx.step_seed()),
            column: self.column.clone(),
            holder,
            again: self.again,
            values: render_cells(cx, &self.values)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{Bench, map};
    use crate::value::Value;

    #[test]
    fn asks_for_a_row_and_leaves_by_what_came() {
        let mut bench = Bench::new(json!({
            "list": "slots", "column": "client", "filters": [{"column": "day", "value": "02.01.2026"}],
            "sort": "time", "values": [{"column": "name", "value": "[Name]"}], "row_to": "slot",
        }));
        let effect::Ask::Write(DataOp::List { list, change }) = bench.ask::<ListReserve>() else { panic!() };
        assert_eq!(list, "slots");
        let ListChange::Reserve(reserve) = change else { panic!("{change:?}") };
        assert_eq!((reserve.holder.clone(), reserve.again), (Value::from("42"), false));
        assert_eq!(reserve.taken(), map(json!({"name": "Ann", "client": "42"})));
        let row = map(json!({"_id": 3, "time": "10:00"}));
        assert_eq!(bench.step::<ListReserve>(Some(Answer::Written(row.into()))), "exit reserved");
        assert_eq!(bench.json("slot"), json!({"_id": 3, "time": "10:00"}));
        assert_eq!(bench.step::<ListReserve>(Some(Answer::Written(Value::Null))), "exit none");
        assert_eq!(bench.json("slot"), json!(null));
    }

    #[test]
    fn nobody_cannot_take_a_row() {
        let mut bench = Bench::new(json!({"list": "slots", "column": "client", "holder": "#{nobody}"}));
        let error = bench.fail::<ListReserve>(None);
        assert_eq!((error.code.as_str(), error.pointer.as_deref()), ("no_holder", Some("/holder")));
    }
}
