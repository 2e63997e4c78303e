//! Everything that can go wrong with a script, each with a sentence for the person who wrote it.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::Which;

/// Why a step has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The source is not JavaScript. Line and column count from 1.
    Syntax { message: String, line: u32, column: u32 },
    /// The script threw and did not catch. Line and column are 0 when the engine does not know them.
    Thrown { message: String, line: u32, column: u32 },
    /// The step used up one of its limits.
    Budget(Which),
    /// A variable (or `result`, the returned value) holds what JSON cannot carry.
    NotJson {
        /// The variable, or `result` for the returned value.
        variable: String,
        /// The place inside it, such as `cart.items[2].price`; the variable itself when it is the culprit.
        path: String,
        reason: NotJsonReason,
    },
    /// The script could not be run; it is not the script's fault.
    Unavailable(Unavailable),
}

/// What JSON cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotJsonReason {
    Function,
    Symbol,
    BigInt,
    /// `NaN` or an infinity.
    NotFinite,
    /// The value contains itself.
    Cycle,
    /// A `Map`, `Set`, `Promise` and the like: JSON would store `{}` and lose the contents.
    Container,
}

/// Why scripts cannot run now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// The system does not let a worker lock itself in, and the operator has not allowed to go without.
    Unconfined(Arc<str>),
    /// No worker could be started.
    NotStarted(Arc<str>),
    /// Every worker stayed busy for longer than the step may wait.
    Busy,
    /// The worker died of something that is no budget, such as a forbidden system call.
    Crashed(Arc<str>),
}

/// Why the pool could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the script sandbox needs at least one worker")]
    NoWorkers,
    #[error("the script sandbox must be started inside a tokio runtime")]
    NoRuntime,
    #[error("cannot start the thread that starts script workers: {0}")]
    Thread(#[from] std::io::Error),
}

impl ScriptError {
    /// A sentence for the person who wrote the script, in Russian or English.
    pub fn text(&self, ru: bool) -> String {
        match self {
            Self::Syntax { message, line, column } if ru => {
                format!("Ошибка в записи скрипта, {}: {message}", place(*line, *column, true))
            }
            Self::Syntax { message, line, column } => {
                format!("The script is written incorrectly, {}: {message}", place(*line, *column, false))
            }
            Self::Thrown { message, line: 0, .. } if ru => format!("Скрипт остановился с ошибкой: {message}"),
            Self::Thrown { message, line: 0, .. } => format!("The script stopped with an error: {message}"),
            Self::Thrown { message, line, column } if ru => {
                format!("Скрипт остановился с ошибкой, {}: {message}", place(*line, *column, true))
            }
            Self::Thrown { message, line, column } => {
                format!("The script stopped with an error, {}: {message}", place(*line, *column, false))
            }
            Self::Budget(which) => which.text(ru).to_owned(),
            Self::NotJson { path, reason, .. } if ru => {
                format!("Значение «{path}» нельзя сохранить: {}.", reason.text(true))
            }
            Self::NotJson { path, reason, .. } => {
                format!("The value “{path}” cannot be stored: {}.", reason.text(false))
            }
            Self::Unavailable(why) => why.text(ru),
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(false))
    }
}

fn place(line: u32, column: u32, ru: bool) -> String {
    if ru {
        format!("строка {line}, символ {column}")
    } else {
        format!("line {line}, column {column}")
    }
}

impl Which {
    fn text(self, ru: bool) -> &'static str {
        match (self, ru) {
            (Self::Time, true) => {
                "Скрипт работал слишком долго и остановлен. Проверьте, что у каждого цикла есть конец."
            }
            (Self::Time, false) => {
                "The script ran too long and was stopped. Check that every loop has an end."
            }
            (Self::Memory, true) => {
                "Скрипту не хватило памяти, он остановлен. Обрабатывайте данные меньшими частями."
            }
            (Self::Memory, false) => {
                "The script ran out of memory and was stopped. Work on the data in smaller parts."
            }
            (Self::Source, true) => "Текст скрипта слишком длинный. Разделите его на несколько шагов.",
            (Self::Source, false) => "The script is too long. Split it into several steps.",
            (Self::Result, true) => {
                "Скрипт записал слишком много данных в переменные. Сохраняйте только то, что нужно дальше."
            }
            (Self::Result, false) => {
                "The script stored too much data in variables. Keep only what later steps need."
            }
            (Self::Depth, true) => {
                "Слишком глубокая вложенность: функция вызывает сама себя без конца, \
                 или скобок либо данных внутри данных слишком много."
            }
            (Self::Depth, false) => {
                "Nesting is too deep: a function calls itself without end, \
                 or there are too many brackets or levels of data inside data."
            }
        }
    }
}

impl NotJsonReason {
    fn text(self, ru: bool) -> &'static str {
        match (self, ru) {
            (Self::Function, true) => "это функция, а не данные",
            (Self::Function, false) => "it is a function, not data",
            (Self::Symbol, true) => "это Symbol, а не данные",
            (Self::Symbol, false) => "it is a Symbol, not data",
            (Self::BigInt, true) => "это BigInt; превратите его в строку: String(значение)",
            (Self::BigInt, false) => "it is a BigInt; turn it into a string: String(value)",
            (Self::NotFinite, true) => {
                "это не число (NaN или бесконечность); проверьте деление на ноль и пустые поля"
            }
            (Self::NotFinite, false) => {
                "it is not a number (NaN or infinity); check for division by zero and empty fields"
            }
            (Self::Cycle, true) => "оно содержит само себя",
            (Self::Cycle, false) => "it contains itself",
            (Self::Container, true) => {
                "это особый объект (Map, Set, Promise, ошибка и т. п.); \
                 превратите его в обычный объект, массив или строку"
            }
            (Self::Container, false) => {
                "it is a special object (Map, Set, Promise, error and so on); \
                 turn it into a plain object, an array or a string"
            }
        }
    }
}

impl Unavailable {
    fn text(&self, ru: bool) -> String {
        match (self, ru) {
            (Self::Unconfined(_), true) => {
                "Скрипты на этом сервере выключены: система не даёт запереть их в песочнице. \
                 Сообщите администратору сервера."
                    .to_owned()
            }
            (Self::Unconfined(_), false) => {
                "Scripts are off on this server: the system does not let them be locked in a sandbox. \
                 Tell the server's administrator."
                    .to_owned()
            }
            (Self::NotStarted(_), true) => {
                "Скрипты сейчас не запускаются. Сообщите администратору сервера.".to_owned()
            }
            (Self::NotStarted(_), false) => {
                "Scripts cannot be started now. Tell the server's administrator.".to_owned()
            }
            (Self::Busy, true) => "Сервер слишком занят другими скриптами. Попробуйте позже.".to_owned(),
            (Self::Busy, false) => "The server is too busy with other scripts. Try again later.".to_owned(),
            (Self::Crashed(_), true) => {
                "Скрипт аварийно остановлен песочницей. Измените его; если он прост, сообщите администратору."
                    .to_owned()
            }
            (Self::Crashed(_), false) => {
                "The sandbox had to stop the script. Change it; if it is simple, tell the administrator."
                    .to_owned()
            }
        }
    }
}
