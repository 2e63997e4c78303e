//! The bots: whether their tokens open and work, and whether their updates come here.

use connectors::channels::{BotAccess, Channel, ChannelError, Outgoing, SendOutcome};
use connectors::{Connectors, Secret};
use engine::ids::UtcMs;
use engine::value::Map;
use engine::words::Lang;
use serde::Deserialize;
use store::backlog;
use store::bots::{self, Bot, BotIntake, BotStatus};
use store::{Purpose, Store, StoreConfig};

use super::storage::Storage;
use super::{DoctorOptions, Report, setbacks};
use crate::config::PublicUrl;
use crate::connect::webhook_path;
use crate::serve::http_config;
use crate::services::now;

/// Events older than this should have been worked.
const LATE_MS: i64 = 60_000;

/// What Telegram says of a webhook; what we do not know of is no harm.
#[derive(Default, Deserialize)]
#[serde(default)]
struct WebhookInfo {
    url: String,
    pending_update_count: i64,
    last_error_date: Option<i64>,
    last_error_message: Option<String>,
}

pub async fn look(report: &mut Report, storage: Storage, options: &DoctorOptions) {
    // One reader and one writer: it only looks, beside the server.
    let config = StoreConfig { readers: 1, writers: 1, ..StoreConfig::new(storage.database, storage.key) };
    let opened = tokio::task::spawn_blocking(move || Store::open(config)).await;
    let store = match opened {
        Ok(Ok(store)) => store,
        Ok(Err(error)) => {
            return report.bad(
                format!("The database does not open: {error}."),
                format!("База данных не открывается: {error}."),
            );
        }
        Err(_) => return,
    };
    look_at_work(report, &store).await;
    setbacks::look(report, &store).await;
    let all = store.read(|connection| Ok(bots::list_active(connection)?)).await.unwrap_or_default();
    let with_token: Vec<Bot> = all.into_iter().filter(|bot| bot.intake != BotIntake::None).collect();
    if !options.offline {
        match http_config(&options.serve).and_then(|config| Ok(Connectors::new(config)?)) {
            Ok(connectors) => {
                for bot in &with_token {
                    look_at_bot(report, &store, &connectors, options, bot).await;
                }
            }
            Err(error) => report.bad(
                format!("Messengers cannot be asked: {error:#}."),
                format!("Мессенджеры не опросить: {error:#}."),
            ),
        }
    }
    store.close().await;
}

async fn look_at_work(report: &mut Report, store: &Store) {
    let at = now();
    let asked = store
        .read(move |connection| {
            let newest = backlog::newest_event_at(connection)?;
            Ok((backlog::count(connection, at)?, newest, backlog::paused(connection)?))
        })
        .await;
    let Ok((backlog, newest, paused)) = asked else {
        return report.bad("The tables cannot be read.", "Таблицы не читаются.");
    };
    if let Some(reason) = paused {
        report.note(
            format!("It is paused ({reason}): {} to send, {} calls, {} timers and {} events wait for `scenaria release`.", backlog.sends(), backlog.calls, backlog.timers, backlog.events),
            format!("Стоит пауза ({reason}): отправок {}, внешних запросов {}, таймеров {} и событий {} ждут `scenaria release`.", backlog.sends(), backlog.calls, backlog.timers, backlog.events),
        );
    } else if backlog.oldest_event_at.is_some_and(|oldest| at.0 - oldest.0 > LATE_MS) {
        report.note(
            format!(
                "{} events wait, the oldest for more than a minute: is a server running, or a bot paused?",
                backlog.events
            ),
            format!(
                "Ждут события ({}), самое старое больше минуты: сервер запущен? бот не на паузе?",
                backlog.events
            ),
        );
    }
    if newest.is_some_and(|UtcMs(newest)| newest > at.0 + LATE_MS) {
        report.bad(
            "The newest event is from the future: the clock has been set back, or was wrong before. Let NTP keep it.",
            "Самое новое событие из будущего: часы перевели назад или раньше они врали. Включите NTP.",
        );
    }
}

async fn look_at_bot(
    report: &mut Report,
    store: &Store,
    connectors: &Connectors,
    options: &DoctorOptions,
    bot: &Bot,
) {
    let name = &bot.name;
    let Some(channel) = connectors.channel(&bot.channel) else { return };
    let opened = bot
        .token
        .as_ref()
        .and_then(|sealed| store.vault().open(bot.workspace_id, Purpose::BotToken, sealed).ok());
    let Some(token) = opened else {
        return report.bad(
            format!("The token of the bot “{name}” does not open: give it anew on the bot's page."),
            format!("Токен бота «{name}» не открывается: введите его заново на странице бота."),
        );
    };
    let access = BotAccess { token: Secret::new(token.expose()), base_url: bot.base_url.clone() };
    match channel.identify(&access).await {
        Ok(_) => report.good(
            format!("The messenger knows the bot “{name}”."),
            format!("Мессенджер знает бота «{name}»."),
        ),
        Err(ChannelError::Revoked) => {
            return report.bad(
                format!("The token of the bot “{name}” was revoked: give a new one on the bot's page."),
                format!("Токен бота «{name}» отозван: введите новый на странице бота."),
            );
        }
        Err(error) => {
            return report.bad(
                format!("The messenger of the bot “{name}” cannot be asked: {}", error.text(Lang::En)),
                format!("Мессенджер бота «{name}» не отвечает: {}", error.text(Lang::Ru)),
            );
        }
    }
    if bot.intake == BotIntake::Webhook && bot.status == BotStatus::Active {
        let url = PublicUrl::new(options.serve.public_url.as_ref(), options.serve.public_addr);
        look_at_webhook(report, channel, &access, bot, &url.at(&webhook_path(bot.id))).await;
    }
}

async fn look_at_webhook(
    report: &mut Report,
    channel: &dyn Channel,
    access: &BotAccess,
    bot: &Bot,
    expected: &str,
) {
    let name = &bot.name;
    let ask = Outgoing::Call { method: "getWebhookInfo", params: &Map::new() };
    let no_links = |_: &str| None::<String>;
    let SendOutcome::Sent { result, .. } = channel.send(access, &ask, &no_links).await else { return };
    let info: WebhookInfo = serde_json::from_value(result).unwrap_or_default();
    if info.url != expected {
        // The address that is set may be somebody else's secret.
        return report.bad(
            format!("The updates of the bot “{name}” are delivered to another address than {expected}: press “Save” on the bot's page, and check --public-url."),
            format!("Обновления бота «{name}» приходят не на {expected}: нажмите «Сохранить» на странице бота и проверьте --public-url."),
        );
    }
    match (&info.last_error_message, info.last_error_date) {
        (Some(message), Some(date)) if now().0 / 1_000 - date < 3_600 => report.bad(
            format!("The messenger could not deliver to the bot “{name}” within the last hour: {message}. {} updates wait there.", info.pending_update_count),
            format!("За последний час мессенджер не смог доставить обновления боту «{name}»: {message}. Там ждут: {}.", info.pending_update_count),
        ),
        _ => report.good(
            format!("The webhook of the bot “{name}” is set; {} updates wait at the messenger.", info.pending_update_count),
            format!("Вебхук бота «{name}» установлен; у мессенджера ждут обновлений: {}.", info.pending_update_count),
        ),
    }
}
