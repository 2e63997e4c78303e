//! `TestApp` and `Browser`: the server as a test sees it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use clap::Parser;
use regex::Regex;
use script_sandbox::{SandboxConfig, WorkerCommand};
use serde_json::Value;
use server::config::ServeOptions;
use server::serve::{Running, open_store};
use server::services::Services;
use store::DataDirLock;
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse battery";

/// A server on a temporary directory.
pub struct TestApp {
    running: Running,
    directory: PathBuf,
    /// Deletes the directory at the end, unless it is the test's own.
    _temporary: Option<TempDir>,
    _lock: Option<DataDirLock>,
}

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: ServeOptions,
}

impl TestApp {
    /// A server nobody has set up yet.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        Self { _temporary: Some(directory), ..Self::start(path, arguments).await }
    }

    /// A server on a directory that is there.
    pub async fn at(directory: &Path) -> Self {
        Self::start(directory.to_owned(), &[]).await
    }

    async fn start(directory: PathBuf, arguments: &[&str]) -> Self {
        let data = directory.to_str().unwrap();
        let all = [&["scenaria", "--data-dir", data], arguments].concat();
        let options = Arguments::parse_from(all).options;
        let opened = open_store(&options.store, true).unwrap();
        let command = WorkerCommand {
            program: env!("CARGO_BIN_EXE_scenaria").into(),
            args: vec!["script-worker".into()],
        };
        let sandbox = SandboxConfig { workers: 1, command, ..SandboxConfig::default() };
        let running = Running::start(opened.store, &options, sandbox).await.unwrap();
        Self { running, directory, _temporary: None, _lock: opened.lock }
    }

    /// Ends it, so that another one may serve from its directory.
    pub async fn stop(self) {
        self.running.stop().await;
    }

    pub fn services(&self) -> &Services {
        &self.running.services
    }

    /// The same as handlers get it.
    pub fn data(&self) -> web::Data<Services> {
        self.running.services.clone()
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A request to the admin listener.
    pub async fn admin(&self, request: TestRequest) -> Answer {
        let app = App::new().app_data(self.running.services.clone()).configure(server::app::admin);
        let service = init_service(app).await;
        Answer::read(call_service(&service, request.to_request()).await).await
    }

    /// A request to the public listener.
    pub async fn public(&self, request: TestRequest) -> Answer {
        let app = App::new().app_data(self.running.services.clone()).configure(server::app::public);
        let service = init_service(app).await;
        Answer::read(call_service(&service, request.to_request()).await).await
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser { app: self, cookies: BTreeMap::new(), csrf: String::new(), lang: "en" }
    }

    /// A browser whose owner has just set the server up, with the demo in place.
    pub async fn owner(&self) -> Browser<'_> {
        self.owner_in("en").await
    }

    pub async fn owner_in(&self, lang: &'static str) -> Browser<'_> {
        let mut browser = self.browser();
        browser.lang = lang;
        browser.get("/set-up").await;
        let answer = browser
            .post(
                "/set-up",
                &[
                    ("name", "Anna"),
                    ("email", "anna@example.org"),
                    ("password", PASSWORD),
                    ("language", lang),
                ],
            )
            .await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"), "{}", answer.body);
        browser.get("/").await;
        browser
    }
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    async fn read<B: actix_web::body::MessageBody>(response: actix_web::dev::ServiceResponse<B>) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = String::from_utf8_lossy(&read_body(response).await).into_owned();
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The code of a problem document.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

static CSRF: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"name="csrf-token" content="([^"]*)""#).unwrap());

/// Somebody at a browser: cookies, and the token of the page seen last.
#[derive(Clone)]
pub struct Browser<'a> {
    pub app: &'a TestApp,
    pub cookies: BTreeMap<String, String>,
    pub csrf: String,
    pub lang: &'static str,
}

impl Browser<'_> {
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path).insert_header(("accept", "text/html"))).await
    }

    /// A form, with the token.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.csrf.clone();
        self.post_with(path, &[&[("_csrf", token.as_str())], fields].concat()).await
    }

    /// A form as it is.
    pub async fn post_with(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = TestRequest::post().uri(path).insert_header(("accept", "text/html")).set_form(fields);
        self.send(request).await
    }

    /// JSON, as a script of the page sends it.
    pub async fn send_json(&mut self, request: TestRequest, body: &Value) -> Answer {
        let token = self.csrf.clone();
        self.send(request.insert_header(("x-csrf-token", token)).set_json(body)).await
    }

    pub async fn get_json(&mut self, path: &str) -> Value {
        let answer =
            self.send(TestRequest::get().uri(path).insert_header(("accept", "application/json"))).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
        answer.json()
    }

    pub async fn send(&mut self, request: TestRequest) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request
            .insert_header(("host", "admin.test"))
            .insert_header(("accept-language", self.lang))
            .insert_header(("cookie", cookies.join("; ")));
        let answer = self.app.admin(request).await;
        for header in answer.headers.get_all("set-cookie") {
            let text = header.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(found) = CSRF.captures(&answer.body) {
            self.csrf = found[1].to_owned();
        }
        answer
    }

    /// The path of the demo bot, as the first page links it.
    pub async fn demo_bot(&mut self) -> String {
        let home = self.get("/").await;
        let link = Regex::new(r#"href="(/bots/\d+)/chat" data-testid="demo-bot""#).unwrap();
        link.captures(&home.body).unwrap_or_else(|| panic!("{}", home.body))[1].to_owned()
    }

    pub async fn demo_scenario(&mut self) -> String {
        let home = self.get("/").await;
        let link = Regex::new(r#"href="(/scenarios/\d+)" data-testid="demo-scenario""#).unwrap();
        link.captures(&home.body).unwrap_or_else(|| panic!("{}", home.body))[1].to_owned()
    }
}

/// Asks again and again until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..400 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what} did not happen within 10 s");
}
