//! One module per table: its rows and its queries. Functions that read take a `&mut Connection`, functions
//! that write a `&mut Tx`; all but a few documented ones name the workspace.

/// Deletes rows by workspace and id, which is the key on PostgreSQL; answers how many there were.
macro_rules! delete_rows {
    ($tx:expr, $table:ident, $id:ident, $rows:expr) => {{
        let mut deleted = 0;
        for rows in $rows.chunk_by(|(left, _), (right, _)| left == right) {
            let Some((workspace, _)) = rows.first() else { continue };
            let ids: Vec<i64> = rows.iter().map(|(_, id)| *id).collect();
            deleted += on!($tx.0, c => diesel::delete($table::table
                    .filter($table::workspace_id.eq(*workspace))
                    .filter($table::$id.eq_any(&ids)))
                .execute(c))?;
        }
        deleted
    }};
}

pub mod api_tokens;
pub mod audit_log;
pub mod awaited_calls;
pub mod backlog;
pub(crate) mod bot_removal;
pub mod bots;
pub mod broadcasts;
pub mod calls;
pub mod exit_counters;
pub mod fields;
pub mod files;
pub mod fired;
pub mod forgetting;
pub mod inbox;
pub mod lanes;
pub mod links;
pub mod lists;
pub mod messages;
pub mod mini_apps;
pub mod moves;
pub mod nodes;
pub mod outbox;
pub mod replies;
pub mod runs;
pub mod scenarios;
pub mod schedules;
pub mod secrets;
pub mod sessions;
pub mod setbacks;
pub mod settings;
pub mod staff;
pub mod subscribers;
pub mod tags;
pub mod timers;
pub mod traces;
pub mod users;
pub mod webhooks;
pub mod workspaces;

#[cfg(test)]
mod plans;
