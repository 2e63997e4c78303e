//! Set-up, sign-in, sessions, and the guard in front of every page.

use actix_web::http::Method;
use actix_web::test::TestRequest;

use crate::app::{PASSWORD, TestApp};
use crate::routes;

#[actix_web::test]
async fn the_first_visitor_becomes_the_owner_and_nobody_after() {
    let app = TestApp::new().await;
    let mut first = app.browser();
    assert_eq!(first.get("/").await.location(), "/set-up");
    assert_eq!(first.get("/sign-in").await.location(), "/set-up");
    let page = first.get("/set-up").await;
    assert!(page.body.contains(r#"data-testid="setup-form""#));

    let form = |password| {
        [("name", "Anna"), ("email", "anna@example.org"), ("password", password), ("language", "ru")]
    };
    let refused = first.post("/set-up", &form("short")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("10 символов"), "{}", refused.body);
    assert!(refused.body.contains(r#"value="anna@example.org""#), "the form keeps what was typed");

    let mut second = first.clone();
    assert_eq!(first.post("/set-up", &form(PASSWORD)).await.status, 303);
    let home = first.get("/").await;
    assert_eq!(home.status, 200);
    assert!(home.body.contains(r#"<html lang="ru">"#) && home.body.contains("Здравствуйте, Anna"));

    assert_eq!(second.post("/set-up", &form(PASSWORD)).await.status, 404);
    assert_eq!(second.get("/set-up").await.location(), "/sign-in");
    assert_eq!(second.get("/").await.location(), "/sign-in?next=%2F");
}

#[actix_web::test]
async fn of_two_first_visitors_one_is_refused() {
    let app = TestApp::new().await;
    let (mut one, mut two) = (app.browser(), app.browser());
    one.get("/set-up").await;
    two.get("/set-up").await;
    let form = |email| [("name", "A"), ("email", email), ("password", PASSWORD), ("language", "en")];
    let (a, b) = (form("a@example.org"), form("b@example.org"));
    let (first, second) = tokio::join!(one.post("/set-up", &a), two.post("/set-up", &b));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
    let users = app.services().store.read(|connection| Ok(store::users::count(connection)?)).await.unwrap();
    assert_eq!(users, 1);
}

#[actix_web::test]
async fn a_session_ends_with_sign_out_and_its_cookie_changes_with_sign_in() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let before = browser.cookies["scenaria_session"].clone();
    let mut thief = browser.clone();

    assert_eq!(browser.post("/sign-out", &[]).await.location(), "/sign-in");
    assert_eq!(thief.get("/bots").await.location(), "/sign-in?next=%2Fbots", "the old cookie opens nothing");

    browser.get("/sign-in?next=%2Fbots%3Fa%3D1").await;
    let form = [("email", "Anna@Example.org"), ("password", PASSWORD), ("next", "/bots?a=1")];
    let answer = browser.post("/sign-in", &form).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/bots?a=1"));
    let cookie = answer.header("set-cookie").to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert_ne!(browser.cookies["scenaria_session"], before);
    assert_eq!(browser.get("/bots").await.status, 200);
}

#[actix_web::test]
async fn a_new_password_ends_every_other_session() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let mut elsewhere = browser.clone();
    let form = |current, new| [("current", current), ("new", new)];
    assert_eq!(browser.post("/settings/password", &form("wrong horse 1", "another horse")).await.status, 422);
    assert_eq!(browser.post("/settings/password", &form(PASSWORD, "short")).await.status, 422);
    assert_eq!(elsewhere.get("/bots").await.status, 200);
    assert_eq!(browser.post("/settings/password", &form(PASSWORD, "another horse")).await.status, 303);
    assert_eq!(browser.get("/bots").await.status, 200);
    assert_eq!(elsewhere.get("/bots").await.status, 303);
    let mut guest = app.browser();
    guest.get("/sign-in").await;
    let sign_in = |password| [("email", "anna@example.org"), ("password", password)];
    assert_eq!(guest.post("/sign-in", &sign_in(PASSWORD)).await.status, 422);
    assert_eq!(guest.post("/sign-in", &sign_in("another horse")).await.status, 303);
}

#[actix_web::test]
async fn behind_https_the_cookie_is_bound_to_the_host() {
    let app = TestApp::new().await;
    app.owner().await;
    let request = |request: TestRequest| {
        request.insert_header(("x-forwarded-proto", "https")).insert_header(("host", "admin.test"))
    };
    let page = app.admin(request(TestRequest::get().uri("/sign-in"))).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-scenaria_visitor=") && cookie.contains("Secure"), "{cookie}");
}

#[actix_web::test]
async fn wrong_passwords_are_refused_alike_and_counted() {
    let app = TestApp::new().await;
    app.owner().await;
    let mut guest = app.browser();
    guest.get("/sign-in").await;
    let wrong = guest.post("/sign-in", &[("email", "anna@example.org"), ("password", "wrong horse")]).await;
    let unknown = guest.post("/sign-in", &[("email", "bob@example.org"), ("password", "wrong horse")]).await;
    assert_eq!((wrong.status.as_u16(), unknown.status.as_u16()), (422, 422));
    assert!(wrong.body.contains("Wrong e-mail or password."));
    assert!(!guest.cookies.contains_key("scenaria_session"));
    for _ in 0..19 {
        guest.post("/sign-in", &[("email", "anna@example.org"), ("password", "wrong horse")]).await;
    }
    let right = guest.post("/sign-in", &[("email", "anna@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(right.status, 429, "the 21st attempt of a minute is not even checked");
}

#[actix_web::test]
async fn no_page_opens_without_a_session() {
    let app = TestApp::new().await;
    app.owner().await;
    for route in routes::pages() {
        let mut guest = app.browser();
        let page = guest.get(&route.path).await;
        assert!(page.location().starts_with("/sign-in?next="), "{}: {}", route.path, page.status);
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let request = TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap());
            let answer = guest.send(request.uri(&route.path).insert_header(("accept", "text/html"))).await;
            assert_eq!(answer.status, 401, "{method} {}", route.path);
        }
    }
    for route in routes::api() {
        for method in &route.methods {
            for token in ["", "Bearer scn_00", "Basic YTpi", "Bearer "] {
                let request = TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap());
                let answer =
                    app.admin(request.uri(&route.path).insert_header(("authorization", token))).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.code().as_str()),
                    (401, "unauthenticated"),
                    "{route:?}"
                );
            }
        }
    }
}

#[actix_web::test]
async fn viewers_look_and_change_nothing() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    app.services()
        .store
        .write(store::Class::Lanes, |tx| {
            let owner =
                store::users::find_by_email(tx, "anna@example.org")?.ok_or(store::Refusal::NotFound)?;
            let (workspace, ..) = store::users::list_memberships(tx, owner.id)?.remove(0);
            store::users::set_membership(tx, workspace, owner.id, store::users::Role::Viewer)
        })
        .await
        .unwrap();
    assert_eq!(browser.get("/bots").await.status, 200);
    assert_eq!(browser.post("/bots/test", &[]).await.status, 403);
    let global = TestRequest::put().uri("/api/v1/globals/price");
    assert_eq!(browser.send_json(global, &serde_json::json!({"value": 1})).await.status, 403);
}

#[actix_web::test]
async fn every_answer_carries_the_protective_headers() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    for path in ["/", "/bots", "/nothing", "/api/v1/bots", "/sign-in"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("script-src 'self';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
    let one = browser.get("/").await.header("content-security-policy").to_owned();
    assert_ne!(one, browser.get("/").await.header("content-security-policy"), "a nonce is used once");
}
