//! Connected channels, and which scenarios each of them runs.

use diesel::prelude::*;
use engine::ids::{BotId, ScenarioId, UtcMs, VersionId, WorkspaceId};

use super::{files, workspaces};
use crate::cached::{CachedDsl, here};
use crate::columns::{Num, Sealed, text_enum};
use crate::connection::{Connection, Tx, on};
use crate::error::{DbResult, JobError, Refusal};
use crate::schema::{bot_partitions, bot_scenarios, bots, mini_apps, scenario_versions, scenarios, webhooks};

text_enum! {
    /// How updates reach us.
    BotIntake { Webhook = "webhook", Polling = "polling", None = "none" }
}

text_enum! {
    /// What to do with a message of which nobody knows whether it went out.
    UnknownPolicy {
        /// Send it again: it may arrive twice.
        Resend = "resend",
        /// Leave it: it may never arrive.
        Drop = "drop",
    }
}

text_enum! {
    BotStatus { Active = "active", Paused = "paused", Failed = "failed" }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = bots)]
pub struct Bot {
    #[diesel(deserialize_as = Num)]
    pub workspace_id: WorkspaceId,
    #[diesel(deserialize_as = Num)]
    pub id: BotId,
    /// Name of the channel's adapter, as `telegram`.
    pub channel: String,
    pub name: String,
    pub username: Option<String>,
    /// The bot's id at the messenger.
    pub external_id: Option<String>,
    pub token: Option<Sealed>,
    /// Where the messenger's API is, when not at its usual place.
    pub base_url: Option<String>,
    pub intake: BotIntake,
    pub webhook_secret: Option<Sealed>,
    pub unknown_policy: UnknownPolicy,
    pub status: BotStatus,
    /// Why the status is what it is, for people.
    pub status_note: Option<String>,
    /// Where polling goes on.
    pub poll_offset: Option<i64>,
    #[diesel(deserialize_as = Num, column_name = created_at_ms)]
    pub created_at: UtcMs,
}

#[derive(Clone, Debug)]
pub struct NewBot {
    pub workspace_id: WorkspaceId,
    pub channel: String,
    pub name: String,
    pub username: Option<String>,
    pub external_id: Option<String>,
    pub token: Option<Sealed>,
    pub base_url: Option<String>,
    pub intake: BotIntake,
    pub webhook_secret: Option<Sealed>,
    pub unknown_policy: UnknownPolicy,
    pub status: BotStatus,
}

/// What a person may change of a bot; the whole form.
#[derive(Clone, Debug)]
pub struct BotChange {
    pub name: String,
    pub base_url: Option<String>,
    pub intake: BotIntake,
    pub unknown_policy: UnknownPolicy,
    /// `None` keeps the token.
    pub token: Option<Sealed>,
}

pub fn insert(tx: &mut Tx, new: &NewBot, now: UtcMs) -> Result<BotId, JobError> {
    let id: i64 = on!(tx.0, c => diesel::insert_into(bots::table)
        .values((
            bots::workspace_id.eq(new.workspace_id.0),
            bots::channel.eq(&new.channel),
            bots::name.eq(&new.name),
            bots::username.eq(&new.username),
            bots::external_id.eq(&new.external_id),
            bots::token.eq(&new.token),
            bots::base_url.eq(&new.base_url),
            bots::intake.eq(new.intake),
            bots::webhook_secret.eq(&new.webhook_secret),
            bots::unknown_policy.eq(new.unknown_policy),
            bots::status.eq(new.status),
            bots::created_at_ms.eq(now.0),
        ))
        .returning(bots::id)
        .get_result(c))?;
    // One partition per bot for now; partition 0 polls and sends.
    on!(tx.0, c => diesel::insert_into(bot_partitions::table)
        .values((
            bot_partitions::workspace_id.eq(new.workspace_id.0),
            bot_partitions::bot_id.eq(id),
            bot_partitions::partition.eq(0_i64),
            bot_partitions::epoch.eq(0_i64),
        ))
        .execute(c))?;
    workspaces::bump_epoch(tx, new.workspace_id)?;
    Ok(BotId(id))
}

