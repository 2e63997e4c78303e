//! What reaches us from outside besides mini apps: messengers' updates, inbound webhooks, their replies, files.

pub mod file;
pub mod health;
pub mod link;
pub mod once;
pub mod reply;
pub mod telegram;
pub mod webhook;
