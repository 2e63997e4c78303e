//! Pages: every one opens in both languages, and what their forms do.

use actix_web::test::TestRequest;
use regex::Regex;

use crate::app::{Browser, TestApp};
use crate::routes;

#[actix_web::test]
async fn every_page_opens_in_both_languages() {
    // A message of the locales that was not found shows its key.
    let raw_key = Regex::new(r">\s*[a-z]+(-[a-z]+)+\s*<").unwrap();
    for lang in ["en", "ru"] {
        let app = TestApp::new().await;
        let mut browser = app.owner_in(lang).await;
        browser.post("/tokens", &[("name", "test"), ("scopes", "read")]).await;
        browser.post("/mini-apps/1", &[("name", "Menu"), ("bot", "1"), ("html", "<p>2</p>")]).await;
        assert_eq!(crate::files::put(&mut browser, "name1", "x").await.status, 200);
        let person = subscriber(&mut browser).await;
        let run = run_of(&browser.get(&person).await.body);
        for route in
            routes::pages().into_iter().filter(|route| route.methods.iter().any(|method| method == "GET"))
        {
            let path = match route.path.strip_prefix("/bots/1/subscribers/1") {
                Some(rest) => format!("{person}{}", rest.replace("/runs/1", &format!("/runs/{run}"))),
                None => route.path.clone(),
            };
            let page = browser.get(&path).await;
            assert_eq!(page.status, 200, "{}: {}", route.path, page.body);
            if !page.header("content-type").starts_with("text/html") {
                continue;
            }
            assert!(page.body.contains(&format!(r#"<html lang="{lang}">"#)), "{}", route.path);
            assert!(!raw_key.is_match(&page.body), "{}: {:?}", route.path, raw_key.find(&page.body));
            assert!(!page.body.contains(" style=\""), "{}: the policy forbids inline styles", route.path);
        }
    }
}

#[actix_web::test]
async fn what_people_write_is_never_markup() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let evil = "<script>alert(1)</script>";
    browser.post("/settings", &[("name", evil), ("language", "en"), ("zone", "Europe/Berlin")]).await;
    browser.post("/globals", &[("name", "price"), ("value", evil)]).await;
    browser.post("/scenarios/new", &[("name", evil)]).await;
    browser.post("/lists/new", &[("name", evil), ("name_0", evil), ("type_0", "text")]).await;
    let bot = browser.demo_bot().await;
    browser.post(&format!("{bot}/chat"), &[("text", evil)]).await;
    let chat = format!("{bot}/chat");
    for path in ["/", "/globals", "/scenarios", "/lists", "/scenarios/4", "/lists/5", chat.as_str()] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains("<script>alert"), "{path}");
    }
    let shown = browser.get("/globals").await.body;
    assert!(shown.contains("&#60;script&#62;") || shown.contains("&lt;script&gt;"), "{shown}");
}

