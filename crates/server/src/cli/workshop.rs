//! What `check`, `play` and `test` share: folders with scenarios, and a world to play them in.
//!
//! A folder is what `scenarios-examples/README.md` describes: `scenario.json` with `lists.json` and chat tests;
//! `scenario.ru.json`, `lists.ru.json` and `*.ru.chat` are the same bot in Russian. The scenarios it calls lie in
//! `sub-scenarios` (`sub-scenarios.ru`), and are called by their names.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use connectors::Secret;
use connectors::http::{HttpClient, HttpConfig, HttpRequest};
use engine::effect::{HttpAnswer, HttpCall, Script, ScriptOutcome};
use engine::error::StepError;
use engine::ids::{ScenarioId, VersionId, WorkspaceId};
use engine::limits::Limits;
use engine::list::{ListDefinition, ListFile};
use engine::play::{Outside, World};
use engine::program::{Program, ProgramSet};
use engine::scenario::{CheckWorld, Finding, Findings, Scenario, script_finding};
use engine::words::Lang;
use runtime::ScriptMistake;
use script_sandbox::{Sandbox, SandboxConfig};

use super::say;

/// A scenario on disk with what belongs to it.
pub struct Project {
    pub scenario: Scenario,
    pub sub_scenarios: Vec<Scenario>,
    pub lists: Vec<ListDefinition>,
    pub mini_apps: Vec<String>,
    pub files: Vec<String>,
    pub lang: Lang,
}

/// The documents a path stands for: itself, the ones in a folder, or those of its subfolders.
pub fn documents(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in entries(path)? {
        if entry.is_dir() {
            found.extend(documents(&entry)?);
        } else if file_name(&entry).is_some_and(|name| matches!(name, "scenario.json" | "scenario.ru.json")) {
            found.push(entry);
        }
    }
    Ok(found)
}

/// What is in a folder, in order.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut found = read.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    found.sort();
    Ok(found)
}

pub fn file_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// A document, or what is wrong with it.
pub enum Loaded {
    Project(Box<Project>),
    Refused(Findings),
}

/// Reads a document and what lies beside it.
///
/// # Errors
/// A file that cannot be read, or lists that are none.
pub fn load(path: &Path) -> Result<Loaded> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let scenario = match Scenario::parse(&text) {
        Ok(scenario) => scenario,
        Err(findings) => return Ok(Loaded::Refused(findings)),
    };
    let lang =
        if file_name(path).is_some_and(|name| name.ends_with(".ru.json")) { Lang::Ru } else { Lang::En };
    let suffix = if lang == Lang::Ru { ".ru" } else { "" };
    let folder = path.parent().unwrap_or(Path::new("."));
    let sub_scenarios = match load_sub_scenarios(&folder.join(format!("sub-scenarios{suffix}")))? {
        Ok(sub_scenarios) => sub_scenarios,
        Err(findings) => return Ok(Loaded::Refused(findings)),
    };
    Ok(Loaded::Project(Box::new(Project {
        lists: load_lists(&folder.join(format!("lists{suffix}.json")))?,
        mini_apps: mini_apps(&folder.join(format!("mini-app{suffix}")))?,
        files: files(&folder.join("files"))?,
        scenario,
        sub_scenarios,
        lang,
    })))
}

/// The documents of a folder, or what is wrong with the first that is none; its name stands in front.
fn load_sub_scenarios(folder: &Path) -> Result<Result<Vec<Scenario>, Findings>> {
    if !folder.is_dir() {
        return Ok(Ok(Vec::new()));
    }
    let mut scenarios = Vec::new();
    for path in entries(folder)?.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json"))
    {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        match Scenario::parse(&text) {
            Ok(scenario) => scenarios.push(scenario),
            Err(findings) => return Ok(Err(named(file_name(path).unwrap_or_default(), findings))),
        }
    }
    Ok(Ok(scenarios))
}

/// Findings of a document that another one calls.
fn named(name: &str, mut findings: Findings) -> Findings {
    for finding in &mut findings.0 {
        finding.en = format!("{name}: {}", finding.en);
        finding.ru = format!("{name}: {}", finding.ru);
    }
    findings
}

fn load_lists(path: &Path) -> Result<Vec<ListDefinition>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str::<ListFile>(&text).with_context(|| path.display().to_string())?.lists)
}

fn mini_apps(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let name =
        |path: PathBuf| file_name(&path).and_then(|name| name.strip_suffix(".html")).map(str::to_owned);
    Ok(entries(folder)?.into_iter().filter_map(name).collect())
}

fn files(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    Ok(entries(folder)?.iter().filter_map(|path| file_name(path)).map(str::to_owned).collect())
}

