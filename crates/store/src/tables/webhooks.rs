//! Inbound webhook addresses. The secret is the address: found by its hash, sealed to be shown again.

use diesel::prelude::*;
use engine::ids::{BotId, ScenarioId, UtcMs, WebhookId, WorkspaceId};

use crate::columns::{Num, Sealed};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::webhooks;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = webhooks)]
pub struct Webhook {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub id: WebhookId,
    pub name: String,
    pub secret: Sealed,
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    #[diesel(deserialize_as = Num)]
    pub scenario_id: ScenarioId,
    pub trigger_id: String,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
}

#[derive(Clone, Debug)]
pub struct NewWebhook {
    pub workspace_id: WorkspaceId,
    pub name: String,
    /// SHA-256 of the secret, which has 128 random bits or more.
    pub secret_hash: Vec<u8>,
    pub secret: Sealed,
    pub bot_id: BotId,
    pub scenario_id: ScenarioId,
    pub trigger_id: String,
}

/// The bot and the scenario must be of the same workspace; the foreign keys see to it.
pub fn insert(tx: &mut Tx, new: &NewWebhook, now: UtcMs) -> Result<WebhookId, JobError> {
    let id: i64 = on!(tx.0, c => diesel::insert_into(webhooks::table)
        .values((
            webhooks::workspace_id.eq(new.workspace_id.0),
            webhooks::name.eq(&new.name),
            webhooks::secret_hash.eq(&new.secret_hash),
            webhooks::secret.eq(&new.secret),
            webhooks::bot_id.eq(new.bot_id.0),
            webhooks::scenario_id.eq(new.scenario_id.0),
            webhooks::trigger_id.eq(&new.trigger_id),
            webhooks::created_at_ms.eq(now.0),
        ))
        .returning(webhooks::id)
        .get_result(c))?;
    Ok(WebhookId(id))
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<Webhook>> {
    on!(connection, c => webhooks::table
        .filter(webhooks::workspace_id.eq(workspace.0))
        .order(webhooks::id)
        .select(Webhook::as_select())
        .load(c))
}

/// By the hash of the address's secret, which tells the workspace.
pub fn find_by_secret_hash(connection: &mut Connection, secret_hash: &[u8]) -> DbResult<Option<Webhook>> {
    on!(connection, c => webhooks::table
        .filter(webhooks::secret_hash.eq(secret_hash))
        .select(Webhook::as_select())
        .first(c)
        .optional())
}

/// # Errors
/// [`Refusal::NotFound`].
pub fn delete(tx: &mut Tx, workspace: WorkspaceId, webhook: WebhookId) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::delete(webhooks::table
            .filter(webhooks::workspace_id.eq(workspace.0))
            .filter(webhooks::id.eq(webhook.0)))
        .execute(c))?;
    if rows == 0 { Err(Refusal::NotFound.into()) } else { Ok(()) }
}
