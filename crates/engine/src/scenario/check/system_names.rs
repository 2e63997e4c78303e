//! The variables that Scenaria itself sets, and what stands for those of Quescha that it does not: a bot that came over
//! must not find them empty without a word.

use crate::words::Words;

/// What the machine, the bot and the runtime set.
const OURS: &[&str] = &[
    "_botid",
    "_botname",
    "_bottype",
    "_botuser",
    "_change",
    "_date",
    "_error",
    "_error_action",
    "_error_block",
    "_error_code",
    "_error_place",
    "_error_scenario",
    "_field",
    "_new_value",
    "_old_value",
    "_old",
    "_planned",
    "_request",
    "_request_body",
    "_request_headers",
    "_request_method",
    "_request_query",
    "_response",
    "_row",
    "_tag",
];

/// Names, or how they begin when they end in `*`, with what to use instead.
const INSTEAD: &[(&str, Words)] = &[
    (
        "_isstart",
        Words::new(
            "what a trigger leads to happens only at the start",
            "то, к чему ведёт триггер, выполняется только в начале",
        ),
    ),
    (
        "_iscontact",
        Words::new(
            "a question of the kind “Contact” takes nothing else; the number is in #{client_phone}",
            "вопрос вида «Контакт» ничего другого не примет; номер — в #{client_phone}",
        ),
    ),
    ("_contact_name", Words::new("use [FullName]", "используйте [ПолноеИмя]")),
    (
        "_islocation",
        Words::new(
            "a question of the kind “Location” takes nothing else; the place is in #{client_latitude} and #{client_longitude}",
            "вопрос вида «Геопозиция» ничего другого не примет; место — в #{client_latitude} и #{client_longitude}",
        ),
    ),
    (
        "_location*",
        Words::new(
            "the place is in #{client_latitude} and #{client_longitude}",
            "место — в #{client_latitude} и #{client_longitude}",
        ),
    ),
    (
        "_sendtomessid",
        Words::new(
            "keep the message when it is sent, and name it in “Delete a message”",
            "сохраните сообщение при отправке и укажите его в действии «Удалить сообщение»",
        ),
    ),
    (
        "_receipt_*",
        Words::new(
            "let the invoice ask for it, or ask a question",
            "попросите счёт запросить это или задайте вопрос",
        ),
    ),
    (
        "_webapp_*",
        Words::new(
            "what the mini app sends is in variables under the names it chose",
            "то, что прислало мини-приложение, лежит в переменных под выбранными им именами",
        ),
    ),
    (
        "_delrec*",
        Words::new(
            "keep bookings in a list; its trigger “Row of a list” tells of a deleted one",
            "храните записи в списке: об удалённой скажет триггер строки списка",
        ),
    ),
    (
        "_tggroup*",
        Words::new(
            "what came in, as the messenger sent it, is in #{_request}",
            "то, что пришло, как его прислал мессенджер, — в #{_request}",
        ),
    ),
    ("_lphost", Words::new("there are no landing pages here", "лендингов здесь нет")),
];

/// What to say of a variable whose name begins with an underscore: `None` when it is one of ours.
pub(super) fn unknown(name: &str) -> Option<(String, String)> {
    if OURS.contains(&name) {
        return None;
    }
    let is_meant = |pattern: &str| match pattern.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == pattern,
    };
    let instead = INSTEAD.iter().find(|(pattern, _)| is_meant(pattern)).map(|(_, words)| *words);
    let words = instead.unwrap_or(Words::new(
        "names that begin with _ are set by Scenaria, and this is none of them",
        "имена на _ присваивает сама Scenaria, и такого среди них нет",
    ));
    Some((
        format!("nothing sets “{name}”, so it is empty here: {}", words.en),
        format!("«{name}» ничему не присваивается, здесь оно пустое: {}", words.ru),
    ))
}

/// Names that Quescha replaces in a text and Scenaria sends as they stand: here a form has a field for each.
const LEFT_OVER: &[(&str, Words)] = &[
    (
        "[SendContact(",
        Words::new(
            "put the contact into the field “Contact card” of a message",
            "укажите контакт в поле «Контакт» сообщения",
        ),
    ),
    (
        "[SendLocation(",
        Words::new(
            "put the place into the field “Place on the map” of a message",
            "укажите точку в поле «Место на карте» сообщения",
        ),
    ),
    (
        "[SendVenue(",
        Words::new(
            "put the place, its name and address into the field “Place on the map” of a message",
            "укажите точку, название и адрес в поле «Место на карте» сообщения",
        ),
    ),
    (
        "[Files(",
        Words::new("add the files to the message under “Files”", "добавьте файлы в сообщение в поле «Файлы»"),
    ),
    (
        "[Actions]",
        Words::new(
            "keep the text in a variable and put #{variable} here",
            "сохраните текст в переменную и вставьте сюда #{переменная}",
        ),
    ),
    (
        "[External]",
        Words::new(
            "keep the text in a variable and put #{variable} here",
            "сохраните текст в переменную и вставьте сюда #{переменная}",
        ),
    ),
    (
        "[Exit]",
        Words::new(
            "write the word itself, and lead it out by a command or text trigger",
            "напишите само слово, а выход по нему сделайте триггером команды или текста",
        ),
    ),
];

/// What to say of a text with such a name in it.
pub(super) fn left_over(source: &str) -> Option<(String, String)> {
    if !source.contains('[') {
        return None;
    }
    let (name, words) = LEFT_OVER.iter().find(|(name, _)| source.contains(name))?;
    let name = name.trim_end_matches('(');
    let shown = if name.ends_with(']') { name.to_owned() } else { format!("{name}(…)]") };
    Some((
        format!("“{shown}” is sent as it stands: {}", words.en),
        format!("«{shown}» отправится как есть: {}", words.ru),
    ))
}
