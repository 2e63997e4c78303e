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
    let begin = Regex::new(r"web::resource\(|\.route\(").unwrap();
    let path = Regex::new(r#""([^"]+)""#).unwrap();
    let place = Regex::new(r"\{[a-z]+:[^}]*\}").unwrap();
    let method = Regex::new(r"(?:\.|web::)(get|post|put|patch|delete)\(").unwrap();
    let one = |text: &str| Route {
        path: place.replace_all(&path.captures(text).unwrap()[1], "1").replace("{name}", "name1"),
        methods: method.captures_iter(text).map(|found| found[1].to_uppercase()).collect(),
    };
    begin.split(source).skip(1).map(one).collect()
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
