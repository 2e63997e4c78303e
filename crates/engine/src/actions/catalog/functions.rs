//! The functions of expressions, as the editor offers them.

use serde::Serialize;

use crate::expression::{FunctionGroup, RUN_NAMES, functions};
use crate::words::Lang;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CatalogFunction {
    pub group: FunctionGroup,
    pub group_title: &'static str,
    /// The name to write; in the reader's language where there is one.
    pub name: &'static str,
    /// The other names it may be written by.
    pub aliases: Vec<&'static str>,
    /// `number[, places]`: brackets hold what may be left out. Empty without arguments.
    pub arguments: &'static str,
    pub help: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<CatalogExample>,
}

/// A text with a call, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CatalogExample {
    pub source: String,
    pub result: &'static str,
}

/// First what the run knows, then the functions in the order of their table.
pub(super) fn list(lang: Lang) -> Vec<CatalogFunction> {
    let run_names = RUN_NAMES.iter().map(|row| CatalogFunction {
        group: FunctionGroup::Run,
        group_title: FunctionGroup::Run.title().get(lang),
        name: row.name,
        aliases: row.aliases.to_vec(),
        arguments: row.arguments.get(lang),
        help: row.help.get(lang),
        example: None,
    });
    let functions = functions().iter().map(|function| {
        let name = function.name_in(lang);
        let names = [function.name, function.name_ru];
        CatalogFunction {
            group: function.group,
            group_title: function.group.title().get(lang),
            name,
            aliases: names.into_iter().filter(|other| *other != name).collect(),
            arguments: function.arguments.get(lang),
            help: function.help.get(lang),
            example: Some(CatalogExample {
                source: function.example.source.replace(function.name, name),
                result: function.example.result,
            }),
        }
    });
    run_names.chain(functions).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_offered_in_the_readers_language() {
        let found =
            |lang: Lang, name: &str| list(lang).into_iter().find(|function| function.name == name).unwrap();
        let russian = found(Lang::Ru, "Округлить");
        assert_eq!((russian.arguments, russian.group_title), ("число[, знаков]", "Числа"));
        assert_eq!(russian.aliases, ["Round"]);
        assert_eq!(russian.example.unwrap().source, "[Округлить(2.345, 2)]");
        assert_eq!(found(Lang::En, "Round").aliases, ["Округлить"]);
        assert_eq!(found(Lang::En, "AnswerID").arguments, "id");
    }
}
