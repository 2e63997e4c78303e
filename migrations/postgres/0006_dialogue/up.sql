-- What a lane remembers beside its runs, as JSON.
ALTER TABLE lanes ADD COLUMN memory TEXT NOT NULL DEFAULT '{}';
-- Where an open run stands: who is where is asked before a version is published.
ALTER TABLE runs ADD COLUMN block_id TEXT COLLATE "C";
ALTER TABLE runs ADD COLUMN action_id TEXT COLLATE "C";
CREATE INDEX runs_version ON runs (workspace_id, version_id) WHERE ended_at_ms IS NULL;
-- The effect that sent a message: by it the message is found when it is to be changed.
ALTER TABLE messages ADD COLUMN effect_id TEXT COLLATE "C";
CREATE INDEX messages_effect ON messages (workspace_id, effect_id) WHERE effect_id IS NOT NULL;
