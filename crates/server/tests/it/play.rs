//! `scenaria play` as somebody types into it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Types lines into a chat with an example; answers what stood in the terminal.
fn typed(example: &str, lines: &[&str]) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios-examples");
    let mut child = Command::new(env!("CARGO_BIN_EXE_scenaria"))
        .env_clear()
        .env("LANG", "en_US.UTF-8")
        .arg("play")
        .arg(examples.join(example))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", lines.join("\n")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn check(example: &str, lines: &[&str], expected: &[&str]) {
    let said = typed(example, lines);
    for line in expected {
        assert!(
            said.lines().any(|said| said.trim_start_matches("> ") == *line),
            "{line:?} is missing:\n{said}"
        );
    }
}

#[test]
fn a_pizza_is_ordered_by_numbers() {
    check("food-ordering", &["/start", "1", "1", "2"], &["< In the cart: Margherita × 2", "< Total: $20"]);
}

#[test]
fn variables_and_steps_are_shown() {
    let lines = ["/start", "1", "1", "2", "/vars", "/trace"];
    check(
        "food-ordering",
        &lines,
        &[
            "  client.cart_total = 20",
            "  1. welcome/hello send_message",
            "       [Name] is Anna",
            "  3. menu/quantity ask -> two",
            "       quantity = 2",
            "       total is 20",
            "       client.cart_total = 20",
        ],
    );
    let again = typed("food-ordering", &["/start", "/trace", "/trace", "/quit", "1"]);
    assert_eq!(again.matches("welcome/hello").count(), 1, "a trace is shown once:\n{again}");
    assert!(!again.contains("What would you like?"), "nothing is read after /quit:\n{again}");
}

#[test]
fn time_passes_when_it_is_told_to() {
    check(
        "course",
        &["/start", "1", "/skip 2d"],
        &["< День 1. Список", "< День 2. Две минуты", "< День 3. Календарь"],
    );
    let said = typed("food-ordering", &["/skip tomorrow"]);
    assert_eq!(said.matches("/skip 10m").count(), 2, "the help once more:\n{said}");
}
