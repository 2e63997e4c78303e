-- A deleted list is hidden at once, and its rows are deleted in chunks. rebuild says which indexes of a long list are
-- being made or taken away, and how far that has come; empty when nothing is to be done.
ALTER TABLE lists ADD COLUMN deleted BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE lists ADD COLUMN rebuild TEXT NOT NULL DEFAULT '';
CREATE INDEX lists_work ON lists (workspace_id, id) WHERE deleted OR rebuild <> '';
