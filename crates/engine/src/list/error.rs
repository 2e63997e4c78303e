//! What the data of a list or a shared number does not allow, as the builder reads it.
//!
//! The store and the played world say the same sentence for the same mistake.

use rust_decimal::Decimal;

use crate::error::StepError;
use crate::value::Value;

/// A list that is not there.
pub fn unknown_list(name: &str) -> StepError {
    StepError::new("unknown_list", format!("There is no list “{name}”"), format!("Списка «{name}» нет"))
}

/// A column that is not there.
pub fn unknown_column(list: &str, column: &str) -> StepError {
    StepError::new(
        "unknown_column",
        format!("The list “{list}” has no column “{column}”"),
        format!("В списке «{list}» нет столбца «{column}»"),
    )
}

/// A column by which rows are told apart, but which may repeat.
pub fn not_unique(list: &str, column: &str) -> StepError {
    StepError::new(
        "not_unique",
        format!(
            "The column “{column}” of “{list}” may repeat, so it does not tell rows apart: make it unique"
        ),
        format!(
            "Столбец «{column}» списка «{list}» может повторяться и не отличает строки: сделайте его уникальным"
        ),
    )
}

/// A value that another row holds already.
pub fn duplicate(list: &str, column: &str, value: &Value) -> StepError {
    let value = value.to_text();
    StepError::new(
        "duplicate",
        format!("The list “{list}” already has a row whose “{column}” is “{value}”"),
        format!("В списке «{list}» уже есть строка, где «{column}» — «{value}»"),
    )
}

/// A value that cannot be added to, or added.
pub fn not_a_number(name: &str, value: &Value) -> StepError {
    let value = value.to_text();
    StepError::new(
        "not_a_number",
        format!("“{name}” cannot be calculated with: “{value}” is not a number"),
        format!("«{name}» нельзя посчитать: «{value}» не число"),
    )
}

/// A sum that does not fit.
pub fn too_large(name: &str) -> StepError {
    StepError::new(
        "too_large",
        format!("“{name}” would grow beyond what a number can hold"),
        format!("«{name}» стало бы больше, чем вмещает число"),
    )
}

/// A text that has grown too long.
pub fn too_long(name: &str, bytes: usize) -> StepError {
    StepError::new(
        "too_long",
        format!("“{name}” would grow beyond {bytes} bytes"),
        format!("«{name}» стало бы длиннее {bytes} байт"),
    )
}

/// A number that would leave its bounds.
pub fn below_least(name: &str, number: Decimal, least: Decimal) -> StepError {
    StepError::new(
        "out_of_range",
        format!("“{name}” would become {number}, and it must not be less than {least}"),
        format!("«{name}» стало бы {number}, а меньше {least} нельзя"),
    )
}

/// A number that would leave its bounds.
pub fn above_most(name: &str, number: Decimal, most: Decimal) -> StepError {
    StepError::new(
        "out_of_range",
        format!("“{name}” would become {number}, and it must not be more than {most}"),
        format!("«{name}» стало бы {number}, а больше {most} нельзя"),
    )
}

/// A search that no index narrows down.
pub fn too_many_examined(list: &str, limit: usize) -> StepError {
    StepError::new(
        "too_many_rows",
        format!(
            "More than {limit} rows of “{list}” would have to be looked through: make a column of the conditions unique or indexed"
        ),
        format!(
            "Пришлось бы просмотреть больше {limit} строк списка «{list}»: сделайте столбец из условий уникальным или индексируемым"
        ),
    )
}

/// A change of more rows than one step may change.
pub fn too_many_changed(list: &str, limit: usize) -> StepError {
    StepError::new(
        "too_many_rows",
        format!("More than {limit} rows of “{list}” would change at once: nothing was changed"),
        format!("Изменилось бы сразу больше {limit} строк списка «{list}»: не изменено ничего"),
    )
}
