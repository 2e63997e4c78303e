//! What actions read, write and refer to.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{CheckWorld, places, system_names};
use crate::actions::Visit;
use crate::expression::{Condition, ExpressionError, Lookup, Path, RichTemplate, Scope, Target, Template};
use crate::limits::Limits;
use crate::scenario::{CheckoutTrigger, Finding, Findings, PaymentTrigger, Scenario, TriggerOptions};
use crate::value::Value;
use crate::words::Lang;

/// Variables that the machine itself writes, besides those that begin with `_`.
const SYSTEM: [&str; 24] = [
    "start",
    "client_latitude",
    "client_longitude",
    "client_media",
    "client_phone",
    "inline_query",
    "join_bio",
    "join_chat",
    "join_link",
    "join_title",
    "link_name",
    "link_url",
    "payment_amount",
    "payment_charge",
    "payment_currency",
    "payment_payload",
    "picked_chat_id",
    "picked_chat_title",
    "picked_chat_username",
    "picked_ids",
    "picked_names",
    "picked_usernames",
    "poll_options",
    "poll_question",
];

pub(super) fn check(scenario: &Scenario, world: &CheckWorld, written: &Written, findings: &mut Findings) {
    for (index, section) in scenario.sections.iter().enumerate() {
        let mut inside = Findings::default();
        let mut inspect = Inspect { world, written, findings: &mut inside };
        inspect.condition(&format!("/sections/{index}/condition"), &section.condition);
        findings.0.extend(inside.0.into_iter().map(|finding| Finding {
            en: format!("Section “{}”: {}", section.name, finding.en),
            ru: format!("Раздел «{}»: {}", section.name, finding.ru),
            ..finding
        }));
    }
    for place in places(scenario) {
        let mut inside = Findings::default();
        place.action.options.validate(&world.channel, &mut inside);
        let mut inspect = Inspect { world, written, findings: &mut inside };
        place.action.options.visit(&mut inspect);
        for finding in &mut inside.0 {
            finding.pointer.insert_str(0, "/options");
        }
        place.adopt(inside, findings);
    }
}

/// The run variables that something writes somewhere.
#[derive(Default)]
pub(super) struct Written {
    names: HashSet<String>,
    scripts: Vec<String>,
    /// A mini app or a webhook brings variables whose names are not known here.
    anything: bool,
}

impl Written {
    pub fn of(scenario: &Scenario) -> Self {
        let mut written = Self { names: SYSTEM.map(str::to_owned).into(), ..Self::default() };
        for trigger in &scenario.triggers {
            match &trigger.options {
                TriggerOptions::StartLink(link) => written.names.extend(captured(&link.code)),
                TriggerOptions::Called(called) => written.names.extend(called.inputs.iter().cloned()),
                TriggerOptions::Checkout(CheckoutTrigger { payload })
                | TriggerOptions::Payment(PaymentTrigger { payload }) => {
                    written.names.extend(captured(payload))
                }
                TriggerOptions::MiniApp(_) | TriggerOptions::Webhook(_) => written.anything = true,
                _ => {}
            }
        }
        for place in places(scenario) {
            place.action.options.visit(&mut written);
        }
        written
    }

    /// Whether an action or a start link writes it by name; the machine's own variables are not meant.
    pub fn is_named(&self, name: &str) -> bool {
        self.names.contains(name) && !SYSTEM.contains(&name)
    }

    /// Whether variables come in whose names are not known here.
    pub fn is_anything(&self) -> bool {
        self.anything
    }

    fn has(&self, name: &str) -> bool {
        self.anything || self.names.contains(name) || self.scripts.iter().any(|source| source.contains(name))
    }
}

pub(super) fn captured(code: &str) -> Option<String> {
    let (_, rest) = code.split_once('{')?;
    rest.split_once('}').map(|(name, _)| name.to_owned())
}

impl Visit for Written {
    fn template(&mut self, _: &str, _: &Template) {}
    fn rich(&mut self, _: &str, _: &RichTemplate) {}
    fn condition(&mut self, _: &str, _: &Condition) {}
    fn list(&mut self, _: &str, _: &str, _: &str) {}

    fn target(&mut self, _: &str, target: &Target) {
        if target.scope() == Scope::Run {
            self.names.insert(target.name().to_owned());
        }
    }

    fn mini_app(&mut self, _: &str, _: &str) {
        self.anything = true;
    }

    fn script(&mut self, _: &str, source: &str) {
        self.scripts.push(source.to_owned());
    }
}

/// Looks at everything one action reads, writes and refers to.
struct Inspect<'a> {
    world: &'a CheckWorld,
    written: &'a Written,
    findings: &'a mut Findings,
}

