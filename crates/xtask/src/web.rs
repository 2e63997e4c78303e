//! Steps that are npm's work, all inside `web-ui`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::project::Project;
use crate::steps::Outcome;
use crate::{rust, setup};

/// What may come into the bundle that the binary carries. `BSD-0-Clause` is htmx's spelling of 0BSD.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-0-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "Unlicense",
    "Zlib",
];

/// Rebuilds everything generated below `web-ui`.
pub fn rebuild(project: &Project) -> Result<()> {
    setup::node(project)?;
    install(project)?;
    rust::build(project)?;
    generate(project)?;
    script(project, "build")
}

pub fn install(project: &Project) -> Result<Outcome> {
    install_in(&project.sh, &project.web_ui())?;
    Ok(Outcome::Passed)
}

/// `npm ci`, unless the lock file is the one installed last.
pub fn install_in(sh: &Shell, directory: &Path) -> Result<()> {
    let lock = directory.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("read {}", lock.display()))?;
    // Inside node_modules, so that it goes when they go.
    let stamp = directory.join("node_modules/.installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("    package-lock.json is unchanged since the last install");
        return Ok(());
    }
    let _there = sh.push_dir(directory);
    // The journey uses the system's Chromium.
    cmd!(sh, "npm ci --no-audit --no-fund")
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .env("PUPPETEER_SKIP_DOWNLOAD", "1")
        .run()?;
    fs::write(&stamp, wanted)?;
    Ok(())
}

pub fn lint(project: &Project) -> Result<Outcome> {
    script(project, "lint").map(|()| Outcome::Passed)
}

pub fn typecheck(project: &Project) -> Result<Outcome> {
    script(project, "typecheck").map(|()| Outcome::Passed)
}

pub fn test(project: &Project) -> Result<Outcome> {
    script(project, "test").map(|()| Outcome::Passed)
}

/// The committed bundle must be what the sources build to: the binary embeds it without Node.
pub fn dist(project: &Project) -> Result<Outcome> {
    unchanged(project, "dist", |project| script(project, "build"))
}

/// The committed TypeScript must be what the Rust types generate.
pub fn generated(project: &Project) -> Result<Outcome> {
    unchanged(project, "generated", generate)
}

/// Licences of what is shipped to browsers, as the lock file states them.
pub fn licences(project: &Project) -> Result<Outcome> {
    let lock = fs::read_to_string(project.web_ui().join("package-lock.json"))?;
    let refused = refused_licences(&lock)?;
    ensure!(refused.is_empty(), "not on the list of permitted licences:\n    {}", refused.join("\n    "));
    Ok(Outcome::Passed)
}

/// Known vulnerabilities, high or critical, in what is shipped to browsers.
pub fn advisories(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    let _in_web_ui = sh.push_dir(project.web_ui());
    // The exit code says the same for a finding and for a registry that has no audit endpoint.
    let audit =
        cmd!(sh, "npm audit --omit=dev --package-lock-only --json").quiet().ignore_status().output()?;
    let Some(severe) = severe_advisories(&audit.stdout) else {
        return Ok(Outcome::Skipped(
            "the registry answered no audit, so vulnerabilities were NOT checked".into(),
        ));
    };
    ensure!(severe == 0, "{severe} severe advisories: run `npm audit --omit=dev` in web-ui");
    Ok(Outcome::Passed)
}

/// # Errors
/// `web-ui/package.json` has no script of that name.
pub fn require_script(project: &Project, name: &str) -> Result<()> {
    let path = project.web_ui().join("package.json");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let package: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("parse {}", path.display()))?;
    ensure!(
        package.pointer(&format!("/scripts/{name}")).is_some(),
        "web-ui/package.json has no script `{name}`"
    );
    Ok(())
}

fn script(project: &Project, name: &str) -> Result<()> {
    require_script(project, name)?;
    let sh = &project.sh;
    let _in_web_ui = sh.push_dir(project.web_ui());
    cmd!(sh, "npm run --silent {name}").env("SCENARIA_BIN", project.binary()).run()?;
    Ok(())
}

/// The binary states the schema and the catalogue, npm turns the schema into types; the binary must be built.
fn generate(project: &Project) -> Result<()> {
    let sh = &project.sh;
    let scenaria = project.binary();
    let schema = cmd!(sh, "{scenaria} schema").output()?.stdout;
    let dir = project.web_ui().join("generated");
    sh.create_dir(&dir)?;
    fs::write(dir.join("scenario.schema.json"), schema)?;
    for lang in ["en", "ru"] {
        let catalog = cmd!(sh, "{scenaria} schema --catalog {lang}").output()?.stdout;
        fs::write(dir.join(format!("catalog.{lang}.json")), catalog)?;
    }
    script(project, "generate")
}

