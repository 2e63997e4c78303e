//! The binary as an operator meets it: one line, two addresses, a clean end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn scenaria(data: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scenaria"));
    command.env_clear().env("SCENARIA_DATA_DIR", data).env("SCENARIA_PUBLIC_ADDR", "127.0.0.1:0");
    command
}

/// Starts it, and reads the line it prints.
fn start(command: &mut Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().to_owned())
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn it_says_what_to_open_and_ends_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    for (lang, sentence, stop) in [
        ("en_US.UTF-8", "Scenaria is running. Open http://", "-TERM"),
        ("ru_RU.UTF-8", "Scenaria запущена. Откройте http://", "-INT"),
    ] {
        let mut command = scenaria(directory.path());
        let (mut child, line) = start(command.env("LANG", lang).args(["--admin-addr", "127.0.0.1:0"]));
        let rest = line.strip_prefix(sentence).unwrap_or_else(|| panic!("{line}"));
        let address = rest.split(' ').next().unwrap();
        assert!(get(address, "/readyz").starts_with("HTTP/1.1 200"), "{line}");

        let second = scenaria(directory.path()).args(["--admin-addr", "127.0.0.1:0"]).output().unwrap();
        let said = String::from_utf8_lossy(&second.stderr).into_owned();
        assert!(!second.status.success() && said.contains("in use by another Scenaria"), "{said}");

        signal(&child, stop);
        assert!(child.wait().unwrap().success(), "it ends cleanly");
    }
}

#[test]
fn a_taken_address_is_named_with_its_option() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = scenaria(directory.path()).args(["serve", "--admin-addr", &address]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains(&address) && said.contains("--admin-addr"), "{said}");
}

#[test]
fn a_token_needs_an_owner_first() {
    let directory = tempfile::tempdir().unwrap();
    let output = scenaria(directory.path()).args(["token", "create"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("open it in a browser first"), "{said}");
}

#[test]
fn documents_are_checked_from_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("scenario.json");
    let check = |document: &str| {
        std::fs::write(&path, document).unwrap();
        let output = scenaria(directory.path()).arg("check").arg(directory.path()).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (sound, said) = check(r#"{"format":"scenaria/1","name":"Empty"}"#);
    assert!(sound, "{said}");
    let (sound, said) = check(
        r#"{"format":"scenaria/1","name":"Broken","blocks":[{"id":"b","actions":[{"id":"a","kind":"dance"}]}]}"#,
    );
    assert!(!sound && said.contains("/blocks/0/actions/0/kind"), "{said}");
    let (sound, said) = check(
        r#"{"format":"scenaria/1","name":"Script",
            "triggers":[{"id":"t","kind":"command","options":{"command":"go"},"next":{"block":"b"}}],
            "blocks":[{"id":"b","actions":[{"id":"a","kind":"javascript","options":{"code":"let a = 1;\nlet b = ;"}}]}]}"#,
    );
    assert!(!sound && said.contains("/blocks/0/actions/0/options/code"), "{said}");
    assert!(said.contains("line 2, column 9"), "{said}");
}

#[test]
fn sub_scenarios_of_a_folder_are_played_and_checked() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    std::fs::create_dir(folder.join("sub-scenarios")).unwrap();
    write(
        "scenario.json",
        r##"{"format":"scenaria/1","name":"Main",
            "triggers":[{"id":"t","kind":"command","options":{"command":"start"},"next":{"block":"b"}}],
            "blocks":[{"id":"b","actions":[
                {"id":"c","kind":"call_scenario","options":{"scenario":"Name","results":[{"name":"n","target":"who"}]}},
                {"id":"s","kind":"send_message","options":{"text":"Hello, #{who}."}}]}]}"##,
    );
    write(
        "sub-scenarios/name.json",
        r#"{"format":"scenaria/1","name":"Name","triggers":[{"id":"t","kind":"called","next":{"block":"b"}}],
            "blocks":[{"id":"b","actions":[{"id":"a","kind":"ask","options":{"text":"Who?","save_to":"n"}}]}]}"#,
    );
    write("name.chat", "> /start\n< Who?\n> Ann\n< Hello, Ann.\n");
    let run = |command: &str| {
        let output = scenaria(folder).arg(command).arg(folder).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for command in ["check", "test"] {
        let (fine, said) = run(command);
        assert!(fine, "{command}: {said}");
    }
    std::fs::remove_file(folder.join("sub-scenarios/name.json")).unwrap();
    write("sub-scenarios/other.json", r#"{"format":"scenaria/1","name":"Other"}"#);
    let (fine, said) = run("check");
    assert!(!fine && said.contains("there is no scenario “Name”"), "{said}");
}
