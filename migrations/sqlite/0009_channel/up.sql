-- Short addresses that count their visits. lane_key, sender and peer say whose link it is, if anybody's.
CREATE TABLE links (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    bot_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    url TEXT NOT NULL,
    "name" TEXT NOT NULL,
    lane_key TEXT,
    sender TEXT,
    peer TEXT,
    visits INTEGER NOT NULL,
    first_visit_at_ms INTEGER,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (workspace_id, code),
    FOREIGN KEY (workspace_id, bot_id) REFERENCES bots (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX links_code ON links (code);
CREATE INDEX links_bot ON links (workspace_id, bot_id);
