//! The text of a message: placeholders and a small set of HTML marks.
//!
//! Marks are read once, in the template. Values are put in as they are: a `<b>` somebody typed is shown.

use super::ast::{NextLetter, Part, for_each_path};
use super::cursor::{Cursor, Fault};
use super::escape::Escape;
use super::evaluate::check_size;
use super::template::render_plain;
use super::{ExpressionError, Lookup, Path, parse, source_text};
use crate::error::StepError;
use crate::limits::EXPRESSION_DEPTH;
use crate::message::{Marks, RichText};

/// The text of a message: `<b>Hello</b>, #{client.name}!`
///
/// Tags: `b strong i em u ins s strike del code pre spoiler tg-spoiler blockquote`, `<a href="...">`, `<br>`; entities
/// `&lt; &gt; &amp; &quot;`. A text that does not parse keeps what is wrong in it as plain text.
#[derive(Clone)]
pub struct RichTemplate {
    source: Box<str>,
    pieces: Vec<Piece>,
    links: Vec<Vec<Part>>,
    error: Option<Box<ExpressionError>>,
}

source_text!(RichTemplate, "rich_text");

/// A piece with one set of marks; `link` is an index of `links`.
#[derive(Clone)]
struct Piece {
    content: Part,
    marks: Marks,
    link: Option<usize>,
}

impl RichTemplate {
    pub fn new(source: &str) -> Self {
        let mut reader = Reader {
            cursor: Cursor::new(source),
            plain: String::new(),
            pieces: Vec::new(),
            links: Vec::new(),
            open: Vec::new(),
            marks: Marks::default(),
            link: None,
            fault: None,
            is_literal: false,
            next_letter: NextLetter::default(),
        };
        reader.read();
        let error = reader.fault.map(|fault| Box::new(fault.into_error(source)));
        Self { source: source.into(), pieces: reader.pieces, links: reader.links, error }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn error(&self) -> Option<&ExpressionError> {
        self.error.as_deref()
    }

    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// No placeholder in it.
    pub fn is_constant(&self) -> bool {
        let is_text = |part: &Part| matches!(part, Part::Text(_));
        self.pieces.iter().all(|piece| is_text(&piece.content)) && self.links.iter().flatten().all(is_text)
    }

    pub fn render(&self, lookup: &dyn Lookup) -> Result<RichText, StepError> {
        let links = self.links.iter().map(|parts| render_plain(parts, Escape::Url, lookup));
        let links = links.collect::<Result<Vec<_>, _>>()?;
        let mut rendered = RichText::default();
        let mut bytes = 0;
        for piece in &self.pieces {
            let link = piece.link.and_then(|index| links.get(index)).map(|link| link.trim());
            let link = link.filter(|link| is_safe_link(link));
            let value = match &piece.content {
                Part::Text(text) => {
                    rendered.push(text, piece.marks, link);
                    continue;
                }
                Part::Value(value) => value.evaluate(lookup)?,
            };
            let text = value.to_text();
            bytes += text.len();
            check_size(bytes)?;
            rendered.push(&text, piece.marks, link);
        }
        Ok(rendered)
    }

    pub fn for_each_path(&self, visit: &mut dyn FnMut(&Path)) {
        for piece in &self.pieces {
            for_each_path(std::slice::from_ref(&piece.content), visit);
        }
        self.links.iter().for_each(|parts| for_each_path(parts, visit));
    }
}

/// Addresses that open a page, a chat, a letter or a call; never code.
fn is_safe_link(link: &str) -> bool {
    if link.is_empty() || link.chars().any(char::is_control) {
        return false;
    }
    match link.split_once(':') {
        // `example.com:8080` has no scheme, neither have `/path?time=10:30` and `#part`.
        Some((scheme, _)) if !scheme.contains(['.', '/', '?', '#']) => {
            ["http", "https", "tg", "mailto", "tel"].iter().any(|safe| scheme.eq_ignore_ascii_case(safe))
        }
        _ => true,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    Bold,
    Italic,
    Underline,
    Strike,
    Code,
    Pre,
    Spoiler,
    Quote,
    Link,
    Break,
}

impl Tag {
    fn find(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "b" | "strong" => Self::Bold,
            "i" | "em" => Self::Italic,
            "u" | "ins" => Self::Underline,
            "s" | "strike" | "del" => Self::Strike,
            "code" => Self::Code,
            "pre" => Self::Pre,
            "spoiler" | "tg-spoiler" => Self::Spoiler,
            "blockquote" => Self::Quote,
            "a" => Self::Link,
            "br" => Self::Break,
            _ => return None,
        })
    }

