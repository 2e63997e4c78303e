//! What a value becomes inside an address or a JSON text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// The place a value is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    Plain,
    Url,
    Json,
}

/// Everything but the unreserved characters of RFC 3986, section 2.3.
pub(super) const URL_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writes the inside of a JSON string (RFC 8259, section 7).
pub(super) fn push_json_text(out: &mut String, text: &str) {
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(plain_from..at).unwrap_or_default());
        plain_from = at + 1;
        if short.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(short);
        }
    }
    out.push_str(text.get(plain_from..).unwrap_or_default());
}

/// Writes text for an HTML page, inside an element or an attribute.
pub(super) fn push_html_text(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            plain => out.push(plain),
        }
    }
}

/// Follows JSON text to know whether the next character stands inside a string.
#[derive(Clone, Copy, Default)]
pub(super) struct JsonPlace {
    in_string: bool,
    escaped: bool,
}

impl JsonPlace {
    pub(super) fn in_string(self) -> bool {
        self.in_string
    }

    pub(super) fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ => {}
            }
        }
    }
}
