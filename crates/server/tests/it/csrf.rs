//! No form and no script of another site acts for somebody who is signed in.

use actix_web::http::Method;
use actix_web::test::TestRequest;

use crate::app::{Browser, PASSWORD, TestApp};
use crate::routes;

async fn refused(browser: &mut Browser<'_>, request: TestRequest, what: &str) {
    let answer = browser.send(request.insert_header(("accept", "application/json"))).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "csrf_refused"), "{what}");
}

#[actix_web::test]
async fn every_write_needs_the_sessions_token_and_our_origin() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let other = "0".repeat(64);
    let token = browser.csrf.clone();
    for route in routes::pages().into_iter().chain(routes::api()) {
        for method in route.methods.iter().filter(|method| *method != "GET") {
            let what = format!("{method} {}", route.path);
            let request = || {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                TestRequest::default().method(method).uri(&route.path)
            };
            refused(&mut browser, request(), &format!("{what} with nothing")).await;
            refused(
                &mut browser,
                request().set_form([("_csrf", other.as_str())]),
                &format!("{what}, wrong field"),
            )
            .await;
            refused(
                &mut browser,
                request().insert_header(("x-csrf-token", other.as_str())),
                &format!("{what}, wrong header"),
            )
            .await;
            refused(
                &mut browser,
                request().insert_header(("x-csrf-token", "")),
                &format!("{what}, empty header"),
            )
            .await;
            refused(
                &mut browser,
                request()
                    .insert_header(("x-csrf-token", token.as_str()))
                    .insert_header(("origin", "https://evil.example")),
                &format!("{what}, foreign origin"),
            )
            .await;
            refused(
                &mut browser,
                request().insert_header(("content-type", "text/plain")).set_payload(format!("_csrf={token}")),
                &format!("{what}, plain text"),
            )
            .await;
        }
    }
    assert_eq!(browser.get("/").await.status, 200, "nothing signed the owner out");
}

#[actix_web::test]
async fn signing_in_needs_the_visitors_token() {
    let app = TestApp::new().await;
    app.owner().await;
    let mut guest = app.browser();
    let form = [("email", "anna@example.org"), ("password", PASSWORD)];
    assert_eq!(guest.post_with("/sign-in", &form).await.status, 403, "no cookie and no token");
    guest.get("/sign-in").await;
    assert_eq!(guest.post_with("/sign-in", &form).await.status, 403, "a cookie alone");
    let token = guest.csrf.clone();
    let mut other = app.browser();
    other.get("/sign-in").await;
    other.csrf = token;
    assert_eq!(other.post("/sign-in", &form).await.status, 403, "somebody else's token");
    assert_eq!(guest.post("/sign-in", &form).await.status, 303);
}

#[actix_web::test]
async fn a_file_form_carries_the_token_too() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let document = r#"{"format":"scenaria/1","name":"Imported"}"#;
    let body = |token: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{token}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"s.json\"\r\n\
             Content-Type: application/json\r\n\r\n{document}\r\n--b--\r\n"
        )
    };
    let send = |token: &str| {
        TestRequest::post()
            .uri("/scenarios/import")
            .insert_header(("accept", "text/html"))
            .insert_header(("content-type", "multipart/form-data; boundary=b"))
            .set_payload(body(token))
    };
    assert_eq!(browser.send(send("x")).await.status, 403);
    let token = browser.csrf.clone();
    let imported = browser.send(send(&token)).await;
    assert_eq!(imported.status, 303, "{}", imported.body);
    assert!(browser.get("/scenarios").await.body.contains("Imported"));
}
