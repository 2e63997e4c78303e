DROP INDEX messages_effect;
ALTER TABLE messages DROP COLUMN effect_id;
DROP INDEX runs_version;
ALTER TABLE runs DROP COLUMN action_id;
ALTER TABLE runs DROP COLUMN block_id;
ALTER TABLE lanes DROP COLUMN memory;
