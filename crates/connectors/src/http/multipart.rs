//! `multipart/form-data` (RFC 7578), names escaped as browsers do it
//! (<https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data>).

use bytes::Bytes;
use engine::effect::{HttpPart, PartContent, SecretText};
use reqwest::header::HeaderValue;

use super::error::{HttpError, HttpErrorKind};
use super::request::has_secret;
use crate::channels::FileContent;

/// A body of parts, with the header that says what stands between them.
pub(crate) struct Form {
    pub body: Bytes,
    pub content_type: HeaderValue,
    pub has_secret: bool,
}

/// What a file is called that nobody gave a name.
const NAMELESS: &str = "file";

/// Writes the parts in their order.
pub(crate) fn write<'a>(
    parts: &'a [HttpPart],
    mut resolve: impl FnMut(&SecretText) -> Result<String, HttpError>,
    find_file: impl Fn(&str) -> Option<&'a FileContent>,
) -> Result<Form, HttpError> {
    let boundary = boundary()?;
    let (mut body, mut secret) = (Vec::new(), false);
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        match &part.content {
            PartContent::Text(text) => {
                secret |= has_secret(text);
                head(&mut body, part, part.file_name.as_deref(), part.content_type.as_deref());
                body.extend_from_slice(resolve(text)?.as_bytes());
            }
            PartContent::File(id) => {
                let missing = || HttpError::not_sent(HttpErrorKind::MissingFile(part.name.clone()));
                let file = find_file(id).ok_or_else(missing)?;
                let name = part.file_name.as_deref().or(file.name.as_deref()).unwrap_or(NAMELESS);
                let content_type = part.content_type.as_deref().or(file.content_type.as_deref());
                head(&mut body, part, Some(name), content_type);
                body.extend_from_slice(&file.bytes);
            }
        }
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"));
    let content_type = content_type.map_err(|_| bad_boundary())?;
    Ok(Form { body: body.into(), content_type, has_secret: secret })
}

fn head(body: &mut Vec<u8>, part: &HttpPart, file_name: Option<&str>, content_type: Option<&str>) {
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", escaped(&part.name));
    if let Some(file_name) = file_name {
        head.push_str(&format!("; filename=\"{}\"", escaped(file_name)));
        let known = content_type.filter(|known| HeaderValue::from_str(known).is_ok());
        // A text is ours and is UTF-8; what a file is, nobody said.
        let other = match part.content {
            PartContent::Text(_) => "text/plain; charset=utf-8",
            PartContent::File(_) => "application/octet-stream",
        };
        head.push_str(&format!("\r\nContent-Type: {}", known.unwrap_or(other)));
    }
    head.push_str("\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
}

fn escaped(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

/// Random, so that no content can hold it.
fn boundary() -> Result<String, HttpError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| bad_boundary())?;
    Ok(format!("scenaria-{}", hex::encode(bytes)))
}

fn bad_boundary() -> HttpError {
    HttpError::not_sent(HttpErrorKind::Header("Content-Type".to_owned()))
}

#[cfg(test)]
mod tests {
    use engine::effect::SecretPart;

    use super::*;

    fn part(name: &str, content: PartContent, file_name: Option<&str>) -> HttpPart {
        HttpPart {
            name: name.to_owned(),
            content,
            file_name: file_name.map(str::to_owned),
            content_type: None,
        }
    }

    #[test]
    fn fields_and_files_stand_one_after_the_other() {
        let photo = FileContent {
            bytes: Bytes::from_static(b"\x89PNG\r\n"),
            name: Some("a.png".into()),
            content_type: None,
        };
        let parts = [
            part("who \"x\"\r\nEvil: 1", PartContent::Text(SecretText::plain("Анна")), None),
            part("key", PartContent::Text(SecretText(vec![SecretPart::Secret("KEY".to_owned())])), None),
            part("csv", PartContent::Text(SecretText::plain("a;b")), Some("b.csv")),
            part("photo", PartContent::File("f1".to_owned()), None),
            HttpPart {
                content_type: Some("image/png\r\nEvil: 1".to_owned()),
                ..part("mine", PartContent::File("f1".to_owned()), Some("c.png"))
            },
        ];
        let resolve = |text: &SecretText| {
            Ok(text
                .0
                .iter()
                .map(|part| match part {
                    SecretPart::Text(text) => text.clone(),
                    SecretPart::Secret(_) => "s3cret".to_owned(),
                })
                .collect())
        };
        let form = write(&parts, resolve, |id| (id == "f1").then_some(&photo)).unwrap();
        assert!(form.has_secret);
        let content_type = form.content_type.to_str().unwrap();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let body = String::from_utf8_lossy(&form.body).replace(boundary, "B");
        let png = String::from_utf8_lossy(&photo.bytes);
        let expected = [
            "--B\r\nContent-Disposition: form-data; name=\"who %22x%22%0D%0AEvil: 1\"\r\n\r\nАнна\r\n",
            "--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\ns3cret\r\n",
            "--B\r\nContent-Disposition: form-data; name=\"csv\"; filename=\"b.csv\"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\na;b\r\n",
            "--B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: application/octet-stream\r\n\r\n",
            &png,
            "\r\n--B\r\nContent-Disposition: form-data; name=\"mine\"; filename=\"c.png\"\r\nContent-Type: application/octet-stream\r\n\r\n",
            &png,
            "\r\n--B--\r\n",
        ];
        assert_eq!(body, expected.concat());
    }

    #[test]
    fn a_file_that_was_not_fetched_is_named() {
        let parts = [part("photo", PartContent::File("f1".to_owned()), None)];
        let error = write(&parts, |_| Ok(String::new()), |_| None).err().unwrap();
        assert_eq!(error.kind, HttpErrorKind::MissingFile("photo".to_owned()));
    }
}
