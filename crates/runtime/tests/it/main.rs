//! Whole bots without HTTP: the runtime between a real store and a Bot API double.

mod calls;
mod conversation;
mod crash;
mod support;
