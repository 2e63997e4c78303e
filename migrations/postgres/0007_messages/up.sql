-- The messenger's ids of the earlier parts of a message that it has no single message for, as a JSON array.
ALTER TABLE messages ADD COLUMN part_ids TEXT;
-- The place a message takes until the next one of the same name takes it over.
ALTER TABLE messages ADD COLUMN slot TEXT;
CREATE INDEX messages_slot ON messages (workspace_id, bot_id, peer, slot) WHERE slot IS NOT NULL;
ALTER TABLE messages ADD COLUMN changed_at_ms BIGINT;
ALTER TABLE messages ADD COLUMN deleted BOOLEAN NOT NULL DEFAULT FALSE;
