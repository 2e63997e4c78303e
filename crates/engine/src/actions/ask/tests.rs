use serde_json::json;

use super::*;
use crate::actions::testing::{Bench, NOW, event, map};
use crate::run::ButtonToken;
use crate::ids::{MiniAppId, RunId, StepNo, VersionId};

fn posed(options: serde_json::Value, exits: &[&str]) -> Bench {
    let mut bench = Bench::wired(options, exits);
    assert!(bench.step::<Ask>(None).starts_with("question"));
    bench
}

#[test]
fn asks_waits_and_keeps_the_answer() {
    let options = json!({"text": "Age?", "kind": "number", "min": "1", "max": "#{oldest}", "save_to": "client.age", "timeout_s": 60});
    let mut bench = Bench::new(options);
    bench.set("oldest", 120);
    let waits = format!("question until {}", NOW.0 + 60_000);
    assert_eq!(bench.step::<Ask>(None), waits);
    assert_eq!(bench.sent().text.to_plain(), "Age?");

    assert_eq!(bench.step::<Ask>(bench.says("121")), waits);
    assert_eq!(bench.sent().text.to_plain(), AnswerKind::Number.wrong_answer().en);

    assert_eq!(bench.step::<Ask>(bench.says(" 18 ")), "next");
    assert_eq!(bench.client("age"), json!(18));
    assert_eq!(bench.answer(), json!(18));
}

#[test]
fn nobody_answered() {
    let mut bench = posed(json!({"text": "?", "timeout_s": 60}), &[]);
    assert_eq!(bench.step::<Ask>(Some(Answer::Time)), "exit timeout");
}

#[test]
fn wrong_answers_are_counted_and_answered_in_the_persons_language() {
    let options = json!({"text": "?", "kind": "email", "attempts": 2});
    let mut bench = posed(options.clone(), &["failed"]);
    bench.speak("ru-RU");
    assert_eq!(bench.step::<Ask>(bench.says("no")), "question");
    assert_eq!(bench.sent().text.to_plain(), AnswerKind::Number.wrong_answer().ru);
    assert_eq!(bench.step::<Ask>(bench.says("no")), "exit failed");
    assert_eq!(bench.sent_count(), 2, "the last wrong answer is answered by the exit");

    let mut bench = posed(options, &[]);
    bench.step::<Ask>(bench.says("no"));
    assert_eq!(bench.fail::<Ask>(bench.says("no")).code, "too_many_wrong_answers");
}

#[test]
fn the_builders_own_words_for_a_wrong_answer() {
    let mut bench = posed(json!({"text": "?", "kind": "phone", "error_text": "A number, #{name}!"}), &[]);
    bench.set("name", "Ann");
    bench.step::<Ask>(bench.says("no"));
    assert_eq!(bench.sent().text.to_plain(), "A number, Ann!");
}

fn yes_or_no(extra: serde_json::Value) -> serde_json::Value {
    let mut options = json!({
        "text": "Sure?", "kind": "choice", "save_to": "sure",
        "buttons": [[{"id": "yes", "text": "Yes", "value": "1"}, {"id": "no", "text": "No"}]],
    });
    options.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    options
}

#[test]
fn buttons_are_answers_pressed_or_typed() {
    let mut bench = posed(yes_or_no(json!({})), &["yes", "no"]);
    assert_eq!(bench.step::<Ask>(bench.press("Yes")), "exit yes");
    assert_eq!(bench.json("sure"), json!("1"));
    assert_eq!(bench.toasts(), [""]);

    let mut bench = posed(yes_or_no(json!({})), &["yes", "no"]);
    assert_eq!(bench.step::<Ask>(bench.says(" NO ")), "exit no");
    assert_eq!(bench.json("sure"), json!("No"));
    assert_eq!(bench.toasts(), [""; 0]);
}

#[test]
fn other_answers_only_when_they_are_wanted() {
    let check = |extra, exits: &[&str], flow: &str| {
        let mut bench = posed(yes_or_no(extra), exits);
        assert_eq!(bench.step::<Ask>(bench.says("maybe")), flow);
    };
    check(json!({}), &["yes", "no"], "question");
    check(json!({"other_answers": true}), &["yes", "no"], "exit other");
    check(json!({}), &["yes", "no", "other"], "exit other");
    check(json!({"kind": "text"}), &[], "exit other");
}

