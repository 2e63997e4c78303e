//! Sealing of secrets with the installation's master key: XChaCha20-Poly1305 with a random 192-bit nonce.
//!
//! The workspace and the purpose are authenticated along, so that a sealed value copied to another tenant or
//! another use does not open.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use engine::ids::WorkspaceId;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::columns::Sealed;
use crate::data_dir::DataDir;
use crate::error::OpenError;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// First byte of every sealed value, for the day when there is a second way to seal.
const FORMAT: u8 = 1;

/// A secret in clear. It has no `Debug`, `Display`, `Serialize` or `==`, and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself: for the request that needs it, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether somebody knows the secret; takes the same time whatever they say.
    pub fn is_known_by(&self, given: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(given).into()
    }
}

/// What a sealed value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'a> {
    BotToken,
    BotWebhookSecret,
    WebhookSecret,
    /// `#{env.NAME}`
    Variable(&'a str),
}

impl Purpose<'_> {
    fn associated_data(self, workspace: WorkspaceId) -> String {
        match self {
            Self::BotToken => format!("{workspace}/bot_token"),
            Self::BotWebhookSecret => format!("{workspace}/bot_webhook_secret"),
            Self::WebhookSecret => format!("{workspace}/webhook_secret"),
            Self::Variable(name) => format!("{workspace}/variable/{name}"),
        }
    }
}

/// A sealed value that does not open: another key, another place, or damage.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open: wrong master key, wrong place or damaged")]
pub struct OpenSealedError;

/// The installation's key.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl MasterKey {
    /// From the environment (`SCENARIA_MASTER_KEY`, 64 hexadecimal digits) if it is set there, else from
    /// `master.key` in the data directory, which is made at the first start.
    pub fn load_or_create(directory: &DataDir, from_environment: Option<&str>) -> Result<Self, OpenError> {
        if let Some(key) = Self::load(directory, from_environment)? {
            return Ok(key);
        }
        let path = directory.master_key_path();
        let key = Self::random().map_err(|source| OpenError::Io { path: path.clone(), source })?;
        key.write_file(&path)?;
        Ok(key)
    }

    /// The same, but none is made. `None` when there is none.
    ///
    /// # Errors
    /// It is not a key, or may not be read.
    pub fn load(directory: &DataDir, from_environment: Option<&str>) -> Result<Option<Self>, OpenError> {
        if let Some(text) = from_environment {
            return Self::parse(text, "SCENARIA_MASTER_KEY").map(Some);
        }
        Self::load_file(&directory.master_key_path())
    }

    /// A key from a file; `None` when there is no such file.
    ///
    /// # Errors
    /// It is not a key, or may not be read.
    pub fn load_file(path: &Path) -> Result<Option<Self>, OpenError> {
        match fs::read_to_string(path).map(Zeroizing::new) {
            Ok(text) => Self::parse(&text, &path.display().to_string()).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(OpenError::Io { path: path.to_owned(), source }),
        }
    }

    /// Writes the key into a new file that only its owner may read.
    ///
    /// # Errors
    /// There is such a file, or it cannot be written.
    pub fn write_file(&self, path: &Path) -> Result<(), OpenError> {
        let failed = |source| OpenError::Io { path: path.to_owned(), source };
        let mut file =
            OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map_err(failed)?;
        file.write_all(Zeroizing::new(hex::encode(self.0.as_slice())).as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        // The name must last as well as the content, or a power cut leaves a database nobody can open.
        let parent = path.parent().unwrap_or(Path::new("."));
        File::open(parent).and_then(|directory| directory.sync_all()).map_err(failed)
    }

    /// A key for tests and tools.
    pub fn random() -> io::Result<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *key).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self(key))
    }

    fn parse(text: &str, place: &str) -> Result<Self, OpenError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        hex::decode_to_slice(text.trim(), &mut *key)
            .map_err(|_| OpenError::MasterKey { place: place.to_owned() })?;
        Ok(Self(key))
    }
}

/// Seals and opens secrets.
#[derive(Clone)]
pub struct Vault(Arc<XChaCha20Poly1305>);

impl Vault {
    pub fn new(key: &MasterKey) -> Self {
        Self(Arc::new(XChaCha20Poly1305::new((&*key.0).into())))
    }

