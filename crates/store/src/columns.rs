//! How the types of the engine and our own enums stand in a column.
//!
//! The ids belong to `engine`, which knows no SQL, so rows read them through [`Num`] and [`MaybeNum`]
//! (`#[diesel(deserialize_as = Num)]`). Closed sets of names are declared with `text_enum!`.

use diesel::backend::Backend;
use diesel::deserialize::{FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::sql_types::{BigInt, Binary, Nullable};
use engine::ids::*;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A type that a BigInt column holds.
pub trait FromColumn: Sized {
    fn from_column(number: i64) -> Result<Self, BoxError>;
}

macro_rules! from_column {
    ($($name:ident),*) => {$(
        impl FromColumn for $name {
            fn from_column(number: i64) -> Result<Self, BoxError> {
                Ok(Self(number))
            }
        }
    )*};
}

from_column!(WorkspaceId, UserId, BotId, ScenarioId, VersionId, RunId, EventId, MessageId);
from_column!(ListId, RowId, MiniAppId, WebhookId, UtcMs);

impl FromColumn for StepNo {
    fn from_column(number: i64) -> Result<Self, BoxError> {
        Ok(Self(u64::try_from(number)?))
    }
}

impl FromColumn for WaitId {
    fn from_column(number: i64) -> Result<Self, BoxError> {
        Ok(Self(u64::try_from(number)?))
    }
}

/// Steps and waits are counted from 0 and limited to 10,000 or so; the column is signed.
pub(crate) fn step_column(step: StepNo) -> i64 {
    i64::try_from(step.0).unwrap_or(i64::MAX)
}

pub(crate) fn wait_column(wait: WaitId) -> i64 {
    i64::try_from(wait.0).unwrap_or(i64::MAX)
}

/// Reads a BigInt as any [`FromColumn`]; the derive of diesel calls `try_into`.
#[derive(Debug, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Num(i64);

impl Num {
    pub(crate) fn try_into<T: FromColumn>(self) -> Result<T, BoxError> {
        T::from_column(self.0)
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for Num
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

/// Reads a nullable BigInt as an optional [`FromColumn`].
#[derive(Debug, FromSqlRow)]
#[diesel(sql_type = Nullable<BigInt>)]
pub struct MaybeNum(Option<i64>);

impl MaybeNum {
    pub(crate) fn try_into<T: FromColumn>(self) -> Result<Option<T>, BoxError> {
        self.0.map(T::from_column).transpose()
    }
}

impl<DB: Backend> FromSql<Nullable<BigInt>, DB> for MaybeNum
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
        Ok(Self(Some(i64::from_sql(bytes)?)))
    }

    fn from_nullable_sql(bytes: Option<DB::RawValue<'_>>) -> diesel::deserialize::Result<Self> {
        bytes.map(i64::from_sql).transpose().map(Self)
    }
}

/// A text that is none of the names a column may hold.
#[derive(Debug, thiserror::Error)]
#[error("unknown {kind} {text:?}")]
pub struct UnknownName {
    pub kind: &'static str,
    pub text: String,
}

/// Declares an enum that is stored, serialised and parsed by its names.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[derive(::diesel::expression::AsExpression, ::diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = ::diesel::sql_types::Text)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::columns::UnknownName;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::columns::UnknownName { kind: stringify!($name), text: text.to_owned() }),
                }
            }
        }

        impl<DB: ::diesel::backend::Backend> ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB> for $name
        where
            String: ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let text = <String as ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>>::from_sql(bytes)?;
                Ok(text.parse()?)
            }
        }

        impl<DB: ::diesel::backend::Backend> ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB> for $name
        where
            str: ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                <str as ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>>::to_sql(self.as_str(), out)
            }
        }
    };
}
pub(crate) use text_enum;

/// Ciphertext of the vault; what it says is for [`crate::Vault::open`] only.
#[derive(Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct Sealed(pub(crate) Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl<DB: Backend> FromSql<Binary, DB> for Sealed
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
        Vec::<u8>::from_sql(bytes).map(Self)
    }
}

impl<DB: Backend> diesel::serialize::ToSql<Binary, DB> for Sealed
where
    [u8]: diesel::serialize::ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
        <[u8] as diesel::serialize::ToSql<Binary, DB>>::to_sql(self.0.as_slice(), out)
    }
}

text_enum! {
    /// Language of the admin and of what the platform itself says.
    Locale { Ru = "ru", En = "en" }
}

/// A lane, the unit of order: one subscriber of one bot, or a lane of its own (webhook, schedule).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId {
    pub workspace: WorkspaceId,
    pub bot: BotId,
    pub key: std::sync::Arc<str>,
}

impl LaneId {
    pub fn new(workspace: WorkspaceId, bot: BotId, key: impl Into<std::sync::Arc<str>>) -> Self {
        Self { workspace, bot, key: key.into() }
    }
}
