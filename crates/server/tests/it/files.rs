//! Files of a workspace: taken in by the page and the API, handed out under a public address.

use actix_web::App;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use store::Class;
use store::files::{NewFile, begin, keep};

use crate::app::{Answer, Browser, TestApp};
use crate::tenants::stranger;

/// More than two chunks of the store, and different everywhere.
fn long_text() -> String {
    (0..60_000).map(|number| format!("{number:09},")).collect()
}

fn form(token: &str, files: &[(&str, &str)]) -> TestRequest {
    let parts = files.iter().map(|(name, content)| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/html\r\n\r\n{content}\r\n"
        )
    });
    let token = format!("--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{token}\r\n");
    let body: String = std::iter::once(token).chain(parts).chain(["--b--\r\n".to_owned()]).collect();
    TestRequest::post()
        .uri("/files")
        .insert_header(("accept", "text/html"))
        .insert_header(("content-type", "multipart/form-data; boundary=b"))
        .set_payload(body)
}

async fn upload(browser: &mut Browser<'_>, files: &[(&str, &str)]) -> Answer {
    let token = browser.csrf.clone();
    browser.send(form(&token, files)).await
}

pub async fn put(browser: &mut Browser<'_>, name: &str, content: impl Into<Bytes>) -> Answer {
    let token = browser.csrf.clone();
    let request = TestRequest::put()
        .uri(&format!("/api/v1/files/{name}"))
        .insert_header(("x-csrf-token", token))
        .set_payload(content);
    browser.send(request).await
}

async fn names(browser: &mut Browser<'_>) -> Vec<String> {
    let list = browser.get_json("/api/v1/files").await;
    let files = list["files"].as_array().unwrap();
    files.iter().map(|file| file["name"].as_str().unwrap().to_owned()).collect()
}

/// The path of a file's public address.
fn path(file: &Value) -> String {
    let url = file["url"].as_str().unwrap();
    url[url.find("/files/").unwrap()..].to_owned()
}

#[actix_web::test]
async fn the_page_takes_several_files_and_says_which_it_does_not() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    assert!(browser.get("/files").await.body.contains("No files yet"));
    let kept =
        upload(&mut browser, &[("Menu, summer.jpg", "picture"), ("Price \u{2013} %22new%22.pdf", "pdf")])
            .await;
    assert_eq!((kept.status.as_u16(), kept.location()), (303, "/files"), "{}", kept.body);
    let page = browser.get("/files").await.body;
    assert!(page.contains("file:Menu, summer.jpg") && page.contains("Price – &#34;new&#34;.pdf"), "{page}");

    let mixed = upload(&mut browser, &[("a/b.txt", "x"), ("empty.txt", ""), ("good.txt", "x")]).await;
    assert_eq!(mixed.status, 422);
    assert!(
        mixed.body.contains("The file is empty.") && mixed.body.contains("has no / and \\"),
        "{}",
        mixed.body
    );
    assert_eq!(names(&mut browser).await, ["Menu, summer.jpg", "Price – \"new\".pdf", "good.txt"]);
    assert_eq!(upload(&mut browser, &[("", "")]).await.status, 422, "nothing was chosen");

    let token = "0".repeat(64);
    assert_eq!(browser.send(form(&token, &[("evil.txt", "x")])).await.status, 403);
    let late = long_text();
    let token = browser.csrf.clone();
    let behind = format!("{late}\r\n--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{token}");
    assert_eq!(browser.send(form("x", &[("evil.txt", &behind)])).await.status, 403, "the token comes first");

    let preview = browser.get("/files/Menu%2C%20summer.jpg/content").await;
    assert_eq!((preview.status, preview.body.as_str()), (StatusCode::OK, "picture"));
    assert_eq!(preview.header("content-type"), "image/jpeg", "by the name, whatever the browser says");
    assert_eq!(preview.header("content-security-policy"), "sandbox; default-src 'none'");
    let pdf = browser.get("/files/Price%20%E2%80%93%20%22new%22.pdf/content").await;
    assert!(pdf.header("content-disposition").starts_with("attachment;"), "no document on our origin");

    assert!(browser.get("/files/good.txt/delete").await.body.contains("Delete “good.txt”?"));
    assert_eq!(browser.post("/files/good.txt/delete", &[]).await.status, 303);
    assert_eq!(browser.post("/files/good.txt/delete", &[]).await.status, 404);
    assert_eq!(names(&mut browser).await.len(), 2);
    let log = app.services().store.read(|connection| {
        let workspace = store::workspaces::list(connection)?[0].id;
        Ok(store::audit_log::list(connection, workspace, 100)?)
    });
    let log: Vec<String> =
        log.await.unwrap().into_iter().map(|entry| format!("{} {}", entry.action, entry.target)).collect();
    for entry in ["file.upload file/good.txt", "file.delete file/good.txt"] {
        assert!(log.iter().any(|known| known == entry), "{entry} in {log:?}");
    }
}

