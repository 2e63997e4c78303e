//! Scenario documents: reading, checking, saving drafts, publishing. Pages and the REST API both come here.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{BlockId, ScenarioId, UserId, VersionId, WorkspaceId};
use engine::scenario::{BlockFate, CheckWorld, FORMAT, Findings, MoveTo, Moves, Scenario, script_finding};
use runtime::ScriptMistake;
use store::{
    Connection, JobError, ReadError, Refusal, Tx, audit_log, files, lists, mini_apps, moves, runs, scenarios,
    secrets,
};

use crate::error::{ApiError, Code};
use crate::services::{Services, now};
use crate::webhooks;

/// Largest document, in bytes.
pub const DOCUMENT_BYTES: usize = 2 * 1024 * 1024;

/// A draft that was saved.
pub struct Saved {
    pub revision: i64,
    pub findings: Findings,
}

/// A version that was published.
pub struct Published {
    pub number: i64,
    pub findings: Findings,
}

/// A document with nothing in it but a way in.
pub fn empty(name: &str) -> Scenario {
    Scenario {
        format: FORMAT.to_owned(),
        name: name.to_owned(),
        triggers: Vec::new(),
        blocks: Vec::new(),
        sections: Vec::new(),
        notes: Vec::new(),
        on_error: None,
    }
}

/// Reads a document that comes from outside: strictly, with findings by place.
///
/// # Errors
/// Invalid, with the findings.
pub fn parse(json: &str) -> Result<Scenario, ApiError> {
    if json.len() > DOCUMENT_BYTES {
        return Err(ApiError::new(Code::TooLarge));
    }
    Scenario::parse(json).map_err(refused)
}

fn to_json(document: &Scenario) -> Result<String, ApiError> {
    serde_json::to_string(document).map_err(ApiError::internal)
}

/// Creates a scenario with this draft.
///
/// # Errors
/// The name is taken.
pub async fn create(
    services: &Services,
    workspace: WorkspaceId,
    document: Scenario,
) -> Result<ScenarioId, ApiError> {
    let draft = to_json(&document)?;
    let name = document.name;
    services.write(move |tx| scenarios::insert(tx, workspace, &name, &draft, now())).await
}

/// Creates a scenario with this draft; a name that is taken gets a number.
pub async fn create_numbered(
    services: &Services,
    workspace: WorkspaceId,
    mut document: Scenario,
) -> Result<ScenarioId, ApiError> {
    let taken = services.read(move |connection| Ok(scenarios::list(connection, workspace)?)).await?;
    document.name = free_name(&document.name, |name| taken.iter().any(|other| other.name == name));
    create(services, workspace, document).await
}

/// This name, or the first of `name 2`, `name 3` ... that is free.
pub fn free_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(name) {
        return name.to_owned();
    }
    (2..).map(|number| format!("{name} {number}")).find(|name| !is_taken(name)).unwrap_or_default()
}

/// Saves a draft over the revision it was made from.
///
/// # Errors
/// Somebody else has saved meanwhile (with their revision); no such scenario.
pub async fn save(
    services: &Services,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    revision: i64,
    mut document: Scenario,
) -> Result<Saved, ApiError> {
    let current = find(services, workspace, scenario).await?;
    // The name is the scenario's, not the draft's: it is changed by renaming.
    document.name = current.name;
    let draft = to_json(&document)?;
    let hooks = webhooks::triggers(&document);
    let sealer = services.vault().clone();
    let written = draft.clone();
    let saved = services
        .write(move |tx| {
            let revision = scenarios::save_draft(tx, workspace, scenario, revision, &written, now())?;
            webhooks::sync(tx, &sealer, workspace, scenario, &hooks)?;
            Ok(revision)
        })
        .await;
    let revision = match saved {
        Err(error) if error.code == Code::RevisionConflict => {
            let theirs = find(services, workspace, scenario).await?;
            // Our own draft, whose answer got lost on the way: saving it again changes nothing.
            if theirs.draft != draft {
                return Err(error.revision(theirs.draft_revision));
            }
            theirs.draft_revision
        }
        saved => saved?,
    };
    Ok(Saved { revision, findings: check(services, workspace, document).await? })
}

