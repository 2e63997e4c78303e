-- Addresses that runs gave out to be called back on, once. request is what the call said, until its run has taken it.
CREATE TABLE awaited_calls (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    secret_hash TEXT NOT NULL,
    bot_id INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    request TEXT,
    called_at_ms INTEGER,
    expires_at_ms INTEGER NOT NULL,
    UNIQUE (workspace_id, secret_hash),
    FOREIGN KEY (workspace_id, bot_id) REFERENCES bots (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX awaited_calls_secret ON awaited_calls (secret_hash);
CREATE INDEX awaited_calls_lane ON awaited_calls (workspace_id, bot_id, lane_key);
CREATE INDEX awaited_calls_expires ON awaited_calls (expires_at_ms);
