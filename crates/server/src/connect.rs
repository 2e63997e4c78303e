//! Connecting a bot: asks the messenger whose token it is, stores it sealed, has updates delivered.

use connectors::Secret;
use connectors::channels::{BotAccess, Channel, ChannelError, simulator};
use engine::ids::{BotId, ScenarioId, WorkspaceId};
use engine::words::Lang;
use store::audit_log;
use store::bots::{self, BotChange, BotIntake, BotStatus, NewBot, UnknownPolicy};
use store::{JobError, Purpose, Refusal, Tx, Vault};

use crate::auth::Session;
use crate::error::{ApiError, Code};
use crate::request::random;
use crate::services::{Services, now};
use crate::webhooks;

/// What somebody who connects a bot says.
pub struct NewConnection {
    pub token: String,
    pub intake: BotIntake,
    pub base_url: Option<String>,
    pub scenario: Option<ScenarioId>,
}

/// The only channel that is connected by a token so far.
const TELEGRAM: &str = "telegram";

/// Where Telegram delivers a bot's updates.
pub fn webhook_path(bot: BotId) -> String {
    format!("/telegram/{bot}/webhook")
}

/// # Errors
/// What the messenger says about the token; a scenario that is not there.
pub async fn connect(services: &Services, session: &Session, new: NewConnection) -> Result<BotId, ApiError> {
    check(&new, services)?;
    let channel =
        services.connectors.channel(TELEGRAM).ok_or_else(|| ApiError::internal("no telegram adapter"))?;
    let access = BotAccess { token: Secret::new(new.token), base_url: new.base_url };
    let identity = channel.identify(&access).await.map_err(refused)?;
    let workspace = session.workspace;
    let webhook_secret = Secret::new(hex::encode(random::<32>()));
    let bot = NewBot {
        workspace_id: workspace,
        channel: TELEGRAM.to_owned(),
        name: if identity.name.is_empty() { identity.username.clone() } else { identity.name },
        username: Some(identity.username).filter(|name| !name.is_empty()),
        external_id: Some(identity.external_id),
        token: Some(services.seal(workspace, Purpose::BotToken, access.token.expose())?),
        base_url: access.base_url.clone(),
        intake: new.intake,
        webhook_secret: Some(services.seal(workspace, Purpose::BotWebhookSecret, webhook_secret.expose())?),
        unknown_policy: UnknownPolicy::Resend,
        status: BotStatus::Active,
    };
    let (user, scenario, vault) = (session.user, new.scenario, services.vault().clone());
    let id = services
        .write(move |tx| {
            let id = bots::insert(tx, &bot, now())?;
            audit_log::insert(tx, workspace, Some(user), "bot.connect", &format!("bot/{id}"), now())?;
            if let Some(scenario) = scenario {
                attach_last(tx, &vault, workspace, id, scenario)?;
            }
            Ok(id)
        })
        .await?;
    let delivered = deliver(services, channel, &access, &webhook_secret, new.intake, id).await;
    if let Err(error) = delivered {
        // A bot that would never hear anything is worse than none.
        services.write(move |tx| bots::delete(tx, workspace, id)).await?;
        return Err(refused(error));
    }
    services.runtime.bots_changed(workspace);
    Ok(id)
}

/// Gives a bot a new token of the same messenger account, after @BotFather has revoked the old one, and sets
/// it to work again.
///
/// # Errors
/// What the messenger says about the token; a token of another bot.
pub async fn replace_token(
    services: &Services,
    session: &Session,
    id: BotId,
    token: String,
) -> Result<(), ApiError> {
    let (workspace, user) = (session.workspace, session.user);
    let found = services.read(move |connection| Ok(bots::find(connection, workspace, id)?)).await?;
    let bot = found.ok_or_else(ApiError::not_found)?;
    let channel = services.connectors.channel(&bot.channel).ok_or_else(ApiError::not_found)?;
    check_token(&token)?;
    let access = BotAccess { token: Secret::new(token), base_url: bot.base_url.clone() };
    let identity = channel.identify(&access).await.map_err(refused)?;
    if bot.external_id.as_ref() != Some(&identity.external_id) {
        let other = identity.username;
        return Err(ApiError::new(Code::ChannelRefused).detail(
            format!("This token belongs to another bot, @{other}. Connect that one as a bot of its own."),
            format!("Этот токен от другого бота, @{other}. Подключите его как отдельного бота."),
        ));
    }
    let secret = bot
        .webhook_secret
        .as_ref()
        .and_then(|sealed| services.open(workspace, Purpose::BotWebhookSecret, sealed))
        .unwrap_or_else(|| Secret::new(""));
    deliver(services, channel, &access, &secret, bot.intake, id).await.map_err(refused)?;
    let sealed = services.seal(workspace, Purpose::BotToken, access.token.expose())?;
    services
        .configure(workspace, move |tx| {
            let bot = bots::find(tx, workspace, id)?.ok_or(Refusal::NotFound)?;
            let change = BotChange {
                name: bot.name,
                base_url: bot.base_url,
                intake: bot.intake,
                unknown_policy: bot.unknown_policy,
                token: Some(sealed.clone()),
            };
            bots::update(tx, workspace, id, &change)?;
            audit_log::insert(tx, workspace, Some(user), "bot.token", &format!("bot/{id}"), now())?;
            bots::set_status(tx, workspace, id, BotStatus::Active, None)
        })
        .await
}