#[test]
fn buttons_from_data() {
    let options = json!({
        "text": "Which?", "kind": "choice", "save_to": "picked",
        "buttons": [[{"id": "back", "text": "Back"}]],
        "options_from": {"items": "#{rows}", "label": "#{item.title}, #{price}", "value": "#{item._id}"},
    });
    let mut bench = Bench::wired(options, &["back"]);
    bench.set("price", "10");
    bench.set("rows", json!([{"_id": 5, "title": "Tea"}, {"_id": 6, "title": "Coffee"}]));
    bench.step::<Ask>(None);
    let sent = bench.sent();
    assert_eq!(bench.labels(&sent), [vec!["Tea, 10"], vec!["Coffee, 10"], vec!["Back"]]);
    let old = bench.press("Coffee, 10");
    assert_eq!(bench.step::<Ask>(old.clone()), "next");
    assert_eq!(bench.json("picked"), json!(6));

    // The question comes again with other rows: the old button must not pick one of them.
    bench.next_step();
    bench.set("rows", json!([{"_id": 7, "title": "Milk"}, {"_id": 8, "title": "Juice"}]));
    bench.step::<Ask>(None);
    assert_eq!(bench.step::<Ask>(old), "question");
    assert_eq!(bench.json("picked"), json!(6));
    assert_eq!(bench.toasts(), ["", STALE_BUTTON.en]);
    assert_eq!(bench.step::<Ask>(bench.says("juice, 10")), "next");
    assert_eq!(bench.json("picked"), json!(8));
}

#[test]
fn data_that_makes_no_buttons() {
    let options = |items: &str| json!({"text": "?", "kind": "choice", "options_from": {"items": items, "label": "#{item}"}});
    let check = |items: &str, code: &str| {
        let mut bench = Bench::new(options(items));
        bench.set("many", (0..101).collect::<Vec<_>>());
        bench.set("blank", json!(["a", ""]));
        bench.set("text", "a text");
        assert_eq!(bench.fail::<Ask>(None).code, code, "{items}");
        assert_eq!(bench.sent_count(), 0);
    };
    check("#{nothing}", "no_choices");
    check("#{text}", "not_an_array");
    check("#{many}", "too_many_buttons");
    check("#{blank}", "empty_button");
}

#[test]
fn a_press_of_something_else_is_no_attempt() {
    let mut bench = posed(yes_or_no(json!({"attempts": 1})), &[]);
    let token = ButtonToken {
        version: VersionId(1),
        run: RunId(8),
        step: StepNo(0),
        action: "a".into(),
        exit: "yes".into(),
    };
    let press = EventKind::Button { token: token.to_string(), callback: Some("c".to_owned()), value: None };
    assert_eq!(bench.step::<Ask>(Some(Answer::Event(Box::new(event(press))))), "question");
    assert_eq!(bench.toasts(), [STALE_BUTTON.en]);
    assert_eq!(bench.sent_count(), 1);
}

#[test]
fn a_mini_app_answers_any_question_by_its_variables() {
    let mut bench = posed(json!({"text": "?", "kind": "phone", "save_to": "client.phone"}), &[]);
    let values = map(json!({"total": 5}));
    let kind = EventKind::MiniApp { app: MiniAppId(1), name: "shop".to_owned(), values };
    assert_eq!(bench.step::<Ask>(Some(Answer::Event(Box::new(event(kind))))), "next");
    assert_eq!(bench.answer(), json!("webapp:miniapp"));
    assert_eq!(bench.client("phone"), json!(null));
}

#[test]
fn whether_it_runs_on() {
    let check = |options: serde_json::Value, wired: &[&str], runs_on| {
        let ask: Ask = serde_json::from_value(options.clone()).unwrap();
        assert_eq!(ask.runs_on(&|exit| wired.contains(&exit)), runs_on, "{options} with {wired:?}");
    };
    check(json!({"text": "?"}), &[], true);
    check(yes_or_no(json!({})), &["yes"], true);
    check(yes_or_no(json!({})), &["yes", "no"], false);
    check(yes_or_no(json!({"timeout_s": 5})), &["yes", "no"], true);
    check(yes_or_no(json!({"other_answers": true})), &["yes", "no"], true);
    check(yes_or_no(json!({"other_answers": true})), &["yes", "no", "other"], false);
    check(yes_or_no(json!({"kind": "text"})), &["yes", "no"], true);
    check(yes_or_no(json!({"kind": "text"})), &["yes", "no", "other"], false);
}

#[test]
fn a_word_skips_the_question() {
    let options = json!({"text": "Mail?", "kind": "email", "save_to": "client.mail", "skip_word": "#{word}"});
    let mut bench = posed(options, &[]);
    bench.set("word", "Later");
    bench.set_client("mail", "old@example.com");
    assert_eq!(bench.step::<Ask>(bench.says("not now")), "question");
    assert_eq!(bench.step::<Ask>(bench.says(" later ")), "exit skipped");
    assert_eq!(bench.client("mail"), json!("old@example.com"));
    assert_eq!(bench.answer(), json!(null));
}

