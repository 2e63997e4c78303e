//! Addresses of webhook triggers: one for every bot a scenario is attached to.

use engine::ids::{BotId, ScenarioId, WorkspaceId};
use engine::scenario::{Scenario, TriggerOptions};
use store::webhooks::{self, NewWebhook, Webhook};
use store::{Connection, JobError, Purpose, ReadError, Refusal, Tx, Vault};
use store::{bots, scenarios};

use crate::auth::session::hash;
use crate::request::random;
use crate::services::now;

/// The webhook triggers of a document.
pub fn triggers(document: &Scenario) -> Vec<String> {
    let is_webhook = |options: &TriggerOptions| matches!(options, TriggerOptions::Webhook(_));
    document.triggers.iter().filter(|t| is_webhook(&t.options)).map(|t| t.id.as_str().to_owned()).collect()
}

/// Gives every webhook trigger of a scenario its address for every bot that has the scenario. Addresses are
/// kept when a trigger goes: it may come back, and nobody should have to spread a new one.
pub fn sync(
    tx: &mut Tx,
    vault: &Vault,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    triggers: &[String],
) -> Result<(), JobError> {
    if triggers.is_empty() {
        return Ok(());
    }
    let present = webhooks::list(tx, workspace)?;
    let attached = bots::list_scenarios(tx, workspace)?;
    for bot in attached.iter().filter(|pair| pair.scenario_id == scenario).map(|pair| pair.bot_id) {
        for trigger in triggers {
            let is_same = |hook: &Webhook| {
                hook.bot_id == bot && hook.scenario_id == scenario && hook.trigger_id == *trigger
            };
            if !present.iter().any(is_same) {
                insert(tx, vault, workspace, bot, scenario, trigger)?;
            }
        }
    }
    Ok(())
}

/// The same for a scenario whose draft has to be looked up.
pub fn sync_draft(
    tx: &mut Tx,
    vault: &Vault,
    workspace: WorkspaceId,
    scenario: ScenarioId,
) -> Result<(), JobError> {
    let found = scenarios::find(tx, workspace, scenario)?.ok_or(Refusal::NotFound)?;
    match serde_json::from_str::<Scenario>(&found.draft) {
        Ok(document) => sync(tx, vault, workspace, scenario, &triggers(&document)),
        // A draft that cannot be read has no triggers to speak of; opening it says what is wrong.
        Err(_) => Ok(()),
    }
}

fn insert(
    tx: &mut Tx,
    vault: &Vault,
    workspace: WorkspaceId,
    bot: BotId,
    scenario: ScenarioId,
    trigger: &str,
) -> Result<(), JobError> {
    let secret = hex::encode(random::<24>());
    let sealed = vault
        .seal(workspace, Purpose::WebhookSecret, &store::Secret::new(secret.as_str()))
        .map_err(|error| Refusal::Other(error.to_string()))?;
    let new = NewWebhook {
        workspace_id: workspace,
        name: trigger.to_owned(),
        secret_hash: hash(&secret),
        secret: sealed,
        bot_id: bot,
        scenario_id: scenario,
        trigger_id: trigger.to_owned(),
    };
    webhooks::insert(tx, &new, now())?;
    Ok(())
}

/// The address of a trigger for one bot. It stays when the scenario is published anew.
pub struct Address {
    pub bot: BotId,
    pub trigger: String,
    /// On the public listener, secret included.
    pub path: String,
}

/// Addresses of a scenario's webhook triggers, one for every bot it is attached to.
pub fn addresses(
    connection: &mut Connection,
    vault: &Vault,
    workspace: WorkspaceId,
    scenario: ScenarioId,
) -> Result<Vec<Address>, ReadError> {
    let hooks = webhooks::list(connection, workspace)?;
    let attached = bots::list_scenarios(connection, workspace)?;
    let is_shown = |hook: &Webhook| {
        hook.scenario_id == scenario
            && attached.iter().any(|pair| pair.scenario_id == scenario && pair.bot_id == hook.bot_id)
    };
    let open = |hook: Webhook| {
        let secret = vault.open(workspace, Purpose::WebhookSecret, &hook.secret).ok()?;
        let path = format!("/webhook/{}", secret.expose());
        Some(Address { bot: hook.bot_id, trigger: hook.trigger_id, path })
    };
    Ok(hooks.into_iter().filter(is_shown).filter_map(open).collect())
}
