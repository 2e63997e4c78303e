DROP INDEX lists_work;
ALTER TABLE lists DROP COLUMN rebuild;
ALTER TABLE lists DROP COLUMN deleted;
