use serde_json::{Value, json};

use super::{action, ask, command, leading, set, split, wired};
use crate::rules::{block, check, say, scenario};

/// Goes over `#{list}`, asks how many of each, and breaks at `stop`.
fn shopping() -> Value {
    let each = json!({"items": "#{list}", "item": "thing", "index": "n"});
    let stop = json!({"branches": [
        {"id": "stop", "condition": "#{many} = stop"}, {"id": "skip", "condition": "#{many} = skip"},
        {"id": "enough", "condition": "#{many} = enough"},
    ]});
    scenario(
        json!([command("start", "list"), command("none", "empty")]),
        json!([
            leading("list", json!([split("sp", "tea;milk;bread")]), "loop"),
            leading("empty", json!([set("e", &[("list", "")])]), "loop"),
            block("loop", json!([wired("each", "for_each", each, &[("each", "body"), ("done", "after")])])),
            block(
                "body",
                json!([
                    ask("q", "#{n}. How much #{thing}?", "many"),
                    wired("b", "branch", stop, &[("stop", "after"), ("skip", "loop"), ("enough", "enough")]),
                    set("sum", &[("bag", "#{bag}#{many} #{thing}; ")]),
                ])
            ),
            block("enough", json!([action("br", "end", json!({"what": "loop"}))])),
            block("after", json!([say("all", "Bag: #{bag} last: [#{thing}] [#{n}]")])),
        ]),
    )
}

#[test]
fn a_loop_asks_for_each_element() {
    check(
        &[shopping()],
        "
> /start
< 1. How much tea?
> 2
< 2. How much milk?
# A line back to the loop is the next element.
> skip
< 3. How much bread?
> 1
< Bag: 2 tea; 1 bread;  last: [] []
# Without elements there is no pass.
> /none
< Bag:  last: [] []
# A line to what stands behind the loop leaves it; the element stays.
> /start
< 1. How much tea?
> 5
< 2. How much milk?
> stop
< Bag: 5 tea;  last: [milk] [2]
# So does ending it.
> /start
< 1. How much tea?
> enough
< Bag:  last: [tea] [1]
",
    );
}

#[test]
fn loops_nest() {
    let over = |list: &str, item: &str| json!({"items": list, "item": item, "index": "n"});
    let answers = json!({"branches": [
        {"id": "next", "condition": "#{yes} = next"}, {"id": "leave", "condition": "#{yes} = leave"},
        {"id": "pass", "condition": "#{yes} = pass"},
    ]});
    let bot = scenario(
        json!([command("start", "lists")]),
        json!([
            leading("lists", json!([set("l", &[("a", "[Split(x;y,;)]"), ("b", "[Split(1;2,;)]")])]), "outer"),
            block(
                "outer",
                json!([
                    wired("o", "for_each", over("#{a}", "item"), &[("each", "inner")]),
                    say("end", "All done, [#{item}] [#{n}]."),
                ])
            ),
            block(
                "inner",
                json!([wired("i", "for_each", over("#{b}", "digit"), &[("each", "ask"), ("done", "row")]),])
            ),
            block(
                "ask",
                json!([
                    ask("q", "#{item}#{digit}, number #{n}?", "yes"),
                    wired("w", "branch", answers, &[("next", "outer"), ("leave", "row"), ("pass", "pass")]),
                    say("noted", "Noted #{item}#{digit}."),
                ])
            ),
            block("pass", json!([action("p", "end", json!({"what": "pass"})), say("never", "never")])),
            block("row", json!([say("r", "Row #{item} is done, number #{n}.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< x1, number 1?
> yes
< Noted x1.
< x2, number 2?
> yes
< Noted x2.
< Row x is done, number 1.
< y1, number 1?
> pass
< y2, number 2?
> yes
< Noted y2.
< Row y is done, number 2.
< All done, [] [].
# Leaving the inner loop for the card behind it; the outer one goes on.
> /start
< x1, number 1?
> leave
< Row x is done, number 1.
< y1, number 1?
# From the inner loop straight to the next element of the outer one.
> next
< All done, [] [].
",
    );
}

#[test]
fn a_loop_without_a_body_does_nothing() {
    let each = |id: &str| action(id, "for_each", json!({"items": "#{list}"}));
    let bot = scenario(
        json!([command("nobody", "nobody"), command("lost", "lost")]),
        json!([
            block("oops", json!([say("o", "#{_error_code} at #{_error_place}: #{_error}")])),
            block("nobody", json!([split("n", "1;2"), each("e2"), say("on", "Nothing to do.")])),
            block("lost", json!([wired("x", "end", json!({"what": "loop"}), &[("error", "oops")])])),
        ]),
    );
    check(
        &[bot],
        "
> /nobody
< Nothing to do.
> /lost
< no_loop at An unnamed card, End: There is no loop here to leave
",
    );
}
