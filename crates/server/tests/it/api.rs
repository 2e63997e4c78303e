//! The REST API by token: resources, rights, and what failures look like.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use regex::Regex;
use serde_json::{Value, json};

use crate::app::{Answer, Browser, TestApp, eventually};
use crate::routes;

async fn token(browser: &mut Browser<'_>, scopes: &str) -> String {
    let page = browser.post("/tokens", &[("name", "test"), ("scopes", scopes)]).await;
    let shown = Regex::new(r"scn_[0-9a-f]{64}").unwrap();
    shown.find(&page.body).unwrap_or_else(|| panic!("{}", page.body)).as_str().to_owned()
}

struct Program<'a> {
    app: &'a TestApp,
    token: String,
}

impl Program<'_> {
    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = TestRequest::default()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(&format!("/api/v1{path}"))
            .insert_header(("authorization", format!("Bearer {}", self.token)));
        self.app
            .admin(match body {
                Some(body) => request.set_json(body),
                None => request,
            })
            .await
    }
}

#[actix_web::test]
async fn rows_are_added_found_changed_and_deleted() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let program = Program { app: &app, token: token(&mut browser, "read write").await };
    let lists = program.call("GET", "/lists", None).await.json();
    let menu = lists["lists"].as_array().unwrap().iter().find(|list| list["name"] == "menu").unwrap().clone();
    let rows = format!("/lists/{}/rows", menu["id"]);

    let added =
        program.call("POST", &rows, Some(json!({"cells": {"title": "Calzone", "price": "11,5"}}))).await;
    assert_eq!(
        (added.status.as_u16(), added.json()["cells"].clone()),
        (201, json!({"title": "Calzone", "price": 11.5}))
    );
    let row = format!("{rows}/{}", added.json()["id"]);
    let twice = program.call("POST", &rows, Some(json!({"cells": {"title": "Calzone"}}))).await;
    assert_eq!((twice.status.as_u16(), twice.code().as_str()), (409, "value_taken"));
    let wrong = program.call("POST", &rows, Some(json!({"cells": {"taste": "good"}}))).await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (422, "invalid"));

    let query = json!({"filters": [{"column": "price", "comparison": "gt", "value": 11}], "sort": "price"});
    let found = program.call("POST", &format!("{rows}/query"), Some(query)).await.json();
    assert!(
        found["rows"].as_array().unwrap().iter().any(|row| row["cells"]["title"] == "Calzone"),
        "{found}"
    );

    let changed = program.call("PATCH", &row, Some(json!({"cells": {"price": 12}}))).await.json();
    assert_eq!((&changed["cells"]["title"], &changed["cells"]["price"]), (&json!("Calzone"), &json!(12)));
    assert_eq!(program.call("DELETE", &row, None).await.status, 204);
    assert_eq!(program.call("GET", &row, None).await.code(), "not_found");
}

#[actix_web::test]
async fn globals_count_exactly() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let program = Program { app: &app, token: token(&mut browser, "read write").await };
    assert_eq!(program.call("PUT", "/globals/visits", Some(json!({"value": 1}))).await.status, 200);
    let once = program.call("POST", "/globals/visits/increment", Some(json!({"by": "0.5"}))).await.json();
    assert_eq!(once, json!({"name": "visits", "value": 1.5}));
    program.call("PUT", "/globals/word", Some(json!({"value": "ten"}))).await;
    assert_eq!(
        program.call("POST", "/globals/word/increment", Some(json!({"by": 1}))).await.code(),
        "invalid"
    );
    assert_eq!(program.call("PUT", "/globals/a.b", Some(json!({"value": 1}))).await.code(), "invalid");
    assert_eq!(program.call("DELETE", "/globals/word", None).await.status, 204);
    assert_eq!(program.call("GET", "/globals/word", None).await.code(), "not_found");
}

