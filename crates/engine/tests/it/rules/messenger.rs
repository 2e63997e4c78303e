//! What goes through the messenger's API: sends whose fate leads somewhere, access to channels, calls by name,
//! payments, and the triggers beside words.

use serde_json::{Value, json};

use super::{ask, block, check, command, say, scenario, trigger, with};

fn act(id: &str, kind: &str, options: Value) -> Value {
    json!({"id": id, "kind": kind, "options": options})
}

fn exits(action: Value, exits: &[(&str, &str)]) -> Value {
    let lines: serde_json::Map<String, Value> =
        exits.iter().map(|(exit, block)| ((*exit).to_owned(), json!({"block": block}))).collect();
    with(action, json!({"exits": lines}))
}

#[test]
fn a_message_that_does_not_arrive_takes_its_error_exit() {
    let bot = scenario(
        json!([command("start"), command("quiet")]),
        json!([
            block(
                "start",
                json!([
                    exits(
                        act("m", "send_message", json!({"text": "Hello", "messenger_id_to": "sent"})),
                        &[("error", "lost")]
                    ),
                    say("after", "It is number #{sent}.")
                ])
            ),
            block("quiet", json!([say("q", "Hello?"), say("q2", "I go on.")])),
            block("lost", json!([say("l", "#{_error_code}: #{_error}")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Hello
< It is number 101.
! send -> 403 Forbidden: bot was blocked by the user
> /start
< (lost: unreachable) The person cannot be reached: Forbidden: bot was blocked by the user
< unreachable: The person cannot be reached: Forbidden: bot was blocked by the user
! send -> 400 Bad Request: message is too long
> /start
< (lost: refused) The messenger refused: Bad Request: message is too long
< refused: The messenger refused: Bad Request: message is too long
# nobody waits for a message without such a line
! send -> 400 Bad Request: message is too long
> /quiet
< (lost: refused) The messenger refused: Bad Request: message is too long
< I go on.
",
    );
}

#[test]
fn a_question_that_does_not_arrive_is_not_waited_for() {
    let question = act(
        "q",
        "ask",
        json!({"text": "Your name?", "kind": "text", "save_to": "name",
        "buttons": [[{"id": "anon", "text": "Nobody", "value": "nobody"}]], "other_answers": true}),
    );
    let bot = scenario(
        json!([command("start"), trigger("any", "fallback", json!({}), "lost")]),
        json!([
            block("start", json!([exits(question, &[("error", "lost")]), say("hi", "Hi, #{name}.")])),
            block("lost", json!([say("l", "Nobody asked.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Your name?
  [Nobody]
> Ann
< Hi, Ann.
> /start
< Your name?
  [Nobody]
> [Nobody]
< Hi, nobody.
! send -> 400 Bad Request: chat not found
> /start
< (lost: refused) The messenger refused: Bad Request: chat not found
< Nobody asked.
> Ann
< Nobody asked.
",
    );
}

#[test]
fn a_method_is_called_by_its_name() {
    let call = act(
        "c",
        "call_channel",
        json!({"method": "pinChatMessage",
        "params": "{\"chat_id\": [ClientID], \"message_id\": [ClientMessageID]}", "save_to": "pinned"}),
    );
    let bot = scenario(
        json!([command("pin")]),
        json!([
            block("pin", json!([exits(call, &[("error", "no")]), say("done", "Pinned: #{pinned}.")])),
            block("no", json!([say("n", "#{_error}")])),
        ]),
    );
    check(
        &[bot],
        r#"
! call pinChatMessage -> true
> /pin
< (call pinChatMessage) {"chat_id": "anna", "message_id": "1"}
< Pinned: true.
! call pinChatMessage -> 400 Bad Request: not enough rights
> /pin
< (call pinChatMessage) {"chat_id": "anna", "message_id": "2"}
< (lost: refused) The messenger refused: Bad Request: not enough rights
< The messenger refused: Bad Request: not enough rights
"#,
    );
}

#[test]
fn access_is_checked_given_and_taken() {
    let club = |more: Value| {
        let mut options = json!({"chat": "@club"});
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options
    };
    let bot = scenario(
        json!([command("in"), command("link"), command("out")]),
        json!([
            block(
                "in",
                json!([exits(
                    act("check", "check_subscription", club(json!({}))),
                    &[("subscribed", "yes"), ("not_subscribed", "no"), ("error", "failed")]
                )])
            ),
            block("yes", json!([say("y", "You are in.")])),
            block("no", json!([say("n", "Please subscribe.")])),
            block("failed", json!([say("f", "#{_error}")])),
            block(
                "link",
                json!([
                    act("give", "give_access", club(json!({"link_to": "link", "expires_s": 3600}))),
                    say("l", "Come in: #{link}")
                ])
            ),
            block(
                "out",
                json!([
                    exits(act("take", "take_access", club(json!({}))), &[("error", "failed")]),
                    say("o", "Gone.")
                ])
            ),
        ]),
    );
    check(
        &[bot],
        r#"
! call getChatMember -> {"status": "member"}
> /in
< (call getChatMember) {"chat_id":"@club","user_id":"anna"}
< You are in.
! call getChatMember -> {"status": "left"}
> /in
< (call getChatMember) {"chat_id":"@club","user_id":"anna"}
< Please subscribe.
! call getChatMember -> 400 Bad Request: member list is inaccessible
> /in
< (call getChatMember) {"chat_id":"@club","user_id":"anna"}
< (lost: refused) The messenger refused: Bad Request: member list is inaccessible
< The messenger refused: Bad Request: member list is inaccessible
! call createChatInviteLink -> {"invite_link": "https://t.me/+AbC"}
> /link
< (call createChatInviteLink) {"chat_id":"@club","member_limit":1,"expire_date":1767607200}
< Come in: https://t.me/+AbC
! call unbanChatMember -> true
> /out
< (call unbanChatMember) {"chat_id":"@club","user_id":"anna"}
< Gone.
"#,
    );
}

#[test]
fn a_request_to_join_is_answered_beside_the_open_question() {
    let bot = scenario(
        json!([command("start"), trigger("join", "join_request", json!({"chat": "@club"}), "join")]),
        json!([
            block("start", json!([ask("name", "Your name?"), say("hi", "Hi, #{name}.")])),
            block(
                "join",
                json!([
                    act("ok", "give_access", json!({"chat": "#{join_chat}", "by": "approve"})),
                    say("w", "Welcome to #{join_title}.")
                ])
            ),
        ]),
    );
    check(
        &[bot],
        r#"
> /start
< Your name?
! call approveChatJoinRequest -> true
> @join @club
< (call approveChatJoinRequest) {"chat_id":-100,"user_id":"anna"}
< Welcome to club.
> @join @other
> Ann
< Hi, Ann.
"#,
    );
}

#[test]
fn a_message_is_brought_to_a_topic() {
    let bot = scenario(
        json!([trigger("photo", "media", json!({"media": "photo"}), "pass")]),
        json!([block(
            "pass",
            json!([
                act("copy", "copy_message", json!({"chat": "-100", "topic": "7", "save_to": "there"})),
                say("s", "Passed on as #{there}: #{client_media.caption}.")
            ])
        ),]),
    );
    check(
        &[bot],
        r#"
! call copyMessage -> {"message_id": 55}
> @photo f1 my cat
< (call copyMessage) {"chat_id":-100,"message_thread_id":7,"from_chat_id":"anna","message_id":1}
< Passed on as 55: my cat.
"#,
    );
}

#[test]
fn files_places_and_contacts_start_what_waits_for_them() {
    let on = |id: &str, kind: &str, options: Value| trigger(id, kind, options, id);
    let bot = scenario(
        json!([
            on("photo", "media", json!({"media": "photo"})),
            on("voice", "media", json!({"media": "voice"})),
            on("file", "media", json!({})),
            on("place", "location", json!({})),
            on("card", "contact", json!({"own": true})),
            command("start"),
        ]),
        json!([
            block("photo", json!([say("p", "A photo.")])),
            block("voice", json!([say("v", "I listen.")])),
            block("file", json!([say("f", "A #{client_media.kind}.")])),
            block("place", json!([say("l", "You are at #{client_latitude}.")])),
            block("card", json!([say("c", "I call #{client_phone}.")])),
            block("start", json!([ask("name", "Your name?"), say("hi", "Hi, #{name}.")])),
        ]),
    );
    check(
        &[bot],
        "
> @photo f1
< A photo.
> @voice f2
< I listen.
> @video f3
< A video.
> @location 55.7 37.6
< You are at 55.7.
> @contact +79990001122
< I call +79990001122.
# an open question comes before them
> /start
< Your name?
> @photo f4
< That does not look like an answer to the question. Please try again.
> Ann
< Hi, Ann.
",
    );
}

#[test]
fn an_inline_query_gets_results_from_data() {
    let bot = scenario(
        json!([
            trigger("tea", "inline_query", json!({"starts": "tea"}), "tea"),
            trigger("any", "inline_query", json!({}), "nothing"),
        ]),
        json!([
            block(
                "tea",
                json!([
                    act(
                        "set",
                        "set_variables",
                        json!({"assignments": [{"target": "teas", "value": "[Range(1, 2)]"}]})
                    ),
                    act(
                        "set2",
                        "set_variables",
                        json!({"assignments": [{"target": "said", "value": "#{inline_query}"}]})
                    ),
                    act(
                        "a",
                        "answer_inline",
                        json!({"items": "#{teas}", "title": "#{item}", "text": "A cup of #{item}"})
                    )
                ])
            ),
            block(
                "nothing",
                json!([act(
                    "n",
                    "answer_inline",
                    json!({"items": "#{nothing}", "title": "#{item}", "text": "#{item}"})
                )])
            ),
        ]),
    );
    check(
        &[bot],
        r#"
> @inline tea
< (call answerInlineQuery) {"inline_query_id":"inline","results":[{"type":"article","id":"0","title":"1","input_message_content":{"message_text":"A cup of 1"}},{"type":"article","id":"1","title":"2","input_message_content":{"message_text":"A cup of 2"}}],"cache_time":0,"is_personal":true}
> @inline cake
< (call answerInlineQuery) {"inline_query_id":"inline","results":[],"cache_time":0,"is_personal":true}
"#,
    );
}

#[test]
fn a_payment_is_taken_unless_the_scenario_says_no() {
    let invoice = act(
        "i",
        "send_invoice",
        json!({"title": "Course", "description": "Five days", "amount": "50",
        "payload": "course_7"}),
    );
    let bot = scenario(
        json!([
            command("buy"),
            command("start"),
            trigger("before", "checkout", json!({"payload": "gone_{id}"}), "refuse"),
            trigger("paid", "payment", json!({"payload": "course_{id}"}), "paid"),
        ]),
        json!([
            block("buy", json!([invoice])),
            block("start", json!([ask("name", "Your name?"), say("hi", "Hi, #{name}.")])),
            block(
                "refuse",
                json!([act(
                    "no",
                    "answer_payment",
                    json!({"answer": "refuse", "reason": "#{id} is sold out"})
                )])
            ),
            block("paid", json!([say("t", "Course #{id}: #{payment_amount} #{payment_currency}.")])),
        ]),
    );
    check(
        &[bot],
        r#"
! call sendInvoice -> {"message_id": 9}
> /buy
< (call sendInvoice) {"chat_id":"anna","title":"Course","description":"Five days","payload":"course_7","currency":"XTR","prices":[{"label":"Course","amount":50}],"provider_token":""}
> @checkout XTR 50 course_7
< (call answerPreCheckoutQuery) {"pre_checkout_query_id":"checkout","ok":true}
> @paid XTR 50 course_7
< Course 7: 50 XTR.
> @checkout RUB 9990 gone_5
< (call answerPreCheckoutQuery) {"pre_checkout_query_id":"checkout","ok":false,"error_message":"5 is sold out"}
# a payment comes before an open question, a question about one beside it
> /start
< Your name?
> @checkout XTR 50 course_7
< (call answerPreCheckoutQuery) {"pre_checkout_query_id":"checkout","ok":true}
> Ann
< Hi, Ann.
> @paid RUB 9990 course_8
< Course 8: 99.9 RUB.
> @paid RUB 9990 other
"#,
    );
}

#[test]
fn a_scenario_that_only_looks_at_a_payment_takes_it_and_one_that_fails_does_not() {
    let bot = scenario(
        json!([
            trigger("look", "checkout", json!({"payload": "look"}), "look"),
            trigger("fail", "checkout", json!({"payload": "fail"}), "fail"),
        ]),
        json!([
            block("look", json!([say("l", "You pay #{payment_amount}.")])),
            block(
                "fail",
                json!([act("f", "answer_payment", json!({})), act("g", "answer_payment", json!({}))])
            ),
        ]),
    );
    check(
        &[bot],
        r#"
> @checkout XTR 5 look
< You pay 5.
< (call answerPreCheckoutQuery) {"pre_checkout_query_id":"checkout","ok":true}
> @checkout XTR 5 fail
< (call answerPreCheckoutQuery) {"pre_checkout_query_id":"checkout","ok":true}
< (failed: no_payment) There is no payment to answer: it begins with the trigger “Before a payment”, and only once
"#,
    );
}

#[test]
fn an_album_arrives_as_one_event() {
    let bot = scenario(
        json!([trigger("photo", "media", json!({"media": "photo"}), "photo"), command("start")]),
        json!([
            block(
                "photo",
                json!([say(
                    "p",
                    "#{client_media.file_id} of [Length(#{client_media.album})]: #{client_media.caption}."
                )])
            ),
            block(
                "start",
                json!([
                    act("q", "ask", json!({"text": "Photos?", "kind": "photo", "save_to": "photos"})),
                    say("t", "All: #{photos.album[2].file_id}.")
                ])
            ),
        ]),
    );
    check(
        &[bot],
        "
> @album f1 f2 f3 my cats
< f1 of 3: my cats.
> @photo f4
< f4 of 0: .
> /start
< Photos?
> @album f5 f6 f7
< All: f7.
",
    );
}

#[test]
fn a_link_of_ones_own_tells_that_it_was_followed() {
    let make = |id: &str, personal: bool| {
        act(
            id,
            "make_link",
            json!({"url": "https://shop.test/?q=[ClientID]", "name": "shop", "personal": personal, "save_to": "link"}),
        )
    };
    let bot = scenario(
        json!([
            command("start"),
            trigger("often", "link_visited", json!({"name": "tea", "every": true}), "other"),
            trigger("shop", "link_visited", json!({"name": "shop"}), "seen"),
            trigger("other", "link_visited", json!({}), "other"),
        ]),
        json!([
            block(
                "start",
                json!([make("m", true), ask("q", "Look there. Your name?"), say("t", "Hi, #{q}.")])
            ),
            block("seen", json!([say("s", "How do you like the #{link_name}?")])),
            block("other", json!([say("o", "Something else.")])),
        ]),
    );
    check(
        &[bot],
        "
> /start
< Look there. Your name?
> @visit shop
< How do you like the shop?
> @revisit shop
> @visit news
< Something else.
> @visit tea
< Something else.
> @revisit tea
< Something else.
> Ann
< Hi, Ann.
",
    );
}
