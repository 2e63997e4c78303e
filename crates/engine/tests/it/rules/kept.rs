//! Where answers are kept.

use serde_json::json;

use super::{block, check, command, say, scenario, trigger};

#[test]
fn fields_outlive_a_run_and_variables_do_not() {
    let bot = scenario(
        json!([
            trigger("set", "command", json!({"command": "set"}), "set"),
            trigger("get", "command", json!({"command": "get"}), "get"),
        ]),
        json!([
            block(
                "set",
                json!([{"id": "s", "kind": "set_variables", "options": {"assignments": [
                {"target": "mine", "value": "1"}, {"target": "client.kept", "value": "2"},
                {"target": "person.human", "value": "3"}, {"target": "global.all", "value": "4"}]}}])
            ),
            block("get", json!([say("g", "[#{mine}] [#{client.kept}] [#{person.human}] [#{global.all}]")])),
        ]),
    );
    check(
        &[bot],
        "
> /set
> /get
< [] [2] [3] [4]
bob> /get
bob< [] [] [] [4]
",
    );
}

#[test]
fn an_answer_is_kept_in_the_field_it_names() {
    let keep = |id: &str, target: &str| json!({"id": id, "kind": "ask", "options": {"text": "Number?", "kind": "number", "save_to": target}});
    let bot = scenario(
        json!([command("field"), command("variable"), command("show")]),
        json!([
            block("field", json!([keep("f", "client.age"), say("f2", "Kept #{client.age}.")])),
            block("variable", json!([keep("v", "age"), say("v2", "Kept #{age}.")])),
            block("show", json!([say("s", "[#{client.age}] [#{age}]")])),
        ]),
    );
    check(
        &[bot],
        "
> /field
< Number?
> 41
< Kept 41.
= client.age 41
> /variable
< Number?
> 7
< Kept 7.
# The field outlives its run, the temporary variable does not.
> /show
< [41] []
",
    );
}

#[test]
fn a_wrong_answer_keeps_nothing() {
    let question = json!({"id": "q", "kind": "ask",
        "options": {"text": "How many?", "kind": "number", "save_to": "client.count", "error_text": "A number, please."}});
    let bot = scenario(
        json!([command("start")]),
        json!([block("start", json!([question, say("a", "#{client.count}!")]))]),
    );
    check(
        &[bot],
        "
> /start
< How many?
> many
< A number, please.
= client.count null
> 12,5
< 12.5!
= client.count 12.5
> /start
< How many?
# The old answer stays until there is a new one.
> none
< A number, please.
= client.count 12.5
",
    );
}