#[actix_web::test]
async fn runs_of_a_subscriber_are_told_step_by_step() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let bot = browser.demo_bot().await;
    let program = Program { app: &app, token: token(&mut browser, "read write").await };
    let document = json!({
        "format": "scenaria/1", "name": "Failing",
        "triggers": [{"id": "t1", "kind": "command", "options": {"command": "fail"}, "next": {"block": "b1"}}],
        "blocks": [{"id": "b1", "name": "Till", "actions": [
            {"id": "a1", "kind": "set_variables", "options": {"assignments": [{"target": "sum", "value": "[Answer]!"}]}},
            {"id": "a2", "kind": "branch", "options": {"branches": [{"id": "yes", "name": "Paid", "condition": "#{sum} = /fail!"}]},
                "exits": {"yes": {"block": "b2"}}},
        ]}, {"id": "b2", "actions": [
            {"id": "a3", "kind": "raise_error", "options": {"text": "The till is empty"}}]}],
    });
    let made = program.call("POST", "/scenarios", Some(json!({"document": document}))).await.json();
    let published = program.call("POST", &format!("/scenarios/{}/publish", made["id"]), None).await;
    assert_eq!(published.status, 200, "{}", published.body);
    browser.post(&format!("{bot}/scenarios"), &[("scenario", &made["id"].to_string())]).await;
    let send = TestRequest::post().uri(&format!("{bot}/chat/send"));
    assert_eq!(browser.send_json(send, &json!({"text": "/fail"})).await.status, 202);
    let link = Regex::new(r#"/subscribers/user%3A([^"]+)""#).unwrap();
    let client = eventually("he is known", async || {
        let page = browser.get(&format!("{bot}/subscribers")).await.body;
        link.captures(&page).map(|found| found[1].to_owned())
    })
    .await;
    let path = format!("{bot}/subscribers/{client}/runs");
    let runs = program.call("GET", &path, None).await.json();
    let run = &runs["runs"][0];
    assert_eq!((&run["status"], &run["scenario_name"]), (&json!("failed"), &json!("Failing")), "{runs}");
    assert_eq!(run["error"]["message"], "The till is empty");
    assert_eq!((&runs["next"], runs["runs"].as_array().unwrap().len()), (&Value::Null, 1));
    let before = program.call("GET", &format!("{path}?before={}", run["id"]), None).await.json();
    assert_eq!(before["runs"], json!([]));
    app.services().store.flush_traces().await;
    let found = program.call("GET", &format!("/runs/{}", run["id"]), None).await.json();
    let steps = found["steps"].as_array().unwrap();
    let kinds: Vec<&str> = steps.iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["set_variables", "branch", "raise_error"], "{found}");
    assert_eq!(steps[0]["reads"], json!([{"name": "[Answer]", "value": "/fail"}]));
    assert_eq!(steps[0]["writes"], json!([{"name": "sum", "value": "/fail!"}]));
    assert_eq!((&steps[1]["exit"], &steps[1]["block_name"]), (&json!("yes"), &json!("Till")));
    assert_eq!(steps[2]["error"]["message"], "The till is empty");
    assert_eq!(program.call("GET", "/runs/999999", None).await.code(), "not_found");
    assert_eq!(
        program.call("GET", &format!("{bot}/subscribers/nobody/runs"), None).await.code(),
        "not_found"
    );
}

#[actix_web::test]
async fn scripts_are_looked_at_in_the_sandbox() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let program = Program { app: &app, token: token(&mut browser, "read write").await };
    let check = async |source: &str| {
        program.call("POST", "/scripts/check", Some(json!({"source": source}))).await.json()["mistakes"]
            .clone()
    };
    assert_eq!(check("varstore.x = await 1; return varstore.x").await, json!([]));
    let mistake = check("let a = 1;\nlet b = ;").await;
    assert_eq!((&mistake[0]["line"], &mistake[0]["column"]), (&json!(2), &json!(9)), "{mistake}");

    let made = program.call("POST", "/scenarios", Some(json!({"name": "Code"}))).await;
    let path = format!("/scenarios/{}", made.json()["id"]);
    let draft = |revision: i64, code: &str| {
        json!({"revision": revision, "document": {
            "format": "scenaria/1", "name": "Code",
            "triggers": [{"id": "t1", "kind": "command", "options": {"command": "start"}, "next": {"block": "b1"}}],
            "blocks": [{"id": "b1", "name": "Sum", "actions": [
                {"id": "a1", "kind": "javascript", "options": {"code": code}},
            ]}],
        }})
    };
    let saved = program.call("PUT", &format!("{path}/draft"), Some(draft(1, "return 1 +* 2"))).await.json();
    let finding = &saved["findings"][0];
    assert_eq!(finding["pointer"], "/blocks/0/actions/0/options/code", "{saved}");
    assert!(finding.to_string().contains("line 1, column"), "{saved}");
    assert_eq!(finding["spot"], json!({"line": 1, "column": 11}), "the editor marks it there: {saved}");
    let refused = program.call("POST", &format!("{path}/publish"), None).await;
    assert_eq!(refused.code(), "invalid", "a script with a mistake is not published");
    let saved = program.call("PUT", &format!("{path}/draft"), Some(draft(2, "return 1 + 2"))).await.json();
    assert_eq!(saved["findings"], json!([]));
}

