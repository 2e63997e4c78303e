-- A deleted bot is hidden at once; what it has gathered is deleted in chunks, and the bot itself last.
ALTER TABLE bots ADD COLUMN deleted BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX timers_lane ON timers (workspace_id, bot_id, lane_key);
