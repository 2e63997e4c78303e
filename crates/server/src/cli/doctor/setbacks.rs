//! What failed by itself in the background, and was given up or is tried again.

use store::Store;
use store::setbacks::{self, Setback, Work};

use super::Report;
use crate::services::now;

/// Older failures are no news.
const SINCE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Sentences at most.
const SAID: i64 = 20;

pub async fn look(report: &mut Report, store: &Store) {
    let at = now();
    let asked = store.read(move |connection| Ok(setbacks::since(connection, at.plus_ms(-SINCE_MS), SAID)?));
    let Ok(found) = asked.await else {
        return report.bad("The setbacks cannot be read.", "Список сбоев не читается.");
    };
    for setback in &found {
        let Setback { item, attempts, error, again_at, .. } = setback;
        let (what_en, what_ru) = words(setback.kind);
        match again_at {
            None => report.note(
                format!("{what_en} ({item}) was given up: {error} (failed attempts: {attempts}). Nothing else waits for it."),
                format!("{what_ru} ({item}): больше не пробуем: {error} (неудачных попыток: {attempts}). Остальное работает."),
            ),
            // What was to be tried again and is not, has worked.
            Some(again_at) if *again_at > at => report.note(
                format!("{what_en} ({item}) has failed and is tried again: {error} (failed attempts: {attempts})."),
                format!("{what_ru} ({item}): не удалось, попробуем ещё: {error} (неудачных попыток: {attempts})."),
            ),
            Some(_) => {}
        }
    }
}

fn words(work: Work) -> (&'static str, &'static str) {
    match work {
        Work::Timer => ("A delay or a time-out", "Пауза или срок ожидания"),
        Work::Schedule => ("A trigger of the clock", "Триггер по расписанию"),
        Work::Plan => ("Planning the triggers of the clock", "Планирование триггеров по расписанию"),
        Work::Move => ("Moving somebody over to a newer version", "Перевод человека на новую версию"),
        Work::Broadcast => ("A message of a broadcast", "Сообщение рассылки"),
        Work::List => ("The index of a list", "Индекс списка"),
        Work::Call => ("An outside call", "Внешний запрос"),
        Work::Send => ("Noting what became of a message", "Запись о судьбе сообщения"),
        Work::Update => ("An update of a messenger", "Обновление мессенджера"),
        Work::Retention => ("Deleting what is old", "Удаление старого"),
    }
}
