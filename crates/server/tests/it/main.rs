//! The whole server on a database of its own: real store, real runtime, real sandbox, no ports.

mod api;
mod app;
mod auth;
mod chat;
mod connect;
mod csrf;
mod pages;
mod process;
mod public;
mod routes;
mod tenants;