#[actix_web::test]
async fn drafts_are_saved_over_what_they_were_made_from() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let program = Program { app: &app, token: token(&mut browser, "read write").await };
    let made = program.call("POST", "/scenarios", Some(json!({"name": "Shop"}))).await;
    assert_eq!(made.status, 201);
    let path = format!("/scenarios/{}", made.json()["id"]);
    let draft = |revision: i64, greeting: &str| {
        json!({"revision": revision, "document": {
            "format": "scenaria/1", "name": "whatever",
            "triggers": [{"id": "t1", "kind": "command", "options": {"command": "start"}, "next": {"block": "b1"}}],
            "blocks": [{"id": "b1", "name": "Hello", "actions": [
                {"id": "a1", "kind": "send_message", "options": {"text": greeting}},
            ]}],
        }})
    };
    let saved = program.call("PUT", &format!("{path}/draft"), Some(draft(1, "Hi"))).await;
    assert_eq!((saved.status.as_u16(), saved.json()), (200, json!({"revision": 2, "findings": []})));
    let repeated = program.call("PUT", &format!("{path}/draft"), Some(draft(1, "Hi"))).await;
    assert_eq!(repeated.json()["revision"], 2, "its answer may have been lost: {}", repeated.body);
    let late = program.call("PUT", &format!("{path}/draft"), Some(draft(1, "Ho"))).await;
    assert_eq!(
        (late.status.as_u16(), late.code().as_str(), late.json()["revision"].clone()),
        (409, "revision_conflict", json!(2))
    );
    let document = program.call("GET", &path, None).await.json()["document"].clone();
    assert_eq!(
        (&document["name"], &document["blocks"][0]["actions"][0]["options"]["text"]),
        (&json!("Shop"), &json!("Hi"))
    );

    let broken = json!({"revision": 2, "document": {"format": "scenaria/1", "name": "x", "blocks": [{"id": "b1", "actions": [{"id": "a1", "kind": "dance"}]}]}});
    let refused = program.call("PUT", &format!("{path}/draft"), Some(broken)).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "invalid"));
    assert_eq!(refused.json()["findings"][0]["pointer"], "/blocks/0/actions/0/kind", "{}", refused.body);

    let published = program.call("POST", &format!("{path}/publish"), Some(json!({"revision": 2}))).await;
    assert_eq!(
        (published.status.as_u16(), published.json()["number"].clone()),
        (200, json!(1)),
        "{}",
        published.body
    );
    assert_eq!(
        program.call("POST", &format!("{path}/publish"), Some(json!({"revision": 1}))).await.code(),
        "revision_conflict"
    );
    let empty = draft(2, "");
    assert_eq!(
        program.call("PUT", &format!("{path}/draft"), Some(empty)).await.status,
        200,
        "a draft may be unfinished"
    );
    let unfinished = program.call("POST", &format!("{path}/publish"), None).await;
    assert_eq!(
        (unfinished.status.as_u16(), unfinished.code().as_str()),
        (422, "invalid"),
        "{}",
        unfinished.body
    );
}