/// Publishes the draft as it is at this revision (whatever it is now, when none is named). Whoever stands in one
/// of the blocks of `choices` goes on in the new version; everybody else finishes the old way.
///
/// # Errors
/// Findings that are errors; another revision; a choice of a block that the draft does not have; no such scenario.
pub async fn publish(
    services: &Services,
    workspace: WorkspaceId,
    user: Option<UserId>,
    scenario: ScenarioId,
    revision: Option<i64>,
    choices: Moves,
) -> Result<Published, ApiError> {
    let current = find(services, workspace, scenario).await?;
    if let Some(revision) = revision.filter(|revision| *revision != current.draft_revision) {
        tracing::debug!(revision, "publishing another revision than the draft's");
        return Err(ApiError::new(Code::RevisionConflict).revision(current.draft_revision));
    }
    let document = stored(&current.draft)?;
    let findings = check(services, workspace, document.clone()).await?;
    if findings.has_errors() {
        return Err(refused(findings));
    }
    let is_there = |to: &MoveTo| match to {
        MoveTo::Block(block) => document.has_block(block),
        MoveTo::Start => true,
    };
    if !choices.values().all(is_there) {
        return Err(ApiError::new(Code::Invalid));
    }
    let (draft, expected) = (current.draft, current.draft_revision);
    let hooks = webhooks::triggers(&document);
    let sealer = services.vault().clone();
    let number = services
        .configure(workspace, move |tx| {
            let found = scenarios::find(tx, workspace, scenario)?.ok_or(Refusal::NotFound)?;
            if found.draft_revision != expected {
                return Err(Refusal::Stale.into());
            }
            let leaving = leaving(tx, workspace, scenario, &document, &choices)?;
            let version = scenarios::publish(tx, workspace, scenario, &draft, user, now())?;
            for (from, choices) in leaving {
                moves::upsert(tx, workspace, from, version, &choices)?;
            }
            webhooks::sync(tx, &sealer, workspace, scenario, &hooks)?;
            audit_log::insert(
                tx,
                workspace,
                user,
                "scenario.publish",
                &format!("scenario/{scenario}"),
                now(),
            )?;
            Ok(scenarios::find_version(tx, workspace, version)?.map_or(0, |version| version.number))
        })
        .await?;
    Ok(Published { number, findings })
}

/// The versions that people are moved out of, each with the choices of the blocks that are other ones there.
fn leaving(
    tx: &mut Tx,
    workspace: WorkspaceId,
    scenario: ScenarioId,
    newer: &Scenario,
    choices: &Moves,
) -> Result<Vec<(VersionId, String)>, JobError> {
    if choices.is_empty() {
        return Ok(Vec::new());
    }
    let standing = runs::standing_in(tx, workspace, scenario)?;
    let versions: BTreeSet<VersionId> = standing.iter().map(|standing| standing.version_id).collect();
    let mut leaving = Vec::new();
    for from in versions {
        let document = scenarios::find_version(tx, workspace, from)?.map(|found| found.document);
        // What was published was read strictly before.
        let Some(older) = document.and_then(|text| serde_json::from_str::<Scenario>(&text).ok()) else {
            continue;
        };
        let is_meant = |block: &BlockId| older.fate_of(block, newer) != BlockFate::Same;
        let own: BTreeMap<_, _> = choices.iter().filter(|(block, _)| is_meant(block)).collect();
        if let (false, Ok(own)) = (own.is_empty(), serde_json::to_string(&own)) {
            leaving.push((from, own));
        }
    }
    Ok(leaving)
}

/// A block in which people stand.
pub struct StandingIn {
    pub block: BlockId,
    pub fate: BlockFate,
    /// Open runs; a person may be inside of several.
    pub runs: i64,
    /// What it is called in the version they are in; may be empty.
    pub name: String,
    /// The kind of its first action.
    pub kind: Option<&'static str>,
}