#[actix_web::test]
async fn a_list_grows_columns_and_rows() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let form = [
        ("name", "Guests"),
        ("name_0", "Mail"),
        ("type_0", "text"),
        ("unique_0", "1"),
        ("name_1", "Age"),
        ("type_1", "number"),
    ];
    let list = browser.post("/lists/new", &form).await.location().to_owned();
    assert!(list.starts_with("/lists/"), "{list}");
    let page = browser.get(&format!("{list}/rows/new")).await;
    let cells = cell_names(&page.body);
    let row = |mail: &'static str, age: &'static str| [(cells[0].clone(), mail), (cells[1].clone(), age)];

    let added = post_row(&mut browser, &format!("{list}/rows/new"), &row("a@example.org", "12,5")).await;
    assert_eq!(added, 303);
    assert_eq!(post_row(&mut browser, &format!("{list}/rows/new"), &row("b@example.org", "old")).await, 422);
    assert_eq!(post_row(&mut browser, &format!("{list}/rows/new"), &row("a@example.org", "")).await, 422);
    let rows = browser.get(&list).await.body;
    assert!(rows.contains("a@example.org") && rows.contains("12.5") && !rows.contains("b@example.org"));

    let edit = Regex::new(r#"href="(/lists/\d+/rows/\d+)""#).unwrap().captures(&rows).unwrap()[1].to_owned();
    assert_eq!(post_row(&mut browser, &edit, &row("c@example.org", "13")).await, 303);
    assert!(browser.get(&list).await.body.contains("c@example.org"));
    assert!(browser.get(&format!("{edit}/delete")).await.body.contains(r#"data-testid="confirm-form""#));
    browser.post(&format!("{edit}/delete"), &[]).await;
    assert!(browser.get(&list).await.body.contains("No rows yet"));
}

#[actix_web::test]
async fn what_others_wrote_into_a_row_meanwhile_stays() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let form = [
        ("name", "Guests"),
        ("name_0", "Name"),
        ("type_0", "text"),
        ("name_1", "Visits"),
        ("type_1", "number"),
    ];
    let list = browser.post("/lists/new", &form).await.location().to_owned();
    let page = browser.get(&format!("{list}/rows/new")).await;
    let cells = cell_names(&page.body);
    let fields =
        |name: &'static str, visits: &'static str| [(cells[0].clone(), name), (cells[1].clone(), visits)];
    post_row(&mut browser, &format!("{list}/rows/new"), &fields("Ann", "1")).await;
    let rows = browser.get(&list).await.body;
    let edit = Regex::new(r#"href="(/lists/\d+/rows/\d+)""#).unwrap().captures(&rows).unwrap()[1].to_owned();
    let was = cells[1].replace("cell_", "was_");
    assert!(browser.get(&edit).await.body.contains(&format!(r#"name="{was}" value="1""#)));

    // A bot counts the visits while the form is open.
    assert_eq!(post_row(&mut browser, &edit, &fields("Ann", "2")).await, 303);
    let with_was = |name: &'static str, visits: &'static str| {
        let mut all = fields(name, visits).to_vec();
        all.extend([(cells[0].replace("cell_", "was_"), "Ann"), (was.clone(), "1")]);
        all
    };
    assert_eq!(post_row(&mut browser, &edit, &with_was("Anna", "1")).await, 303);
    let rows = browser.get(&list).await.body;
    assert!(rows.contains("<td>Anna</td>") && rows.contains("<td>2</td>"), "{rows}");
    // What was typed over something that is another thing now is asked about, with both in sight.
    let typed = with_was("Ann", "5");
    let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let refused = browser.post(&edit, &typed).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(r#"value="5""#), "{}", refused.body);
    assert!(
        refused.body.contains("Now in the row")
            && refused.body.contains(&format!(r#"name="{was}" value="2""#))
    );
}

#[actix_web::test]
async fn a_refused_form_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let mut check = async |path: &str, fields: &[(&str, &str)], kept: &str| {
        let refused = browser.post(path, fields).await;
        assert_eq!(refused.status, 422, "{path}");
        assert!(refused.body.contains(kept), "{path} forgot {kept}: {}", refused.body);
    };
    check("/globals", &[("name", "two words"), ("value", "42")], r#"value="two words""#).await;
    check("/secrets", &[("name", "two words"), ("value", "x")], r#"value="two words""#).await;
    check("/tokens", &[("name", ""), ("scopes", "read write")], r#"value="read write" selected"#).await;
    check("/mini-apps/new", &[("name", ""), ("bot", "1")], r#"value="1" selected"#).await;
    check("/bots/connect", &[("token", "nonsense"), ("scenario", "2")], r#"value="2" selected"#).await;
}

#[actix_web::test]
async fn a_mini_app_gets_an_earlier_page_again() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let first = browser.get("/mini-apps/1").await.body;
    assert!(first.contains("Version 1") && !first.contains("/mini-apps/1/versions/"), "{first}");
    let save = [("name", "Menu"), ("bot", "1"), ("html", "<p>two</p>")];
    assert_eq!(browser.post("/mini-apps/1", &save).await.status, 303);
    // A form that changes nothing of the page makes no version.
    assert_eq!(browser.post("/mini-apps/1", &save).await.status, 303);
    let now = browser.get("/mini-apps/1").await.body;
    assert!(now.contains("Version 2") && now.contains(r#"href="/mini-apps/1/versions/1""#), "{now}");
    assert!(!now.contains("/mini-apps/1/versions/2"), "{now}");
    assert!(!browser.get("/mini-apps/1/versions/1").await.body.contains("two"));
    assert_eq!(browser.get("/mini-apps/1/versions/2").await.status, 404);
    assert_eq!(browser.post("/mini-apps/1/versions/1", &[]).await.status, 303);
    let restored = browser.get("/mini-apps/1").await.body;
    assert!(restored.contains("Version 3") && !restored.contains("two"), "{restored}");
    assert!(browser.get("/mini-apps/1/versions/2").await.body.contains("two"), "what stood is kept");
}

/// The link to a subscriber.
const PERSON: &str = r#"href="(/bots/\d+/subscribers/[^"]+)""#;

/// Writes to the demo bot; gives the page of who did, once he stands in a question.
async fn subscriber(browser: &mut Browser<'_>) -> String {
    let bot = browser.demo_bot().await;
    let request = TestRequest::post().uri(&format!("{bot}/chat/send"));
    assert_eq!(browser.send_json(request, &serde_json::json!({"text": "/menu"})).await.status, 202);
    let link = Regex::new(PERSON).unwrap();
    for _ in 0..2_000 {
        let page = browser.get(&format!("{bot}/subscribers")).await.body;
        if let Some(found) = link.captures(&page)
            && browser.get(&found[1]).await.body.contains("/stop\"")
        {
            return found[1].to_owned();
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("nobody is in a question");
}

/// The run that a card or a list of runs shows first.
fn run_of(page: &str) -> String {
    let link = Regex::new(r#"href="[^"]+/runs/(\d+)""#).unwrap();
    link.captures(page).unwrap_or_else(|| panic!("{page}"))[1].to_owned()
}

#[actix_web::test]
async fn a_run_is_looked_at_step_by_step() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let card = subscriber(&mut browser).await;
    let page = browser.get(&card).await.body;
    assert!(page.contains(&format!(r#"href="{card}/runs""#)), "{page}");
    let runs = browser.get(&format!("{card}/runs")).await.body;
    assert!(runs.contains("Food ordering") && runs.contains("Waiting"), "{runs}");
    let run = format!("{card}/runs/{}", run_of(&runs));
    // Steps are written aside.
    app.services().store.flush_traces().await;
    let steps = browser.get(&run).await.body;
    for shown in ["Question", "Read", "Wrote"] {
        assert!(steps.contains(shown), "{shown}: {steps}");
    }
    assert_eq!(browser.get(&format!("{card}/runs/999999")).await.status, 404);
    let other = run.replace("/subscribers/", "/subscribers/x");
    assert_eq!(browser.get(&other).await.status, 404, "of nobody else");
}

#[actix_web::test]
async fn a_subscriber_is_found_looked_at_and_stopped() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let bot = browser.demo_bot().await;
    let people = format!("{bot}/subscribers");
    assert!(browser.get(&people).await.body.contains("No subscribers yet"));
    let card = subscriber(&mut browser).await;
    let link = Regex::new(PERSON).unwrap();
    let page = browser.get(&card).await.body;
    assert!(page.contains("/menu") && page.contains("Food ordering"), "{page}");
    let found = |page: String| link.is_match(&page);
    assert!(!found(browser.get(&format!("{people}?q=nobody-like-this")).await.body));
    assert!(!found(browser.get(&format!("{people}?q=%25")).await.body), "no wildcard");
    let stop = Regex::new(r#"action="([^"]+/stop)""#).unwrap().captures(&page).unwrap()[1].to_owned();
    assert_eq!(browser.post(&stop.replace("/stop", "0000/stop"), &[]).await.status, 404);
    assert_eq!(browser.post(&stop, &[]).await.status, 303);
    for _ in 0..2_000 {
        if browser.get(&card).await.body.contains("In no scenario now") {
            return;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the run goes on");
}

#[actix_web::test]
async fn a_column_goes_only_when_asked_to() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let form = [("name", "Guests"), ("name_0", "Mail"), ("name_1", "Age"), ("type_1", "number")];
    let list = browser.post("/lists/new", &form).await.location().to_owned();
    let columns = format!("{list}/columns");
    let page = browser.get(&columns).await.body;
    let id = Regex::new(r#"name="id_\d+" value="([0-9a-f]+)""#).unwrap();
    let ids: Vec<String> = id.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    let [mail, age] = ids.as_slice() else { panic!("{page}") };

    let fields = [("name", "Guests"), ("id_0", mail), ("name_0", "Mail"), ("id_1", age), ("name_1", "")];
    let refused = browser.post(&columns, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("The column “Age” needs a name"), "{}", refused.body);
    assert!(browser.get(&columns).await.body.contains(r#"value="Age""#));

    let fields = [("name", "Guests"), ("id_0", mail), ("name_0", "Mail"), ("id_1", age), ("remove_1", "1")];
    let fields: Vec<(&str, &str)> = fields.into_iter().chain([("name_1", "Age")]).collect();
    assert_eq!(browser.post(&columns, &fields).await.status, 303);
    let page = browser.get(&columns).await.body;
    assert!(page.contains(r#"value="Mail""#) && !page.contains(r#"value="Age""#), "{page}");
}

fn cell_names(page: &str) -> Vec<String> {
    let name = Regex::new(r#"name="(cell_[0-9a-f]+)""#).unwrap();
    name.captures_iter(page).map(|found| found[1].to_owned()).collect()
}

async fn post_row(browser: &mut Browser<'_>, path: &str, cells: &[(String, &str)]) -> u16 {
    let fields: Vec<(&str, &str)> = cells.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    browser.post(path, &fields).await.status.as_u16()
}

#[actix_web::test]
async fn a_flash_is_shown_once() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    browser.post("/globals", &[("name", "price"), ("value", "5")]).await;
    assert!(browser.get("/globals").await.body.contains("Saved."));
    assert!(!browser.get("/globals").await.body.contains("Saved."));
}

#[actix_web::test]
async fn a_secret_is_written_and_never_shown() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    assert_eq!(browser.post("/secrets", &[("name", "API_KEY"), ("value", "canary-77")]).await.status, 303);
    let page = browser.get("/secrets").await.body;
    assert!(page.contains("API_KEY") && !page.contains("canary-77"));
    for entry in std::fs::read_dir(app.directory()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert!(!bytes.windows(9).any(|window| window == b"canary-77"), "{}", path.display());
    }
}

#[actix_web::test]
async fn scenarios_are_made_renamed_exported_and_deleted() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let made = browser.post("/scenarios/new", &[("name", "Shop")]).await.location().to_owned();
    assert_eq!(browser.post("/scenarios/new", &[("name", "Shop")]).await.status, 422, "the name is taken");
    let canvas = browser.get(&made).await.body;
    assert!(canvas.contains(r#"id="canvas-boot""#) && canvas.contains(r#""revision":1"#), "{canvas}");
    browser.post(&format!("{made}/settings"), &[("name", "Магазин")]).await;
    let export = browser.get(&format!("{made}/export")).await;
    assert_eq!(export.json()["name"], "Магазин");
    assert!(export.header("content-disposition").starts_with("attachment; filename*=UTF-8''"));
    browser.post(&format!("{made}/delete"), &[]).await;
    assert_eq!(browser.get(&made).await.status, 404);
}

#[actix_web::test]
async fn an_example_installs_with_one_click() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    assert!(browser.get("/examples").await.body.contains(r#"action="/examples/quiz""#));
    let bot = browser.post("/examples/quiz", &[]).await.location().to_owned();
    let page = browser.get(&bot).await.body;
    assert!(page.contains("The example is installed.") && !page.contains("Not published yet"), "{page}");
    assert_eq!(browser.post("/examples/..%2fsecrets", &[]).await.status, 404);
}

#[actix_web::test]
async fn an_example_does_not_take_a_list_that_is_not_its_own() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    browser.post("/lists/new", &[("name", "plants"), ("name_0", "height"), ("type_0", "number")]).await;
    let refused = browser.post("/examples/catalogue", &[]).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("“plants”") && refused.body.contains("“code”"), "{}", refused.body);
    assert!(!browser.get("/scenarios").await.body.contains("Plant shop"));
}