pub fn list(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<Bot>> {
    on!(connection, c => bots::table
        .filter(bots::workspace_id.eq(workspace.0))
        .filter(bots::deleted.eq(false))
        .order(bots::id)
        .select(Bot::as_select())
        .load(c))
}

/// The active bots of all workspaces: what there is to poll and to send for.
pub fn list_active(connection: &mut Connection) -> DbResult<Vec<Bot>> {
    on!(connection, c => bots::table
        .filter(bots::status.eq(BotStatus::Active))
        .filter(bots::deleted.eq(false))
        .order(bots::id)
        .select(Bot::as_select())
        .load(c))
}

pub fn find(connection: &mut Connection, workspace: WorkspaceId, bot: BotId) -> DbResult<Option<Bot>> {
    on!(connection, c => bots::table
        .filter(bots::workspace_id.eq(workspace.0))
        .filter(bots::id.eq(bot.0))
        .filter(bots::deleted.eq(false))
        .select(Bot::as_select())
        .first(c)
        .optional())
}

/// A bot by its number alone. For what comes in from outside and proves itself by the bot's own secret
/// (webhook of the messenger, mini app); everything else names the workspace.
pub fn find_for_intake(connection: &mut Connection, bot: BotId) -> DbResult<Option<Bot>> {
    on!(connection, c => bots::table
        .filter(bots::id.eq(bot.0))
        .filter(bots::deleted.eq(false))
        .select(Bot::as_select())
        .first(c)
        .optional())
}

/// # Errors
/// [`Refusal::NotFound`].
pub fn update(tx: &mut Tx, workspace: WorkspaceId, bot: BotId, change: &BotChange) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(bots::table
            .filter(bots::workspace_id.eq(workspace.0))
            .filter(bots::id.eq(bot.0))
            .filter(bots::deleted.eq(false)))
        .set((
            bots::name.eq(&change.name),
            bots::base_url.eq(&change.base_url),
            bots::intake.eq(change.intake),
            bots::unknown_policy.eq(change.unknown_policy),
            change.token.as_ref().map(|token| bots::token.eq(token)),
        ))
        .execute(c))?;
    if change.token.is_some() {
        // It may be another bot there, for which the files of the old one are nobody's.
        files::forget_all_sent(tx, workspace, bot)?;
    }
    changed(tx, workspace, rows)
}

pub fn set_status(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    status: BotStatus,
    note: Option<&str>,
) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(bots::table
            .filter(bots::workspace_id.eq(workspace.0))
            .filter(bots::id.eq(bot.0))
            .filter(bots::deleted.eq(false)))
        .set((bots::status.eq(status), bots::status_note.eq(note)))
        .execute(c))?;
    changed(tx, workspace, rows)
}

/// What the messenger says about the bot.
pub fn set_identity(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    external_id: &str,
    username: Option<&str>,
) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(bots::table
            .filter(bots::workspace_id.eq(workspace.0))
            .filter(bots::id.eq(bot.0))
            .filter(bots::deleted.eq(false)))
        .set((bots::external_id.eq(external_id), bots::username.eq(username)))
        .execute(c))?;
    changed(tx, workspace, rows)
}

pub fn set_webhook_secret(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    secret: &Sealed,
) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(bots::table
            .filter(bots::workspace_id.eq(workspace.0))
            .filter(bots::id.eq(bot.0))
            .filter(bots::deleted.eq(false)))
        .set(bots::webhook_secret.eq(secret))
        .execute(c))?;
    changed(tx, workspace, rows)
}

/// To be committed together with the updates it stands behind.
pub fn set_poll_offset(tx: &mut Tx, workspace: WorkspaceId, bot: BotId, offset: i64) -> Result<(), JobError> {
    on!(tx.0, c => diesel::update(bots::table
            .filter(bots::workspace_id.eq(workspace.0))
            .filter(bots::id.eq(bot.0))
            .filter(bots::deleted.eq(false)))
        .set(bots::poll_offset.eq(offset))
        .changing(here!())
        .run(c))?;
    Ok(())
}

/// Deletes a bot with its token, attachments and webhooks. What it has gathered (queues, runs, history,
/// subscribers and their fields) follows in chunks with [`crate::trim`].
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn delete(tx: &mut Tx, workspace: WorkspaceId, bot: BotId) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::update(bots::table
            .filter(bots::workspace_id.eq(workspace.0))
            .filter(bots::id.eq(bot.0))
            .filter(bots::deleted.eq(false)))
        .set((
            bots::deleted.eq(true),
            bots::status.eq(BotStatus::Paused),
            bots::token.eq(None::<Sealed>),
            bots::webhook_secret.eq(None::<Sealed>),
        ))
        .execute(c))?;
    changed(tx, workspace, rows)?;
    on!(tx.0, c => diesel::delete(bot_scenarios::table
            .filter(bot_scenarios::workspace_id.eq(workspace.0))
            .filter(bot_scenarios::bot_id.eq(bot.0)))
        .execute(c))?;
    on!(tx.0, c => diesel::delete(webhooks::table
            .filter(webhooks::workspace_id.eq(workspace.0))
            .filter(webhooks::bot_id.eq(bot.0)))
        .execute(c))?;
    on!(tx.0, c => diesel::update(mini_apps::table
            .filter(mini_apps::workspace_id.eq(workspace.0))
            .filter(mini_apps::bot_id.eq(bot.0)))
        .set(mini_apps::bot_id.eq(None::<i64>))
        .execute(c))?;
    Ok(())
}