    fn mark(self, marks: &mut Marks) {
        match self {
            Self::Bold => marks.bold = true,
            Self::Italic => marks.italic = true,
            Self::Underline => marks.underline = true,
            Self::Strike => marks.strike = true,
            Self::Code => marks.code = true,
            Self::Pre => marks.pre = true,
            Self::Spoiler => marks.spoiler = true,
            Self::Quote => marks.quote = true,
            Self::Link | Self::Break => {}
        }
    }
}

/// An open tag, and what held before it.
struct Open<'s> {
    tag: Tag,
    name: &'s str,
    at: usize,
    marks: Marks,
    link: Option<usize>,
}

struct Reader<'s> {
    cursor: Cursor<'s>,
    plain: String,
    pieces: Vec<Piece>,
    links: Vec<Vec<Part>>,
    open: Vec<Open<'s>>,
    marks: Marks,
    link: Option<usize>,
    /// The first thing that is wrong.
    fault: Option<Fault>,
    /// After a fault inside a placeholder or an address the rest has none: reading them again from every
    /// following character would take quadratic time.
    is_literal: bool,
    next_letter: NextLetter,
}

impl<'s> Reader<'s> {
    fn read(&mut self) {
        while let Some(plain) = parse::plain_text(&mut self.cursor, &['<', '&']) {
            self.plain.push_str(&self.next_letter.text(plain));
            let at = self.cursor.at();
            let read = match self.cursor.peek() {
                Some('<') => self.tag(),
                Some('&') => Ok(self.entity()),
                Some(_) if !self.is_literal => self.placeholder(),
                _ => Ok(false),
            };
            let is_read = read.unwrap_or_else(|fault| {
                self.fault.get_or_insert(fault);
                false
            });
            if !is_read {
                self.cursor.move_to(at);
                self.plain.extend(self.cursor.bump());
            }
        }
        self.flush();
        if let Some(open) = self.open.last() {
            let (at, name) = (open.at, open.name);
            self.fault.get_or_insert_with(|| {
                Fault::new(
                    at,
                    format!("<{name}> is never closed: expected </{name}>"),
                    format!("<{name}> не закрыт: ожидается </{name}>"),
                )
            });
        }
    }

    fn placeholder(&mut self) -> Result<bool, Fault> {
        let value = parse::placeholder(&mut self.cursor).inspect_err(|_| self.is_literal = true)?;
        let Some(value) = value else { return Ok(false) };
        if !self.next_letter.takes(&value) {
            let value = self.next_letter.value(value);
            self.push(Part::Value(value));
        }
        Ok(true)
    }

    fn entity(&mut self) -> bool {
        const ENTITIES: [(&str, char); 4] = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
        match ENTITIES.iter().find(|(entity, _)| self.cursor.eat(entity)) {
            Some((_, character)) => {
                self.plain.push(*character);
                true
            }
            None => false,
        }
    }

