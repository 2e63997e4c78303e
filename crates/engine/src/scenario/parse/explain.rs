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
            known => hint(name, known),
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
                format!(
                    "Here must be {}, not {found}",
                    if is_integer(expected) { "a whole number" } else { expected }
                ),
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
    if is_integer(name) {
        return "целое число".to_owned();
    }
    let known = NAMES.iter().find(|(start, _)| name.starts_with(start));
    known.map_or_else(
        || name.to_owned(),
        |(start, russian)| format!("{russian}{}", name.get(start.len()..).unwrap_or_default()),
    )
}

/// Whether serde names a type of whole numbers.
fn is_integer(name: &str) -> bool {
    ["u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64"].contains(&name)
}

/// What was meant by an unknown name, or all that would be known.
pub(super) fn hint(name: &str, known: &[&str]) -> (String, String) {
    match nearest(name, known) {
        Some(near) => (format!("did you mean “{near}”?"), format!("возможно, имелось в виду «{near}»?")),
        None => (format!("known are {}", list_en(known)), format!("есть {}", list_ru(known))),
    }
}

/// The known name that differs by the fewest letters, if they are few.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    // Nobody mistypes a long text into one of these names.
    const LONGEST: usize = 40;
    let letters = name.chars().take(LONGEST + 1).count();
    if letters > LONGEST {
        return None;
    }
    let distances = known.iter().map(|known| (distance(name, known), *known));
    let (distance, near) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance < letters).then_some(near)
}

/// Letters to change, add or leave out to come from one name to the other (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(right.chars()) {
            let above = *cell;
            before = (diagonal + usize::from(letter != other)).min(above + 1).min(before + 1);
            diagonal = above;
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Why a text is no JSON, by the messages of serde_json.
pub(crate) fn json_fault_ru(message: &str) -> &str {
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

fn list_en(names: &[&str]) -> String {
    names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ")
}

fn list_ru(names: &[&str]) -> String {
    names.iter().map(|name| format!("«{name}»")).collect::<Vec<_>>().join(", ")
}
