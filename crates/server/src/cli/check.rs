//! `check`: findings on documents, without a server. Fails when one of them is an error.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;

use super::workshop::{Loaded, documents, load, say_findings};
use super::{say, say_failure};
use crate::locale;

#[derive(Args)]
pub struct CheckOptions {
    /// Documents, or folders with `scenario.json` in them or below them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

pub fn run(options: &CheckOptions) -> ExitCode {
    match check(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say_failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn check(options: &CheckOptions) -> Result<bool> {
    let lang = locale::from_environment();
    let (mut documents_seen, mut sound) = (0, true);
    for path in &options.paths {
        for document in documents(path)? {
            documents_seen += 1;
            let findings = match load(&document)? {
                Loaded::Project(project) => project.findings(),
                Loaded::Refused(findings) => findings,
            };
            say_findings(&document, &findings, lang);
            sound &= !findings.has_errors();
        }
    }
    ensure!(documents_seen > 0, "no scenario.json was found there");
    say(format_args!("{documents_seen} documents, {}", if sound { "ok" } else { "errors" }));
    Ok(sound)
}
