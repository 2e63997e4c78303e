//! Ids, lines and sizes.

use std::collections::HashSet;

use super::{card, escape, places};
use crate::actions::ERROR_EXIT;
use crate::ids::{BlockId, SectionId, is_valid_id};
use crate::limits::Limits;
use crate::scenario::{Findings, Scenario, Section, Transition};

pub(super) fn check(scenario: &Scenario, findings: &mut Findings) {
    check_sizes(scenario, findings);
    check_ids(scenario, findings);
    check_lines(scenario, findings);
    check_sections(scenario, findings);
}

fn check_sizes(scenario: &Scenario, findings: &mut Findings) {
    let limits = Limits::default();
    if scenario.name.trim().is_empty() {
        findings.warning("/name", "no_name", "The scenario has no name", "У сценария нет названия");
    }
    if scenario.blocks.len() > limits.blocks {
        findings.error(
            "/blocks",
            "too_many_blocks",
            format!("More than {} cards", limits.blocks),
            format!("Блоков больше {}", limits.blocks),
        );
    }
    for (index, block) in scenario.blocks.iter().enumerate() {
        if block.actions.len() > limits.block_actions {
            let (name, name_ru) = card(block);
            findings.error(
                format!("/blocks/{index}/actions"),
                "too_many_actions",
                format!("{name} has more than {} actions", limits.block_actions),
                format!("{name_ru}: действий больше {}", limits.block_actions),
            );
        }
    }
}

fn check_ids(scenario: &Scenario, findings: &mut Findings) {
    let mut triggers = Ids::new("triggers", "триггера");
    for (index, trigger) in scenario.triggers.iter().enumerate() {
        triggers.take(|| format!("/triggers/{index}/id"), trigger.id.as_str(), findings);
    }
    let mut cards = Ids::new("cards", "блока");
    for (index, block) in scenario.blocks.iter().enumerate() {
        cards.take(|| format!("/blocks/{index}/id"), block.id.as_str(), findings);
    }
    let mut sections = Ids::new("sections", "раздела");
    for (index, section) in scenario.sections.iter().enumerate() {
        sections.take(|| format!("/sections/{index}/id"), section.id.as_str(), findings);
    }
    let mut notes = Ids::new("notes", "заметки");
    for (index, note) in scenario.notes.iter().enumerate() {
        notes.take(|| format!("/notes/{index}/id"), note.id.as_str(), findings);
    }
    let mut actions = Ids::new("actions", "действия");
    for place in places(scenario) {
        actions.take(|| format!("{}/id", place.pointer()), place.action.id.as_str(), findings);
    }
}

/// The ids of one kind of things, each of which must be there once.
struct Ids<'a> {
    seen: HashSet<&'a str>,
    things: &'static str,
    things_ru: &'static str,
}

impl<'a> Ids<'a> {
    fn new(things: &'static str, things_ru: &'static str) -> Self {
        Self { seen: HashSet::new(), things, things_ru }
    }

    fn take(&mut self, pointer: impl FnOnce() -> String, id: &'a str, findings: &mut Findings) {
        if !is_valid_id(id) {
            findings.error(
                pointer(),
                "invalid_id",
                format!("“{id}” is no valid id: 1 to 16 letters, digits, “_” or “-”"),
                format!(
                    "«{id}» не может быть идентификатором: нужно от 1 до 16 латинских букв, цифр, «_» или «-»"
                ),
            );
        } else if !self.seen.insert(id) {
            findings.error(
                pointer(),
                "duplicate_id",
                format!("Two {} have the id “{id}”", self.things),
                format!("Идентификатор «{id}» есть больше чем у одного {}", self.things_ru),
            );
        }
    }
}

