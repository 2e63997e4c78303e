//! Cells of lists: what people type and programs send, as values of the column's type.

use engine::list::ColumnKind;
use engine::value::{Map, Value, parse_date, parse_number};
use store::lists::{List, ListColumn};

use crate::error::ApiError;

/// Longest value of one cell, in bytes of JSON.
const CELL_BYTES: usize = 64 * 1024;

/// A cell as it stands in a form.
pub fn to_input(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => value.to_json().to_string(),
        other => other.to_text().into_owned(),
    }
}

/// A form's text as a value of the column.
///
/// # Errors
/// What the column expects, with an example.
pub fn from_input(column: &ListColumn, text: &str) -> Result<Value, ApiError> {
    if column.kind == ColumnKind::Json && !text.trim().is_empty() {
        let json = serde_json::from_str::<serde_json::Value>(text).map_err(|error| {
            expected(column, &format!("JSON ({error})"), &format!("данные JSON ({error})"))
        })?;
        return Ok(Value::from(json));
    }
    from_value(column, Value::text(text.replace("\r\n", "\n")))
}

/// Any value as a value of the column; a text that spells one is taken.
///
/// # Errors
/// What the column expects, with an example.
pub fn from_value(column: &ListColumn, value: Value) -> Result<Value, ApiError> {
    if serde_json::to_vec(&value).map_or(0, |json| json.len()) > CELL_BYTES {
        return Err(expected(column, "at most 64 KB", "не больше 64 КБ"));
    }
    if value.is_empty() && column.kind != ColumnKind::Json {
        return Ok(Value::Null);
    }
    match column.kind {
        ColumnKind::Json => Ok(value),
        ColumnKind::Text => match value {
            Value::Array(_) | Value::Object(_) => Err(expected(column, "a text", "текст")),
            other => Ok(Value::Text(other.to_text().into_owned())),
        },
        ColumnKind::Number => match &value {
            Value::Number(_) => Ok(value),
            Value::Text(text) => parse_number(text)
                .map(Value::Number)
                .ok_or_else(|| expected(column, "a number such as 12.50", "число, например 12,50")),
            _ => Err(expected(column, "a number such as 12.50", "число, например 12,50")),
        },
        ColumnKind::Bool => match value.to_text().trim() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(expected(column, "true or false", "true или false")),
        },
        ColumnKind::Date => match &value {
            Value::Text(text) if parse_date(text).is_some() => Ok(Value::Text(text.trim().to_owned())),
            _ => Err(expected(
                column,
                "a date such as 31.12.2027 or 31.12.2027 18:30",
                "дата, например 31.12.2027 или 31.12.2027 18:30",
            )),
        },
    }
}

/// A row of a program: names and values.
///
/// # Errors
/// A column that does not exist; a value its column does not take.
pub fn from_row(list: &List, row: Map) -> Result<Map, ApiError> {
    let mut cells = Map::new();
    for (name, value) in row {
        let column = list.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            ApiError::invalid(
                format!("The list has no column `{name}`."),
                format!("В списке нет столбца «{name}»."),
            )
        })?;
        cells.insert(name, from_value(column, value)?);
    }
    Ok(cells)
}

fn expected(column: &ListColumn, en: &str, ru: &str) -> ApiError {
    ApiError::invalid(
        format!("Column `{}`: expected {en}.", column.name),
        format!("Столбец «{}»: ожидается {ru}.", column.name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_their_columns() {
        let check = |kind: ColumnKind, text: &str, value: Option<serde_json::Value>| {
            let column = ListColumn { id: "c".into(), name: "C".into(), kind, unique: false, indexed: false };
            let taken = from_input(&column, text).ok().map(|value| value.to_json());
            assert_eq!(taken, value, "{kind:?} {text}");
        };
        check(ColumnKind::Text, "a\r\nb", Some("a\nb".into()));
        check(ColumnKind::Text, "", Some(serde_json::Value::Null));
        check(ColumnKind::Number, "12,50", Some(12.5.into()));
        check(ColumnKind::Number, "twelve", None);
        check(ColumnKind::Bool, "true", Some(true.into()));
        check(ColumnKind::Bool, "maybe", None);
        check(ColumnKind::Date, "31.12.2027 18:30", Some("31.12.2027 18:30".into()));
        check(ColumnKind::Date, "32.12.2027", None);
        check(ColumnKind::Json, "{\"a\":[1]}", Some(serde_json::json!({"a": [1]})));
        check(ColumnKind::Json, "{", None);
    }
}
