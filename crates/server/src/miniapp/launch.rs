//! Opening a mini app as a messenger does: launch data signed with the bot's own token, in the fragment.

use connectors::channels::simulator;
use engine::event::Sender;
use store::bots::Bot;

use crate::connect;
use crate::services::{Services, now};

/// The address that opens an app for somebody. `None` for bots of a messenger: only the messenger may say who
/// their subscribers are.
pub fn signed_url(services: &Services, bot: &Bot, slug: &str, person: &Sender) -> Option<String> {
    if bot.channel != simulator::KIND {
        return None;
    }
    let user = serde_json::json!({
        "id": person.id.parse::<i64>().ok()?,
        "first_name": person.first_name,
        "language_code": person.language,
    });
    let auth_date = (now().0 / 1000).to_string();
    let fields = [("auth_date", auth_date.as_str()), ("user", &user.to_string())];
    let channel = services.connectors.channel(simulator::KIND)?;
    let init_data = channel.sign_init_data(&fields, &connect::access(services, bot));
    let fragment = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("tgWebAppData", &init_data)
        .append_pair("tgWebAppVersion", "8.0")
        .append_pair("tgWebAppPlatform", "web")
        .append_pair("tgWebAppThemeParams", "{}")
        .finish();
    Some(services.public_url.at(&format!("/app/{slug}?bot={}#{fragment}", bot.id)))
}