#[actix_web::test]
async fn a_token_that_reads_changes_nothing_and_a_revoked_one_opens_nothing() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let reader = Program { app: &app, token: token(&mut browser, "read").await };
    assert_eq!(reader.call("GET", "/bots", None).await.status, 200);
    for route in routes::api() {
        let path = route.path.strip_prefix("/api/v1").unwrap();
        for method in route.methods.iter().filter(|method| *method != "GET") {
            // A question to a list is a POST, and changes nothing.
            let expected = if path.ends_with("/rows/query") { "not_found" } else { "forbidden" };
            let path = path.replace("/lists/1", "/lists/999");
            assert_eq!(reader.call(method, &path, Some(json!({}))).await.code(), expected, "{method} {path}");
        }
    }
    browser.post("/tokens/1/delete", &[]).await;
    assert_eq!(reader.call("GET", "/bots", None).await.code(), "unauthenticated");
}

#[actix_web::test]
async fn a_wrong_token_does_not_fall_back_to_the_cookie() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let request = TestRequest::get().uri("/api/v1/bots").insert_header(("authorization", "Bearer scn_0"));
    assert_eq!(browser.send(request).await.status, 401);
    assert_eq!(browser.get("/api/v1/bots").await.status, 200);
}

#[actix_web::test]
async fn failures_are_problem_documents_in_the_readers_language() {
    let app = TestApp::new().await;
    let request = TestRequest::get().uri("/api/v1/bots").insert_header(("accept-language", "ru"));
    let answer = app.admin(request).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let mut problem = answer.json();
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
    problem["request_id"] = "…".into();
    insta::assert_json_snapshot!(problem, @r#"
    {
      "type": "about:blank",
      "title": "Сначала войдите",
      "status": 401,
      "code": "unauthenticated",
      "request_id": "…"
    }
    "#);
}

#[actix_web::test]
async fn nonsense_is_refused_and_explains_nothing_inside() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let program = Program { app: &app, token: token(&mut browser, "read write").await };
    for (method, path, body) in [
        ("PUT", "/globals/x", Some(json!([]))),
        ("POST", "/scenarios", Some(json!({"document": 7}))),
        ("PATCH", "/lists/1/rows/1", Some(json!({"cells": 1}))),
        ("GET", "/lists/99999999999999999999", None),
        ("GET", "/nothing", None),
        ("DELETE", "/bots", None),
    ] {
        let answer = program.call(method, path, body).await;
        assert!(answer.status.is_client_error(), "{method} {path}: {}", answer.status);
        assert!(!answer.code().is_empty(), "{method} {path}: {}", answer.body);
        for leak in ["serde", "panicked", "diesel", "expected", ".rs"] {
            assert!(!answer.body.contains(leak), "{method} {path}: {}", answer.body);
        }
    }
}

#[actix_web::test]
async fn every_route_is_described() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let described = browser.get_json("/api/v1/openapi.json").await;
    let one = Regex::new(r"\{[a-z]+\}").unwrap();
    let known: Vec<(String, Vec<String>)> = described["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
            let path = path.replace("{name}", "name1");
            (format!("/api/v1{}", one.replace_all(&path, "1")), methods)
        })
        .collect();
    for route in routes::api().into_iter().filter(|route| !route.path.ends_with("openapi.json")) {
        let found = known.iter().find(|(path, _)| *path == route.path);
        let (_, methods) = found.unwrap_or_else(|| panic!("{} is not described", route.path));
        for method in &route.methods {
            assert!(methods.contains(method), "{method} {} is not described", route.path);
        }
    }
    assert!(browser.get_json("/api/v1/schema").await["properties"]["blocks"].is_object());
    let catalog = browser.get_json("/api/v1/action-catalog").await;
    assert!(catalog["actions"].as_array().unwrap().iter().any(|action| action["kind"] == "send_message"));
}

