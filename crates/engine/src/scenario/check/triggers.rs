//! What starts the scenario.

use std::collections::HashSet;

use super::CheckWorld;
use crate::effect::FieldScope;
use crate::expression::pattern::compile_caseless;
use crate::expression::{Scope, Target};
use crate::limits::TAG_CHARS;
use crate::scenario::{
    Finding, Findings, Scenario, StartLinkTrigger, TextMatch, TextTrigger, Trigger, TriggerOptions,
};

pub(super) fn check(scenario: &Scenario, world: &CheckWorld, findings: &mut Findings) {
    if scenario.triggers.is_empty() {
        findings.warning(
            "/triggers",
            "no_trigger",
            "Nothing starts this scenario: add a trigger, for example a command",
            "Сценарий ничем не запускается: добавьте триггер, например команду",
        );
    }
    check_duplicates(scenario, findings);
    for (index, trigger) in scenario.triggers.iter().enumerate() {
        let pointer = format!("/triggers/{index}");
        check_options(&pointer, trigger, world, findings);
        if trigger.next.is_none() {
            let title = &trigger.options.spec().title;
            findings.warning(
                pointer,
                "trigger_leads_nowhere",
                format!("Trigger “{}” leads nowhere: draw a line from it to a card", title.en),
                format!("Триггер «{}» никуда не ведёт: протяните от него линию к блоку", title.ru),
            );
        }
    }
}

/// Of two triggers that take the same, the second never comes.
fn check_duplicates(scenario: &Scenario, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (index, trigger) in scenario.triggers.iter().enumerate() {
        let (key, pointer) = match &trigger.options {
            TriggerOptions::Command(command) if !command.command.is_empty() => {
                (command.command.to_lowercase(), "/options/command")
            }
            TriggerOptions::StartLink(link) => (link.code.clone(), "/options/code"),
            TriggerOptions::Button(button) => (button.data.clone(), "/options/data"),
            TriggerOptions::MiniApp(app) => (app.app.clone(), "/options/app"),
            TriggerOptions::JoinRequest(request) => (request.chat.to_lowercase(), "/options/chat"),
            TriggerOptions::InlineQuery(query) => (query.starts.to_lowercase(), "/options/starts"),
            TriggerOptions::LinkVisited(link) => (link.name.trim().to_owned(), "/options/name"),
            TriggerOptions::Checkout(checkout) => (checkout.payload.clone(), "/options/payload"),
            TriggerOptions::Payment(payment) => (payment.payload.clone(), "/options/payload"),
            TriggerOptions::TagAdded(tag) | TriggerOptions::TagRemoved(tag) => {
                (tag.tag.trim().to_owned(), "/options/tag")
            }
            TriggerOptions::Fallback(_)
            | TriggerOptions::Called(_)
            | TriggerOptions::Location(_)
            | TriggerOptions::ScenarioError(_) => (String::new(), ""),
            _ => continue,
        };
        if seen.insert((trigger.options.kind(), key.clone())) {
            continue;
        }
        let title = &trigger.options.spec().title;
        let (code, what) = match &trigger.options {
            TriggerOptions::Command(_) => ("duplicate_command", format!(" /{key}")),
            _ if key.is_empty() => ("duplicate_trigger", String::new()),
            _ => ("duplicate_trigger", format!(" {key}")),
        };
        findings.error(
            format!("/triggers/{index}{pointer}"),
            code,
            format!("There are two triggers “{}{what}”: only the first one would work", title.en),
            format!("Триггеров «{}{what}» два: сработает только первый", title.ru),
        );
    }
}

fn check_options(pointer: &str, trigger: &Trigger, world: &CheckWorld, findings: &mut Findings) {
    match &trigger.options {
        TriggerOptions::Command(command) => check_command(pointer, &command.command, findings),
        TriggerOptions::Text(text) => check_text(pointer, text, findings),
        TriggerOptions::StartLink(link) => check_start_link(pointer, link, findings),
        TriggerOptions::FieldChanged(watched) => check_field(pointer, &watched.field, findings),
        TriggerOptions::Membership(wanted) if wanted.is_empty() => findings.warning(
            format!("{pointer}/options"),
            "empty_trigger",
            "Trigger “Subscription” waits for nothing: tick what it should wait for",
            "Триггер «Подписка» ничего не ждёт: отметьте, чего он должен ждать",
        ),
        TriggerOptions::TagAdded(wanted) | TriggerOptions::TagRemoved(wanted)
            if wanted.tag.chars().count() > TAG_CHARS =>
        {
            findings.error(
                format!("{pointer}/options/tag"),
                "tag_too_long",
                format!("A tag has up to {TAG_CHARS} characters"),
                format!("В теге до {TAG_CHARS} символов"),
            );
        }
        TriggerOptions::MiniApp(app) if is_unknown_app(&app.app, world) => findings.error(
            format!("{pointer}/options/app"),
            "unknown_mini_app",
            format!("There is no mini app “{}”", app.app),
            format!("Мини-приложения «{}» нет", app.app),
        ),
        TriggerOptions::Schedule(schedule) => {
            adopt(pointer, &trigger.options, findings, |inside| schedule.validate(inside));
        }
        TriggerOptions::ListDate(date) => adopt(pointer, &trigger.options, findings, |inside| {
            date.validate(inside);
            check_columns(
                &date.list,
                &[("/column", &date.column), ("/subscriber", &date.subscriber)],
                world,
                inside,
            );
        }),
        TriggerOptions::ListRow(row) => adopt(pointer, &trigger.options, findings, |inside| {
            row.validate(inside);
            check_columns(
                &row.list,
                &[("/column", &row.column), ("/subscriber", &row.subscriber)],
                world,
                inside,
            );
        }),
        _ => {}
    }
}