async fn deliver(
    services: &Services,
    channel: &dyn Channel,
    access: &BotAccess,
    secret: &Secret,
    intake: BotIntake,
    bot: BotId,
) -> Result<(), ChannelError> {
    match intake {
        BotIntake::Webhook => {
            channel.set_webhook(access, &services.public_url.at(&webhook_path(bot)), secret).await
        }
        // A webhook that is still set would keep the updates from us.
        BotIntake::Polling => channel.delete_webhook(access).await,
        BotIntake::None => Ok(()),
    }
}

fn check_token(token: &str) -> Result<(), ApiError> {
    let plausible = token.split_once(':').is_some_and(|(id, key)| {
        let key_is_plain =
            key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) && key.len() >= 20 && key_is_plain
    });
    if !plausible {
        return Err(ApiError::invalid(
            "This does not look like a token. Copy it whole from @BotFather: digits, a colon, 35 characters.",
            "Это не похоже на токен. Скопируйте его целиком из @BotFather: цифры, двоеточие, 35 символов.",
        ));
    }
    Ok(())
}

fn check(new: &NewConnection, services: &Services) -> Result<(), ApiError> {
    check_token(&new.token)?;
    if let Some(url) = &new.base_url
        && !matches!(url::Url::parse(url), Ok(parsed) if matches!(parsed.scheme(), "http" | "https"))
    {
        return Err(ApiError::invalid(
            "The address of the Bot API must begin with http:// or https://.",
            "Адрес Bot API должен начинаться с http:// или https://.",
        ));
    }
    // The operator's own Bot API server takes any address; Telegram itself wants https.
    if new.intake == BotIntake::Webhook && new.base_url.is_none() && !services.public_url.is_https() {
        return Err(ApiError::invalid(
            "A webhook needs a public https address. Choose polling, or start Scenaria with --public-url https://…",
            "Вебхуку нужен публичный адрес с https. Выберите опрос или запустите Scenaria с --public-url https://…",
        ));
    }
    Ok(())
}

fn refused(error: ChannelError) -> ApiError {
    let code = match error {
        ChannelError::Unavailable(_) | ChannelError::Limited(_) => Code::ChannelUnreachable,
        _ => Code::ChannelRefused,
    };
    ApiError::new(code).detail(error.text(Lang::En), error.text(Lang::Ru))
}

/// A bot without a messenger.
pub async fn create_simulator(
    services: &Services,
    workspace: WorkspaceId,
    name: String,
) -> Result<BotId, ApiError> {
    let bot = new_simulator(services, workspace, name)?;
    services.configure(workspace, move |tx| bots::insert(tx, &bot, now())).await
}

/// The row of a bot without a messenger. Its token signs the launch data of mini apps, as a real one does.
pub fn new_simulator(services: &Services, workspace: WorkspaceId, name: String) -> Result<NewBot, ApiError> {
    let token = hex::encode(random::<32>());
    Ok(NewBot {
        workspace_id: workspace,
        channel: simulator::KIND.to_owned(),
        name,
        username: None,
        external_id: None,
        token: Some(services.seal(workspace, Purpose::BotToken, &token)?),
        base_url: None,
        intake: BotIntake::None,
        webhook_secret: None,
        unknown_policy: UnknownPolicy::Resend,
        status: BotStatus::Active,
    })
}

/// Attaches a scenario behind those the bot has.
///
/// # Errors
/// Not found, when the bot or the scenario is not of this workspace.
pub fn attach_last(
    tx: &mut Tx,
    vault: &Vault,
    workspace: WorkspaceId,
    bot: BotId,
    scenario: ScenarioId,
) -> Result<(), JobError> {
    let attached = bots::list_scenarios(tx, workspace)?;
    let last = attached.iter().filter(|pair| pair.bot_id == bot).map(|pair| pair.position).max();
    bots::attach_scenario(tx, workspace, bot, scenario, last.map_or(0, |position| position + 1))?;
    webhooks::sync_draft(tx, vault, workspace, scenario)
}

/// What it takes to speak for a bot of this workspace.
pub fn access(services: &Services, bot: &bots::Bot) -> BotAccess {
    let token =
        bot.token.as_ref().and_then(|sealed| services.open(bot.workspace_id, Purpose::BotToken, sealed));
    BotAccess { token: token.unwrap_or_else(|| Secret::new("")), base_url: bot.base_url.clone() }
}

/// Ends the delivery to us before a bot is deleted. Best effort: the messenger may be away.
pub async fn forget_webhook(services: &Services, workspace: WorkspaceId, bot: BotId) {
    let found = services.read(move |connection| Ok(bots::find(connection, workspace, bot)?)).await;
    let Ok(Some(bot)) = found else { return };
    if bot.intake != BotIntake::Webhook {
        return;
    }
    if let Some(channel) = services.connectors.channel(&bot.channel)
        && let Err(error) = channel.delete_webhook(&access(services, &bot)).await
    {
        tracing::warn!(bot = %bot.id, %error, "the webhook of a deleted bot was not removed");
    }
}
