//! One module per table: its rows and its queries. Functions that read take a `&mut Connection`, functions
//! that write a `&mut Tx`; all but a few documented ones name the workspace.

pub mod api_tokens;
pub mod audit_log;
pub mod bots;
pub mod calls;
pub mod exit_counters;
pub mod fields;
pub mod inbox;
pub mod lanes;
pub mod lists;
pub mod messages;
pub mod mini_apps;
pub mod nodes;
pub mod outbox;
pub mod replies;
pub mod runs;
pub mod scenarios;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod subscribers;
pub mod timers;
pub mod traces;
pub mod users;
pub mod webhooks;
pub mod workspaces;