#[actix_web::test]
async fn the_api_keeps_a_files_address_while_its_content_changes() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let first = put(&mut browser, "%D0%9C%D0%B5%D0%BD%D1%8E%2050%25.png", "old").await;
    assert_eq!(first.status, 200, "{}", first.body);
    let first = first.json();
    assert_eq!(first["name"], "Меню 50%.png");
    assert_eq!((&first["value"], &first["size"]), (&json!("file:Меню 50%.png"), &json!(3)));
    let second = put(&mut browser, "%D0%9C%D0%B5%D0%BD%D1%8E%2050%25.png", long_text()).await.json();
    assert_eq!((&second["url"], &second["size"]), (&first["url"], &json!(600_000)));
    let shown = app.public(TestRequest::get().uri(&path(&first))).await;
    assert!(shown.body == long_text(), "whole, in its order");
    assert_eq!(browser.get_json("/api/v1/files/%D0%9C%D0%B5%D0%BD%D1%8E%2050%25.png").await, second);

    for (name, content, status, code) in [
        ("empty.txt", "", 422, "invalid"),
        ("a%2Fb.txt", "x", 422, "invalid"),
        ("a%0D%0Ab.txt", "x", 422, "invalid"),
        ("%23%7Bname%7D.txt", "x", 422, "invalid"),
    ] {
        let refused = put(&mut browser, name, content).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{name}");
    }
    let delete = |token: &str| {
        TestRequest::delete()
            .uri("/api/v1/files/%D0%9C%D0%B5%D0%BD%D1%8E%2050%25.png")
            .insert_header(("x-csrf-token", token.to_owned()))
    };
    let token = browser.csrf.clone();
    assert_eq!(browser.send(delete(&token)).await.status, 204);
    assert_eq!(browser.send(delete(&token)).await.status, 404);
    assert_eq!(app.public(TestRequest::get().uri(&path(&first))).await.status, 404);
}

#[actix_web::test]
async fn files_have_bounds() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let limit = 50 * 1024 * 1024;
    let large = put(&mut browser, "large.bin", vec![b'x'; limit + 1]).await;
    assert_eq!((large.status.as_u16(), large.code().as_str()), (413, "too_large"));
    assert!(large.body.contains("larger than 50 MB"), "{}", large.body);

    // As if the workspace were full but for ten bytes.
    let now = app.services().store.now();
    app.services()
        .store
        .write(Class::Lanes, move |tx| {
            let workspace = store::workspaces::list(tx)?[0].id;
            begin(tx, workspace, "c", now)?;
            let new = NewFile {
                workspace_id: workspace,
                name: "full.bin".into(),
                slug: "s".into(),
                content_id: "c".into(),
                content_type: "application/octet-stream".into(),
                size: 1024 * 1024 * 1024 - 10,
            };
            keep(tx, &new, now)
        })
        .await
        .unwrap();
    let over = put(&mut browser, "b.txt", "12345678901").await;
    assert_eq!((over.status.as_u16(), over.code().as_str()), (413, "too_large"));
    assert!(over.body.contains("may take 1 GB"), "{}", over.body);
    assert_eq!(put(&mut browser, "b.txt", "1234567890").await.status, 200);
    assert_eq!(put(&mut browser, "b.txt", "0987654321").await.status, 200, "what is replaced does not count");
    assert_eq!(put(&mut browser, "full.bin", "x").await.status, 200);
    assert_eq!(names(&mut browser).await, ["b.txt", "full.bin"]);
}

#[actix_web::test]
async fn an_upload_that_breaks_off_leaves_no_file() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    assert_eq!(put(&mut browser, "menu.txt", "old").await.status, 200);
    let cookies: Vec<String> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for name in ["menu.txt", "new.txt"] {
        let service = init_service(App::new().app_data(app.data()).configure(server::app::admin)).await;
        let request = TestRequest::put()
            .uri(&format!("/api/v1/files/{name}"))
            .insert_header(("host", "admin.test"))
            .insert_header(("x-csrf-token", browser.csrf.clone()))
            .insert_header(("cookie", cookies.join("; ")))
            .to_request();
        let pieces = [Ok(Bytes::from(long_text())), Err(PayloadError::Incomplete(None))];
        let payload: Payload = Payload::Stream { payload: Box::pin(stream::iter(pieces)) };
        let (request, _) = request.replace_payload(payload);
        assert_eq!(call_service(&service, request).await.status(), 400);
    }
    let token = browser.csrf.clone();
    let cut = format!(
        "--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{token}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cut.txt\"\r\n\r\nhalf"
    );
    assert_eq!(browser.send(form(&token, &[]).set_payload(cut)).await.status, 400);
    assert_eq!(names(&mut browser).await, ["menu.txt"]);
    let file = browser.get_json("/api/v1/files/menu.txt").await;
    assert_eq!(app.public(TestRequest::get().uri(&path(&file))).await.body, "old");
}

