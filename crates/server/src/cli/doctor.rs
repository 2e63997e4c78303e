//! `doctor`: looks at an installation and says in sentences what is wrong with it, and how to mend it.
//!
//! It changes nothing, may run beside the server, and never says a secret. [`Report`] is what it says; each of the
//! other modules looks at one thing.

mod bots;
mod machine;
mod setbacks;
mod storage;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use engine::words::Lang;

use super::say;
use crate::config::ServeOptions;
use crate::locale;

#[derive(Args)]
pub struct DoctorOptions {
    /// Ask neither the public address nor the messengers
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    serve: ServeOptions,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    /// Works, but should be known.
    Note,
    Bad,
}

/// What was found, as it is found.
struct Report {
    lang: Lang,
    worst: Verdict,
}

impl Report {
    fn good(&mut self, en: impl Into<String>, ru: impl Into<String>) {
        self.say(Verdict::Good, en, ru);
    }

    fn note(&mut self, en: impl Into<String>, ru: impl Into<String>) {
        self.say(Verdict::Note, en, ru);
    }

    fn bad(&mut self, en: impl Into<String>, ru: impl Into<String>) {
        self.say(Verdict::Bad, en, ru);
    }

    fn say(&mut self, verdict: Verdict, en: impl Into<String>, ru: impl Into<String>) {
        let (mark, is_worse) = match verdict {
            Verdict::Good => ("[ok]  ", false),
            Verdict::Note => ("[note]", self.worst == Verdict::Good),
            Verdict::Bad => ("[bad] ", true),
        };
        if is_worse {
            self.worst = verdict;
        }
        let text = if self.lang == Lang::Ru { ru.into() } else { en.into() };
        say(format_args!("{mark} {text}"));
    }
}

/// The exit code says whether something is bad.
pub fn run(options: &DoctorOptions) -> Result<ExitCode> {
    let lang = locale::from_environment();
    let mut report = Report { lang, worst: Verdict::Good };
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    threads.block_on(async {
        machine::look_at_clock(&mut report);
        let storage = storage::look(&mut report, &options.serve.store);
        machine::look_at_sandbox(&mut report, &options.serve).await;
        machine::look_at_addresses(&mut report, &options.serve);
        if !options.offline {
            machine::look_at_public_url(&mut report, &options.serve).await;
        }
        if let Some(storage) = storage {
            bots::look(&mut report, storage, options).await;
        }
    });
    match report.worst {
        Verdict::Good => report.good("Nothing is wrong.", "Всё в порядке."),
        Verdict::Note => {
            report.note("It works; see the notes above.", "Работает; обратите внимание на замечания выше.")
        }
        Verdict::Bad => report
            .bad("Something is wrong; see above what to do.", "Есть неполадки; выше сказано, что сделать."),
    }
    Ok(if report.worst == Verdict::Bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
