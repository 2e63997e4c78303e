//! The commands of the binary. Each has a module; this one reads the arguments.

mod backup;
mod check;
mod doctor;
mod log;
mod migrate;
mod pause;
mod play;
mod schema;
mod serve;
mod test;
mod token;
mod workshop;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{LogOptions, ServeOptions};

/// Builds chat bots and mini apps, and runs them.
#[derive(Parser)]
#[command(name = "scenaria", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
    #[command(flatten)]
    log: LogOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default)
    Serve(Box<ServeOptions>),
    /// Bring the database up to date and end
    Migrate(migrate::MigrateOptions),
    /// Copy the database into a new directory, beside the running server
    Backup(backup::BackupOptions),
    /// Make an installation from a backup; it stays paused until it is released
    Restore(backup::RestoreOptions),
    /// Work and send nothing from the next start on, until it is released
    Pause(pause::PauseOptions),
    /// End the pause; what is old is given up unless it is kept
    Release(pause::ReleaseOptions),
    /// Look at the installation and say what is wrong with it
    Doctor(Box<doctor::DoctorOptions>),
    /// Check scenario documents, or folders of examples
    Check(check::CheckOptions),
    /// Play a scenario in the terminal
    Play(play::PlayOptions),
    /// Replay chat tests (*.chat)
    Test(test::TestOptions),
    /// Print the JSON Schema of scenario documents, or the editor's catalogue
    Schema(schema::SchemaOptions),
    /// API tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Runs scripts for the server; nobody else calls it
    #[command(hide = true)]
    ScriptWorker,
}

/// What `main` does.
pub fn main() -> ExitCode {
    // Before anything else has started: a script worker has no threads, no runtime and no options.
    if std::env::args_os().nth(1).is_some_and(|command| command == script_sandbox::WORKER_SUBCOMMAND) {
        return script_sandbox::worker_main();
    }
    let cli = Cli::parse();
    log::init(&cli.log);
    let done = match cli.command {
        None => serve::run(cli.serve),
        Some(Command::Serve(options)) => serve::run(*options),
        Some(Command::Migrate(options)) => migrate::run(&options),
        Some(Command::Backup(options)) => backup::back_up(&options),
        Some(Command::Restore(options)) => backup::restore(&options),
        Some(Command::Pause(options)) => pause::pause(&options),
        Some(Command::Release(options)) => pause::release(&options),
        Some(Command::Doctor(options)) => return ended(doctor::run(&options)),
        Some(Command::Check(options)) => return check::run(&options),
        Some(Command::Play(options)) => return play::run(&options),
        Some(Command::Test(options)) => return test::run(&options),
        Some(Command::Schema(options)) => schema::run(&options),
        Some(Command::Token(command)) => token::run(&command),
        Some(Command::ScriptWorker) => return script_sandbox::worker_main(),
    };
    ended(done.map(|()| ExitCode::SUCCESS))
}

/// The exit code of a command; an error is said.
fn ended(done: anyhow::Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| {
        say_failure(&error);
        ExitCode::FAILURE
    })
}

#[allow(clippy::print_stderr, reason = "the operator's terminal")]
fn say_failure(error: &anyhow::Error) {
    eprintln!("scenaria: {error:#}");
}

/// Says what is no failure, but should be known.
#[allow(clippy::print_stderr, reason = "the operator's terminal")]
fn warn(line: impl std::fmt::Display) {
    eprintln!("scenaria: {line}");
}

/// Writes a line for whoever called the command.
#[allow(clippy::print_stdout, reason = "the output of a command")]
fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_make_sense() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_is_the_default() {
        let check = |arguments: &[&str], port: u16| {
            let cli = Cli::try_parse_from(arguments).unwrap();
            let options = match cli.command {
                None => cli.serve,
                Some(Command::Serve(options)) => *options,
                Some(_) => panic!("{arguments:?}"),
            };
            assert_eq!(options.admin_addr.port(), port, "{arguments:?}");
        };
        check(&["scenaria"], 8080);
        check(&["scenaria", "--admin-addr", "127.0.0.1:9000"], 9000);
        check(&["scenaria", "serve", "--admin-addr", "127.0.0.1:9000"], 9000);
    }
}
