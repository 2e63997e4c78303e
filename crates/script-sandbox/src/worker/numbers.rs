//! Numbers as people write them: rounded as on a bill, grouped, with a currency.

use crate::Language;

/// Digits behind the point that anybody asks for.
pub(super) const MOST_DIGITS: usize = 20;

/// The number with so many digits behind the point; halves go away from zero, and what counts is the number as
/// it is written, so that 1.005 becomes 1.01 although its nearest double lies a little below.
pub(super) fn fixed(number: f64, digits: usize) -> String {
    let text = number.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let filled = fraction.bytes().chain(std::iter::repeat(b'0')).take(digits);
    let mut kept: Vec<u8> = whole.bytes().chain(filled).collect();
    if fraction.as_bytes().get(digits).is_some_and(|next| *next >= b'5') {
        let mut carried = true;
        for digit in kept.iter_mut().rev() {
            carried = *digit == b'9';
            *digit = if carried { b'0' } else { *digit + 1 };
            if !carried {
                break;
            }
        }
        if carried {
            kept.insert(0, b'1');
        }
    }
    let negative = number.is_sign_negative() && kept.iter().any(|digit| *digit != b'0');
    let point = kept.len() - digits;
    let mut out = String::with_capacity(kept.len() + 2);
    if negative {
        out.push('-');
    }
    for (index, digit) in kept.into_iter().enumerate() {
        if index == point {
            out.push('.');
        }
        out.push(char::from(digit));
    }
    out
}

/// Rounded as [`fixed`] does.
pub(super) fn rounded(number: f64, digits: usize) -> f64 {
    fixed(number, digits).parse().unwrap_or(number)
}

/// How many digits behind the point to show.
#[derive(Clone, Copy)]
pub(super) struct Digits {
    pub least: usize,
    pub most: usize,
}

/// `1 234,5` in Russian, `1,234.5` in English. The space is one that does not break the line.
pub(super) fn grouped(number: f64, digits: Digits, language: Language) -> String {
    let (separator, point) = match language {
        Language::Ru => ('\u{a0}', ','),
        Language::En => (',', '.'),
    };
    let most = digits.most.min(MOST_DIGITS);
    let text = fixed(number, most);
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |text| ("-", text));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let needed = fraction.trim_end_matches('0').len().max(digits.least.min(most));
    let fraction = fraction.get(..needed).unwrap_or(fraction);
    let mut out = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(point);
        out.push_str(fraction);
    }
    out
}

/// A sum with its currency; whole sums are written without hundredths, as on a price tag.
pub(super) fn money(sum: f64, currency: &str, language: Language) -> String {
    let sum = rounded(sum, 2);
    let least = if sum.fract() == 0.0 { 0 } else { 2 };
    with_currency(&grouped(sum, Digits { least, most: 2 }, language), currency, language)
}

/// Puts a currency to a number that is written out: behind it, but the dollar, the euro and the pound stand in
/// front in English.
pub(super) fn with_currency(number: &str, currency: &str, language: Language) -> String {
    let sign = sign_of(currency);
    if sign.is_empty() {
        return number.to_owned();
    }
    if language == Language::En && matches!(sign, "$" | "€" | "£") {
        return match number.strip_prefix('-') {
            Some(number) => format!("-{sign}{number}"),
            None => format!("{sign}{number}"),
        };
    }
    format!("{number}\u{a0}{sign}")
}

/// The sign of a currency by its code (ISO 4217); what is no code stands for itself.
fn sign_of(currency: &str) -> &str {
    const SIGNS: [(&str, &str); 12] = [
        ("RUB", "₽"),
        ("USD", "$"),
        ("EUR", "€"),
        ("GBP", "£"),
        ("KZT", "₸"),
        ("UAH", "₴"),
        ("BYN", "Br"),
        ("UZS", "сум"),
        ("KGS", "с"),
        ("AMD", "֏"),
        ("GEL", "₾"),
        ("TRY", "₺"),
    ];
    let known = SIGNS.iter().find(|(code, _)| code.eq_ignore_ascii_case(currency));
    known.map_or(currency, |(_, sign)| sign)
}

/// Which of three forms goes with a number in Russian (1 день, 2 дня, 5 дней), which of two in English.
pub(super) fn plural_form(number: f64, forms: usize) -> usize {
    if forms < 3 {
        return usize::from(number.abs() != 1.0);
    }
    if number.fract() != 0.0 {
        return 1;
    }
    let (last, last_two) = (number.abs() % 10.0, number.abs() % 100.0);
    if (11.0..15.0).contains(&last_two) {
        2
    } else if last == 1.0 {
        0
    } else if (2.0..5.0).contains(&last) {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_a_bill() {
        let check = |number: f64, digits: usize, expected: &str| {
            assert_eq!(fixed(number, digits), expected, "{number} to {digits}");
        };
        check(1.005, 2, "1.01");
        check(-1.005, 2, "-1.01");
        check(0.1 + 0.2, 2, "0.30");
        check(999.995, 2, "1000.00");
        check(-0.001, 2, "0.00");
        check(2.5, 0, "3");
        check(1e21, 2, "1000000000000000000000.00");
        check(1e-7, 3, "0.000");
        check(5e-324, 2, "0.00");
    }

    #[test]
    fn sums_read_as_people_write_them() {
        let check = |sum: f64, currency: &str, ru: &str, en: &str| {
            assert_eq!(money(sum, currency, Language::Ru).replace('\u{a0}', " "), ru, "{sum} {currency}");
            assert_eq!(money(sum, currency, Language::En).replace('\u{a0}', " "), en, "{sum} {currency}");
        };
        check(1234567.5, "RUB", "1 234 567,50 ₽", "1,234,567.50 ₽");
        check(1990.0, "rub", "1 990 ₽", "1,990 ₽");
        check(-12.345, "USD", "-12,35 $", "-$12.35");
        check(100.0, "", "100", "100");
        check(5.0, "баллов", "5 баллов", "5 баллов");
    }

    #[test]
    fn words_go_with_numbers() {
        let check = |number: f64, forms: usize, expected: usize| {
            assert_eq!(plural_form(number, forms), expected, "{number}");
        };
        for (number, form) in
            [(1.0, 0), (2.0, 1), (5.0, 2), (11.0, 2), (21.0, 0), (112.0, 2), (1.5, 1), (-4.0, 1)]
        {
            check(number, 3, form);
        }
        check(1.0, 2, 0);
        check(21.0, 2, 1);
        check(0.0, 2, 1);
    }
}
