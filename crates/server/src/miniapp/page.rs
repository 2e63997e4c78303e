//! `GET /app/{slug}`: the owner's HTML with our bootstrap first in its head.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use engine::ids::{BotId, MiniAppId};
use serde::Deserialize;
use store::{bots, mini_apps};

use crate::error::ApiError;
use crate::services::Services;

/// Fills `window.quescha` before any script of the page runs, with no round trip. The launch data is in the
/// address's fragment (core.telegram.org/bots/webapps); it outlives a reload as telegram-web-app.js does it.
const BOOTSTRAP: &str = include_str!("bootstrap.js");

#[derive(Deserialize)]
pub struct Launch {
    /// The bot that opens the app, when it is not the app's own.
    bot: Option<i64>,
}

/// `GET /app/{slug}`
pub async fn get_mini_app(
    services: web::Data<Services>,
    slug: web::Path<String>,
    launch: web::Query<Launch>,
) -> Result<HttpResponse, ApiError> {
    let page = find(&services, slug.into_inner(), launch.bot.map(BotId)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(with_bootstrap(&page)))
}

/// A page and the bot it was opened by.
struct MiniAppPage {
    id: MiniAppId,
    bot: Option<BotId>,
    html: String,
}

async fn find(services: &Services, slug: String, bot: Option<BotId>) -> Result<MiniAppPage, ApiError> {
    let found = services
        .read(move |connection| {
            let Some(app) = mini_apps::find_by_slug(connection, &slug)? else { return Ok(None) };
            let named = match bot {
                Some(bot) => bots::find(connection, app.workspace_id, bot)?.map(|bot| bot.id),
                None => None,
            };
            Ok(Some(MiniAppPage { id: app.id, bot: named.or(app.bot_id), html: app.html }))
        })
        .await?;
    found.ok_or_else(ApiError::not_found)
}

fn with_bootstrap(page: &MiniAppPage) -> String {
    let script = format!(
        "<script>(function(webappid,channelid){{{}}})({},{});</script>",
        BOOTSTRAP.trim(),
        page.id,
        page.bot.map_or_else(|| "null".to_owned(), |bot| bot.to_string()),
    );
    let at = head_start(&page.html);
    let (before, after) = page.html.split_at_checked(at).unwrap_or((&page.html, ""));
    format!("{before}{script}{after}")
}

/// Where the head begins. A page without one gets the script after its doctype: anything before the doctype
/// would switch the browser to quirks.
fn head_start(html: &str) -> usize {
    after_tag(html, "<head")
        .or_else(|| after_tag(html, "<html"))
        .or_else(|| after_tag(html, "<!doctype"))
        .unwrap_or(0)
}

fn after_tag(html: &str, tag: &str) -> Option<usize> {
    let lower = html.to_ascii_lowercase();
    let mut from = 0;
    loop {
        let start = from + lower.get(from..)?.find(tag)?;
        let rest = lower.get(start + tag.len()..)?;
        // `<header>` is no head.
        if rest.starts_with(|next: char| next == '>' || next.is_ascii_whitespace()) {
            return Some(start + tag.len() + rest.find('>')? + 1);
        }
        from = start + tag.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bootstrap_is_first_in_the_head() {
        let check = |html: &str, before: &str| {
            let page = MiniAppPage { id: MiniAppId(4), bot: Some(BotId(5)), html: html.to_owned() };
            let shown = with_bootstrap(&page);
            let after = html.strip_prefix(before).unwrap();
            assert!(shown.starts_with(&format!("{before}<script>(function(webappid,channelid)")), "{shown}");
            assert!(shown.ends_with(&format!("(4,5);</script>{after}")), "{shown}");
        };
        check("<!DOCTYPE html><html><head><title>x</title></head></html>", "<!DOCTYPE html><html><head>");
        check(
            "<html lang=\"ru\">\n<HEAD data-x='1'><script>1</script></HEAD>",
            "<html lang=\"ru\">\n<HEAD data-x='1'>",
        );
        check("<!doctype html><html><body><header>a</header></body></html>", "<!doctype html><html>");
        check("<!doctype html>\n<p>Привет", "<!doctype html>");
        check("<header>a</header>", "");
        check("", "");
    }
}
