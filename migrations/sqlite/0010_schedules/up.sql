-- Triggers of published scenarios that the clock sets off. spec is what a row was planned by; progress says how far
-- a firing of several transactions has come, or up to which date a list was looked at.
CREATE TABLE schedules (
    workspace_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    scenario_id INTEGER NOT NULL,
    trigger_id TEXT NOT NULL,
    spec TEXT NOT NULL,
    due_at_ms INTEGER NOT NULL,
    progress TEXT NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, scenario_id, trigger_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_due ON schedules (due_at_ms);
-- Triggers that want to know when a row is written, as a JSON array.
ALTER TABLE lists ADD COLUMN watchers TEXT NOT NULL DEFAULT '[]';
