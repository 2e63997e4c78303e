#![doc = include_str!("../README.md")]

mod admin;
mod api;
pub mod app;
mod assets;
mod auth;
mod cells;
pub mod cli;
pub mod config;
mod connect;
mod cors;
mod documents;
mod error;
mod examples;
mod flash;
mod forms;
mod headers;
mod hooks;
mod locale;
pub mod metrics;
mod miniapp;
mod payload;
mod readiness;
mod request;
pub mod serve;
pub mod services;
mod staff_link;
mod webhooks;
