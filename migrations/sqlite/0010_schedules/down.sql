ALTER TABLE lists DROP COLUMN watchers;
DROP TABLE schedules;
