//! Whole bots without HTTP: the runtime between a real store and a Bot API double.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::print_stdout, reason = "an ordeal tells what it has tried")]

mod addresses;
mod albums;
mod awaited;
mod broadcasts;
mod calls;
mod changes;
mod conversation;
mod crash;
mod dialogue;
mod files;
mod links;
mod lists;
mod long_lists;
mod moves;
mod nested;
mod nodes;
mod people;
mod requests;
mod resting;
mod schedules;
mod setbacks;
mod support;
mod timers;
mod waiting;
