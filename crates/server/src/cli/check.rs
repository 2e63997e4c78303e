//! `check`: findings on documents, without a server. Fails when one of them is an error. How scripts are written only
//! the sandbox can tell; where it cannot run, that is said and the rest is checked.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;

use engine::words::Words;

use super::workshop::{Loaded, RealOutside, documents, load, say_findings};
use super::{say, say_failure, warn};
use crate::locale;

#[derive(Args)]
pub struct CheckOptions {
    /// Documents, or folders with `scenario.json` in them or below them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

/// Said once, before the reason.
const NOT_LOOKED_AT: Words = Words::new("scripts were not looked at", "скрипты не проверены");

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
    let mut outside = RealOutside::new()?;
    let mut reads_scripts = true;
    for path in &options.paths {
        for document in documents(path)? {
            documents_seen += 1;
            let findings = match load(&document)? {
                Loaded::Project(project) => {
                    let mut findings = project.findings();
                    if reads_scripts {
                        match project.script_findings(&mut outside) {
                            Ok(more) => findings.0.extend(more.0),
                            Err(error) => {
                                reads_scripts = false;
                                warn(format_args!("{}: {}", NOT_LOOKED_AT.get(lang), error.text(lang)));
                            }
                        }
                    }
                    findings
                }
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
