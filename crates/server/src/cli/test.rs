//! `test`: replays chat tests (`*.chat`) and shows where the bot said something else.
//!
//! With `UPDATE_GOLDEN=1` in the environment the files are written anew instead.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use engine::play::ChatFile;

use super::workshop::{Loaded, RealOutside, entries, file_name, load, say_findings};
use super::{say, say_failure};
use crate::locale;

#[derive(Args)]
pub struct TestOptions {
    /// Chat files, or folders with them in or below
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

pub fn run(options: &TestOptions) -> ExitCode {
    match test(options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            say_failure(&error);
            ExitCode::FAILURE
        }
    }
}

/// How many failed.
fn test(options: &TestOptions) -> Result<usize> {
    let mut chats = Vec::new();
    for path in &options.paths {
        collect(path, &mut chats)?;
    }
    ensure!(!chats.is_empty(), "no .chat file was found there");
    let mut outside = RealOutside::new()?;
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    let mut failed = 0;
    for chat in &chats {
        let before = fs::read_to_string(chat)?;
        let after = replay(chat, &before, &mut outside).with_context(|| chat.display().to_string())?;
        if before == after {
            say(format_args!("ok   {}", chat.display()));
        } else if update {
            fs::write(chat, after)?;
            say(format_args!("new  {}", chat.display()));
        } else {
            failed += 1;
            say(format_args!("FAIL {}", chat.display()));
            say_difference(&before, &after);
        }
    }
    say(format_args!("{} chats, {failed} failed", chats.len()));
    Ok(failed)
}

fn collect(path: &Path, chats: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        chats.push(path.to_owned());
        return Ok(());
    }
    for entry in entries(path)? {
        let is_chat = entry.extension().is_some_and(|ending| ending == "chat");
        if entry.is_dir() || is_chat {
            collect(&entry, chats)?;
        }
    }
    Ok(())
}

fn replay(chat: &Path, text: &str, outside: &mut RealOutside) -> Result<String> {
    let lang = locale::from_environment();
    let russian = file_name(chat).is_some_and(|name| name.ends_with(".ru.chat"));
    let folder = chat.parent().unwrap_or(Path::new("."));
    let document = folder.join(if russian { "scenario.ru.json" } else { "scenario.json" });
    let project = match load(&document)? {
        Loaded::Project(project) => project,
        Loaded::Refused(findings) => {
            say_findings(&document, &findings, lang);
            bail!("{} cannot be read", document.display());
        }
    };
    let file = ChatFile::parse(text).map_err(|error| anyhow!(error.text(lang)))?;
    Ok(file.replay(&mut project.world(), outside))
}

/// The first lines that differ, as a reviewer wants to see them.
fn say_difference(before: &str, after: &str) {
    let (mut old, mut new) = (before.lines(), after.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (old.next(), new.next()) {
            (None, None) => return,
            (expected, said) if expected == said => {}
            (expected, said) => {
                say(format_args!("  line {line}"));
                say(format_args!("    expected {}", expected.unwrap_or("(nothing)")));
                say(format_args!("    said     {}", said.unwrap_or("(nothing)")));
                return;
            }
        }
    }
}
