-- settled_at_ms is set when a row is done or dead: the pending ones are exactly those in the partial index.
CREATE TABLE inbox (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    bot_id INTEGER NOT NULL,
    "partition" INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    meta TEXT NOT NULL,
    reply_secret TEXT,
    hops INTEGER NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    settled_at_ms INTEGER,
    UNIQUE (workspace_id, bot_id, dedupe_key)
) STRICT;
CREATE INDEX inbox_pending ON inbox (workspace_id, bot_id, lane_key, id) WHERE settled_at_ms IS NULL;
CREATE INDEX inbox_settled ON inbox (settled_at_ms) WHERE settled_at_ms IS NOT NULL;

-- version is the fence: every commit of a lane adds one to the version it read.
CREATE TABLE lanes (
    workspace_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    foreground_run_id INTEGER,
    "partition" INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, lane_key)
) STRICT, WITHOUT ROWID;

-- The id is that of the event that began the run: an event begins at most one.
CREATE TABLE runs (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY NOT NULL,
    bot_id INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    scenario_id INTEGER NOT NULL,
    version_id INTEGER NOT NULL,
    status TEXT NOT NULL,
    state TEXT NOT NULL,
    error TEXT,
    started_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER
) STRICT;
CREATE INDEX runs_open ON runs (workspace_id, bot_id, lane_key) WHERE ended_at_ms IS NULL;
CREATE INDEX runs_ready ON runs (workspace_id, bot_id, lane_key) WHERE status = 'ready';
CREATE INDEX runs_scenario ON runs (workspace_id, scenario_id, id);
CREATE INDEX runs_ended ON runs (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

-- A pending call has next_at_ms, an answered one has answer; used ones are deleted.
CREATE TABLE calls (
    workspace_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    step_no INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    "partition" INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    request TEXT NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    next_at_ms INTEGER,
    answer TEXT,
    PRIMARY KEY (workspace_id, run_id, step_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_due ON calls (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX calls_answered ON calls (workspace_id, bot_id, lane_key) WHERE answer IS NOT NULL;
CREATE INDEX calls_lane ON calls (workspace_id, bot_id, lane_key);

-- A queued row has no claim; a sent one is deleted and lives on in messages.
CREATE TABLE outbox (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    effect_id TEXT NOT NULL,
    bot_id INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    peer TEXT NOT NULL,
    "class" TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    in_history INTEGER NOT NULL,
    not_before_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    uncertain INTEGER NOT NULL,
    claimed_by TEXT,
    claimed_at_ms INTEGER,
    error TEXT,
    return_to TEXT,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (workspace_id, effect_id)
) STRICT;
CREATE INDEX outbox_queued ON outbox (workspace_id, bot_id, "class", not_before_at_ms, id) WHERE claimed_at_ms IS NULL;
CREATE INDEX outbox_peer ON outbox (workspace_id, bot_id, peer, id);
CREATE INDEX outbox_sending ON outbox (workspace_id, bot_id, claimed_by) WHERE status = 'sending';
CREATE INDEX outbox_buried ON outbox (claimed_at_ms) WHERE status IN ('unknown', 'dead');

-- The id is the outbox row's; incoming messages take theirs from the same sequence, so ids order a conversation.
CREATE TABLE messages (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY NOT NULL,
    bot_id INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    peer TEXT NOT NULL,
    direction TEXT NOT NULL,
    payload TEXT NOT NULL,
    platform_id TEXT,
    fate TEXT NOT NULL,
    uncertain INTEGER NOT NULL,
    error TEXT,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_lane ON messages (workspace_id, bot_id, lane_key, id);
CREATE INDEX messages_platform ON messages (workspace_id, bot_id, peer, platform_id) WHERE platform_id IS NOT NULL;

CREATE TABLE timers (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    bot_id INTEGER NOT NULL,
    "partition" INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    run_id INTEGER,
    wait_id INTEGER,
    payload TEXT NOT NULL
) STRICT;
CREATE INDEX timers_due ON timers (due_at_ms);
CREATE INDEX timers_run ON timers (workspace_id, run_id);

CREATE TABLE replies (
    workspace_id INTEGER NOT NULL,
    event_id INTEGER NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    secret TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, event_id)
) STRICT;
CREATE INDEX replies_event ON replies (event_id);
CREATE INDEX replies_expiry ON replies (expires_at_ms);

CREATE TABLE nodes (
    id TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    heartbeat_at_ms INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE bot_partitions (
    workspace_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    "partition" INTEGER NOT NULL,
    "owner" TEXT,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, "partition")
) STRICT;

-- day counts from 1970-01-01 UTC.
CREATE TABLE exit_counters (
    workspace_id INTEGER NOT NULL,
    scenario_id INTEGER NOT NULL,
    action_id TEXT NOT NULL,
    exit_id TEXT NOT NULL,
    "day" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, scenario_id, action_id, exit_id, "day")
) STRICT, WITHOUT ROWID;
