//! Rich text as text and entities, in parts Telegram accepts.

use engine::message::{Marks, RichText, Span};
use serde::Serialize;
use url::Url;

/// Longest text of one message. Telegram counts characters; code units are never fewer.
pub(super) const TEXT_MAX_UNITS: usize = 4096;

/// A part is cut at a line or word end when one is in its last quarter.
const CUT_ZONE_UNITS: usize = TEXT_MAX_UNITS / 4;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Part {
    pub text: String,
    pub entities: Vec<Entity>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub offset: usize,
    pub length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The text as one part, if there is any and it is no longer than this.
pub(super) fn render_within(text: &RichText, max_units: usize) -> Option<Part> {
    let length: usize = text.0.iter().map(|span| units(&span.text)).sum();
    (length > 0 && length <= max_units)
        .then(|| render_part(text.0.iter().map(|span| (span, span.text.as_str()))))
}

/// Parts in order; exactly one for an ordinary message, even an empty one (Telegram refuses it with a clear text).
pub(super) fn render(text: &RichText) -> Vec<Part> {
    let units: usize = text.0.iter().map(|span| units(&span.text)).sum();
    if units <= TEXT_MAX_UNITS {
        return vec![render_part(text.0.iter().map(|span| (span, span.text.as_str())))];
    }
    let mut parts = Vec::new();
    let mut rest: Vec<(&Span, &str)> = text.0.iter().map(|span| (span, span.text.as_str())).collect();
    while !rest.is_empty() {
        let (head, tail) = cut(rest);
        // Telegram refuses a message of white space alone, and trims it at the ends anyway.
        if head.iter().any(|(_, text)| !text.trim().is_empty()) {
            parts.push(render_part(head.into_iter()));
        }
        rest = tail;
    }
    parts
}

fn render_part<'a>(pieces: impl Iterator<Item = (&'a Span, &'a str)>) -> Part {
    let mut part = Part::default();
    let mut offset = 0;
    let mut before = Marks::default();
    for (span, text) in pieces {
        let length = units(text);
        if length > 0 {
            mark(&mut part.entities, span, before, offset, length);
            before = span.marks;
        }
        offset += length;
        part.text.push_str(text);
    }
    part
}

fn mark(entities: &mut Vec<Entity>, span: &Span, before: Marks, offset: usize, length: usize) {
    let marks = span.marks;
    // Code excludes every other mark but the quote around it; Telegram would drop one of them in its own way.
    let is_code = marks.code || marks.pre;
    let applied = [
        (marks.quote, "blockquote"),
        (marks.pre, "pre"),
        (marks.code && !marks.pre, "code"),
        (marks.bold && !is_code, "bold"),
        (marks.italic && !is_code, "italic"),
        (marks.underline && !is_code, "underline"),
        (marks.strike && !is_code, "strikethrough"),
        (marks.spoiler && !is_code, "spoiler"),
    ];
    for (_, kind) in applied.into_iter().filter(|(on, _)| *on) {
        // A block goes on behind the end of another mark: two of them would be two blocks. Other marks may be cut
        // into pieces, and must be at the ends of blocks: marks contain one another or stand apart.
        let goes_on = match kind {
            "blockquote" => before.quote,
            "pre" => before.pre && before.quote == marks.quote,
            _ => false,
        };
        let open =
            entities.iter_mut().find(|entity| entity.kind == kind && entity.offset + entity.length == offset);
        match open.filter(|_| goes_on) {
            Some(entity) => entity.length += length,
            None => entities.push(Entity { kind, offset, length, url: None }),
        }
    }
    if let Some(url) = span.link.as_deref().filter(|url| !is_code && is_link(url)) {
        entities.push(Entity { kind: "text_link", offset, length, url: Some(url.to_owned()) });
    }
}

/// A broken address would have the whole message refused; without its link the text still arrives.
fn is_link(address: &str) -> bool {
    Url::parse(address)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "tg" | "mailto" | "tel" | "ton"))
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

type Pieces<'a> = Vec<(&'a Span, &'a str)>;

/// Splits off as much as one message takes.
fn cut<'a>(pieces: Pieces<'a>) -> (Pieces<'a>, Pieces<'a>) {
    let cut = find_cut(&pieces);
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    let mut start = 0;
    for (span, text) in pieces {
        let at = cut.saturating_sub(start).min(text.len());
        let (left, right) = text.split_at_checked(at).unwrap_or((text, ""));
        if !left.is_empty() {
            head.push((span, left));
        }
        if !right.is_empty() {
            tail.push((span, right));
        }
        start += text.len();
    }
    (head, tail)
}

