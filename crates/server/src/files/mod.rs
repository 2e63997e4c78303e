//! Files that builders keep: taken in, listed, deleted. Pages, the REST API and the canvas come here.
//!
//! [`name`] says what a file may be called, [`upload()`] takes one in, [`content`] hands one out.

pub mod content;
mod range;
mod upload;

use engine::expression::Template;
use engine::ids::{UserId, WorkspaceId};
use engine::message::MediaSource;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use store::files::{self, File};
use store::{Refusal, audit_log};

use crate::auth::{Caller, Session};
use crate::error::ApiError;
use crate::forms;
use crate::services::{Services, now};

pub use upload::upload;

/// Largest file, in bytes: what Telegram takes from a bot (core.telegram.org/bots/api#sending-files).
pub const FILE_BYTES: i64 = 50 * 1024 * 1024;
/// All files of a workspace together, in bytes.
pub const WORKSPACE_BYTES: i64 = 1024 * 1024 * 1024;
/// Longest name, in characters.
const NAME_CHARS: usize = 100;
/// What stands in an address as it is (RFC 3986, section 2.3), and everything else.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whose file it is, and who acts.
#[derive(Clone, Copy)]
pub struct Owner {
    pub workspace: WorkspaceId,
    /// `None` for a program.
    pub user: Option<UserId>,
}

impl From<&Session> for Owner {
    fn from(session: &Session) -> Self {
        Self { workspace: session.workspace, user: Some(session.user) }
    }
}

impl From<&Caller> for Owner {
    fn from(caller: &Caller) -> Self {
        Self { workspace: caller.workspace, user: caller.user }
    }
}

/// A name that scenarios and addresses can spell, without the spaces around it.
///
/// # Errors
/// What is wrong with it.
pub fn name(text: &str) -> Result<String, ApiError> {
    let name = forms::required(text, NAME_CHARS)?;
    if name.contains(['/', '\\']) || name == "." || name == ".." {
        return Err(ApiError::invalid(
            "The name of a file has no / and \\, and is not . or ..",
            "В названии файла не может быть / и \\, и оно не может быть . или ..",
        ));
    }
    // In a message it stands in a template.
    if !Template::new(&name).is_constant() {
        return Err(ApiError::invalid(
            "The name of the file reads as a placeholder; rename it without #{ }, {{ }} and [ ].",
            "Название файла читается как подстановка; переименуйте его без #{ }, {{ }} и [ ].",
        ));
    }
    Ok(name)
}

/// The name inside an address.
pub fn in_path(name: &str) -> String {
    utf8_percent_encode(name, IN_PATH).to_string()
}

/// The address under which everybody who knows it gets the file.
pub fn public_url(services: &Services, file: &File) -> String {
    services.public_url.at(&format!("/files/{}/{}", file.slug, in_path(&file.name)))
}

/// The same content for whoever is signed in, on the admin's own origin.
pub fn preview_path(name: &str) -> String {
    format!("/files/{}/content", in_path(name))
}

/// What a message says to send the file.
pub fn value(name: &str) -> String {
    format!("{}{name}", MediaSource::OWN)
}

pub async fn list(services: &Services, workspace: WorkspaceId) -> Result<Vec<File>, ApiError> {
    services.read(move |connection| Ok(files::list(connection, workspace)?)).await
}

/// # Errors
/// Not found.
pub async fn find(services: &Services, workspace: WorkspaceId, name: String) -> Result<File, ApiError> {
    let found = services.read(move |connection| Ok(files::find(connection, workspace, &name)?)).await?;
    found.ok_or_else(ApiError::not_found)
}

/// # Errors
/// Not found.
pub async fn delete(services: &Services, owner: Owner, name: String) -> Result<(), ApiError> {
    let Owner { workspace, user } = owner;
    services
        .write(move |tx| {
            if files::find(tx, workspace, &name)?.is_none() {
                return Err(Refusal::NotFound.into());
            }
            audit_log::insert(tx, workspace, user, "file.delete", &format!("file/{name}"), now())?;
            files::delete(tx, workspace, &name, now())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_spelt_in_addresses_and_templates() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(name(text).ok().as_deref(), expected, "{text:?}");
        };
        check(" Menu, summer.jpg ", Some("Menu, summer.jpg"));
        check("Меню (лето) 50%.pdf", Some("Меню (лето) 50%.pdf"));
        check("photo[1].jpg", Some("photo[1].jpg"));
        check(&"x".repeat(100), Some(&"x".repeat(100)));
        check("...", Some("..."));
        for text in ["", "  ", ".", "..", "a/b", "a\\b", "a\nb", "a\0", "#{name}.jpg", "{{1+1}}.jpg"] {
            check(text, None);
        }
        check(&"x".repeat(101), None);
        assert_eq!(in_path("а b/%?#.jpg"), "%D0%B0%20b%2F%25%3F%23.jpg");
    }
}
