//! The names only the run knows, such as `[Answer]`; [`super::super::Lookup::template`] answers for each.

use std::ops::RangeInclusive;

use crate::words::Words;

/// A name that only the run knows.
pub struct RunName {
    /// The name [`super::super::Lookup::template`] is asked for.
    pub name: &'static str,
    /// The other ways to write it.
    pub aliases: &'static [&'static str],
    pub arity: RangeInclusive<usize>,
    /// Its arguments, for the help.
    pub arguments: Words,
    pub help: Words,
    /// Whether its argument may be a part of its name: `Answer3`.
    pub is_numbered: bool,
}

const NONE: Words = Words::new("", "");

const fn plain(name: &'static str, aliases: &'static [&'static str], help: Words) -> RunName {
    RunName { name, aliases, arity: 0..=0, arguments: NONE, help, is_numbered: false }
}

/// All of them.
pub const RUN_NAMES: &[RunName] = &[
    RunName {
        name: "Answer",
        aliases: &["A", "Ответ"],
        arity: 0..=1,
        arguments: Words::new("[number of the block]", "[номер блока]"),
        help: Words::new(
            "The last answer; Answer3 is the answer to block 3 of the scenario",
            "Последний ответ; Ответ3 — ответ на третий блок сценария",
        ),
        is_numbered: true,
    },
    RunName {
        name: "AnswerID",
        aliases: &["AID", "ОтветID"],
        arity: 1..=1,
        arguments: Words::new("id", "ID"),
        help: Words::new("The last answer to the block with this id", "Последний ответ на блок с этим ID"),
        is_numbered: false,
    },
    RunName {
        name: "ALast",
        aliases: &["AnswerLast", "ОтветПоследний"],
        arity: 1..=usize::MAX,
        arguments: Words::new("number of a block, ...", "номер блока, ..."),
        help: Words::new("The newest of the answers to these blocks", "Самый новый из ответов на эти блоки"),
        is_numbered: false,
    },
    RunName {
        name: "ALastID",
        aliases: &["AnswerLastID", "ОтветПоследнийID"],
        arity: 1..=usize::MAX,
        arguments: Words::new("id, ...", "ID, ..."),
        help: Words::new(
            "The newest of the answers to the blocks with these ids",
            "Самый новый из ответов на блоки с этими ID",
        ),
        is_numbered: false,
    },
    RunName {
        name: "Data",
        aliases: &["D", "Данные"],
        arity: 1..=1,
        arguments: Words::new("number or name", "номер или имя"),
        help: Words::new(
            "An item of the variable data: by number from 1, or by name; Data1 is Data(1)",
            "Элемент переменной data: по номеру с 1 или по имени; Данные1 — то же, что Данные(1)",
        ),
        is_numbered: true,
    },
    RunName {
        name: "HasTag",
        aliases: &["ЕстьТег"],
        arity: 1..=usize::MAX,
        arguments: Words::new("tag, ...", "тег, ..."),
        help: Words::new(
            "Whether the subscriber has one of these tags",
            "Есть ли у подписчика хотя бы один из этих тегов",
        ),
        is_numbered: false,
    },
    plain("Name", &["Имя"], Words::new("First name of the person", "Имя человека")),
    plain("FullName", &["ПолноеИмя"], Words::new("First and last name", "Имя и фамилия")),
    plain(
        "Username",
        &["Никнейм"],
        Words::new("Name in the messenger, without @", "Имя в мессенджере, без @"),
    ),
    plain(
        "ClientLink",
        &["СсылкаКлиента"],
        Words::new(
            "Link to the person's profile in the messenger",
            "Ссылка на профиль человека в мессенджере",
        ),
    ),
    plain(
        "ClientID",
        &[],
        Words::new("Number of the person in the messenger", "Номер человека в мессенджере"),
    ),
    plain(
        "ClientMessageID",
        &["СообщениеКлиентаID"],
        Words::new(
            "Number of the person's last message in the messenger",
            "Номер последнего сообщения человека в мессенджере",
        ),
    ),
    plain(
        "CreationDate",
        &["ДатаСоздания"],
        Words::new(
            "The day the subscriber came first: 31.12.2026",
            "День, когда подписчик появился: 31.12.2026",
        ),
    ),
    plain(
        "AccountActive",
        &[],
        Words::new(
            "Whether the account is paid for. Your own server always is: 1",
            "Оплачен ли аккаунт. Свой сервер оплачен всегда: 1",
        ),
    ),
    plain(
        "AccountTrial",
        &[],
        Words::new(
            "Whether the account is on trial. Your own server never is: 0",
            "Пробный ли аккаунт. Свой сервер пробным не бывает: 0",
        ),
    ),
    plain(
        "AccountTariff",
        &[],
        Words::new(
            "The account's plan. Your own server has none: empty",
            "Тариф аккаунта. У своего сервера тарифа нет: пусто",
        ),
    ),
    plain("Balance", &["Баланс"], Words::new("The subscriber's field balance", "Поле подписчика balance")),
    plain(
        "Paid",
        &["Выплачено"],
        Words::new(
            "The subscriber's field paid: what was paid out",
            "Поле подписчика paid: сколько выплачено",
        ),
    ),
    plain("Level", &["Уровень"], Words::new("The subscriber's field level", "Поле подписчика level")),
    plain(
        "RefererClientID",
        &["РеферерID"],
        Words::new(
            "The subscriber's field referer_id: who invited him",
            "Поле подписчика referer_id: кто пригласил",
        ),
    ),
    plain(
        "RefererClientLink",
        &["РеферерСсылка"],
        Words::new(
            "The subscriber's field referer_link: the profile of who invited him",
            "Поле подписчика referer_link: профиль того, кто пригласил",
        ),
    ),
    plain(
        "RefererName",
        &["РеферерИмя"],
        Words::new(
            "The subscriber's field referer_name: the first name of who invited him",
            "Поле подписчика referer_name: имя того, кто пригласил",
        ),
    ),
    plain(
        "RefererFullName",
        &["РеферерПолноеИмя"],
        Words::new(
            "The subscriber's field referer_full_name: the full name of who invited him",
            "Поле подписчика referer_full_name: полное имя того, кто пригласил",
        ),
    ),
    plain("Messenger", &["Мессенджер"], Words::new("Name of the messenger", "Название мессенджера")),
    plain("BotID", &[], Words::new("Number of the bot", "Номер бота")),
    plain(
        "CurrentMessage",
        &["ТекущееСообщение"],
        Words::new("Number of this block in the scenario, from 1", "Номер этого блока в сценарии, с 1"),
    ),
    plain("CurrentMessageID", &["ТекущееСообщениеID"], Words::new("Id of this block", "ID этого блока")),
    plain("Block", &["Блок"], Words::new("Name of this block", "Название этого блока")),
    plain(
        "PrevMessage",
        &["ПредыдущееСообщение"],
        Words::new("Number of the block before this one", "Номер предыдущего блока"),
    ),
    plain(
        "PrevMessageID",
        &["ПредыдущееСообщениеID"],
        Words::new("Id of the block before this one", "ID предыдущего блока"),
    ),
    plain(
        "PrevBlock",
        &["ПредыдущийБлок"],
        Words::new("Name of the block before this one", "Название предыдущего блока"),
    ),
    plain(
        "Self",
        &["GlobalVar"],
        Words::new(
            "Where something is changed: the value it has until then",
            "Там, где что-то меняют: значение, которое было до этого",
        ),
    ),
];
