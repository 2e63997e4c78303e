//! `token create`: an API token without the browser.

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use store::{Class, api_tokens, audit_log, workspaces};

use super::say;
use crate::admin::tokens::new_token;
use crate::config::StoreOptions;
use crate::serve;
use crate::services::now;

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token of the REST API and print it
    Create(CreateOptions),
}

#[derive(Args)]
pub struct CreateOptions {
    /// What the token is for
    #[arg(long, default_value = "command line")]
    name: String,
    /// `read` or `read,write`
    #[arg(long, value_delimiter = ',', default_value = "read,write")]
    scopes: Vec<String>,
    #[command(flatten)]
    store: StoreOptions,
}

pub fn run(command: &TokenCommand) -> Result<()> {
    let TokenCommand::Create(options) = command;
    let unknown = options.scopes.iter().find(|scope| !matches!(scope.as_str(), "read" | "write"));
    ensure!(
        unknown.is_none(),
        "scopes are `read` and `write`, not `{}`",
        unknown.cloned().unwrap_or_default()
    );
    // Without the lock: it may run beside the server.
    let opened = serve::open_store(&options.store, false)?;
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (name, scopes) = (options.name.clone(), options.scopes.join(" "));
    threads.block_on(async {
        let all = opened.store.read(|connection| Ok(workspaces::list(connection)?)).await?;
        let workspace =
            all.first().context("nobody has set up this installation yet: open it in a browser first")?.id;
        let (token, new) = new_token(workspace, name, &scopes);
        let insert = move |tx: &mut store::Tx| {
            audit_log::insert(tx, workspace, None, "token.create", &new.prefix, now())?;
            api_tokens::insert(tx, &new, now())
        };
        opened.store.write(Class::Background, insert).await?;
        opened.store.close().await;
        say(token);
        Ok(())
    })
}
