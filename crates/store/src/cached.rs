//! Keeps a statement prepared where diesel would not.
//!
//! diesel 2.3 prepares every `UPDATE`, `ON CONFLICT DO UPDATE` and `IN (...)` of SQLite anew, because their
//! text may differ from call to call (`unsafe_to_cache_prepared`). Ours have a fixed text; and without a
//! static query id the cache goes by the text anyway, so a differing one is only another entry.
//! On PostgreSQL this saves a round trip per statement.
//!
//! It works for statements that are loaded: `execute` asks a reference to the statement whether it may be
//! kept, and diesel answers for references. Hence [`Changing`] for those that change rows.
//!
//! Going by the text means to write the text each time only to find the statement. One whose text never differs is
//! found by the place in the source it stands at instead: `.fixed(here!())`.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{PgConnection, QueryResult, RunQueryDsl, SqliteConnection};

/// How a kept statement is found again.
pub(crate) trait FoundBy: Sized {
    type Id: 'static;
    const IS_PLACE: bool;
}

/// By its text.
pub(crate) struct Text;

/// By a place in the source; the type is that of [`here`].
pub(crate) struct Place<T>(PhantomData<T>);

impl FoundBy for Text {
    type Id = ();
    const IS_PLACE: bool = false;
}

impl<T: 'static> FoundBy for Place<T> {
    type Id = T;
    const IS_PLACE: bool = true;
}

pub(crate) struct Cached<Q, F>(Q, PhantomData<F>);

/// A value of a type that only this place in the source has.
macro_rules! here {
    () => {
        || ()
    };
}
pub(crate) use here;

pub(crate) trait CachedDsl: Sized {
    /// For statements whose text takes only a few forms.
    fn cached(self) -> Cached<Self, Text> {
        Cached(self, PhantomData)
    }

    /// For statements whose text never differs, whatever is bound: `.fixed(here!())`. With debug assertions it is
    /// compared, because another text would silently run as the first one.
    fn fixed<T: 'static>(self, _here: T) -> Cached<Self, Place<T>> {
        Cached(self, PhantomData)
    }

    /// The same for statements that change rows, without a RETURNING of their own.
    fn changing<T: 'static>(self, here: T) -> Changing<Self, Place<T>> {
        Changing { statement: self.fixed(here), returning: "1::bigint" }
    }

    /// The same for those that insert a row with a generated `id`.
    fn inserting<T: 'static>(self, here: T) -> Changing<Self, Place<T>> {
        Changing { statement: self.fixed(here), returning: "id" }
    }
}

impl<Q> CachedDsl for Q {}

impl<Q, F: FoundBy> QueryId for Cached<Q, F> {
    type QueryId = F::Id;
    const HAS_STATIC_QUERY_ID: bool = F::IS_PLACE;
}

impl<Q, F, DB> QueryFragment<DB> for Cached<Q, F>
where
    Q: QueryFragment<DB>,
    F: FoundBy,
    DB: Backend<QueryBuilder: Default>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        #[cfg(debug_assertions)]
        if F::IS_PLACE {
            one_text::check::<F::Id, DB>(&self.0, pass.backend())?;
        }
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q: Query, F> Query for Cached<Q, F> {
    type SqlType = Q::SqlType;
}

impl<Q, F, C> RunQueryDsl<C> for Cached<Q, F> {}

/// A statement that changes rows, and how many it has changed.
///
/// PostgreSQL tells it by RETURNING. SQLite would keep the rows of a RETURNING in a table made for that, and copy every
/// page it touches in case the statement fails half way; it is asked afterwards.
pub(crate) struct Changing<Q, F> {
    statement: Cached<Q, F>,
    /// What PostgreSQL returns.
    returning: &'static str,
}

impl<Q, F> Changing<Q, F> {
    /// How many rows it has changed.
    pub(crate) fn count<'query, C>(self, connection: &mut C) -> QueryResult<usize>
    where
        Self: LoadQuery<'query, C, i64> + RunQueryDsl<C>,
        C: AfterChange,
    {
        let returned = self.load(connection)?;
        connection.count(&returned)
    }

    /// The `id` of the row it has inserted, if it has.
    pub(crate) fn inserted_id<'query, C>(self, connection: &mut C) -> QueryResult<Option<i64>>
    where
        Self: LoadQuery<'query, C, i64> + RunQueryDsl<C>,
        C: AfterChange,
    {
        let returned = self.load(connection)?;
        connection.inserted_id(&returned)
    }

    /// Runs it, however many rows it changes.
    pub(crate) fn run<'query, C>(self, connection: &mut C) -> QueryResult<()>
    where
        Self: LoadQuery<'query, C, i64> + RunQueryDsl<C>,
    {
        self.load(connection).map(drop)
    }
}

/// What the statement before has come to; `returned` is what it returned.
pub(crate) trait AfterChange: Sized {
    fn count(&mut self, returned: &[i64]) -> QueryResult<usize>;
    fn inserted_id(&mut self, returned: &[i64]) -> QueryResult<Option<i64>>;
}

impl AfterChange for PgConnection {
    fn count(&mut self, returned: &[i64]) -> QueryResult<usize> {
        Ok(returned.len())
    }

    fn inserted_id(&mut self, returned: &[i64]) -> QueryResult<Option<i64>> {
        Ok(returned.last().copied())
    }
}

