CREATE TABLE bots (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    channel TEXT NOT NULL,
    "name" TEXT NOT NULL,
    username TEXT,
    external_id TEXT,
    token BLOB,
    base_url TEXT,
    intake TEXT NOT NULL,
    webhook_secret BLOB,
    unknown_policy TEXT NOT NULL,
    status TEXT NOT NULL,
    status_note TEXT,
    poll_offset INTEGER,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE scenarios (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" TEXT NOT NULL,
    draft TEXT NOT NULL,
    draft_revision INTEGER NOT NULL,
    published_version_id INTEGER,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    UNIQUE (workspace_id, "name"),
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) STRICT;

-- Published versions never change.
CREATE TABLE scenario_versions (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    scenario_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    published_at_ms INTEGER NOT NULL,
    published_by INTEGER,
    UNIQUE (workspace_id, scenario_id, number),
    FOREIGN KEY (workspace_id, scenario_id) REFERENCES scenarios (workspace_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE bot_scenarios (
    workspace_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    scenario_id INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, scenario_id),
    FOREIGN KEY (workspace_id, bot_id) REFERENCES bots (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, scenario_id) REFERENCES scenarios (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX bot_scenarios_scenario ON bot_scenarios (workspace_id, scenario_id);

-- slug is the random address of the app; it is looked up without a workspace.
CREATE TABLE mini_apps (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" TEXT NOT NULL,
    slug TEXT NOT NULL,
    html TEXT NOT NULL,
    bot_id INTEGER,
    updated_at_ms INTEGER NOT NULL,
    UNIQUE (workspace_id, "name"),
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX mini_apps_slug ON mini_apps (slug);

-- The secret is the address: found by its hash, sealed so that it can be shown again.
CREATE TABLE webhooks (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    secret BLOB NOT NULL,
    bot_id INTEGER NOT NULL,
    scenario_id INTEGER NOT NULL,
    trigger_id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (workspace_id, secret_hash),
    FOREIGN KEY (workspace_id, bot_id) REFERENCES bots (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, scenario_id) REFERENCES scenarios (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX webhooks_hash ON webhooks (secret_hash);

CREATE TABLE subscribers (
    workspace_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    lane_key TEXT NOT NULL,
    external_user_id TEXT,
    peer TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    username TEXT NOT NULL,
    language TEXT NOT NULL,
    first_seen_at_ms INTEGER NOT NULL,
    last_seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, lane_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscribers_seen ON subscribers (workspace_id, bot_id, last_seen_at_ms);

-- scope client: owner is '<bot id>:<user>'; person: '<channel>:<user>'; global: ''.
CREATE TABLE fields (
    workspace_id INTEGER NOT NULL,
    scope TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    PRIMARY KEY (workspace_id, scope, "owner", "name")
) STRICT, WITHOUT ROWID;