#[test]
fn answers_have_bounds_and_patterns() {
    let check = |options: serde_json::Value, wrong: &str, right: &str, kept: serde_json::Value| {
        let mut bench = posed(options.clone(), &[]);
        bench.step::<Ask>(bench.says(wrong));
        assert_eq!(bench.sent_count(), 2, "{options}: {wrong}");
        assert_eq!(bench.step::<Ask>(bench.says(right)), "next", "{options}: {right}");
        assert_eq!(bench.answer(), kept, "{options}");
    };
    // The bench stands on 15 January 2026.
    check(json!({"text": "?", "kind": "date", "min": "today"}), "14.01.2026", "завтра", json!("16.01.2026"));
    check(json!({"text": "?", "kind": "time", "max": "18:00"}), "18:01", "9.30", json!("09:30"));
    check(json!({"text": "?", "kind": "pattern", "pattern": "\\d{4}|x"}), "12345", "1234", json!("1234"));

    let fail = |options: serde_json::Value, code: &str| {
        let mut bench = posed(options, &[]);
        assert_eq!(bench.fail::<Ask>(bench.says("1")).code, code);
    };
    fail(json!({"text": "?", "kind": "date", "min": "someday"}), "wrong_bound");
    fail(json!({"text": "?", "kind": "pattern", "pattern": "("}), "bad_pattern");
}

fn toppings(extra: serde_json::Value) -> Bench {
    let mut options = json!({
        "text": "Toppings?", "kind": "several", "save_to": "toppings", "max": "2",
        "buttons": [
            [{"id": "ham", "text": "Ham", "value": "h"}, {"id": "egg", "text": "Egg"}],
            [{"id": "tea", "text": "Tea"}, {"id": "site", "text": "Site", "action": "url", "url": "https://a.b"}],
        ],
    });
    options.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    posed(options, &[])
}

/// The captions after the last edit.
fn ticked(bench: &Bench) -> Vec<Vec<String>> {
    let edits = bench.effects().into_iter().rev().find_map(|effect| match effect {
        Effect::Edit { edit, .. } => edit.choices,
        _ => None,
    });
    bench.labels(&Message { choices: edits.expect("an edit"), ..Message::default() })
}

#[test]
fn several_buttons_are_ticked_and_done() {
    let mut bench = toppings(json!({}));
    assert_eq!(bench.labels(&bench.sent()), [vec!["Ham", "Egg"], vec!["Tea", "Site"], vec!["Done"]]);
    let (egg, ham, tea, done) = (bench.press("Egg"), bench.press("Ham"), bench.press("Tea"), bench.press("Done"));

    assert_eq!(bench.step::<Ask>(done.clone()), "question", "nothing is ticked yet");
    assert_eq!(bench.toasts(), ["Choose at least: 1"]);
    bench.step::<Ask>(egg);
    assert_eq!(ticked(&bench), [vec!["Ham", "✅ Egg"], vec!["Tea", "Site"], vec!["Done"]]);
    bench.step::<Ask>(tea.clone());
    bench.step::<Ask>(ham.clone());
    assert_eq!(bench.toasts()[3], "No more can be chosen than: 2");
    bench.step::<Ask>(tea);
    bench.step::<Ask>(ham);
    assert_eq!(ticked(&bench), [vec!["✅ Ham", "✅ Egg"], vec!["Tea", "Site"], vec!["Done"]]);
    assert_eq!(bench.step::<Ask>(done), "next");
    assert_eq!(bench.json("toppings"), json!(["h", "Egg"]), "in the order of the buttons");
    assert_eq!(bench.sent_count(), 1);
}

#[test]
fn several_captions_can_be_typed() {
    let mut bench = toppings(json!({"done": "Enough"}));
    assert_eq!(bench.step::<Ask>(bench.says("tea")), "question");
    assert_eq!(ticked(&bench)[1], ["✅ Tea", "Site"]);
    assert_eq!(bench.step::<Ask>(bench.says("pepper")), "question");
    assert_eq!(bench.sent().text.to_plain(), AnswerKind::Several.wrong_answer().en);
    assert_eq!(bench.step::<Ask>(bench.says("ENOUGH")), "next");
    assert_eq!(bench.answer(), json!(["Tea"]));

    let mut bench = toppings(json!({}));
    assert_eq!(bench.step::<Ask>(bench.says("tea, ham, egg")), "question");
    assert_eq!(bench.sent().text.to_plain(), "No more can be chosen than: 2");
    assert_eq!(bench.step::<Ask>(bench.says("tea, ham")), "next");
    assert_eq!(bench.answer(), json!(["h", "Tea"]));
}

#[test]
fn several_of_the_data() {
    let options = json!({
        "text": "?", "kind": "several", "min": "0", "save_to": "ids",
        "options_from": {"items": "#{rows}", "label": "#{item.title}", "value": "#{item._id}"},
    });
    let mut bench = Bench::new(options.clone());
    bench.set("rows", json!([{"_id": 5, "title": "Tea"}, {"_id": 6, "title": "Cake"}]));
    bench.step::<Ask>(None);
    let done = bench.press("Done");
    bench.step::<Ask>(bench.press("Cake"));
    assert_eq!(bench.step::<Ask>(done.clone()), "next");
    assert_eq!(bench.json("ids"), json!([6]));

    // A press on the message of the time before.
    bench.next_step();
    bench.step::<Ask>(None);
    assert_eq!(bench.step::<Ask>(done), "question");
    assert_eq!(bench.toasts().last(), Some(&STALE_BUTTON.en));
    assert_eq!(bench.step::<Ask>(bench.press("Done")), "next");
    assert_eq!(bench.json("ids"), json!([]));
}
