//! Words whatever their ending, in Russian and English: by their stems.

use std::collections::HashSet;

use rust_stemmers::{Algorithm, Stemmer};

/// Whether every word of `wanted` occurs in `text` in some form. Both are in small letters.
pub(super) fn has_all(text: &str, wanted: &str) -> bool {
    let (russian, english) = (Stemmer::create(Algorithm::Russian), Stemmer::create(Algorithm::English));
    let stem = |word: &str| {
        // The stemmer knows no ё, and people write it as they like.
        let word = word.replace('ё', "е");
        let is_russian = word.contains(|letter: char| matches!(letter, 'а'..='я'));
        if is_russian { russian.stem(&word).into_owned() } else { english.stem(&word).into_owned() }
    };
    let wanted: HashSet<String> = words(wanted).map(stem).collect();
    if wanted.is_empty() {
        return true;
    }
    let there: HashSet<String> = words(text).map(stem).collect();
    wanted.is_subset(&there)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}
