//! The clock, the walls around scripts, the addresses.

use std::time::Duration;

use connectors::http::{AllowPrivate, HttpConfig, HttpRequest};
use connectors::{Connectors, Secret};
use engine::effect::{HttpCall, SecretPart, SecretText};
use engine::words::Lang;
use script_sandbox::{Sandbox, SandboxConfig, Wall};

use super::Report;
use crate::config::{PublicUrl, ServeOptions};
use crate::services::now;

/// Scenaria is no older than this: a clock before it was never set.
const NOT_BEFORE_MS: i64 = 1_760_000_000_000;

/// Of one request to the outside.
const PATIENCE: Duration = Duration::from_secs(10);

pub fn look_at_clock(report: &mut Report) {
    let at = now();
    let shown =
        jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string());
    if at.0 < NOT_BEFORE_MS {
        report.bad(
            format!("The clock says {shown}, which cannot be: set it, and let NTP keep it."),
            format!("Часы показывают {shown}, так не бывает: установите их и включите NTP."),
        );
    } else {
        report.good(format!("The clock says {shown}."), format!("Часы показывают {shown}."));
    }
}

/// Runs a script in a real child.
pub async fn look_at_sandbox(report: &mut Report, options: &ServeOptions) {
    let allow_unconfined = options.allow_unconfined_scripts;
    let config = SandboxConfig { workers: 1, allow_unconfined, ..SandboxConfig::default() };
    let sandbox = match Sandbox::start(config) {
        Ok(sandbox) => sandbox,
        Err(error) => {
            report.bad(format!("JS steps cannot run: {error}."), format!("Шаги с JS не работают: {error}."));
            return;
        }
    };
    // No workspace has this number.
    let checked = sandbox.check(u64::MAX, "return 1").await;
    let walls = sandbox.status().confinement;
    match checked {
        Ok(()) => {
            report
                .good("JS steps run in a process of their own.", "Шаги с JS работают в отдельном процессе.");
        }
        Err(error) => report.bad(
            format!("JS steps do not run: {}", error.text(false)),
            format!("Шаги с JS не работают: {}", error.text(true)),
        ),
    }
    let Some(walls) = walls else { return };
    let named = [("seccomp", &walls.seccomp), ("Landlock", &walls.landlock), ("rlimit", &walls.limits)];
    for (name, wall) in named {
        let Wall::Missing(why) = wall else { continue };
        let (en, ru) = (
            format!("The wall `{name}` around JS steps is missing ({why})."),
            format!("Нет защиты `{name}` вокруг шагов с JS ({why})."),
        );
        if name == "seccomp" && !allow_unconfined {
            report.bad(
                format!("{en} JS steps are refused; run where seccomp is allowed, or trust everybody who builds scenarios and set --allow-unconfined-scripts."),
                format!("{ru} Шаги с JS отклоняются; запускайте там, где разрешён seccomp, или, если доверяете всем авторам сценариев, задайте --allow-unconfined-scripts."),
            );
        } else {
            report.note(en, ru);
        }
    }
}

pub fn look_at_addresses(report: &mut Report, options: &ServeOptions) {
    if !options.admin_addr.ip().is_loopback() {
        report.note(
            format!("The admin pages listen on {}: put a proxy with https in front, and let nobody else reach the port.", options.admin_addr),
            format!("Панель управления слушает {}: поставьте перед ней прокси с https и закройте порт для остальных.", options.admin_addr),
        );
    }
    if let Some(address) = options.metrics_addr.filter(|address| !address.ip().is_loopback()) {
        report.note(
            format!("Anybody who reaches {address} may read the metrics."),
            format!("Метрики прочтёт любой, кому доступен {address}."),
        );
    }
    let url = PublicUrl::new(options.public_url.as_ref(), options.public_addr);
    if url.is_https() {
        report.good(
            format!("The public address is {}.", url.as_str()),
            format!("Публичный адрес: {}.", url.as_str()),
        );
    } else {
        report.note(
            format!("The public address {} is not https: messengers deliver by polling only, and open no mini apps. Set --public-url.", url.as_str()),
            format!("Публичный адрес {} без https: сообщения получаем только опросом, мини-приложения не откроются. Задайте --public-url.", url.as_str()),
        );
    }
}

/// Asks for our own health page from outside, as far as this machine can play the outside.
pub async fn look_at_public_url(report: &mut Report, options: &ServeOptions) {
    let url = PublicUrl::new(options.public_url.as_ref(), options.public_addr).at("/healthz");
    let (en, ru) = match get(&url).await {
        Ok((200, body)) if body.trim() == "ok" => {
            return report.good(format!("{url} answers."), format!("{url} отвечает."));
        }
        Ok((status, _)) => (
            format!("answers with status {status}, and not as Scenaria does"),
            format!("отвечает статусом {status} и не как Scenaria"),
        ),
        Err((en, ru)) => (en, ru),
    };
    let (en, ru) = (en.trim_end_matches('.'), ru.trim_end_matches('.'));
    report.bad(
        format!(
            "{url} does not lead here: {en}. Check that the server runs, DNS, the proxy and the certificate."
        ),
        format!(
            "{url} сюда не ведёт: {ru}. Проверьте, что сервер запущен, а также DNS, прокси и сертификат."
        ),
    );
}

async fn get(url: &str) -> Result<(u16, String), (String, String)> {
    let same = |error: &dyn std::fmt::Display| (error.to_string(), error.to_string());
    // The operator asks for his own address, wherever it is.
    let allow_private = AllowPrivate::parse(["0.0.0.0/0", "::/0"]).map_err(|error| same(&error))?;
    let connectors = Connectors::new(HttpConfig { allow_private, ..HttpConfig::default() })
        .map_err(|error| same(&error))?;
    let call = HttpCall {
        method: "GET".into(),
        url: SecretText(vec![SecretPart::Text(url.to_owned())]),
        timeout_ms: u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX),
        ..HttpCall::default()
    };
    let said = |error: connectors::http::HttpError| (error.text(Lang::En), error.text(Lang::Ru));
    let request = HttpRequest::prepare(&call, |_| None::<Secret>).map_err(said)?;
    let answer = connectors.http().perform(request, 64 * 1024).await.map_err(said)?;
    Ok((answer.status, answer.body.to_text().into_owned()))
}
