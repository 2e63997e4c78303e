//! Why what was to go to the messenger did not: the errors an error exit is taken with.

use crate::error::StepError;

/// The messenger said no. 403 is its word for a person who cannot be reached.
pub fn refused(code: u16, text: &str) -> StepError {
    if code == 403 {
        return unreachable(text);
    }
    StepError::new("refused", format!("The messenger refused: {text}"), format!("Мессенджер отказал: {text}"))
}

/// The person blocked the bot, is gone, or never opened it.
pub fn unreachable(text: &str) -> StepError {
    StepError::new(
        "unreachable",
        format!("The person cannot be reached: {text}"),
        format!("До человека не достучаться: {text}"),
    )
}

/// It may have arrived or not; nobody will ever know.
pub fn fate_unknown(text: &str) -> StepError {
    StepError::new(
        "fate_unknown",
        format!("It is not known whether it arrived: {text}"),
        format!("Неизвестно, дошло ли: {text}"),
    )
}

/// It was tried for as long as it was worth anything.
pub fn not_sent(text: &str) -> StepError {
    StepError::new(
        "not_sent",
        format!("The messenger could not be reached: {text}"),
        format!("Не удалось связаться с мессенджером: {text}"),
    )
}

/// The message names a file that the workspace does not have.
pub fn no_file(name: &str) -> StepError {
    StepError::new(
        "no_file",
        format!("There is no file “{name}”: upload it on the page of files, or choose another"),
        format!("Файла «{name}» нет: загрузите его на странице файлов или выберите другой"),
    )
}
