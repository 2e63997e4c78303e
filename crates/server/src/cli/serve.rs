//! `serve`.

use std::net::SocketAddr;

use anyhow::Result;
use engine::words::{Lang, Words};

use super::say;
use crate::config::ServeOptions;
use crate::{locale, serve};

const READY: Words = Words::new(
    "Scenaria is running. Open {url} in your browser.",
    "Scenaria запущена. Откройте {url} в браузере.",
);

pub fn run(options: ServeOptions) -> Result<()> {
    let lang = locale::from_environment();
    // Several threads: the bots' work must not wait for the listeners', nor the other way round.
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    threads.block_on(serve::serve(options, |admin| say(ready_line(admin, lang))))
}

fn ready_line(mut admin: SocketAddr, lang: Lang) -> String {
    // A wildcard is no address to open.
    if admin.ip().is_unspecified() {
        admin.set_ip([127, 0, 0, 1].into());
    }
    READY.get(lang).replace("{url}", &format!("http://{admin}"))
}