#[actix_web::test]
async fn a_public_address_gives_whole_files_parts_and_nothing_that_runs() {
    let app = TestApp::new().await;
    let mut browser = app.owner().await;
    let text = long_text();
    let file = put(&mut browser, "clip.mp4", text.clone()).await.json();
    let address = path(&file);
    let slug = address.split('/').nth(2).unwrap().to_owned();
    let ask = |headers: &[(&'static str, &str)]| {
        let request = TestRequest::get().uri(&address);
        let request = headers.iter().fold(request, |request, header| request.insert_header(*header));
        app.public(request)
    };
    let whole = ask(&[]).await;
    let etag = whole.header("etag").to_owned();
    assert_eq!(whole.status, 200);
    for (name, value) in [
        ("content-type", "video/mp4"),
        ("content-disposition", "inline; filename*=UTF-8''clip.mp4"),
        ("accept-ranges", "bytes"),
        ("cache-control", "public, max-age=300"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("access-control-allow-origin", "*"),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }
    assert!(whole.headers.get("set-cookie").is_none());

    let known = ask(&[("if-none-match", &etag)]).await;
    assert_eq!((known.status.as_u16(), known.body.as_str(), known.header("etag")), (304, "", etag.as_str()));
    // Across the border of two chunks, and the ends.
    for (range, first, last) in
        [("bytes=262140-262150", 262_140, 262_150), ("bytes=-5", 599_995, 599_999), ("bytes=0-0", 0, 0)]
    {
        let part = ask(&[("range", range)]).await;
        assert_eq!((part.status.as_u16(), part.body.as_str()), (206, &text[first..=last]), "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {first}-{last}/600000"));
    }
    let beyond = ask(&[("range", "bytes=600000-")]).await;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, "bytes */600000"));
    assert_eq!(ask(&[("range", "bytes=1-2"), ("if-range", "\"other\"")]).await.status, 200);
    assert_eq!(ask(&[("range", "bytes=1-2"), ("if-range", &etag)]).await.status, 206);

    let head = app.public(TestRequest::default().method(Method::HEAD).uri(&address)).await;
    assert_eq!((head.status.as_u16(), head.body.as_str(), head.header("etag")), (200, "", etag.as_str()));
    let renamed = app.public(TestRequest::get().uri(&format!("/files/{slug}/any-name"))).await;
    assert_eq!(renamed.status, 200, "the slug says which file it is");
    for path in [format!("/files/{}/clip.mp4", "0".repeat(32)), format!("/files/{slug}"), "/files//x".into()]
    {
        assert_eq!(app.public(TestRequest::get().uri(&path)).await.status, 404, "{path}");
    }
    put(&mut browser, "clip.mp4", "new").await;
    let changed = ask(&[("if-none-match", &etag)]).await;
    assert_eq!((changed.status.as_u16(), changed.body.as_str()), (200, "new"));

    for (name, shown) in [
        ("a.html", false),
        ("a.svg", false),
        ("a.xml", false),
        ("a.js", false),
        ("a", false),
        ("a.png", true),
        ("a.pdf", false),
    ] {
        let file = put(&mut browser, name, "<script>alert(1)</script>").await.json();
        let answer = app.public(TestRequest::get().uri(&path(&file))).await;
        let start = if shown { "inline;" } else { "attachment;" };
        assert!(answer.header("content-disposition").starts_with(start), "{name}");
        assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'", "{name}");
    }
}

#[actix_web::test]
async fn files_of_another_workspace_are_not_there() {
    let app = TestApp::new().await;
    let mut anna = app.owner().await;
    let hers = put(&mut anna, "secret.txt", "hers").await.json();
    let mut eve = stranger(&app).await;
    assert!(names(&mut eve).await.is_empty());
    for path in ["/files/secret.txt/content", "/files/secret.txt/delete", "/api/v1/files/secret.txt"] {
        assert_eq!(eve.get(path).await.status, 404, "{path}");
    }
    assert_eq!(eve.post("/files/secret.txt/delete", &[]).await.status, 404);
    assert!(!eve.get("/files").await.body.contains("secret.txt"));
    let own = put(&mut eve, "secret.txt", "eve's").await.json();
    assert_ne!(own["url"], hers["url"]);
    assert_eq!(app.public(TestRequest::get().uri(&path(&hers))).await.body, "hers");
    let guest = app.browser().get("/files/secret.txt/content").await;
    assert_eq!(guest.status, 303, "whoever is not signed in is led there");
}
