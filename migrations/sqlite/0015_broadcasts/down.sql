DROP INDEX runs_failed;
DROP TABLE broadcast_parts;
DROP TABLE broadcasts;
