-- What subscribers are marked with.
CREATE TABLE tags (
    workspace_id BIGINT NOT NULL,
    bot_id BIGINT NOT NULL,
    lane_key TEXT NOT NULL,
    tag TEXT NOT NULL,
    since_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, lane_key, tag)
);
CREATE INDEX tags_tag ON tags (workspace_id, bot_id, tag);

-- Subscribers who are told what only the bot's own people should know.
CREATE TABLE staff (
    workspace_id BIGINT NOT NULL,
    bot_id BIGINT NOT NULL,
    lane_key TEXT NOT NULL,
    since_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, lane_key)
);

-- The link by which they join: its code is kept as a hash.
CREATE TABLE staff_links (
    workspace_id BIGINT NOT NULL,
    bot_id BIGINT NOT NULL,
    code_hash BYTEA NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, bot_id)
);

-- Since when nobody can write to them, and since when they want nothing.
ALTER TABLE subscribers ADD COLUMN blocked_at_ms BIGINT;
ALTER TABLE subscribers ADD COLUMN unsubscribed_at_ms BIGINT;