fn changed(tx: &mut Tx, workspace: WorkspaceId, rows: usize) -> Result<(), JobError> {
    if rows == 0 {
        return Err(Refusal::NotFound.into());
    }
    workspaces::bump_epoch(tx, workspace)
}

/// A scenario attached to a bot.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = bot_scenarios)]
pub struct BotScenario {
    #[diesel(deserialize_as = Num)]
    pub bot_id: BotId,
    #[diesel(deserialize_as = Num)]
    pub scenario_id: ScenarioId,
    /// The order in which triggers are asked.
    pub position: i64,
}

/// All attachments of a workspace, in the order of each bot.
pub fn list_scenarios(connection: &mut Connection, workspace: WorkspaceId) -> DbResult<Vec<BotScenario>> {
    on!(connection, c => bot_scenarios::table
        .filter(bot_scenarios::workspace_id.eq(workspace.0))
        .order((bot_scenarios::bot_id, bot_scenarios::position, bot_scenarios::scenario_id))
        .select(BotScenario::as_select())
        .load(c))
}

/// Attaches a scenario, or moves it. Both must be of this workspace.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn attach_scenario(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    scenario: ScenarioId,
    position: i64,
) -> Result<(), JobError> {
    let found: i64 = on!(tx.0, c => scenarios::table
        .inner_join(bots::table.on(bots::workspace_id.eq(scenarios::workspace_id)))
        .filter(scenarios::workspace_id.eq(workspace.0))
        .filter(scenarios::id.eq(scenario.0))
        .filter(bots::id.eq(bot.0))
        .filter(bots::deleted.eq(false))
        .count()
        .get_result(c))?;
    if found == 0 {
        return Err(Refusal::NotFound.into());
    }
    on!(tx.0, c => diesel::insert_into(bot_scenarios::table)
        .values((
            bot_scenarios::workspace_id.eq(workspace.0),
            bot_scenarios::bot_id.eq(bot.0),
            bot_scenarios::scenario_id.eq(scenario.0),
            bot_scenarios::position.eq(position),
        ))
        .on_conflict((bot_scenarios::workspace_id, bot_scenarios::bot_id, bot_scenarios::scenario_id))
        .do_update()
        .set(bot_scenarios::position.eq(position))
        .execute(c))?;
    workspaces::bump_epoch(tx, workspace)
}

pub fn detach_scenario(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bot: BotId,
    scenario: ScenarioId,
) -> Result<(), JobError> {
    let rows = on!(tx.0, c => diesel::delete(bot_scenarios::table
            .filter(bot_scenarios::workspace_id.eq(workspace.0))
            .filter(bot_scenarios::bot_id.eq(bot.0))
            .filter(bot_scenarios::scenario_id.eq(scenario.0)))
        .execute(c))?;
    changed(tx, workspace, rows)
}

/// A published scenario of a bot: what there is to compile for it.
#[derive(Clone, Debug)]
pub struct PublishedScenario {
    pub scenario_id: ScenarioId,
    pub version_id: VersionId,
    pub position: i64,
}

/// The published scenarios attached to a bot, in the order in which their triggers are asked.
/// Documents are loaded apart, by version, because versions never change.
pub fn list_published(
    connection: &mut Connection,
    workspace: WorkspaceId,
    bot: BotId,
) -> DbResult<Vec<PublishedScenario>> {
    let rows: Vec<(i64, i64, i64)> = on!(connection, c => bot_scenarios::table
        .inner_join(scenarios::table.on(scenarios::workspace_id
            .eq(bot_scenarios::workspace_id)
            .and(scenarios::id.eq(bot_scenarios::scenario_id))))
        .inner_join(scenario_versions::table.on(scenario_versions::workspace_id
            .eq(scenarios::workspace_id)
            .and(scenario_versions::id.nullable().eq(scenarios::published_version_id))))
        .filter(bot_scenarios::workspace_id.eq(workspace.0))
        .filter(bot_scenarios::bot_id.eq(bot.0))
        .order((bot_scenarios::position, bot_scenarios::scenario_id))
        .select((bot_scenarios::scenario_id, scenario_versions::id, bot_scenarios::position))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(scenario, version, position)| PublishedScenario {
            scenario_id: ScenarioId(scenario),
            version_id: VersionId(version),
            position,
        })
        .collect())
}
