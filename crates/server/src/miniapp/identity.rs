//! Who opened a mini app: only what the messenger signed counts.

use engine::event::Sender;
use engine::ids::{BotId, MiniAppId};
use store::bots::{Bot, BotStatus};
use store::mini_apps::MiniApp;
use store::{bots, mini_apps};

use super::Quescha;
use crate::connect;
use crate::error::{ApiError, Code};
use crate::services::{Services, now};

/// A verified launch.
pub struct Verified {
    pub bot: BotId,
    pub app: MiniApp,
    pub sender: Option<Sender>,
}

/// Verifies `quescha`: its launch data with the bot's token, and that app and bot belong together.
///
/// # Errors
/// Always the same one, whatever is wrong: a forger learns nothing. The log says what it was.
pub async fn verify(services: &Services, quescha: &Quescha) -> Result<Verified, ApiError> {
    let refuse = |why: &str| {
        tracing::info!(
            bot = quescha.channelid,
            app = quescha.webappid,
            why,
            "launch data of a mini app refused"
        );
        ApiError::new(Code::InitDataRefused)
    };
    let (Some(bot), Some(app)) = (quescha.channelid, quescha.webappid) else {
        return Err(refuse("channelid or webappid is missing"));
    };
    let Some((bot, app)) = find(services, BotId(bot), MiniAppId(app)).await? else {
        return Err(refuse("no such bot and app"));
    };
    let Some(channel) = services.connectors.channel(&bot.channel) else {
        return Err(refuse("no such channel"));
    };
    match channel.verify_init_data(&quescha.initdata, &connect::access(services, &bot), now()) {
        Ok(data) => Ok(Verified { bot: bot.id, app, sender: data.user }),
        Err(error) => Err(refuse(&error.to_string())),
    }
}

/// An active bot and an app of the same workspace.
async fn find(services: &Services, bot: BotId, app: MiniAppId) -> Result<Option<(Bot, MiniApp)>, ApiError> {
    services
        .read(move |connection| {
            let Some(bot) = bots::find_for_intake(connection, bot)? else { return Ok(None) };
            let app = mini_apps::find(connection, bot.workspace_id, app)?;
            Ok(app.filter(|_| bot.status == BotStatus::Active).map(|app| (bot, app)))
        })
        .await
}
