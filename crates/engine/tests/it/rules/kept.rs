//! Where answers are kept.

use serde_json::json;

use super::{block, check, say, scenario, trigger};

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
