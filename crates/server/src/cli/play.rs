//! `play`: a scenario in the terminal. What is typed is said to the bot; a number presses that button.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use engine::message::{Choice, ChoiceAction, Message};
use engine::pick::Pick;
use engine::play::{Said, World};
use engine::run::TraceStep;
use engine::words::{Lang, Words};

use super::workshop::{Loaded, Project, RealOutside, documents, load, say_findings};
use super::{say, say_failure};
use crate::locale;

const HELP: Words = Words::new(
    "Write a message, or the number of a button. `@photo name caption`, `@contact +7…`, `@location 55.7 37.6`, `@users 5 Ann, 7` send such things, `/skip 10m` lets time pass (s, m, h, d), `/vars` shows the variables, `/trace` what happened since it was last asked, `boris> text` is said by somebody else, `/quit` ends.",
    "Пишите сообщение или номер кнопки. `@photo имя подпись`, `@contact +7…`, `@location 55.7 37.6`, `@users 5 Анна, 7` отправляют такое, `/skip 10m` проматывает время (s, m, h, d), `/vars` показывает переменные, `/trace` — что произошло с прошлого раза, `boris> текст` говорит кто-то другой, `/quit` заканчивает.",
);

/// Who is played, unless a line names somebody else.
const PERSON: &str = "anna";

#[derive(Args)]
pub struct PlayOptions {
    /// A document, or a folder with `scenario.json`
    path: PathBuf,
}

pub fn run(options: &PlayOptions) -> ExitCode {
    match play(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn play(options: &PlayOptions) -> Result<()> {
    let lang = locale::from_environment();
    let mut world = open(options, lang)?.world();
    let mut outside = RealOutside::new()?;
    say(HELP.get(lang));
    prompt()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match line.trim() {
            "" => {}
            "/quit" => return Ok(()),
            "/vars" => say_variables(&world),
            "/trace" => world.take_trace().iter().for_each(|step| say_step(step, lang)),
            text => {
                let (who, text) = speaker(text);
                answer(&mut world, who, text, &mut outside, lang);
            }
        }
        prompt()?;
    }
    Ok(())
}

fn open(options: &PlayOptions, lang: Lang) -> Result<Box<Project>> {
    let documents = documents(&options.path)?;
    // Of a bot in two languages, the one of the terminal.
    let wanted = documents.iter().find(|path| path.ends_with("scenario.ru.json") == (lang == Lang::Ru));
    let path = wanted.or(documents.first()).context("no scenario.json was found there")?;
    match load(path)? {
        Loaded::Project(project) => Ok(project),
        Loaded::Refused(findings) => {
            say_findings(path, &findings, lang);
            bail!("{} cannot be read", path.display());
        }
    }
}

/// Who says it and what: `boris> Hello` is said by somebody else.
fn speaker(line: &str) -> (&str, &str) {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    match line.split_once("> ") {
        Some((name, text)) if is_name(name) && !text.trim().is_empty() => (name, text.trim()),
        _ => (PERSON, line),
    }
}

fn answer(world: &mut World, speaker: &str, text: &str, outside: &mut RealOutside, lang: Lang) {
    let said = if let Some(time) = text.strip_prefix("/skip").or_else(|| text.strip_prefix('~')) {
        match parse_time(time) {
            Some(ms) => world.skip(ms, outside),
            None => {
                say(HELP.get(lang));
                return;
            }
        }
    } else if let Some(label) = button(world, speaker, text) {
        world.press(speaker, &label, outside).unwrap_or_default()
    } else {
        world.event(speaker, engine::play::did(text).unwrap_or_else(|| engine::play::said(text)), outside)
    };
    for (who, said) in &said {
        if who != PERSON {
            say(format_args!("( {who} )"));
        }
        say_said(said, lang);
    }
    let offers = |(who, said): &(String, Said)| match said {
        _ if who != speaker => false,
        Said::Message(message) | Said::Edited(message) => !message.choices.is_empty(),
        _ => false,
    };
    if said.iter().any(offers) {
        for (index, choice) in world.newest_buttons(speaker).iter().enumerate() {
            say_button(index + 1, choice);
        }
    }
}

/// The caption of the button with this number.
fn button(world: &World, who: &str, text: &str) -> Option<String> {
    let number: usize = text.parse().ok()?;
    let buttons = world.newest_buttons(who);
    buttons.get(number.checked_sub(1)?).map(|choice| choice.label.clone())
}

/// `10m` in milliseconds.
fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches('+');
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(ms)
}