impl AfterChange for SqliteConnection {
    fn count(&mut self, _: &[i64]) -> QueryResult<usize> {
        let changes: i64 = diesel::select(sql::<BigInt>("changes()")).fixed(here!()).get_result(self)?;
        Ok(usize::try_from(changes).unwrap_or_default())
    }

    fn inserted_id(&mut self, _: &[i64]) -> QueryResult<Option<i64>> {
        let both = (sql::<BigInt>("changes()"), sql::<BigInt>("last_insert_rowid()"));
        let (changes, id): (i64, i64) = diesel::select(both).fixed(here!()).get_result(self)?;
        Ok((changes > 0).then_some(id))
    }
}

/// Whether statements of a database return what they change.
pub(crate) trait Returns: Backend {
    const RETURNS: bool;
}

impl Returns for Pg {
    const RETURNS: bool = true;
}

impl Returns for Sqlite {
    const RETURNS: bool = false;
}

impl<Q, F: FoundBy> QueryId for Changing<Q, F> {
    type QueryId = F::Id;
    const HAS_STATIC_QUERY_ID: bool = F::IS_PLACE;
}

impl<Q, F, DB> QueryFragment<DB> for Changing<Q, F>
where
    Cached<Q, F>: QueryFragment<DB>,
    DB: Returns,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(pass.reborrow())?;
        if DB::RETURNS {
            pass.push_sql(" RETURNING ");
            pass.push_sql(self.returning);
        }
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q, F> Query for Changing<Q, F> {
    type SqlType = BigInt;
}

impl<Q, F, C> RunQueryDsl<C> for Changing<Q, F> {}

#[cfg(debug_assertions)]
mod one_text {
    use std::any::TypeId;
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};

    use diesel::QueryResult;
    use diesel::backend::Backend;
    use diesel::query_builder::{QueryBuilder, QueryFragment};

    /// The text of each place that has run a statement.
    static TEXTS: Mutex<Option<HashMap<TypeId, String>>> = Mutex::new(None);

    /// # Panics
    /// When another text stood at this place before.
    pub(super) fn check<Id: 'static, DB: Backend<QueryBuilder: Default>>(
        query: &impl QueryFragment<DB>,
        backend: &DB,
    ) -> QueryResult<()> {
        let mut text = DB::QueryBuilder::default();
        query.to_sql(&mut text, backend)?;
        let text = text.finish();
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let before = texts.get_or_insert_default().entry(TypeId::of::<Id>()).or_insert_with(|| text.clone());
        assert!(*before == text, "two texts at one place:\n{before}\n{text}");
        Ok(())
    }
}

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

    fn rename(sqlite: &mut SqliteConnection, only: Option<&str>, value: &str) -> QueryResult<usize> {
        let update = diesel::update(settings::table);
        let set = settings::value.eq(value);
        match only {
            Some(name) => update.filter(settings::name.eq(name)).set(set).changing(here!()).count(sqlite),
            None => update.set(set).changing(here!()).count(sqlite),
        }
    }

    #[test]
    fn places_are_told_apart() {
        let mut sqlite = SqliteConnection::establish(":memory:").unwrap();
        diesel::sql_query("CREATE TABLE settings (name TEXT, value TEXT)").execute(&mut sqlite).unwrap();
        for name in ["a", "b"] {
            let row = (settings::name.eq(name), settings::value.eq("old"));
            diesel::insert_into(settings::table).values(row).execute(&mut sqlite).unwrap();
        }
        let prepared = Arc::new(AtomicUsize::new(0));
        sqlite.set_instrumentation(Prepared(Arc::clone(&prepared)));
        for (only, rows) in [(Some("a"), 1), (None, 2), (Some("b"), 1), (None, 2), (Some("c"), 0)] {
            assert_eq!(rename(&mut sqlite, only, "new"), Ok(rows));
        }
        assert_eq!(prepared.load(Ordering::Relaxed), 3, "two updates and the question for the count");
    }

    #[test]
    fn an_insert_tells_its_id_unless_the_row_was_there() {
        let mut sqlite = SqliteConnection::establish(":memory:").unwrap();
        diesel::sql_query("CREATE TABLE settings (id INTEGER PRIMARY KEY, name TEXT UNIQUE, value TEXT)")
            .execute(&mut sqlite)
            .unwrap();
        let mut insert = |name: &str| {
            diesel::insert_into(settings::table)
                .values((settings::name.eq(name), settings::value.eq("")))
                .on_conflict_do_nothing()
                .inserting(here!())
                .inserted_id(&mut sqlite)
                .unwrap()
        };
        assert_eq!([insert("a"), insert("b"), insert("a"), insert("c")], [Some(1), Some(2), None, Some(3)]);
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "two texts at one place")]
    fn a_text_that_differs_is_found_out() {
        let mut sqlite = SqliteConnection::establish(":memory:").unwrap();
        diesel::sql_query("CREATE TABLE settings (name TEXT, value TEXT)").execute(&mut sqlite).unwrap();
        for names in [vec!["a"], vec!["a", "b"]] {
            let select = settings::table.filter(settings::name.eq_any(names)).select(settings::name);
            let _ = select.fixed(here!()).load::<String>(&mut sqlite);
        }
    }
}
