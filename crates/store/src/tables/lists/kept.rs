//! Definitions of lists, kept in memory: each row that is read or written would cost reading its list first.
//!
//! Only on SQLite, where one writer changes them; commands that write beside a server (`token`, `pause`) change none. What
//! the writer has changed it reads itself until its transaction is over. Then everything kept is forgotten, of all
//! workspaces, before anybody hears of the commit, and what was read before is not kept any more.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use engine::ids::WorkspaceId;

use super::List;

/// Lists kept at most.
const KEPT_MAX: usize = 1_000;

/// What the connections of a database keep together.
#[derive(Default)]
pub(crate) struct Definitions(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    /// Rises whenever everything is forgotten.
    generation: u64,
    lists: HashMap<WorkspaceId, HashMap<String, Arc<List>>>,
    count: usize,
}

impl Kept {
    fn forget(&mut self) {
        *self = Self { generation: self.generation + 1, ..Self::default() };
    }
}

/// A connection's share in them; one without keeps nothing.
#[derive(Default)]
pub(crate) struct Share {
    definitions: Option<Arc<Definitions>>,
    /// Its transaction has changed lists.
    changed: bool,
}

impl Share {
    pub(crate) fn of(definitions: &Arc<Definitions>) -> Self {
        Self { definitions: Some(Arc::clone(definitions)), changed: false }
    }

    pub(super) fn find(&self, workspace: WorkspaceId, name: &str) -> Option<Arc<List>> {
        let kept = self.usable()?.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.lists.get(&workspace)?.get(name).cloned()
    }

    /// Of which time a list is that is read from now on; `None` when it is not to be kept.
    pub(super) fn generation(&self) -> Option<u64> {
        Some(self.usable()?.0.read().unwrap_or_else(PoisonError::into_inner).generation)
    }

    /// Keeps a list that was read since a generation was asked for.
    pub(super) fn keep(&self, generation: u64, list: &Arc<List>) {
        let Some(definitions) = self.usable() else { return };
        let mut kept = definitions.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.generation != generation {
            return;
        }
        if kept.count >= KEPT_MAX {
            kept.forget();
        }
        let before =
            kept.lists.entry(list.workspace_id).or_default().insert(list.name.clone(), Arc::clone(list));
        kept.count += usize::from(before.is_none());
    }

    /// To be said by whoever changes the row of a list.
    pub(super) fn note_change(&mut self) {
        self.changed = true;
    }

    /// The transaction has ended, one way or the other.
    pub(crate) fn settle(&mut self) {
        if std::mem::take(&mut self.changed)
            && let Some(definitions) = &self.definitions
        {
            definitions.0.write().unwrap_or_else(PoisonError::into_inner).forget();
        }
    }

    fn usable(&self) -> Option<&Definitions> {
        self.definitions.as_deref().filter(|_| !self.changed)
    }
}

/// Whether the last transaction of a connection that broke was committed nobody knows.
impl Drop for Share {
    fn drop(&mut self) {
        self.settle();
    }
}

#[cfg(test)]
mod tests {
    use engine::ids::{ListId, UtcMs};

    use super::*;
    use crate::tables::lists::{self, Rebuild};
    use crate::tables::workspaces::{self, NewWorkspace};
    use crate::{Class, Database, Locale, MasterKey, Store, StoreConfig, Tx};

    const HERE: WorkspaceId = WorkspaceId(1);

    fn list(name: &str) -> Arc<List> {
        Arc::new(List {
            workspace_id: HERE,
            id: ListId(1),
            name: name.to_owned(),
            columns: Vec::new(),
            rebuild: Rebuild::default(),
            created_at: UtcMs(0),
            updated_at: UtcMs(0),
            watchers: Vec::new(),
            chain: Some(Vec::new()),
        })
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let definitions = Arc::default();
        let (reader, mut writer) = (Share::of(&definitions), Share::of(&definitions));
        let generation = reader.generation().unwrap();
        reader.keep(generation, &list("a"));
        assert!(writer.find(HERE, "a").is_some());
        assert!(writer.find(WorkspaceId(2), "a").is_none());

        writer.note_change();
        assert!(writer.find(HERE, "a").is_none(), "it may be the one that has changed");
        assert_eq!(writer.generation(), None);
        assert!(reader.find(HERE, "a").is_some(), "not committed yet");
        writer.settle();
        assert!(reader.find(HERE, "a").is_none());
        reader.keep(generation, &list("a"));
        assert!(reader.find(HERE, "a").is_none(), "it was read before");
        reader.keep(generation + 1, &list("a"));
        assert!(writer.find(HERE, "a").is_some());

        writer.note_change();
        drop(writer);
        assert!(reader.find(HERE, "a").is_none(), "the change may have been committed");
        assert!(Share::default().generation().is_none(), "nobody keeps anything alone");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_connections_of_a_store_share_them() {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::Sqlite { path: directory.path().join("t.db") };
        let store = Store::open(StoreConfig::new(database, MasterKey::random().unwrap())).unwrap();
        let make = |tx: &mut Tx| {
            let new = NewWorkspace { name: "here".into(), locale: Locale::Ru, zone: "UTC".into() };
            let here = workspaces::insert(tx, &new, UtcMs(0))?;
            lists::insert(tx, here, "menu", &[], UtcMs(0))?;
            Ok(here)
        };
        let here = store.write(Class::Lanes, make).await.unwrap();
        let is_kept = async || store.read(move |c| Ok(c.known_lists().find(here, "menu").is_some())).await;
        assert!(!is_kept().await.unwrap());
        store.read(move |c| lists::definition(c, here, "menu")).await.unwrap().unwrap();
        assert!(is_kept().await.unwrap());
        let is_kept_there = move |tx: &mut Tx| Ok(tx.known_lists().find(here, "menu").is_some());
        assert!(store.write(Class::Lanes, is_kept_there).await.unwrap());
        let add = move |tx: &mut Tx| lists::insert(tx, here, "other", &[], UtcMs(0));
        store.write(Class::Lanes, add).await.unwrap();
        assert!(!is_kept().await.unwrap(), "the commit has forgotten it");
        store.close().await;
    }

    #[test]
    fn there_are_not_too_many() {
        let share = Share::of(&Arc::default());
        for number in 0..=KEPT_MAX {
            share.keep(share.generation().unwrap(), &list(&number.to_string()));
        }
        assert!(share.find(HERE, "0").is_none());
        assert!(share.find(HERE, &KEPT_MAX.to_string()).is_some());
    }
}