fn check_field(pointer: &str, field: &Target, findings: &mut Findings) {
    let pointer = format!("{pointer}/options/field");
    if field.is_empty() {
        findings.error(
            pointer,
            "no_field",
            "It is not said which field to watch",
            "Не указано, за каким полем следить",
        );
    } else if let Some(error) = field.error() {
        findings.error(pointer, "expression", error.en.clone(), error.ru.clone());
    } else if field.scope() != Scope::Field(FieldScope::Client) {
        findings.error(
            pointer,
            "no_field",
            format!("“{field}” is no field of the subscriber: their names begin with “client.”"),
            format!("«{field}» — не поле подписчика: их имена начинаются с «client.»"),
        );
    }
}

/// Takes over findings of a trigger's own options, with its name in front.
fn adopt(
    pointer: &str,
    options: &TriggerOptions,
    findings: &mut Findings,
    check: impl FnOnce(&mut Findings),
) {
    let (title, mut inside) = (&options.spec().title, Findings::default());
    check(&mut inside);
    findings.0.extend(inside.0.into_iter().map(|finding| Finding {
        pointer: format!("{pointer}/options{}", finding.pointer),
        en: format!("Trigger “{}”: {}", title.en, finding.en),
        ru: format!("Триггер «{}»: {}", title.ru, finding.ru),
        ..finding
    }));
}

/// The list must be there, and so must the columns that were chosen.
fn check_columns(list: &str, columns: &[(&str, &String)], world: &CheckWorld, findings: &mut Findings) {
    if !world.known || list.is_empty() {
        return;
    }
    let Some(known) = world.lists.get(list) else {
        findings.error(
            "/list",
            "unknown_list",
            format!("there is no list “{list}”"),
            format!("списка «{list}» нет"),
        );
        return;
    };
    for (pointer, column) in columns.iter().filter(|(_, column)| !column.is_empty()) {
        if !known.contains(column.as_str()) {
            findings.error(
                *pointer,
                "unknown_column",
                format!("the list “{list}” has no column “{column}”"),
                format!("в списке «{list}» нет столбца «{column}»"),
            );
        }
    }
}

fn is_unknown_app(name: &str, world: &CheckWorld) -> bool {
    world.known && !name.is_empty() && !world.mini_apps.contains(name)
}

/// Telegram's rule for commands (core.telegram.org/bots/features#commands): 1 to 32 of `a-z0-9_`.
fn check_command(pointer: &str, command: &str, findings: &mut Findings) {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (1..=32).contains(&command.len()) && command.bytes().all(fits) {
        return;
    }
    findings.error(
        format!("{pointer}/options/command"),
        "invalid_command",
        format!(
            "“{command}” cannot be a command: up to 32 small Latin letters, digits and “_”, without the slash"
        ),
        format!(
            "«{command}» не может быть командой: до 32 строчных латинских букв, цифр и «_», без косой черты"
        ),
    );
}

fn check_text(pointer: &str, text: &TextTrigger, findings: &mut Findings) {
    if text.matching != TextMatch::Any && text.texts.iter().all(|text| text.trim().is_empty()) {
        findings.warning(
            format!("{pointer}/options/texts"),
            "empty_trigger",
            "Trigger “Text” waits for no text: write what the person may say",
            "Триггер «Текст» ничего не ждёт: напишите, что может сказать человек",
        );
    }
    if text.matching != TextMatch::Regex {
        return;
    }
    for (index, pattern) in text.texts.iter().enumerate() {
        if let Err(error) = compile_caseless(pattern) {
            let at = error.position + 1;
            findings.error(
                format!("{pointer}/options/texts/{index}"),
                "invalid_regex",
                format!("{} (“{pattern}”, character {at})", error.en),
                format!("{} («{pattern}», символ {at})", error.ru),
            );
        }
    }
}

/// Telegram's rule for start parameters (core.telegram.org/bots/features#deep-linking): `A-Za-z0-9_-`. One
/// part may be a `{name}`.
fn check_start_link(pointer: &str, link: &StartLinkTrigger, findings: &mut Findings) {
    let fits =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let fits_name = |name: &str| {
        name.starts_with(|c: char| c.is_alphabetic()) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let whole = match link.code.split_once('{') {
        None => fits(&link.code),
        Some((before, rest)) => {
            rest.split_once('}').is_some_and(|(name, after)| fits(before) && fits_name(name) && fits(after))
        }
    };
    if whole && link.code.len() <= 64 {
        return;
    }
    let code = &link.code;
    findings.error(
        format!("{pointer}/options/code"),
        "invalid_start_link",
        format!("“{code}” cannot be the code of a link: Latin letters, digits, “_”, “-” and one {{name}}"),
        format!("«{code}» не может быть кодом ссылки: латинские буквы, цифры, «_», «-» и одно {{имя}}"),
    );
}
