//! What the checks say about a document.

use serde::Serialize;

use crate::words::Lang;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look; the scenario runs.
    Warning,
    /// The scenario cannot be published.
    Error,
}

/// One remark, at one place of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// JSON pointer (RFC 6901) into the document.
    pub pointer: String,
    pub severity: Severity,
    /// Stable name of the kind of finding.
    pub code: &'static str,
    pub en: String,
    pub ru: String,
    /// Where in the text that stands at the pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot: Option<Spot>,
}

/// A place in a text, both from 1; a column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spot {
    pub line: u32,
    pub column: u32,
}

impl Finding {
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ru => &self.ru,
        }
    }
}

/// A list of findings and a place to add more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn error(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        en: impl Into<String>,
        ru: impl Into<String>,
    ) {
        self.add(Severity::Error, pointer, code, en, ru);
    }

    pub fn warning(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        en: impl Into<String>,
        ru: impl Into<String>,
    ) {
        self.add(Severity::Warning, pointer, code, en, ru);
    }

    pub fn add(
        &mut self,
        severity: Severity,
        pointer: impl Into<String>,
        code: &'static str,
        en: impl Into<String>,
        ru: impl Into<String>,
    ) {
        let (pointer, en, ru) = (pointer.into(), en.into(), ru.into());
        self.0.push(Finding { pointer, severity, code, en, ru, spot: None });
    }

    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }
}