/// Who is inside of which block, and what publishing the draft would do to that block. Blocks of the same name
/// in several versions are told apart by their fate only.
///
/// # Errors
/// No such scenario.
pub async fn standing(
    services: &Services,
    workspace: WorkspaceId,
    scenario: ScenarioId,
) -> Result<Vec<StandingIn>, ApiError> {
    let draft = stored(&find(services, workspace, scenario).await?.draft)?;
    let (standing, documents) = services
        .read(move |connection| {
            let standing = runs::standing_in(connection, workspace, scenario)?;
            let mut documents = BTreeMap::new();
            for version in standing.iter().map(|standing| standing.version_id) {
                if let Entry::Vacant(unread) = documents.entry(version) {
                    let found = scenarios::find_version(connection, workspace, version)?;
                    unread.insert(found.map(|found| found.document));
                }
            }
            Ok((standing, documents))
        })
        .await?;
    let mut versions = BTreeMap::new();
    for (version, document) in &documents {
        if let Some(document) = document {
            versions.insert(*version, stored(document)?);
        }
    }
    let mut blocks: BTreeMap<(BlockId, BlockFate), StandingIn> = BTreeMap::new();
    for standing in standing {
        let id = BlockId::from(standing.block_id.as_str());
        let version = versions.get(&standing.version_id);
        // A block of a sub-scenario that is at work is not of this document.
        let found = version.and_then(|version| version.blocks.iter().find(|block| block.id == id));
        let (Some(version), Some(block)) = (version, found) else { continue };
        let fate = version.fate_of(&id, &draft);
        let known = blocks.entry((id, fate)).or_insert_with(|| StandingIn {
            block: block.id.clone(),
            fate,
            runs: 0,
            name: block.name.clone(),
            kind: block.actions.first().map(|action| action.options.kind()),
        });
        known.runs += standing.runs;
    }
    Ok(blocks.into_values().collect())
}

/// A scenario of this workspace.
///
/// # Errors
/// Not found.
pub async fn find(
    services: &Services,
    workspace: WorkspaceId,
    scenario: ScenarioId,
) -> Result<scenarios::Scenario, ApiError> {
    let found =
        services.read(move |connection| Ok(scenarios::find(connection, workspace, scenario)?)).await?;
    found.ok_or_else(ApiError::not_found)
}

/// A draft as it was stored: it was read strictly when it came in.
pub fn stored(draft: &str) -> Result<Scenario, ApiError> {
    serde_json::from_str(draft).map_err(ApiError::internal)
}

/// All findings on a document, in the world of this workspace.
pub async fn check(
    services: &Services,
    workspace: WorkspaceId,
    document: Scenario,
) -> Result<Findings, ApiError> {
    let scripts = engine::scenario::scripts(&document);
    let (document, mut found) = services
        .read(move |connection| {
            let found = findings(connection, workspace, &document)?;
            Ok((document, found))
        })
        .await?;
    for (pointer, source) in scripts {
        match services.runtime.check_script(workspace, &source).await {
            Ok(mistake) => {
                let finding = mistake.and_then(|mistake| {
                    let ScriptMistake { error, spot } = mistake;
                    script_finding(&document, &pointer, &error, spot)
                });
                found.0.extend(finding);
            }
            // Whether scripts may run at all is the operator's business, not a mistake of this document.
            Err(error) => {
                tracing::warn!(error = error.en, "scripts of a draft were not checked");
                break;
            }
        }
    }
    Ok(found)
}

/// The same on a connection that is at hand.
pub fn findings(
    connection: &mut Connection,
    workspace: WorkspaceId,
    document: &Scenario,
) -> Result<Findings, ReadError> {
    Ok(engine::scenario::check(document, &world(connection, workspace)?))
}

/// What a document may refer to.
fn world(connection: &mut Connection, workspace: WorkspaceId) -> Result<CheckWorld, ReadError> {
    let columns =
        |list: lists::List| (list.name, list.columns.into_iter().map(|column| column.name).collect());
    Ok(CheckWorld {
        lists: lists::list(connection, workspace)?.into_iter().map(columns).collect(),
        mini_apps: mini_apps::list(connection, workspace)?.into_iter().map(|app| app.name).collect(),
        files: files::list(connection, workspace)?.into_iter().map(|file| file.name).collect(),
        secrets: secrets::list(connection, workspace)?.into_iter().map(|secret| secret.name).collect(),
        scenarios: scenarios::list(connection, workspace)?.into_iter().map(|one| one.name).collect(),
        known: true,
        ..CheckWorld::default()
    })
}

fn refused(findings: Findings) -> ApiError {
    let places: BTreeSet<&str> = findings.iter().map(|finding| finding.pointer.as_str()).collect();
    let count = places.len();
    ApiError::new(Code::Invalid)
        .detail(
            format!("The document has errors in {count} places; see the list."),
            format!("В документе ошибки, мест: {count}; смотрите список."),
        )
        .findings(findings.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_names_get_a_number() {
        let taken = ["Quiz", "Quiz 2"];
        let check = |name: &str, expected: &str| {
            assert_eq!(free_name(name, |other| taken.contains(&other)), expected);
        };
        check("Quiz", "Quiz 3");
        check("Menu", "Menu");
        check("Quiz 2", "Quiz 2 2");
    }
}