fn check_lines(scenario: &Scenario, findings: &mut Findings) {
    let blocks: HashSet<&BlockId> = scenario.blocks.iter().map(|block| &block.id).collect();
    let mut follow = |transition: Option<&Transition>,
                      from: &dyn Fn() -> (String, String),
                      pointer: &dyn Fn() -> String| {
        if transition.is_some_and(|transition| !blocks.contains(&transition.block)) {
            let from = from();
            findings.error(
                format!("{}/block", pointer()),
                "missing_block",
                format!("{}: a line leads to a card that is not there", from.0),
                format!("{}: линия ведёт к блоку, которого нет", from.1),
            );
        }
    };
    for (index, trigger) in scenario.triggers.iter().enumerate() {
        let title = &trigger.options.spec().title;
        let from = || (format!("Trigger “{}”", title.en), format!("Триггер «{}»", title.ru));
        follow(trigger.next.as_ref(), &from, &|| format!("/triggers/{index}/next"));
    }
    for (index, block) in scenario.blocks.iter().enumerate() {
        follow(block.next.as_ref(), &|| card(block), &|| format!("/blocks/{index}/next"));
    }
    for (index, section) in scenario.sections.iter().enumerate() {
        follow(section.otherwise.as_ref(), &|| section_name(section), &|| {
            format!("/sections/{index}/otherwise")
        });
    }
    for place in places(scenario) {
        for (exit, transition) in &place.action.exits {
            let pointer = || format!("{}/exits/{}", place.pointer(), escape(exit.as_str()));
            follow(Some(transition), &|| card(place.block), &pointer);
        }
    }
    let of_errors = || ("The error block".to_owned(), "Блок ошибок".to_owned());
    follow(scenario.on_error.as_ref(), &of_errors, &|| "/on_error".to_owned());
    check_exits(scenario, findings);
}

/// Cards in sections that are not there, and sections that send people back into themselves.
fn check_sections(scenario: &Scenario, findings: &mut Findings) {
    let known: HashSet<&SectionId> = scenario.sections.iter().map(|section| &section.id).collect();
    for (index, block) in scenario.blocks.iter().enumerate() {
        if block.section.as_ref().is_some_and(|section| !known.contains(section)) {
            let (name, name_ru) = card(block);
            findings.error(
                format!("/blocks/{index}/section"),
                "missing_section",
                format!("{name}: it belongs to a section that is not there"),
                format!("{name_ru}: относится к разделу, которого нет"),
            );
        }
    }
    for (index, section) in scenario.sections.iter().enumerate() {
        let Some(otherwise) = &section.otherwise else { continue };
        let (name, name_ru) = section_name(section);
        let target = scenario.blocks.iter().find(|block| block.id == otherwise.block);
        if target.is_some_and(|block| block.section.as_ref() == Some(&section.id)) {
            findings.error(
                format!("/sections/{index}/otherwise"),
                "otherwise_inside",
                format!("{name}: whoever is not let in is sent to a card of this very section"),
                format!("{name_ru}: тех, кого раздел не впускает, он отправляет в свой же блок"),
            );
        } else if section.condition.is_empty() {
            findings.warning(
                format!("/sections/{index}/condition"),
                "open_section",
                format!("{name}: it says where others go, but has no condition, so it lets everybody in"),
                format!("{name_ru}: указано, куда идти остальным, но условия нет, и раздел впускает всех"),
            );
        }
    }
}

fn section_name(section: &Section) -> (String, String) {
    match section.name.trim() {
        "" => ("An unnamed section".to_owned(), "Раздел без названия".to_owned()),
        name => (format!("Section “{name}”"), format!("Раздел «{name}»")),
    }
}

/// Lines from exits that the action does not have, such as a button that was deleted, and lines it lacks.
fn check_exits(scenario: &Scenario, findings: &mut Findings) {
    for place in places(scenario) {
        let options = &place.action.options;
        let real = options.exits();
        let mut inside = Findings::default();
        for exit in place.action.exits.keys() {
            let is_error = exit.as_str() == ERROR_EXIT && options.spec().can_fail;
            if !is_error && real.iter().all(|known| known.id != *exit) {
                inside.warning(
                    format!("/exits/{}", escape(exit.as_str())),
                    "unknown_exit",
                    format!("a line begins at “{exit}”, which this action does not have"),
                    format!("линия выходит из «{exit}», а такого выхода у действия нет"),
                );
            }
        }
        for exit in options.needed_exits() {
            if !place.action.exits.contains_key(*exit) {
                inside.error(
                    "",
                    "exit_leads_nowhere",
                    "draw a line to the card it leads to",
                    "протяните линию к блоку, куда оно ведёт",
                );
            }
        }
        place.adopt(inside, findings);
    }
}