/// Somebody is asked a question of the demo; then the draft takes the question's block away.
#[actix_web::test]
async fn who_is_inside_and_how_people_went_through() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let bot = browser.demo_bot().await;
    let scenario = browser.demo_scenario().await;
    let program = Program { app: &app, token: token(&mut browser, "read write").await };
    let people = || async { program.call("GET", &format!("{scenario}/people"), None).await.json() };
    assert_eq!(people().await, json!({"total": 0, "on_changed": 0, "on_deleted": 0, "blocks": []}));

    let request = TestRequest::post().uri(&format!("{bot}/chat/send"));
    assert_eq!(browser.send_json(request, &json!({"text": "/menu"})).await.status, 202);
    let inside = eventually("an open question", async || {
        let inside = people().await;
        (inside["total"] == 1).then_some(inside)
    })
    .await;
    assert_eq!((&inside["on_changed"], &inside["blocks"][0]["fate"]), (&json!(0), &json!("same")));
    let block = &inside["blocks"][0]["block"];

    let mut draft = program.call("GET", &scenario, None).await.json();
    let question = draft["document"]["blocks"]
        .as_array_mut()
        .and_then(|blocks| blocks.iter_mut().find(|found| found["id"] == *block))
        .unwrap();
    question["actions"].as_array_mut().unwrap().pop();
    let body = json!({"revision": draft["revision"], "document": draft["document"]});
    let saved = program.call("PUT", &format!("{scenario}/draft"), Some(body)).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let changed = people().await;
    assert_eq!((&changed["total"], &changed["on_changed"]), (&json!(1), &json!(1)));

    let counters = eventually("counters", async || {
        let found = program.call("GET", &format!("{scenario}/counters"), None).await.json();
        let actions = found["actions"].as_array().unwrap().clone();
        actions.iter().any(|action| action["reached"].as_i64() > Some(0)).then_some(actions)
    })
    .await;
    assert!(counters.iter().any(|action| action["waiting"] == 1), "{counters:?}");
    assert_eq!(program.call("GET", "/scenarios/999999/people", None).await.code(), "not_found");

    // Publishing moves whoever stands there to the beginning; a block that the draft does not have is refused.
    let publish = async |to: Value| {
        let moves = json!({"moves": {block.as_str().unwrap(): to}});
        program.call("POST", &format!("{scenario}/publish"), Some(moves)).await
    };
    assert_eq!(publish(json!({"block": "no-such"})).await.code(), "invalid");
    let published = publish(json!("start")).await;
    assert_eq!(published.status, 200, "{}", published.body);
    let now = eventually("everybody in the newer version", async || {
        let now = people().await;
        (now["on_changed"] == 0 && now["on_deleted"] == 0).then_some(now)
    })
    .await;
    assert!(now["total"].as_i64() <= Some(1), "{now}");
}

#[actix_web::test]
async fn every_bot_has_an_address_of_its_own_for_a_webhook_and_keeps_it() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let program = Program { app: &app, token: token(&mut browser, "read write").await };
    let document = |name: &str, answer: &str| {
        json!({"format": "scenaria/1", "name": name,
            "triggers": [{"id": "hook", "kind": "webhook", "next": {"block": "b"}}],
            "blocks": [{"id": "b", "actions": [{"id": "r", "kind": "respond", "options": {"body": answer}}]}]})
    };
    let mut shown = Vec::new();
    for name in ["Shop", "Bank"] {
        let new = json!({"name": name, "document": document(name, name)});
        let made = program.call("POST", "/scenarios", Some(new)).await.json();
        let path = format!("/scenarios/{}", made["id"]);
        program.call("POST", &format!("{path}/publish"), None).await;
        // Two bots have it.
        for _ in 0..2 {
            let made = browser.post(&format!("{path}/test"), &[]).await;
            assert_eq!(made.status.as_u16(), 303, "{path} {}", made.body);
        }
        let before = program.call("GET", &format!("{path}/webhooks"), None).await.json();
        let addresses = before["webhooks"].as_array().unwrap().clone();
        assert_eq!(addresses.len(), 2, "{before}");
        program.call("POST", &format!("{path}/publish"), None).await;
        assert_eq!(program.call("GET", &format!("{path}/webhooks"), None).await.json(), before);
        shown.extend(addresses.into_iter().map(|address| (name, address)));
    }
    for (name, address) in &shown {
        let url = address["url"].as_str().unwrap();
        let path = &url[url.find("/webhook/").unwrap()..];
        let answer = app.public(TestRequest::post().uri(path)).await;
        assert_eq!((answer.status.as_u16(), answer.body.trim_matches('"')), (200, *name), "{address}");
    }
    let mut urls: Vec<_> = shown.iter().map(|(_, address)| address["url"].to_string()).collect();
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), 4);
    assert_eq!(program.call("GET", "/scenarios/999999/webhooks", None).await.status, 404);
}
