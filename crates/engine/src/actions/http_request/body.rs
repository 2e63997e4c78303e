//! What a request carries.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Pair;
use crate::actions::{Visit, is_default};
use crate::effect::{HttpCall, HttpPart, PartContent, SecretPart, SecretText};
use crate::error::StepError;
use crate::expression::Template;
use crate::run::StepContext;
use crate::scenario::Findings;
use crate::value::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Body {
    /// # Kind
    #[schemars(extend("x-ru" = "Вид", "x-widget" = "select", "default" = "none"))]
    pub kind: BodyKind,
    /// # Content
    ///
    /// In JSON, variables are escaped for their place; one outside of quotes keeps its type.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Содержимое",
        "x-ru-help" = "В JSON переменные экранируются для своего места; без кавычек переменная сохраняет тип.",
        "x-secrets" = true,
        "x-when" = {"kind": ["json", "text"]}
    ))]
    pub content: Template,
    /// # Type of the content
    ///
    /// Such as `application/xml`; plain text without it.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(
        length(max = 200),
        extend(
            "x-ru" = "Тип содержимого",
            "x-ru-help" = "Например, `application/xml`; если не указать — обычный текст.",
            "x-when" = {"kind": ["text"]}
        )
    )]
    pub content_type: String,
    /// # Fields
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Поля", "x-when" = {"kind": ["form"]}))]
    pub fields: Vec<Pair>,
    /// # Fields and files
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-ru" = "Поля и файлы", "x-when" = {"kind": ["multipart"]}))]
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "none": {"en": "Empty", "ru": "Пустое"},
    "json": {"en": "JSON", "ru": "JSON"},
    "form": {"en": "Form", "ru": "Форма"},
    "multipart": {"en": "Form with files", "ru": "Форма с файлами"},
    "text": {"en": "Text", "ru": "Текст"},
}))]
pub enum BodyKind {
    #[default]
    None,
    Json,
    Form,
    Multipart,
    Text,
}

/// A field or a file of a form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Part {
    /// # Name
    #[schemars(extend("x-ru" = "Имя"))]
    pub name: String,
    /// # What it is
    #[schemars(extend("x-ru" = "Что это", "x-widget" = "select", "default" = "field"))]
    pub kind: PartKind,
    /// # Value
    ///
    /// Of a file that the person sent: the variable that holds it, such as `#{client_media}`. An album goes as
    /// several files.
    #[schemars(extend(
        "x-ru" = "Значение",
        "x-ru-help" = "У файла, который прислал человек, — переменная с ним, например `#{client_media}`. Альбом уходит несколькими файлами.",
        "x-secrets" = true
    ))]
    pub value: Template,
    /// # Name of the file
    ///
    /// Such as `order.csv`. A file that the person sent has its own.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(extend(
        "x-ru" = "Имя файла",
        "x-ru-help" = "Например, `order.csv`. У файла, который прислал человек, есть своё.",
        "x-when" = {"kind": ["file", "text_file"]}
    ))]
    pub file_name: Template,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-labels" = {
    "field": {"en": "a field", "ru": "поле"},
    "file": {"en": "a file that the person sent", "ru": "файл, который прислал человек"},
    "text_file": {"en": "a file with this text", "ru": "файл с этим текстом"},
}))]
pub enum PartKind {
    #[default]
    Field,
    File,
    TextFile,
}

/// Where nothing better is known.
const NAMELESS_FILE: &str = "file.txt";

impl Body {
    pub(super) fn visit(&self, visit: &mut dyn Visit) {
        match self.kind {
            BodyKind::None => {}
            BodyKind::Json | BodyKind::Text => visit.secret_template("/body/content", &self.content),
            BodyKind::Form => {
                for (index, field) in self.fields.iter().enumerate() {
                    visit.secret_template(&format!("/body/fields/{index}/value"), &field.value);
                }
            }
            BodyKind::Multipart => {
                for (index, part) in self.parts.iter().enumerate() {
                    let pointer = format!("/body/parts/{index}/value");
                    match part.kind {
                        // It names a file; a secret would be no name of one.
                        PartKind::File => visit.template(&pointer, &part.value),
                        PartKind::Field | PartKind::TextFile => visit.secret_template(&pointer, &part.value),
                    }
                    if part.kind != PartKind::Field {
                        visit.template(&format!("/body/parts/{index}/file_name"), &part.file_name);
                    }
                }
            }
        }
    }

    pub(super) fn validate(&self, findings: &mut Findings) {
        if self.kind == BodyKind::Json
            && let Some(error) = self.content.json_error()
        {
            findings.error(
                "/body/content",
                "invalid_json",
                format!("{} (character {})", error.en, error.position + 1),
                format!("{} (символ {})", error.ru, error.position + 1),
            );
        }
        if self.kind == BodyKind::Text && self.content_type.chars().any(char::is_control) {
            findings.error(
                "/body/content_type",
                "wrong_content_type",
                "this is no type of content: one looks like application/xml",
                "это не тип содержимого: он выглядит как application/xml",
            );
        }
        if self.kind != BodyKind::Multipart {
            return;
        }
        for (index, part) in self.parts.iter().enumerate() {
            if part.name.trim().is_empty() {
                findings.error(
                    format!("/body/parts/{index}/name"),
                    "empty_name",
                    "the field has no name",
                    "у поля нет имени",
                );
            }
            if part.kind == PartKind::File && part.value.source().trim().is_empty() {
                findings.error(
                    format!("/body/parts/{index}/value"),
                    "no_file",
                    "it is not said which file: choose the variable that holds it",
                    "не указано, какой файл: выберите переменную, в которой он лежит",
                );
            }
        }
    }

