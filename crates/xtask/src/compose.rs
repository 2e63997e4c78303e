//! `docker-compose.yml` and `.docker`: what must hold for every installation.
//!
//! The tests read the files themselves, because not every machine that runs them has Docker.

use anyhow::Result;
use xshell::cmd;

use crate::project::Project;
use crate::steps::Outcome;

/// Lets Docker's own client judge the file, where there is one.
pub fn check(project: &Project) -> Result<Outcome> {
    let sh = &project.sh;
    if cmd!(sh, "docker compose version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
        return Ok(Outcome::Skipped(
            "no `docker compose` here; xtask's own tests still read the file".into(),
        ));
    }
    cmd!(sh, "docker compose --file docker-compose.yml config --quiet")
        .env("ADMIN_HOST", "admin.example.org")
        .env("PUBLIC_HOST", "bots.example.org")
        .env("ACME_EMAIL", "you@example.org")
        .env("POSTGRES_PASSWORD", "not-a-secret")
        .run()?;
    Ok(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use saphyr::{LoadableYamlNode, Yaml};

    const COMPOSE: &str = include_str!("../../../docker-compose.yml");
    const DOCKERFILE: &str = include_str!("../../../.docker/Dockerfile");
    const CADDYFILE: &str = include_str!("../../../.docker/Caddyfile");
    const README: &str = include_str!("../../../README.md");

    fn services() -> Yaml<'static> {
        let document = Yaml::load_from_str(COMPOSE).unwrap().remove(0);
        document["services"].clone()
    }

    fn texts(list: &Yaml) -> Vec<String> {
        list.as_sequence().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    }

    /// The words in `text` that begin with `start`.
    fn names_with(text: &str, start: &str) -> BTreeSet<String> {
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| word.starts_with(start))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_variable_is_required_and_none_has_a_default() {
        let code = COMPOSE.lines().filter(|line| !line.trim_start().starts_with('#'));
        let variables: Vec<String> =
            code.flat_map(|line| line.split("${").skip(1).map(str::to_owned).collect::<Vec<_>>()).collect();
        assert!(variables.iter().any(|variable| variable.starts_with("POSTGRES_PASSWORD")));
        for variable in variables {
            let name = variable.split([':', '}']).next().unwrap();
            assert!(
                variable.starts_with(&format!("{name}:?set {name} in .env}}")),
                "${{{variable} is not required"
            );
        }
    }

    #[test]
    fn only_caddy_is_reachable_from_outside() {
        for (name, service) in services().as_mapping().unwrap() {
            let is_public = service.as_mapping_get("ports").is_some();
            assert_eq!(is_public, name.as_str() == Some("caddy"), "{name:?}");
        }
        let services = services();
        assert_eq!(texts(&services["postgres"]["networks"]), ["back"]);
    }

    #[test]
    fn our_container_is_confined() {
        let service = &services()["scenaria"];
        assert_eq!(service["read_only"].as_bool(), Some(true));
        assert_eq!(texts(&service["cap_drop"]), ["ALL"]);
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"]);
        assert!(!texts(&service["tmpfs"]).is_empty());
        let (_, runtime) = DOCKERFILE.rsplit_once("\nFROM ").unwrap();
        assert!(runtime.contains("\nUSER 10001"), "the runtime stage must not run as root");
        assert!(runtime.contains("/healthz"), "the image must tell Docker whether it is well");
    }

    #[test]
    fn the_files_named_are_there() {
        let services = services();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let dockerfile = services["scenaria"]["build"]["dockerfile"].as_str().unwrap().to_owned();
        let caddyfile = texts(&services["caddy"]["volumes"]).remove(0);
        for file in [dockerfile.as_str(), caddyfile.split(':').next().unwrap()] {
            assert!(root.join(file).exists(), "{file}");
        }
    }

    #[test]
    fn options_are_spelled_as_in_the_readme() {
        let known = names_with(README, "SCENARIA_");
        for used in [names_with(COMPOSE, "SCENARIA_"), names_with(DOCKERFILE, "SCENARIA_")] {
            assert!(!used.is_empty() && used.is_subset(&known), "{used:?} against {known:?}");
        }
    }

    #[test]
    fn caddy_gets_the_variables_it_reads_and_both_ports() {
        let services = services();
        let environment = services["caddy"]["environment"].as_mapping().unwrap().clone();
        let given: BTreeSet<&str> = environment.keys().filter_map(Yaml::as_str).collect();
        let read: BTreeSet<&str> =
            CADDYFILE.split("{$").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        assert_eq!(given, read);
        for port in ["scenaria:8080", "scenaria:8081"] {
            assert!(CADDYFILE.contains(port), "{port}");
        }
    }
}