/// Where to cut, in bytes of the joined text: after the last line end of the cut zone, else after the last space,
/// else at the limit. Never inside a character.
fn find_cut(pieces: &Pieces<'_>) -> usize {
    let (mut used, mut position) = (0, 0);
    let (mut after_line, mut after_space) = (None, None);
    for character in pieces.iter().flat_map(|(_, text)| text.chars()) {
        if used + character.len_utf16() > TEXT_MAX_UNITS {
            return after_line.or(after_space).unwrap_or(position);
        }
        used += character.len_utf16();
        position += character.len_utf8();
        if used > TEXT_MAX_UNITS - CUT_ZONE_UNITS {
            match character {
                '\n' => after_line = Some(position),
                _ if character.is_whitespace() => after_space = Some(position),
                _ => {}
            }
        }
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(kind: &'static str, offset: usize, length: usize) -> Entity {
        Entity { kind, offset, length, url: None }
    }

    #[test]
    fn marks_count_utf16_units() {
        let mut text = RichText::plain("👨‍👩‍👧 & <b> ");
        text.push("жирный", Marks { bold: true, italic: true, ..Marks::default() }, None);
        text.push("x", Marks { code: true, bold: true, ..Marks::default() }, None);
        text.push("сайт", Marks::default(), Some("https://example.com/?a=1&b=2"));
        text.push("bad", Marks::default(), Some("javascript:alert(1)"));
        let parts = render(&text);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].text, "👨‍👩‍👧 & <b> жирныйxсайтbad");
        let mut link = entity("text_link", 22, 4);
        link.url = Some("https://example.com/?a=1&b=2".to_owned());
        let expected = [entity("bold", 15, 6), entity("italic", 15, 6), entity("code", 21, 1), link];
        assert_eq!(parts[0].entities, expected);
    }

    #[test]
    fn a_quote_is_one_block_whatever_is_marked_inside() {
        let (quote, bold) = (true, true);
        let mut text = RichText::default();
        text.push("He said ", Marks { quote, ..Marks::default() }, None);
        text.push("no", Marks { quote, bold, ..Marks::default() }, None);
        text.push(".", Marks { quote, ..Marks::default() }, None);
        text.push("let x = ", Marks { pre: true, bold, ..Marks::default() }, None);
        text.push("1;", Marks { pre: true, ..Marks::default() }, None);
        text.push("Again ", Marks { quote, ..Marks::default() }, None);
        text.push("1;", Marks { quote, pre: true, ..Marks::default() }, None);
        text.push("2;", Marks { pre: true, ..Marks::default() }, None);
        let expected = [
            entity("blockquote", 0, 11),
            entity("bold", 8, 2),
            entity("pre", 11, 10),
            entity("blockquote", 21, 8),
            entity("pre", 27, 2),
            entity("pre", 29, 2),
        ];
        assert_eq!(render(&text)[0].entities, expected);
    }

    #[test]
    fn long_texts_are_cut_without_losing_anything() {
        let check = |text: RichText, expected: &[usize]| {
            let parts = render(&text);
            let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
            assert_eq!(joined, text.to_plain());
            assert_eq!(parts.iter().map(|part| units(&part.text)).collect::<Vec<_>>(), expected);
            for part in &parts {
                assert!(
                    part.entities.iter().all(|entity| entity.offset + entity.length <= units(&part.text))
                );
            }
        };
        check(RichText::plain(""), &[0]);
        check(RichText::plain("a".repeat(4096)), &[4096]);
        check(RichText::plain("a".repeat(4097)), &[4096, 1]);
        check(RichText::plain("😀".repeat(2049)), &[4096, 2]);
        check(RichText::plain(format!("b{}", "😀".repeat(2048))), &[4095, 2]);
        check(RichText::plain(format!("{}\n{}", "a".repeat(4000), "b".repeat(200))), &[4001, 200]);
        check(RichText::plain(format!("{} {}", "a".repeat(4000), "b".repeat(200))), &[4001, 200]);
        // A line end too far ahead of the limit would waste most of a message.
        check(RichText::plain(format!("{}\n{}", "a".repeat(100), "b".repeat(4200))), &[4096, 205]);
        let mut marked = RichText::plain("я".repeat(4000));
        marked.push(&"ю".repeat(4300), Marks { bold: true, ..Marks::default() }, None);
        check(marked, &[4096, 4096, 108]);
    }

    #[test]
    fn a_mark_over_the_cut_goes_on_in_the_next_part() {
        let mut text = RichText::plain("a".repeat(4090));
        text.push(&"b".repeat(10), Marks { bold: true, ..Marks::default() }, None);
        let parts = render(&text);
        assert_eq!(parts[0].entities, [entity("bold", 4090, 6)]);
        assert_eq!(parts[1].entities, [entity("bold", 0, 4)]);
    }

    proptest::proptest! {
        /// Whatever the text: nothing is lost but white space between parts, and every part fits.
        #[test]
        fn any_text_is_cut_into_parts_that_fit(pieces in proptest::collection::vec("[a-я😀 \n]{0,900}", 0..12)) {
            let mut text = RichText::default();
            for (index, piece) in pieces.iter().enumerate() {
                text.push(piece, Marks { bold: index % 2 == 0, ..Marks::default() }, None);
            }
            let parts = render(&text);
            let visible = |text: &str| text.split_whitespace().collect::<String>();
            let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
            proptest::prop_assert_eq!(visible(&joined), visible(&text.to_plain()));
            for part in &parts {
                let length = units(&part.text);
                proptest::prop_assert!(length <= TEXT_MAX_UNITS);
                proptest::prop_assert!(part.entities.iter().all(|entity| entity.offset + entity.length <= length));
            }
        }
    }
}