impl Inspect<'_> {
    fn expression(&mut self, pointer: &str, error: Option<&ExpressionError>) {
        if let Some(error) = error {
            let at = error.position + 1;
            self.findings.error(
                pointer,
                "expression",
                format!("{} (character {at})", error.en),
                format!("{} (символ {at})", error.ru),
            );
        }
    }

    fn length(&mut self, pointer: &str, source: &str) {
        let max = Limits::default().text_chars;
        // A text is never shorter in bytes than in characters.
        if source.len() > max && source.chars().count() > max {
            self.findings.error(
                pointer,
                "field_too_long",
                format!("a text is longer than {max} characters"),
                format!("текст длиннее {max} символов"),
            );
        }
    }

    fn left_over(&mut self, pointer: &str, source: &str) {
        if let Some((en, ru)) = system_names::left_over(source) {
            self.findings.warning(pointer, "left_over_name", en, ru);
        }
    }

    fn reads(&mut self, pointer: &str, paths: &[Path], local: Option<&str>, secrets: bool) {
        let mut seen = HashSet::new();
        for path in paths {
            if !seen.insert((path.scope, path.name.as_str())) {
                continue;
            }
            let name = &path.name;
            match path.scope {
                Scope::Run if name.starts_with('_') && local != Some(name) => {
                    if let Some((en, ru)) = system_names::unknown(name) {
                        self.findings.warning(pointer, "unknown_system_variable", en, ru);
                    }
                }
                Scope::Run if local != Some(name) && !self.written.has(name) => self.findings.warning(
                    pointer,
                    "never_written",
                    format!("nothing writes the variable “{name}”, so it is empty here"),
                    format!("переменной «{name}» ничего не присваивается, здесь она пустая"),
                ),
                Scope::Env => self.secret(pointer, name, secrets),
                _ => {}
            }
        }
    }

    fn secret(&mut self, pointer: &str, name: &str, allowed: bool) {
        if !allowed {
            self.findings.error(
                pointer,
                "secret_here",
                format!("the secret “{name}” may only be used in a request to another service"),
                format!("секрет «{name}» можно использовать только в запросе к другому сервису"),
            );
        } else if self.world.known && !self.world.secrets.contains(name) {
            self.findings.warning(
                pointer,
                "unknown_secret",
                format!("there is no secret “{name}” yet"),
                format!("секрета «{name}» пока нет"),
            );
        }
    }

    fn template_reads(&mut self, pointer: &str, template: &Template, local: Option<&str>, secrets: bool) {
        self.expression(pointer, template.error());
        self.length(pointer, template.source());
        self.left_over(pointer, template.source());
        let paths = collect(|visit| template.for_each_path(visit));
        self.reads(pointer, &paths, local, secrets);
    }
}

impl Visit for Inspect<'_> {
    fn template(&mut self, pointer: &str, template: &Template) {
        self.template_reads(pointer, template, None, false);
    }

    fn template_with(&mut self, pointer: &str, template: &Template, local: &str) {
        self.template_reads(pointer, template, Some(local), false);
    }

    fn secret_template(&mut self, pointer: &str, template: &Template) {
        self.template_reads(pointer, template, None, true);
    }

    fn rich(&mut self, pointer: &str, template: &RichTemplate) {
        self.expression(pointer, template.error());
        self.length(pointer, template.source());
        self.left_over(pointer, template.source());
        let paths = collect(|visit| template.for_each_path(visit));
        self.reads(pointer, &paths, None, false);
        let max = self.world.channel.text_max;
        // Without a call, a text becomes no longer than it stands here.
        if template.source().len() <= max && !template.source().contains('(') {
            return;
        }
        // What stays when every variable is empty is the least that will be sent.
        let least = template.render(&Nothing).map(|text| text.to_plain().chars().count());
        if let Ok(least) = least
            && least > max
        {
            self.findings.error(
                pointer,
                "text_too_long",
                format!("the text has {least} characters, the channel takes {max}"),
                format!("в тексте {least} символов, а канал принимает {max}"),
            );
        }
    }

    fn condition(&mut self, pointer: &str, condition: &Condition) {
        self.expression(pointer, condition.error());
        self.length(pointer, condition.source());
        let paths = collect(|visit| condition.for_each_path(visit));
        self.reads(pointer, &paths, None, false);
    }

    fn target(&mut self, pointer: &str, target: &Target) {
        self.expression(pointer, target.error());
    }

    fn list(&mut self, pointer: &str, list: &str, column: &str) {
        if !self.world.known || list.is_empty() {
            return;
        }
        match self.world.lists.get(list) {
            // Said once, where the list is chosen.
            None if column.is_empty() => self.findings.error(
                pointer,
                "unknown_list",
                format!("there is no list “{list}”"),
                format!("списка «{list}» нет"),
            ),
            Some(columns) if !column.is_empty() && column != "_id" && !columns.contains(column) => {
                self.findings.error(
                    pointer,
                    "unknown_column",
                    format!("the list “{list}” has no column “{column}”"),
                    format!("в списке «{list}» нет столбца «{column}»"),
                );
            }
            _ => {}
        }
    }

    fn mini_app(&mut self, pointer: &str, name: &str) {
        if self.world.known && !name.is_empty() && !self.world.mini_apps.contains(name) {
            self.findings.error(
                pointer,
                "unknown_mini_app",
                format!("there is no mini app “{name}”"),
                format!("мини-приложения «{name}» нет"),
            );
        }
    }

    fn file(&mut self, pointer: &str, name: &str) {
        if self.world.known && !self.world.files.contains(name) {
            self.findings.error(
                pointer,
                "unknown_file",
                format!("there is no file “{name}”: upload it on the page of files, or choose another"),
                format!("файла «{name}» нет: загрузите его на странице файлов или выберите другой"),
            );
        }
    }

    fn scenario(&mut self, pointer: &str, name: &str) {
        if self.world.known && !name.is_empty() && !self.world.scenarios.contains(name) {
            self.findings.error(
                pointer,
                "unknown_scenario",
                format!("there is no scenario “{name}”"),
                format!("сценария «{name}» нет"),
            );
        }
    }
}

fn collect(each: impl FnOnce(&mut dyn FnMut(&Path))) -> Vec<Path> {
    let mut paths = Vec::new();
    each(&mut |path| paths.push(path.clone()));
    paths
}

/// A world in which every variable is empty.
struct Nothing;

impl Lookup for Nothing {
    fn variable(&self, _: Scope, _: &str) -> Option<Cow<'_, Value>> {
        None
    }

    fn template(&self, _: &str, _: &[Value]) -> Option<Value> {
        Some(Value::Null)
    }

    fn now(&self) -> jiff::Zoned {
        jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC)
    }

    fn bot_lang(&self) -> Lang {
        Lang::En
    }

    fn random_below(&self, _: u64) -> u64 {
        0
    }
}
