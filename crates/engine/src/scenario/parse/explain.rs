//! What serde says about a document, in the words of both languages.

use serde_json::Value;

/// What is wrong at one place.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub code: &'static str,
    /// The field it is about, when the place is the object around it.
    pub field: Option<String>,
    pub en: String,
    pub ru: String,
}

impl Fault {
    pub(super) fn unknown_field(name: &str, known: &[&str]) -> Self {
        let (hint, hint_ru) = match known {
            [] => ("there are none here".to_owned(), "здесь полей нет".to_owned()),
            known => (format!("known are {}", list_en(known)), format!("есть {}", list_ru(known))),
        };
        Self {
            code: "unknown_field",
            field: Some(name.to_owned()),
            en: format!("The field “{name}” is unknown; {hint}"),
            ru: format!("Поле «{name}» неизвестно; {hint_ru}"),
        }
    }

    pub(super) fn wrong_type(expected: &str, expected_ru: &str, found: &Value) -> Self {
        let (name, name_ru) = match found {
            Value::Null => ("null", "null"),
            Value::Bool(_) => ("true or false", "да или нет"),
            Value::Number(_) => ("a number", "число"),
            Value::String(_) => ("a text", "текст"),
            Value::Array(_) => ("an array", "массив"),
            Value::Object(_) => ("an object", "объект"),
        };
        Self {
            code: "wrong_type",
            field: None,
            en: format!("Here must be {expected}, not {name}"),
            ru: format!("Здесь должно быть: {expected_ru}, а не {name_ru}"),
        }
    }
}

/// Turns a message of serde into a fault. Its messages are part of serde's tested behaviour; one that is not
/// known here is passed on as it is.
pub(super) fn explain(message: &str) -> Fault {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let fault = |code, en, ru| Fault { code, field: None, en, ru };
    match (message.split_once(' '), quoted.as_slice()) {
        (Some(("unknown", rest)), [name, known @ ..]) if rest.starts_with("field") => {
            Fault::unknown_field(name, known)
        }
        (Some(("unknown", rest)), [name, known @ ..]) if rest.starts_with("variant") => fault(
            "unknown_value",
            format!("“{name}” is none of the values {}", list_en(known)),
            format!("«{name}» не подходит; возможные значения: {}", list_ru(known)),
        ),
        (Some(("missing", _)), [name, ..]) => {
            fault("missing_field", format!("The field “{name}” is missing"), format!("Нет поля «{name}»"))
        }
        (Some(("invalid", rest)), _) => {
            let what = rest.split_once(": ").map_or(rest, |(_, what)| what);
            let (found, expected) = what.split_once(", expected ").unwrap_or((what, "something else"));
            fault(
                "wrong_type",
                format!("Here must be {expected}, not {found}"),
                format!("Здесь должно быть: {}, а не {}", translate(expected), translate(found)),
            )
        }
        _ => fault("invalid", format!("Cannot be read: {message}"), format!("Не читается: {message}")),
    }
}

/// Serde's names of types. Values inside stay as they are.
fn translate(name: &str) -> String {
    const NAMES: [(&str, &str); 15] = [
        ("a borrowed string", "текст"),
        ("a string", "текст"),
        ("string or map", "текст или объект"),
        ("string ", "текст "),
        ("integer ", "число "),
        ("floating point ", "число "),
        ("a boolean", "да или нет (true, false)"),
        ("boolean ", "значение "),
        ("a sequence", "массив"),
        ("sequence", "массив"),
        ("a map", "объект"),
        ("map", "объект"),
        ("struct ", "объект "),
        ("null", "null"),
        ("unit", "пустое значение"),
    ];
    const INTEGERS: [&str; 8] = ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"];
    if INTEGERS.contains(&name) {
        return "целое число".to_owned();
    }
    let known = NAMES.iter().find(|(start, _)| name.starts_with(start));
    known.map_or_else(
        || name.to_owned(),
        |(start, russian)| format!("{russian}{}", name.get(start.len()..).unwrap_or_default()),
    )
}

/// Why a text is no JSON, by the messages of serde_json.
pub(super) fn json_fault_ru(message: &str) -> &str {
    match message {
        "EOF while parsing a value" | "EOF while parsing an object" | "EOF while parsing a list" => {
            "текст обрывается"
        }
        "EOF while parsing a string" => "не закрыта кавычка",
        "trailing comma" => "лишняя запятая",
        "trailing characters" => "лишний текст после документа",
        "expected value" => "ожидается значение",
        "expected `:`" => "ожидается двоеточие",
        "expected `,` or `}`" => "ожидается запятая или }",
        "expected `,` or `]`" => "ожидается запятая или ]",
        "key must be a string" => "имя поля должно быть в кавычках",
        "recursion limit exceeded" => "слишком глубокая вложенность",
        other => other,
    }
}

pub(super) fn list_en(names: &[&str]) -> String {
    names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ")
}

pub(super) fn list_ru(names: &[&str]) -> String {
    names.iter().map(|name| format!("«{name}»")).collect::<Vec<_>>().join(", ")
}
