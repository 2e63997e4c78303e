//! How a chat file writes down what was said.

use super::Said;
use super::chat_file::prefix;
use crate::message::{Choice, MediaSource, Message, RichText};

pub(super) fn write_said(out: &mut String, who: &str, said: &Said) {
    let name = prefix(who);
    match said {
        Said::Message(message) => write_message(out, name, "", message),
        Said::Edited(message) => write_message(out, name, "(edited) ", message),
        Said::Buttons(rows) if rows.is_empty() => push_line(out, &format!("{name}< (buttons removed)")),
        Said::Buttons(rows) => {
            push_line(out, &format!("{name}< (buttons)"));
            write_buttons(out, rows);
        }
        Said::Deleted(message) => {
            let text = message.text.to_plain();
            push_line(out, &format!("{name}< (deleted) {}", text.lines().next().unwrap_or_default()));
        }
        Said::Acting(action) => push_line(out, &format!("{name}< ({}…)", action.as_str())),
        Said::Toast(text) => push_line(out, &format!("{name}< (toast) {text}")),
        Said::Response(response) => {
            push_line(out, &format!("{name}< (response {}) {}", response.status, response.body.to_json()));
        }
        Said::Called { method, params } => push_line(out, &format!("{name}< (call {method}) {params}")),
        Said::Lost(error) => push_line(out, &format!("{name}< (lost: {}) {}", error.code, error.en)),
        Said::Failure(error) => push_line(out, &format!("{name}< (failed: {}) {}", error.code, error.en)),
    }
}

fn write_message(out: &mut String, name: &str, mark: &str, message: &Message) {
    let mut lines: Vec<String> = render_text(&message.text).lines().map(str::to_owned).collect();
    let at = if message.text_above { lines.len() } else { 0 };
    lines.splice(at..at, parts(message));
    if lines.is_empty() {
        lines.push(String::new());
    }
    for (index, line) in lines.iter().enumerate() {
        push_line(out, &if index == 0 { format!("{name}< {mark}{line}") } else { format!("  {line}") });
    }
    write_buttons(out, &message.choices);
}

fn write_buttons(out: &mut String, rows: &[Vec<Choice>]) {
    for row in rows {
        let labels: Vec<&str> = row.iter().map(|choice: &Choice| choice.label.as_str()).collect();
        push_line(out, &format!("  [{}]", labels.join(" | ")));
    }
}

/// What a message holds besides its text and buttons, and how it is sent.
pub fn parts(message: &Message) -> Vec<String> {
    let mut parts: Vec<String> = message
        .media
        .iter()
        .map(|media| {
            let own = if matches!(media.source, MediaSource::Own(_)) { MediaSource::OWN } else { "" };
            format!("({} {own}{})", media.kind.as_str(), media.source.as_str())
        })
        .collect();
    if let Some(place) = &message.location {
        let named = [place.title.as_str(), place.address.as_str()];
        let named: Vec<&str> = named.into_iter().filter(|part| !part.is_empty()).collect();
        let place = format!("(location {} {} {}", place.latitude, place.longitude, named.join(", "));
        parts.push(format!("{})", place.trim_end()));
    }
    if let Some(card) = &message.contact {
        let name = format!("{} {}", card.first_name, card.last_name);
        parts.push(format!("(contact {} {})", card.phone, name.trim_end()));
    }
    if message.keyboard.remove {
        parts.push("(keyboard removed)".to_owned());
    }
    parts
}

/// Marks are shown as their tags, so that a test sees them.
pub(super) fn render_text(text: &RichText) -> String {
    let mut out = String::new();
    for span in &text.0 {
        let marks = span.marks;
        let tags: Vec<&str> = [
            (marks.bold, "b"),
            (marks.italic, "i"),
            (marks.underline, "u"),
            (marks.strike, "s"),
            (marks.code, "code"),
            (marks.spoiler, "spoiler"),
            (marks.pre, "pre"),
            (marks.quote, "blockquote"),
        ]
        .into_iter()
        .filter_map(|(on, tag)| on.then_some(tag))
        .collect();
        if let Some(link) = &span.link {
            out.push_str(&format!("<a {link}>"));
        }
        tags.iter().for_each(|tag| out.push_str(&format!("<{tag}>")));
        out.push_str(&span.text);
        tags.iter().rev().for_each(|tag| out.push_str(&format!("</{tag}>")));
        if span.link.is_some() {
            out.push_str("</a>");
        }
    }
    out
}

pub(super) fn push_line(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}
