//! Checks that many forms share.

use crate::error::ApiError;

/// A text that must be there, without the spaces around it.
///
/// # Errors
/// Empty, longer than `max` characters, or with control characters.
pub fn required(text: &str, max: usize) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ApiError::invalid("A name is needed.", "Нужно название."));
    }
    if text.chars().count() > max {
        return Err(ApiError::invalid(
            format!("The name is longer than {max} characters."),
            format!("Название длиннее {max} символов."),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(ApiError::invalid(
            "The name must not contain line breaks or control characters.",
            "В названии не может быть переносов строк и управляющих символов.",
        ));
    }
    Ok(text.to_owned())
}

/// An address that can be one; whether it is, only a letter could tell.
pub fn email(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let plausible = text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !host.contains('@') && !text.chars().any(char::is_whitespace)
    });
    if plausible && text.len() <= 200 {
        return Ok(text.to_lowercase());
    }
    Err(ApiError::invalid(
        "Enter an e-mail address such as anna@example.org.",
        "Введите адрес почты, например anna@example.org.",
    ))
}

/// A name that templates can spell: `#{global.name}`, `#{env.NAME}`.
pub fn variable_name(text: &str) -> Result<String, ApiError> {
    let text = required(text, 64)?;
    let begins_well = text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
    if begins_well && text.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Ok(text);
    }
    Err(ApiError::invalid(
        "A name begins with a letter and has letters, digits and _ only.",
        "Имя начинается с буквы и состоит из букв, цифр и знака _.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_checked() {
        assert_eq!(required("  Меню ", 10).unwrap(), "Меню");
        for (text, max) in [("", 10), ("   ", 10), ("abc", 2), ("a\nb", 10)] {
            assert!(required(text, max).is_err(), "{text:?}");
        }
    }

    #[test]
    fn addresses_are_plausible() {
        assert_eq!(email(" Anna@Example.org ").unwrap(), "anna@example.org");
        for text in ["", "anna", "@example.org", "anna@", "a b@example.org", "a@b@c"] {
            assert!(email(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn variables_can_be_spelt_in_templates() {
        for text in ["price", "цена", "_x1"] {
            assert!(variable_name(text).is_ok(), "{text}");
        }
        for text in ["", "1a", "a b", "a.b", "a-b", "a}"] {
            assert!(variable_name(text).is_err(), "{text}");
        }
    }
}