fn unchanged(project: &Project, dir: &str, rebuild: fn(&Project) -> Result<()>) -> Result<Outcome> {
    let path = project.web_ui().join(dir);
    let before = read_tree(&path)?;
    rebuild(project)?;
    let changed = differences(&before, &read_tree(&path)?);
    if !changed.is_empty() {
        bail!(
            "web-ui/{dir} was stale; it is rebuilt now, review and commit it (`cargo xtask web` does the same):\n    {}",
            changed.join("\n    ")
        );
    }
    ensure!(!before.is_empty(), "web-ui/{dir} is empty");
    Ok(Outcome::Passed)
}

type Tree = BTreeMap<PathBuf, Vec<u8>>;

fn read_tree(root: &Path) -> Result<Tree> {
    let mut tree = Tree::new();
    let mut pending = vec![root.to_owned()];
    while let Some(dir) = pending.pop() {
        // Not there is the same as empty: then everything that is built is a difference.
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
                tree.insert(path.strip_prefix(root)?.to_owned(), bytes);
            }
        }
    }
    Ok(tree)
}

fn differences(before: &Tree, after: &Tree) -> Vec<String> {
    let gone = before
        .keys()
        .filter(|path| !after.contains_key(*path))
        .map(|path| format!("{} (gone)", path.display()));
    let changed = after.iter().filter_map(|(path, bytes)| match before.get(path) {
        None => Some(format!("{} (new)", path.display())),
        Some(old) if old != bytes => Some(format!("{} (changed)", path.display())),
        Some(_) => None,
    });
    gone.chain(changed).collect()
}

/// `None` when the report is no report.
fn severe_advisories(report: &[u8]) -> Option<u64> {
    let report: serde_json::Value = serde_json::from_slice(report).ok()?;
    let counts = report.pointer("/metadata/vulnerabilities")?;
    Some(counts.get("high")?.as_u64()? + counts.get("critical")?.as_u64()?)
}

/// `<package>: <licence>` for each package outside development that is not permitted.
fn refused_licences(lock: &str) -> Result<Vec<String>> {
    let lock: serde_json::Value = serde_json::from_str(lock).context("parse package-lock.json")?;
    let packages = lock.get("packages").and_then(|packages| packages.as_object());
    let packages = packages.context("package-lock.json has no `packages`: it is older than npm 7")?;
    let shipped = packages.iter().filter(|(path, package)| {
        let flag = |name: &str| package.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false);
        !path.is_empty() && !flag("dev") && !flag("link")
    });
    let refused = shipped.filter_map(|(path, package)| {
        let licence = package.get("license").and_then(|licence| licence.as_str()).unwrap_or("none stated");
        let permitted =
            licence.trim_matches(['(', ')']).split(" OR ").any(|choice| LICENCES.contains(&choice));
        (!permitted).then(|| format!("{path}: {licence}"))
    });
    Ok(refused.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_every_kind() {
        let tree = |files: &[(&str, &str)]| -> Tree {
            files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect()
        };
        let before = tree(&[("a.js", "1"), ("b.js", "1"), ("same.js", "1")]);
        let after = tree(&[("b.js", "2"), ("c.js", "1"), ("same.js", "1")]);
        assert_eq!(differences(&before, &after), ["a.js (gone)", "b.js (changed)", "c.js (new)"]);
    }

    #[test]
    fn an_audit_that_did_not_happen_is_not_a_clean_one() {
        let report = |json: &str| severe_advisories(json.as_bytes());
        let found =
            r#"{ "metadata": { "vulnerabilities": { "low": 4, "moderate": 1, "high": 2, "critical": 1 } } }"#;
        assert_eq!(report(found), Some(3));
        assert_eq!(report(r#"{ "message": "405 Method Not Allowed", "error": {} }"#), None);
        assert_eq!(report(""), None);
    }

    #[test]
    fn shipped_packages_need_a_permitted_licence() {
        let lock = r#"{ "packages": {
            "": {},
            "node_modules/good": { "license": "(MIT OR GPL-3.0)" },
            "node_modules/tool": { "license": "MPL-2.0", "dev": true },
            "node_modules/bad": { "license": "AGPL-3.0" },
            "node_modules/silent": {}
        } }"#;
        let refused = refused_licences(lock).unwrap();
        assert_eq!(refused, ["node_modules/bad: AGPL-3.0", "node_modules/silent: none stated"]);
    }
}
