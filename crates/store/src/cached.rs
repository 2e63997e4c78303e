//! Keeps a statement prepared where diesel would not.
//!
//! diesel 2.3 prepares every `UPDATE`, `ON CONFLICT DO UPDATE` and `IN (...)` of SQLite anew, because their
//! text may differ from call to call (`unsafe_to_cache_prepared`). Ours have a fixed text; and without a
//! static query id the cache goes by the text anyway, so a differing one is only another entry.
//! On PostgreSQL this saves a round trip per statement.
//!
//! It works for statements that return rows: `execute` asks a reference to the statement whether it may be
//! kept, and diesel answers for references. Hence [`Cached::execute_returning`].

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::{QueryResult, RunQueryDsl};

pub(crate) struct Cached<Q>(Q);

/// Adds `.cached()` to statements whose text takes only a few forms.
pub(crate) trait CachedDsl: Sized {
    fn cached(self) -> Cached<Self> {
        Cached(self)
    }
}

impl<Q> CachedDsl for Q {}

impl<Q> Cached<Q> {
    /// Runs a statement that returns some BigInt for every row it changes; answers how many rows that are.
    pub(crate) fn execute_returning<'query, C>(self, connection: &mut C) -> QueryResult<usize>
    where
        Self: LoadQuery<'query, C, i64> + RunQueryDsl<C>,
    {
        self.load::<i64>(connection).map(|rows| rows.len())
    }
}

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::SqliteConnection;
    use diesel::connection::{Instrumentation, InstrumentationEvent};
    use diesel::prelude::*;

    use super::*;
    use crate::schema::settings;

    struct Prepared(Arc<AtomicUsize>);

    impl Instrumentation for Prepared {
        fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn an_update_is_prepared_once() {
        let mut sqlite = SqliteConnection::establish(":memory:").unwrap();
        diesel::sql_query("CREATE TABLE settings (name TEXT, value TEXT)").execute(&mut sqlite).unwrap();
        let prepared = Arc::new(AtomicUsize::new(0));
        sqlite.set_instrumentation(Prepared(Arc::clone(&prepared)));
        for value in ["a", "b", "c"] {
            let plain = diesel::update(settings::table).set(settings::value.eq(value));
            plain.execute(&mut sqlite).unwrap();
        }
        assert_eq!(prepared.load(Ordering::Relaxed), 0, "diesel keeps none of them by itself");
        for value in ["a", "b", "c"] {
            let update = diesel::update(settings::table).set(settings::value.eq(value));
            update.returning(settings::name).cached().load::<String>(&mut sqlite).unwrap();
        }
        assert_eq!(prepared.load(Ordering::Relaxed), 1);
    }
}