    pub(super) fn render(&self, cx: &StepContext<'_>, call: &mut HttpCall) -> Result<(), StepError> {
        let place = |error: StepError| error.at("/body/content");
        call.body = match self.kind {
            BodyKind::None => None,
            BodyKind::Json => Some(self.content.render_secret_json(cx).map_err(place)?),
            BodyKind::Text => Some(cx.secret_text(&self.content).map_err(place)?),
            BodyKind::Form => Some(self.render_form(cx)?),
            BodyKind::Multipart => {
                for (index, part) in self.parts.iter().enumerate() {
                    let base = format!("/body/parts/{index}");
                    part.render(cx, &mut call.parts).map_err(|error| error.within(&base))?;
                }
                None
            }
        };
        call.content_type = self.content_type().map(str::to_owned);
        Ok(())
    }

    fn content_type(&self) -> Option<&str> {
        match self.kind {
            // A multipart body has its own, which names what stands between the parts.
            BodyKind::None | BodyKind::Multipart => None,
            BodyKind::Json => Some("application/json"),
            BodyKind::Form => Some("application/x-www-form-urlencoded"),
            BodyKind::Text if !self.content_type.trim().is_empty() => Some(self.content_type.trim()),
            BodyKind::Text => Some("text/plain; charset=utf-8"),
        }
    }

    fn render_form(&self, cx: &StepContext<'_>) -> Result<SecretText, StepError> {
        let mut parts = Vec::with_capacity(self.fields.len() * 2);
        for (index, field) in self.fields.iter().enumerate() {
            let separator = if index == 0 { "" } else { "&" };
            let name = utf8_percent_encode(&field.name, NON_ALPHANUMERIC);
            parts.push(SecretPart::Text(format!("{separator}{name}=")));
            let place = |error: StepError| error.at(&format!("/body/fields/{index}/value"));
            for part in cx.secret_text(&field.value).map_err(place)?.0 {
                parts.push(match part {
                    SecretPart::Text(text) => {
                        SecretPart::Text(utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string())
                    }
                    secret => secret,
                });
            }
        }
        Ok(SecretText(parts))
    }
}

impl Part {
    fn render(&self, cx: &StepContext<'_>, parts: &mut Vec<HttpPart>) -> Result<(), StepError> {
        let name = self.name.trim();
        let file_name = cx.text(&self.file_name).map_err(|error| error.at("/file_name"))?;
        let file_name = Some(file_name.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
        match self.kind {
            PartKind::Field => {
                let text = cx.secret_text(&self.value).map_err(|error| error.at("/value"))?;
                let content = PartContent::Text(text);
                parts.push(HttpPart { name: name.to_owned(), content, file_name: None, content_type: None });
            }
            PartKind::TextFile => {
                let text = cx.secret_text(&self.value).map_err(|error| error.at("/value"))?;
                parts.push(HttpPart {
                    name: name.to_owned(),
                    content: PartContent::Text(text),
                    file_name: Some(file_name.unwrap_or_else(|| NAMELESS_FILE.to_owned())),
                    content_type: None,
                });
            }
            PartKind::File => {
                let value = cx.value(&self.value).map_err(|error| error.at("/value"))?;
                let before = parts.len();
                push_files(&value, name, file_name.as_deref(), parts);
                if parts.len() == before {
                    return Err(StepError::new(
                        "no_file",
                        format!("There is no file for the field “{name}”: the variable holds none"),
                        format!("Для поля «{name}» нет файла: в переменной его нет"),
                    )
                    .at("/value"));
                }
            }
        }
        Ok(())
    }
}

/// The files a value names: one, those of an album, or an array of either. A bare text is the messenger's own id.
fn push_files(value: &Value, name: &str, file_name: Option<&str>, parts: &mut Vec<HttpPart>) {
    if let Value::Array(files) = value {
        return files.iter().for_each(|file| push_files(file, name, file_name, parts));
    }
    if let Some(Value::Array(album)) = value.get("album") {
        return album.iter().for_each(|file| push_files(file, name, file_name, parts));
    }
    let said = |key: &str| value.get(key).map(|part| part.to_text().into_owned()).filter(|text| !text.is_empty());
    let file = match value {
        Value::Object(_) => said("file_id"),
        other => Some(other.to_text().into_owned()).filter(|text| !text.is_empty()),
    };
    let Some(file) = file else { return };
    parts.push(HttpPart {
        name: name.to_owned(),
        content: PartContent::File(file),
        file_name: file_name.map(str::to_owned).or_else(|| said("name")),
        content_type: said("mime"),
    });
}