impl Project {
    /// All findings, in the world of its folder.
    pub fn findings(&self) -> Findings {
        let columns = |list: &ListDefinition| {
            (list.name.clone(), list.columns.iter().map(|column| column.name.clone()).collect())
        };
        let world = CheckWorld {
            lists: self.lists.iter().map(columns).collect(),
            mini_apps: self.mini_apps.iter().cloned().collect(),
            files: self.files.iter().cloned().collect(),
            scenarios: self.scenarios().map(|scenario| scenario.name.clone()).collect(),
            // A document alone says nothing about the lists it will find.
            known: [&self.mini_apps, &self.files].iter().any(|names| !names.is_empty())
                || !self.lists.is_empty()
                || !self.sub_scenarios.is_empty(),
            ..CheckWorld::default()
        };
        let mut findings = engine::scenario::check(&self.scenario, &world);
        for called in &self.sub_scenarios {
            findings.0.extend(named(&called.name, engine::scenario::check(called, &world)).0);
        }
        findings
    }

    /// What the sandbox says of the scripts; it is started when there is one.
    ///
    /// # Errors
    /// Scripts cannot be looked at on this machine.
    pub fn script_findings(&self, outside: &mut RealOutside) -> Result<Findings, StepError> {
        let mut all = Findings::default();
        for scenario in self.scenarios() {
            let mut findings = Findings::default();
            for (pointer, source) in engine::scenario::scripts(scenario) {
                let mistake = outside.check_script(&source)?;
                findings.0.extend(mistake.and_then(|ScriptMistake { error, spot }| {
                    script_finding(scenario, &pointer, &error, spot)
                }));
            }
            let is_called = !std::ptr::eq(scenario, &raw const self.scenario);
            let findings = if is_called { named(&scenario.name, findings) } else { findings };
            all.0.extend(findings.0);
        }
        Ok(all)
    }

    pub fn world(&self) -> World {
        let mut programs = (1..).zip(self.scenarios()).map(|(number, scenario)| {
            Arc::new(Program::compile(ScenarioId(number), VersionId(number), scenario.clone()))
        });
        let mut set = ProgramSet::new(programs.next().into_iter().collect());
        for program in programs {
            set.add_callee(program.document().name.clone(), program);
        }
        World::new(set, self.lists.clone(), self.lang)
    }

    /// The document first, then what it calls.
    fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        std::iter::once(&self.scenario).chain(&self.sub_scenarios)
    }
}

/// Prints findings as `path: pointer: text`.
pub fn say_findings(path: &Path, findings: &Findings, lang: Lang) {
    let line = |finding: &Finding| format!("{}: {}: {}", path.display(), finding.pointer, finding.text(lang));
    findings.iter().map(line).for_each(say);
}

/// Scripts and requests for worlds that are played here. Started when first needed.
pub struct RealOutside {
    threads: tokio::runtime::Runtime,
    sandbox: Option<Sandbox>,
    http: Option<HttpClient>,
}

impl RealOutside {
    pub fn new() -> Result<Self> {
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { threads, sandbox: None, http: None })
    }

    fn sandbox(&mut self) -> Result<Sandbox> {
        if let Some(sandbox) = &self.sandbox {
            return Ok(sandbox.clone());
        }
        let _inside = self.threads.enter();
        let sandbox = Sandbox::start(SandboxConfig { workers: 1, ..SandboxConfig::default() })?;
        Ok(self.sandbox.insert(sandbox).clone())
    }

    /// What is wrong with how a script is written.
    fn check_script(&mut self, source: &str) -> Result<Option<ScriptMistake>, StepError> {
        let sandbox = self.sandbox().map_err(unavailable)?;
        self.threads.block_on(runtime::check_script(&sandbox, WorkspaceId(0), source))
    }

    fn client(&mut self) -> Result<HttpClient> {
        if let Some(http) = &self.http {
            return Ok(http.clone());
        }
        Ok(self.http.insert(HttpClient::for_scenarios(&HttpConfig::default())?).clone())
    }
}

/// The shell's environment stands for the vault: `#{env.KEY}` is `$KEY`.
fn secret(name: &str) -> Option<Secret> {
    std::env::var(name).ok().map(Secret::new)
}

impl Outside for RealOutside {
    fn script(&mut self, script: &Script) -> Result<ScriptOutcome, StepError> {
        let sandbox = self.sandbox().map_err(unavailable)?;
        self.threads.block_on(runtime::run_script(&sandbox, WorkspaceId(0), script.clone()))
    }

    fn http(&mut self, call: &HttpCall) -> Result<HttpAnswer, StepError> {
        let request = HttpRequest::prepare(call, secret).map_err(|error| error.step_error())?;
        let client = self.client().map_err(unavailable)?;
        let perform = client.perform(request, Limits::default().http_response_bytes);
        self.threads.block_on(perform).map_err(|error| error.step_error())
    }
}

fn unavailable(error: anyhow::Error) -> StepError {
    StepError::new("unavailable", format!("{error:#}"), format!("{error:#}"))
}