    /// A tag at the cursor; `false` when `<` is only a sign here.
    fn tag(&mut self) -> Result<bool, Fault> {
        let at = self.cursor.at();
        self.cursor.bump();
        let closes = self.cursor.eat("/");
        if !self.cursor.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            return Ok(false);
        }
        let name = self.cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '-');
        let tag = Tag::find(name).ok_or_else(|| {
            Fault::new(
                at,
                format!("There is no tag <{name}>; the sign < itself is written &lt;"),
                format!("Тега <{name}> нет; сам знак < пишется &lt;"),
            )
        })?;
        if closes {
            self.end_of_tag()?;
            return self.close(at, tag, name).map(|()| true);
        }
        if tag == Tag::Break {
            self.cursor.skip_space();
            self.cursor.eat("/");
            self.end_of_tag()?;
            self.plain.push('\n');
            return Ok(true);
        }
        if self.open.len() >= EXPRESSION_DEPTH {
            return Err(Fault::too_deep(at));
        }
        let address = if tag == Tag::Link { Some(self.address()?) } else { None };
        self.end_of_tag()?;
        self.flush();
        if self.ends_with(tag) {
            self.pieces.push(Piece { content: Part::Text("\n".into()), marks: self.marks, link: self.link });
        }
        self.open.push(Open { tag, name, at, marks: self.marks, link: self.link });
        tag.mark(&mut self.marks);
        if let Some(address) = address {
            self.link = Some(self.links.len());
            self.links.push(address);
        }
        Ok(true)
    }

    /// Whether a block ended just before this place and one of the same kind begins: they are two.
    fn ends_with(&self, tag: Tag) -> bool {
        let is = |marks: Marks| match tag {
            Tag::Quote => marks.quote,
            Tag::Pre => marks.pre,
            _ => false,
        };
        self.pieces.last().is_some_and(|last| is(last.marks)) && !is(self.marks)
    }

    fn end_of_tag(&mut self) -> Result<(), Fault> {
        self.cursor.skip_space();
        self.cursor.expect(
            ">",
            "Expected > at the end of the tag; the sign < itself is written &lt;",
            "Ожидается > в конце тега; сам знак < пишется &lt;",
        )
    }

    /// ` href="..."`, with placeholders.
    fn address(&mut self) -> Result<Vec<Part>, Fault> {
        self.cursor.skip_space();
        let at = self.cursor.at();
        let is_href = self.cursor.eat("href") || self.cursor.eat("HREF");
        self.cursor.skip_space();
        let has_value = is_href && self.cursor.eat("=");
        self.cursor.skip_space();
        if self.is_literal || !has_value || !matches!(self.cursor.peek(), Some('"' | '\'')) {
            return Err(Fault::new(
                at,
                "Expected href=\"address\" in the link",
                "В ссылке ожидается href=\"адрес\"",
            ));
        }
        let mut parts = parse::quoted(&mut self.cursor).inspect_err(|_| self.is_literal = true)?;
        for part in &mut parts {
            if let Part::Text(text) = part {
                *text = text.replace("&amp;", "&").replace("&quot;", "\"").into();
            }
        }
        if let Some(Part::Text(first)) = parts.first()
            && !is_safe_link(first.trim())
        {
            return Err(Fault::new(
                at,
                "A link begins with https://, http://, tg://, mailto: or tel:",
                "Ссылка начинается с https://, http://, tg://, mailto: или tel:",
            ));
        }
        Ok(parts)
    }

    fn close(&mut self, at: usize, tag: Tag, name: &str) -> Result<(), Fault> {
        let Some(depth) = self.open.iter().rposition(|open| open.tag == tag) else {
            return Err(Fault::new(
                at,
                format!("</{name}> closes nothing: there is no <{name}> before it"),
                format!("</{name}> нечего закрывать: перед ним нет <{name}>"),
            ));
        };
        if let Some(inner) = self.open.last().filter(|inner| inner.tag != tag) {
            let expected = inner.name;
            self.fault.get_or_insert_with(|| {
                Fault::new(
                    at,
                    format!("Expected </{expected}> before </{name}>"),
                    format!("Перед </{name}> ожидается </{expected}>"),
                )
            });
        }
        self.flush();
        if let Some(open) = self.open.drain(depth..).next() {
            self.marks = open.marks;
            self.link = open.link;
        }
        Ok(())
    }

    fn push(&mut self, content: Part) {
        self.flush();
        self.pieces.push(Piece { content, marks: self.marks, link: self.link });
    }

    fn flush(&mut self) {
        if !self.plain.is_empty() {
            let content = Part::Text(std::mem::take(&mut self.plain).into_boxed_str());
            self.pieces.push(Piece { content, marks: self.marks, link: self.link });
        }
    }
}
