//! The texts of the pages, in every language the product speaks.
//!
//! They live in `web-ui/locales/<language>/pages.ftl` and are compiled in. Templates say `{{ l.t("save") }}`;
//! a test checks that every key they use exists in every language.

use std::borrow::Cow;
use std::sync::LazyLock;

use engine::words::Lang;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

const RU: &str = include_str!("../../../web-ui/locales/ru/pages.ftl");
const EN: &str = include_str!("../../../web-ui/locales/en/pages.ftl");

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [load(Lang::En), load(Lang::Ru)]);

fn source(lang: Lang) -> &'static str {
    match lang {
        Lang::En => EN,
        Lang::Ru => RU,
    }
}

fn load(lang: Lang) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = lang.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Isolation marks would show up as boxes in titles and attributes.
    bundle.set_use_isolating(false);
    // A broken message is left out; the test of this module names it.
    let resource = FluentResource::try_new(source(lang).to_owned()).unwrap_or_else(|(partial, _)| partial);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The texts of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    pub lang: Lang,
}

impl Texts {
    pub fn new(lang: Lang) -> Self {
        Self { lang }
    }

    /// The text under a key; the key itself when there is none.
    pub fn t(&self, key: &str) -> Cow<'static, str> {
        self.render(key, None).unwrap_or_else(|| Cow::Owned(key.to_owned()))
    }

    /// The same with one value for the message's variable of that name.
    pub fn with<'v>(&self, key: &str, name: &'static str, value: impl Into<FluentValue<'v>>) -> String {
        let mut arguments = FluentArgs::with_capacity(1);
        arguments.set(name, value);
        self.render(key, Some(&arguments)).map_or_else(|| key.to_owned(), Cow::into_owned)
    }

    /// The text under a key, if there is one.
    pub fn find(&self, key: &str) -> Option<Cow<'static, str>> {
        self.render(key, None)
    }

    fn render(&self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
        let [en, ru] = &*BUNDLES;
        let bundle: &'static FluentBundle<FluentResource> = match self.lang {
            Lang::En => en,
            Lang::Ru => ru,
        };
        let pattern = bundle.get_message(key)?.value()?;
        let text = bundle.format_pattern(pattern, arguments, &mut Vec::new());
        Some(Cow::Owned(text.into_owned()))
    }
}

/// The language a browser asks for, from its `Accept-Language`.
pub fn from_accept_language(header: &str) -> Lang {
    let weight = |part: &str| {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or_default().trim().to_owned();
        let weight =
            pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        (tag, weight)
    };
    let best = header
        .split(',')
        .map(weight)
        .filter(|(tag, weight)| *weight > 0.0 && Lang::ALL.iter().any(|lang| speaks(tag, *lang)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(Lang::default(), |(tag, _)| Lang::from_tag(&tag))
}

fn speaks(tag: &str, lang: Lang) -> bool {
    tag.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case(lang.code()))
}

/// The language of the terminal, from `LC_ALL`, `LC_MESSAGES` or `LANG`.
pub fn from_environment() -> Lang {
    let tag = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    tag.map_or(Lang::default(), |tag| Lang::from_tag(&tag))
}

#[cfg(test)]
mod tests;
