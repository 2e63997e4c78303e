use serde_json::json;

use super::{action, ask, called, command, leading, named, split, wired};
use crate::rules::{block, check, say, scenario, trigger};

#[test]
fn a_step_back_asks_the_question_before() {
    let question = |id: &str, text: &str, to: &str| {
        let buttons = json!([[{"id": format!("{id}b"), "text": "Back"}]]);
        let options = json!({"text": text, "save_to": to, "buttons": buttons});
        wired(id, "ask", options, &[(&format!("{id}b"), "back")])
    };
    let wrong = json!({"branches": [{"id": "no", "condition": "#{city} = nowhere"}]});
    let bot = scenario(
        json!([command("start", "one")]),
        json!([
            leading("one", json!([question("q1", "Name?", "name")]), "two"),
            leading(
                "two",
                json!([question("q2", "City?", "city"), wired("w", "branch", wrong, &[("no", "again")])]),
                "three"
            ),
            block(
                "three",
                json!([question("q3", "Street?", "street"), say("s", "#{name}, #{city}, #{street}.")])
            ),
            block(
                "back",
                json!([action("b", "step_back", json!({})), say("first", "This is the first question.")])
            ),
            block(
                "again",
                json!([say("a", "There is no such city."), action("g", "step_back", json!({"to": "again"}))])
            ),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Name?
  [Back]
> Ann
< City?
  [Back]
> Rome
< Street?
  [Back]
# Over two questions, and forward again.
> [Back]
< City?
  [Back]
> back
< Name?
  [Back]
> Bob
< City?
  [Back]
> nowhere
< There is no such city.
< City?
  [Back]
> Oslo
< Street?
  [Back]
> Main
< Bob, Oslo, Main.
> /start
< Name?
  [Back]
> [Back]
< This is the first question.
",
    );
}

#[test]
fn a_step_back_leaves_loops_and_sub_scenarios() {
    let sub = named(
        "Sub",
        scenario(
            json!([called(&["item"], "q")]),
            json!([
                block(
                    "q",
                    json!([
                        ask("s1", "In: #{item}?", "x"),
                        wired(
                            "w",
                            "branch",
                            json!({"branches": [{"id": "back", "condition": "#{x} = back"}]}),
                            &[("back", "back")]
                        ),
                    ])
                ),
                block("back", json!([action("b", "step_back", json!({}))]))
            ]),
        ),
    );
    let call = json!({"scenario": "Sub", "inputs": [{"name": "item", "value": "#{item}"}]});
    let main = scenario(
        json!([command("start", "a")]),
        json!([
            block(
                "a",
                json!([
                    ask("q", "What is it?", "what"),
                    split("l", "1;2"),
                    wired("e", "for_each", json!({"items": "#{list}"}), &[("each", "body")]),
                    say("end", "Done with #{what}. [#{item}]"),
                ])
            ),
            block("body", json!([action("c", "call_scenario", call)])),
        ]),
    );
    check(
        &[main, sub],
        "
> /start
< What is it?
> tea
< In: 1?
> yes
< In: 2?
# The first pass is over: back is what came before the loop.
> back
< What is it?
> milk
< In: 1?
> yes
< In: 2?
> yes
< Done with milk. []
",
    );
}

#[test]
fn starting_over_forgets_what_was_gathered() {
    let bot = scenario(
        json!([
            trigger("ref", "start_link", json!({"code": "ref_{who}"}), "q"),
            command("start", "q"),
            command("kept", "kept")
        ]),
        json!([
            block(
                "q",
                json!([
                    ask("a", "[#{who}] [#{name}] Name?", "name"),
                    wired(
                        "w",
                        "branch",
                        json!({"branches": [{"id": "x", "condition": "#{name} = x"}]}),
                        &[("x", "over")]
                    ),
                    say("s", "Thanks, #{name}."),
                ])
            ),
            block("over", json!([action("r", "restart", json!({})), say("never", "never")])),
            block(
                "kept",
                json!([
                    ask("k", "[#{note}] Note?", "note"),
                    wired(
                        "w2",
                        "branch",
                        json!({"branches": [{"id": "x", "condition": "#{note} = x"}]}),
                        &[("x", "again")]
                    ),
                ])
            ),
            block("again", json!([action("r2", "restart", json!({"keep_variables": true}))])),
        ]),
    );
    check(
        &[bot],
        "
> /start ref_bob
< [bob] [] Name?
> x
< [bob] [] Name?
> Ann
< Thanks, Ann.
> /kept
< [] Note?
> x
< [x] Note?
",
    );
}
