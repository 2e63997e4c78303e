//! Feeds texts to [`targets::expression`].

#![no_main]

#[allow(dead_code, reason = "the other targets are programs of their own")]
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|text: &str| targets::expression(text));
