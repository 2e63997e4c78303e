//! Keeps a statement prepared where diesel would not.
//!
//! diesel 2.3 prepares every `UPDATE`, `ON CONFLICT DO UPDATE` and `IN (...)` of SQLite anew, because their
//! text may differ from call to call (`unsafe_to_cache_prepared`). Ours have a fixed text; and without a
//! static query id the cache goes by the text anyway, so a differing one is only another entry.
//! On PostgreSQL this saves a round trip per statement.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl};

pub(crate) struct Cached<Q>(Q);

/// Adds `.cached()` to statements whose text takes only a few forms.
pub(crate) trait CachedDsl: Sized {
    fn cached(self) -> Cached<Self> {
        Cached(self)
    }
}

impl<Q> CachedDsl for Q {}

impl<Q> QueryId for Cached<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Cached<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q: Query> Query for Cached<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Cached<Q> {}
