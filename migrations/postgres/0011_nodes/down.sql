ALTER TABLE calls DROP COLUMN claimed_by;
DROP INDEX bot_partitions_owner;
ALTER TABLE nodes DROP COLUMN home;
