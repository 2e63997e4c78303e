//! The secret link by which people join the staff of a bot. Its code is kept as a hash, so it is shown once.

use engine::ids::{BotId, UtcMs, WorkspaceId};
use engine::signal::STAFF_CODE;
use store::{Refusal, staff};

use crate::error::ApiError;
use crate::request::random;
use crate::services::{Services, now};

/// How long a link is good for, in milliseconds.
const GOOD_FOR_MS: i64 = 7 * 24 * 3_600_000;

/// A link that was just made.
pub struct StaffLink {
    /// What to send to the bot.
    pub command: String,
    /// The same as an address, where the messenger has one.
    pub url: Option<String>,
    pub expires_at: UtcMs,
}

/// Makes the bot's link anew; the one before it stops working.
pub async fn make_link(
    services: &Services,
    workspace: WorkspaceId,
    bot: BotId,
) -> Result<StaffLink, ApiError> {
    let code = hex::encode(random::<16>());
    let (hash, expires_at) = (staff::hash_code(&code), now().plus_ms(GOOD_FOR_MS));
    let found = services
        .write(move |tx| {
            let found = store::bots::find(tx, workspace, bot)?.ok_or(Refusal::NotFound)?;
            staff::set_link(tx, workspace, bot, &hash, expires_at)?;
            Ok((found.channel, found.username))
        })
        .await?;
    let url = match found {
        (channel, Some(username)) if channel == "telegram" => {
            Some(format!("https://t.me/{username}?start={STAFF_CODE}{code}"))
        }
        _ => None,
    };
    Ok(StaffLink { command: format!("/start {STAFF_CODE}{code}"), url, expires_at })
}