    pub fn seal(&self, workspace: WorkspaceId, purpose: Purpose<'_>, secret: &Secret) -> io::Result<Sealed> {
        self.seal_bytes(&purpose.associated_data(workspace), secret.expose().as_bytes())
    }

    /// # Errors
    /// [`OpenSealedError`] when it was sealed with another key, for another workspace or purpose.
    pub fn open(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose<'_>,
        sealed: &Sealed,
    ) -> Result<Secret, OpenSealedError> {
        let plain = self.open_bytes(&purpose.associated_data(workspace), &sealed.0)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| OpenSealedError)
    }

    fn seal_bytes(&self, associated: &str, plain: &[u8]) -> io::Result<Sealed> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| io::Error::other(error.to_string()))?;
        let payload = Payload { msg: plain, aad: associated.as_bytes() };
        let ciphertext = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| io::Error::other("the secret is too long"))?;
        Ok(Sealed([&[FORMAT], nonce.as_slice(), &ciphertext].concat()))
    }

    fn open_bytes(&self, associated: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenSealedError> {
        let (format, rest) = sealed.split_first().ok_or(OpenSealedError)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(OpenSealedError)?;
        if *format != FORMAT {
            return Err(OpenSealedError);
        }
        let payload = Payload { msg: ciphertext, aad: associated.as_bytes() };
        self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenSealedError)
    }

    /// A text that only this key can have written; kept in the database to know its key again.
    pub(crate) fn proof(&self) -> io::Result<String> {
        self.seal_bytes("installation/proof", b"scenaria").map(|sealed| hex::encode(sealed.0))
    }

    pub(crate) fn accepts_proof(&self, proof: &str) -> bool {
        hex::decode(proof).is_ok_and(|sealed| self.open_bytes("installation/proof", &sealed).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const HERE: WorkspaceId = WorkspaceId(1);

    #[test]
    fn a_sealed_value_opens_only_in_its_own_place() {
        let vault = Vault::new(&MasterKey::random().unwrap());
        let sealed = vault.seal(HERE, Purpose::BotToken, &Secret::new("123:abc")).unwrap();
        assert_eq!(vault.open(HERE, Purpose::BotToken, &sealed).unwrap().expose(), "123:abc");
        assert!(!sealed.0.windows(7).any(|window| window == b"123:abc"));

        let opened = vault.open(HERE, Purpose::BotToken, &sealed).unwrap();
        assert!(
            opened.is_known_by(b"123:abc") && !opened.is_known_by(b"123:abd") && !opened.is_known_by(b"")
        );

        let stranger = Vault::new(&MasterKey::random().unwrap());
        assert!(stranger.open(HERE, Purpose::BotToken, &sealed).is_err());
        assert!(vault.open(WorkspaceId(2), Purpose::BotToken, &sealed).is_err());
        assert!(vault.open(HERE, Purpose::Variable("BOT"), &sealed).is_err());
        for index in 0..sealed.0.len() {
            let mut damaged = sealed.clone();
            damaged.0[index] ^= 1;
            assert!(vault.open(HERE, Purpose::BotToken, &damaged).is_err(), "byte {index}");
        }
        assert!(vault.open(HERE, Purpose::BotToken, &Sealed(Vec::new())).is_err());
    }

    #[test]
    fn equal_secrets_are_sealed_differently() {
        let vault = Vault::new(&MasterKey::random().unwrap());
        let seal = || vault.seal(HERE, Purpose::BotToken, &Secret::new("same")).unwrap();
        assert!(seal() != seal());
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_may_read_it() {
        let temp = tempfile::tempdir().unwrap();
        let directory = DataDir::open(temp.path().join("data")).unwrap();
        let first = MasterKey::load_or_create(&directory, None).unwrap();
        let again = MasterKey::load_or_create(&directory, None).unwrap();
        assert!(*first.0 == *again.0);
        let mode = fs::metadata(directory.master_key_path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(
            MasterKey::load_or_create(&directory, Some("short")),
            Err(OpenError::MasterKey { .. })
        ));
        let given = MasterKey::load_or_create(&directory, Some(&"ab".repeat(32))).unwrap();
        assert!(*given.0 == [0xab; 32]);
    }
}
