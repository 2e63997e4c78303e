use super::world;
use crate::expression::RichTemplate;
use crate::message::{RichText, Span};

/// Writes marks as letters: `b[bold] plain a(address)[text]`.
fn shown(text: &RichText) -> String {
    let span = |span: &Span| {
        let marks = span.marks;
        let letters = [
            (marks.bold, "b"),
            (marks.italic, "i"),
            (marks.underline, "u"),
            (marks.strike, "s"),
            (marks.code, "c"),
            (marks.spoiler, "h"),
            (marks.pre, "p"),
            (marks.quote, "q"),
        ];
        let mut letters: String = letters.iter().filter(|(on, _)| *on).map(|(_, letter)| *letter).collect();
        if let Some(link) = &span.link {
            letters += &format!("a({link})");
        }
        if letters.is_empty() { span.text.clone() } else { format!("{letters}[{}]", span.text) }
    };
    text.0.iter().map(span).collect()
}

fn check(source: &str, expected: &str) {
    let template = RichTemplate::new(source);
    assert_eq!(template.error(), None, "{source}");
    assert_eq!(shown(&template.render(&world()).unwrap()), expected, "{source}");
}

/// A text with a mistake is shown all the same.
fn check_error(source: &str, position: usize, part: &str, expected: &str) {
    let template = RichTemplate::new(source);
    let error = template.error().unwrap_or_else(|| panic!("{source} parses"));
    assert!(error.en.contains(part), "{source}: {}", error.en);
    assert_eq!(error.position, position, "{source}: {}", error.en);
    assert_eq!(shown(&template.render(&world()).unwrap()), expected, "{source}");
}

#[test]
fn marks() {
    check("", "");
    check("plain\ntext", "plain\ntext");
    check("<b>bold</b> <i>it</i>", "b[bold] i[it]");
    check("<strong>a</strong><em>b</em><ins>c</ins><del>d</del><strike>e</strike>", "b[a]i[b]u[c]s[de]");
    check("<code>a</code><pre>b</pre> <tg-spoiler>c</tg-spoiler><spoiler>d</spoiler>", "c[a]p[b] h[cd]");
    check("<blockquote>a <b>b</b></blockquote>c", "q[a ]bq[b]c");
    check(
        "<blockquote>a</blockquote><blockquote>b</blockquote><pre>c</pre><pre>d</pre>",
        "q[a]\nq[b]p[c]\np[d]",
    );
    check("<b>a<i>b</i>c</b>", "b[a]bi[b]b[c]");
    check("<B>a</B><br>b<br/>c<br />", "b[a]\nb\nc\n");
    check("a &lt;b&gt; &amp;amp; &quot; &nbsp; &", "a <b> &amp; \" &nbsp; &");
    check("1 < 2 <3 <- </ <", "1 < 2 <3 <- </ <");
    check("<b></b>", "");
}

#[test]
fn values_are_not_marks() {
    check("<b>#{name}</b>, #{close}", "b[Ann], </b>");
    check("<b>#{close}</b>", "b[</b>]");
    check("[Answer][LineBreak]{{ 1 + 1 }} [x]", "/menu\n2 [x]");
    check("&lt;#{name}&gt;", "<Ann>");
    check("#{missing}", "");
}

#[test]
fn links() {
    check(
        "<a href=\"https://x.ru/?q=#{question}\">go</a>",
        "a(https://x.ru/?q=%D1%87%D1%82%D0%BE%3F%20%D0%B4%D0%B0)[go]",
    );
    check("<a href='#{url}'><b>#{name}</b></a>.", "ba(https://example.com/?a=b)[Ann].");
    check("<a href=\"https://x.ru/?a=1&amp;b=2\">x</a>", "a(https://x.ru/?a=1&b=2)[x]");
    check("<a href=\"tg://user?id=[ClientID]\">x</a>", "a(tg://user?id=42)[x]");
    check("<a href=\"example.com:80/x\">x</a>", "a(example.com:80/x)[x]");
    check("<a href='#{missing}'>x</a>", "x");

    let mut world = world();
    let template = RichTemplate::new("<a href='#{link}'>x</a>");
    for (link, expected) in [
        ("javascript:alert(1)", "x"),
        (" JavaScript:alert(1)", "x"),
        ("java\nscript:alert(1)", "x"),
        ("data:text/html,x", "x"),
        ("HTTPS://ok.ru", "a(HTTPS://ok.ru)[x]"),
        ("/path?t=10:30", "a(/path?t=10:30)[x]"),
    ] {
        world.variables.insert("link".into(), link.into());
        assert_eq!(shown(&template.render(&world).unwrap()), expected, "{link:?}");
    }
}

#[test]
fn mistakes_are_found_and_stay_visible() {
    check_error("я <foo>x</foo>", 2, "no tag <foo>", "я <foo>x</foo>");
    check_error("<b>x", 0, "expected </b>", "b[x]");
    check_error("x</b>y", 1, "closes nothing", "x</b>y");
    check_error("<b>a<i>b</b>c</i>", 8, "Expected </i>", "b[a]bi[b]c</i>");
    check_error("<b x>y</b>", 3, "Expected >", "<b x>y</b>");
    check_error("<a>x</a>", 2, "href", "<a>x</a>");
    check_error("<a href=x>x</a>", 3, "href", "<a href=x>x</a>");
    check_error("<a href=\"javascript:x\">y</a>", 3, "https", "<a href=\"javascript:x\">y</a>");
    check_error("<a href=\"x>y", 8, "never closed", "<a href=\"x>y");
    check_error("#{a b} <b>#{name}</b>", 4, "Expected }", "#{a b} b[#{name}]");
    check_error("[Round()]", 0, "Round(", "[Round()]");
    let deep = format!("{}x{}", "<b>".repeat(70), "</b>".repeat(70));
    assert!(RichTemplate::new(&deep).error().unwrap().en.contains("64"));
}

#[test]
fn secrets_are_refused() {
    for source in ["#{env.KEY}", "<a href='https://x.ru/#{env.KEY}'>x</a>"] {
        assert_eq!(RichTemplate::new(source).render(&world()).unwrap_err().code, "secret_here", "{source}");
    }
}

#[test]
fn what_it_reads() {
    let mut names = Vec::new();
    let template = RichTemplate::new("#{a} <b>[Upper(#{client.b})]</b> <a href='#{c}'>x</a>");
    template.for_each_path(&mut |path| names.push(path.name.clone()));
    assert_eq!(names, ["a", "b", "c"]);
    assert!(!template.is_constant());
    assert!(RichTemplate::new("<b>x</b>").is_constant());
}