fn say_said(said: &Said, lang: Lang) {
    match said {
        Said::Message(message) => say_message("", message),
        Said::Edited(message) => say_message("(edited) ", message),
        Said::Deleted(message) => {
            let text = message.text.to_plain();
            say(format_args!("( deleted: {} )", text.lines().next().unwrap_or_default()));
        }
        Said::Acting(action) => say(format_args!("( {}… )", action.as_str())),
        Said::Buttons(rows) => rows.iter().for_each(|row| {
            let labels: Vec<&str> = row.iter().map(|choice| choice.label.as_str()).collect();
            say(format_args!("  [{}]", labels.join(" | ")));
        }),
        Said::Toast(text) => say(format_args!("( {text} )")),
        Said::Response(response) => say(format_args!("= {} {}", response.status, response.body.to_json())),
        Said::Called { method, params } => say(format_args!("( {method} {params} )")),
        Said::Lost(error) | Said::Failure(error) => say(format_args!("! {}", error.text(lang))),
    }
}

fn say_variables(world: &World) {
    for (name, value) in world.variables(PERSON) {
        say(format_args!("  {name} = {}", value.to_json()));
    }
}

/// A step: what it is, what it read and wrote, and how it was left.
fn say_step(step: &TraceStep, lang: Lang) {
    let exit = step.exit.as_ref().map(|exit| format!(" -> {exit}")).unwrap_or_default();
    say(format_args!("  {}. {}/{} {}{exit}", step.step.0, step.block, step.action, step.kind));
    for (name, value) in step.reads() {
        say(format_args!("       {name} is {value}"));
    }
    for (name, value) in &step.writes {
        say(format_args!("       {name} = {value}"));
    }
    for line in &step.logs {
        say(format_args!("       {line}"));
    }
    if let Some(error) = &step.error {
        say(format_args!("       ! {}", error.text(lang)));
    }
}

fn say_message(mark: &str, message: &Message) {
    let parts = engine::play::parts(message);
    let text = message.text.to_plain();
    for (index, line) in parts.iter().map(String::as_str).chain(text.lines()).enumerate() {
        say(format_args!("< {}{line}", if index == 0 { mark } else { "" }));
    }
}

/// A button with its number, and what it does when that is not to come back to the bot.
fn say_button(number: usize, choice: &Choice) {
    let does = match &choice.action {
        ChoiceAction::Url(place) | ChoiceAction::MiniApp(place) => format!(" -> {place}"),
        ChoiceAction::Copy(text) => format!(" (copy) {text}"),
        ChoiceAction::Inline { query, .. } => format!(" (inline) {query}"),
        ChoiceAction::Contact => " (contact)".to_owned(),
        ChoiceAction::Location => " (location)".to_owned(),
        ChoiceAction::Pick(Pick::Users(pick)) => format!(" (picks up to {})", pick.most),
        ChoiceAction::Pick(Pick::Chat(_)) => " (picks a chat)".to_owned(),
        ChoiceAction::Pick(Pick::Poll(_)) => " (makes a poll)".to_owned(),
        ChoiceAction::Reply(_) => String::new(),
    };
    say(format_args!("  {number}. [{}]{does}", choice.label));
}

fn prompt() -> Result<()> {
    let mut out = std::io::stdout().lock();
    write!(out, "> ")?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_be_somebody_elses() {
        for (line, who, text) in [
            ("hello", PERSON, "hello"),
            ("boris> hello", "boris", "hello"),
            ("Борис_2> /start staff_play", "Борис_2", "/start staff_play"),
            ("2 > 1", PERSON, "2 > 1"),
            ("is 2> 1 so?", PERSON, "is 2> 1 so?"),
            ("boris> ", PERSON, "boris> "),
        ] {
            assert_eq!(speaker(line), (who, text), "{line}");
        }
    }

    #[test]
    fn time_is_read_in_units() {
        for (text, ms) in [
            ("10m", Some(600_000)),
            (" +2h", Some(7_200_000)),
            ("1d", Some(86_400_000)),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(parse_time(text), ms, "{text:?}");
        }
    }
}
