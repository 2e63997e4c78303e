//! Every route as the source lists it, so that a new one is in every matrix at once.

use regex::Regex;

/// A route: its path with numbers in place, and the methods it has.
#[derive(Debug)]
pub struct Route {
    pub path: String,
    pub methods: Vec<String>,
}

/// The pages.
pub fn pages() -> Vec<Route> {
    let source = include_str!("../../src/app.rs");
    let pages = source.split("fn pages(").nth(1).unwrap().split("\n}").next().unwrap();
    read(pages)
}

/// The REST API.
pub fn api() -> Vec<Route> {
    let mut routes = read(include_str!("../../src/api/mod.rs"));
    routes.iter_mut().for_each(|route| route.path = format!("/api/v1{}", route.path));
    routes
}

fn read(source: &str) -> Vec<Route> {
    let place = Regex::new(r"\{[a-z]+(:[^}]*)?\}").unwrap();
    let resource =
        Regex::new(r#"(?s)(?:web::resource\(|\.route\(\s*)\s*"([^"]+)"(.*?)(?:\)\)?;?\n\s*\.|\z)"#).unwrap();
    let method = Regex::new(r"(?:\.|web::)(get|post|put|patch|delete)\(").unwrap();
    let mut routes = Vec::new();
    // Each resource begins a statement of its own.
    for part in source.split(".service(").flat_map(|part| split_before(part, ".route(")) {
        let Some(found) = resource.captures(&format!("{part}\n.")) else { continue };
        let path = found[1].replace("\\\\", "\\");
        routes.push(Route {
            path: place.replace_all(&path, "1").into_owned(),
            methods: method.captures_iter(&found[2]).map(|found| found[1].to_uppercase()).collect(),
        });
    }
    routes
}

fn split_before<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.get(1..).and_then(|tail| tail.find(mark)).map(|at| at + 1) {
        let (part, tail) = rest.split_at(at);
        parts.push(part);
        rest = tail;
    }
    parts.push(rest);
    parts
}

#[test]
fn all_routes_are_found() {
    let (pages, api) = (pages(), api());
    assert!(pages.len() > 35 && api.len() > 12, "{} pages, {} of the API", pages.len(), api.len());
    for route in pages.iter().chain(&api) {
        assert!(!route.methods.is_empty(), "{route:?}");
        assert!(!route.path.contains(['{', '\\']), "{route:?}");
    }
    let of = |path: &str| pages.iter().find(|route| route.path == path).map(|route| route.methods.join(" "));
    assert_eq!(of("/bots/1"), Some("GET POST".to_owned()));
    assert_eq!(of("/sign-out"), Some("POST".to_owned()));
    let row = api.iter().find(|route| route.path == "/api/v1/lists/1/rows/1").unwrap();
    assert_eq!(row.methods.join(" "), "GET PATCH DELETE");
}
