//! Numbers in words, and words that go with numbers.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Call;
use super::numbers::rounded;
use crate::error::StepError;
use crate::value::Value;
use crate::words::Lang;

type Result<T = Value> = std::result::Result<T, StepError>;

/// The form of a word: for 1, for 2, for 5 and for all the others.
type Forms<'a> = [&'a str; 3];

/// With two forms the word is English: for 1, for all the others.
pub(super) fn plural(call: &Call<'_>) -> Result {
    let number = call.number(0)?;
    let index =
        if call.is_given(3) { russian_form(number) } else { usize::from(number.abs() != Decimal::ONE) };
    Ok(call.get(index + 1).clone())
}

/// 1 день, 21 день; 2 дня, 1,5 дня; 5 дней, 11 дней.
fn russian_form(number: Decimal) -> usize {
    if !number.is_integer() {
        return 1;
    }
    let last = |digits: i64| (number.abs() % Decimal::from(digits)).to_u32().unwrap_or_default();
    match (last(10), last(100)) {
        (_, 11..=14) => 2,
        (1, _) => 0,
        (2..=4, _) => 1,
        _ => 2,
    }
}

pub(super) fn sum_in_words(call: &Call<'_>) -> Result {
    let number = rounded(call.number(0)?, 2);
    let (rubles, kopecks) = (call.get(1).is_true(), call.get(2).is_true());
    let whole = number.abs().trunc().to_u64().filter(|whole| *whole < 1_000_000_000_000_000);
    let whole = whole.ok_or_else(|| call.too_large())?;
    let hundredths = ((number.abs().fract() * Decimal::ONE_HUNDRED).to_u64()).unwrap_or_default();
    let lang = call.lang(3)?;
    let mut words = Vec::new();
    if number.is_sign_negative() && !number.is_zero() {
        words.push(if lang == Lang::Ru { "минус" } else { "minus" });
    }
    match lang {
        Lang::Ru => push_russian(&mut words, whole),
        Lang::En => push_english(&mut words, whole),
    }
    if rubles {
        words.push(form(lang, whole, ["рубль", "рубля", "рублей"], ["ruble", "rubles", "rubles"]));
    }
    let kopecks_digits = format!("{hundredths:02}");
    if kopecks {
        words.push(&kopecks_digits);
        words.push(form(
            lang,
            hundredths,
            ["копейка", "копейки", "копеек"],
            ["kopeck", "kopecks", "kopecks"],
        ));
    }
    Ok(words.join(" ").into())
}

fn form<'a>(lang: Lang, number: u64, russian: Forms<'a>, english: Forms<'a>) -> &'a str {
    let [one, few, many] = if lang == Lang::Ru { russian } else { english };
    match (lang, russian_form(number.into())) {
        (Lang::En, _) => {
            if number == 1 {
                one
            } else {
                many
            }
        }
        (Lang::Ru, 0) => one,
        (Lang::Ru, 1) => few,
        (Lang::Ru, _) => many,
    }
}

/// Groups of three digits, the highest first, each with the power of a thousand it stands for.
fn groups(number: u64) -> impl Iterator<Item = (usize, usize)> {
    (0..5_u32).rev().filter_map(move |power| {
        let group = (number / 1_000_u64.pow(power)) % 1_000;
        (group > 0).then(|| (group.to_usize().unwrap_or_default(), power as usize))
    })
}

fn word<'a>(words: &[&'a str], index: usize) -> &'a str {
    words.get(index).copied().unwrap_or_default()
}

fn push_russian(words: &mut Vec<&str>, number: u64) {
    const HUNDREDS: [&str; 10] = [
        "",
        "сто",
        "двести",
        "триста",
        "четыреста",
        "пятьсот",
        "шестьсот",
        "семьсот",
        "восемьсот",
        "девятьсот",
    ];
    const TENS: [&str; 10] = [
        "",
        "",
        "двадцать",
        "тридцать",
        "сорок",
        "пятьдесят",
        "шестьдесят",
        "семьдесят",
        "восемьдесят",
        "девяносто",
    ];
    const ONES: [&str; 20] = [
        "",
        "один",
        "два",
        "три",
        "четыре",
        "пять",
        "шесть",
        "семь",
        "восемь",
        "девять",
        "десять",
        "одиннадцать",
        "двенадцать",
        "тринадцать",
        "четырнадцать",
        "пятнадцать",
        "шестнадцать",
        "семнадцать",
        "восемнадцать",
        "девятнадцать",
    ];
    const POWERS: [Forms<'static>; 5] = [
        ["", "", ""],
        ["тысяча", "тысячи", "тысяч"],
        ["миллион", "миллиона", "миллионов"],
        ["миллиард", "миллиарда", "миллиардов"],
        ["триллион", "триллиона", "триллионов"],
    ];
    if number == 0 {
        words.push("ноль");
    }
    for (group, power) in groups(number) {
        let below_hundred = group % 100;
        let ones = if below_hundred < 20 { below_hundred } else { below_hundred % 10 };
        // A thousand is feminine.
        let one = match (power, ones) {
            (1, 1) => "одна",
            (1, 2) => "две",
            _ => word(&ONES, ones),
        };
        let tens = if below_hundred < 20 { "" } else { word(&TENS, below_hundred / 10) };
        let named = POWERS.get(power).and_then(|forms| forms.get(russian_form(group.into())).copied());
        let all = [word(&HUNDREDS, group / 100), tens, one, named.unwrap_or_default()];
        words.extend(all.into_iter().filter(|word| !word.is_empty()));
    }
}

fn push_english(words: &mut Vec<&str>, number: u64) {
    const TENS: [&str; 10] =
        ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    const ONES: [&str; 20] = [
        "",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const POWERS: [&str; 5] = ["", "thousand", "million", "billion", "trillion"];
    if number == 0 {
        words.push("zero");
    }
    for (group, power) in groups(number) {
        let below_hundred = group % 100;
        let ones = if below_hundred < 20 { below_hundred } else { below_hundred % 10 };
        let tens = if below_hundred < 20 { "" } else { word(&TENS, below_hundred / 10) };
        let hundred = if group >= 100 { "hundred" } else { "" };
        let all = [word(&ONES, group / 100), hundred, tens, word(&ONES, ones), word(&POWERS, power)];
        words.extend(all.into_iter().filter(|word| !word.is_empty()));
    }
}
