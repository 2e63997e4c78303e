ALTER TABLE messages DROP COLUMN deleted;
ALTER TABLE messages DROP COLUMN changed_at_ms;
DROP INDEX messages_slot;
ALTER TABLE messages DROP COLUMN slot;
ALTER TABLE messages DROP COLUMN part_ids;
