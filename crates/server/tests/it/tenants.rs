//! Nothing crosses a workspace: what is another's answers exactly as what is not there.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::json;
use store::users::{NewUser, Role};
use store::workspaces::NewWorkspace;
use store::{Class, Locale};

use crate::app::{Browser, PASSWORD, TestApp};
use crate::routes;

/// A second tenant on the same server, whose owner knows the first one's numbers.
pub async fn stranger<'a>(app: &'a TestApp) -> Browser<'a> {
    let owner = app
        .services()
        .store
        .read(|connection| Ok(store::users::find_by_email(connection, "anna@example.org")?));
    // The same password, so that no second hash has to be made here.
    let password_hash = owner.await.unwrap().unwrap().password_hash;
    let now = app.services().store.now();
    app.services()
        .store
        .write(Class::Lanes, move |tx| {
            let workspace = NewWorkspace { name: "Other".into(), locale: Locale::En, zone: "UTC".into() };
            let workspace = store::workspaces::insert(tx, &workspace, now)?;
            let user = NewUser {
                email: "eve@example.org".into(),
                name: "Eve".into(),
                password_hash: password_hash.clone(),
                locale: Locale::En,
            };
            let user = store::users::insert(tx, &user, now)?;
            store::users::set_membership(tx, workspace, user, Role::Owner)
        })
        .await
        .unwrap();
    let mut browser = app.browser();
    browser.get("/sign-in").await;
    let form = [("email", "eve@example.org"), ("password", PASSWORD)];
    assert_eq!(browser.post("/sign-in", &form).await.status, 303);
    browser.get("/").await;
    browser
}

/// The answer without what differs every time.
fn comparable(body: &str) -> String {
    let random = regex::Regex::new(r"[0-9a-f]{16,}|[A-Za-z0-9+/]{22}==").unwrap();
    random.replace_all(body, "…").into_owned()
}

#[actix_web::test]
async fn what_is_anothers_is_not_there() {
    let app = TestApp::new().await;
    app.owner().await;
    let mut eve = stranger(&app).await;
    for route in routes::pages().into_iter().chain(routes::api()) {
        // Rows and names are reached through what is numbered; the numbers of the owner's things begin at 1.
        let numbered = route.path.split('/').any(|part| part == "1") && !route.path.contains("/globals/");
        let by_name =
            ["/examples/", "/secrets/", "/globals/"].iter().any(|start| route.path.starts_with(start));
        if !numbered || by_name {
            continue;
        }
        for method in &route.methods {
            let mut ask = async |path: &str| {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let request =
                    TestRequest::default().method(method).uri(path).insert_header(("accept", "text/html"));
                if route.path.starts_with("/api/") || route.path.ends_with("/chat/send") {
                    eve.send_json(request, &json!({"revision": 1, "document": {"format": "scenaria/1", "name": "x"}, "cells": {}, "text": "hi"})).await
                } else {
                    let form = [
                        ("_csrf", eve.csrf.clone()),
                        ("name", "x".to_owned()),
                        ("scenario", "1".to_owned()),
                        ("text", "hi".to_owned()),
                        ("bot", "1".to_owned()),
                        ("name_0", "x".to_owned()),
                        ("token", "123456789:TEST-ONLY_not-a-real-token_0123456789".to_owned()),
                    ];
                    eve.send(request.set_form(form)).await
                }
            };
            let foreign = ask(&route.path).await;
            let absent = ask(&route.path.replace("/1", "/999999")).await;
            assert_eq!(foreign.status, 404, "{method} {}: {}", route.path, foreign.body);
            assert_eq!(comparable(&foreign.body), comparable(&absent.body), "{method} {}", route.path);
        }
    }
    for path in ["/", "/bots", "/scenarios", "/lists", "/mini-apps", "/tokens"] {
        let page = eve.get(path).await.body;
        assert!(!page.contains("Demo") && !page.contains("menu<"), "{path} shows the other's things");
    }
}
