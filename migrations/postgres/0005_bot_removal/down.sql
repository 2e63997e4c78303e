DROP INDEX timers_lane;
ALTER TABLE bots DROP COLUMN deleted;
