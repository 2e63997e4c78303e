//! Compiled versions, kept while there is room: a version never changes, so it outlives the bot it was loaded
//! for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::ids::{VersionId, WorkspaceId};
use engine::program::Program;
use engine::scenario::Scenario;
use store::{Connection, ReadError, scenarios};

/// Versions kept; beyond it all are dropped and loaded again when asked for.
const KEPT_MAX: usize = 2_000;

/// The compiled versions. What asks for one may come from outside (a button's token names its version), so
/// the workspace is part of the key: memory knows nothing that the table would not have answered.
#[derive(Default)]
pub struct Programs {
    kept: Mutex<HashMap<(WorkspaceId, VersionId), Arc<Program>>>,
}

impl Programs {
    /// A version of the workspace, if it is in memory.
    pub fn find(&self, workspace: WorkspaceId, version: VersionId) -> Option<Arc<Program>> {
        self.lock().get(&(workspace, version)).cloned()
    }

    /// A version of the workspace, from memory or from its table.
    pub fn load(
        &self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        version: VersionId,
    ) -> Result<Option<Arc<Program>>, ReadError> {
        if let Some(program) = self.find(workspace, version) {
            return Ok(Some(program));
        }
        let Some(row) = scenarios::find_version(connection, workspace, version)? else { return Ok(None) };
        let document: Scenario = match serde_json::from_str(&row.document) {
            Ok(document) => document,
            Err(error) => {
                // Published documents were validated; one that does not read is damage, not a mistake of its author.
                tracing::error!(%workspace, version = %version, %error, "a published version cannot be read");
                return Ok(None);
            }
        };
        let program = Arc::new(Program::compile(row.scenario_id, version, document));
        let mut kept = self.lock();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert((workspace, version), Arc::clone(&program));
        Ok(Some(program))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, VersionId), Arc<Program>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
