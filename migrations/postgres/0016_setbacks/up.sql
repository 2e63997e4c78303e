-- Work in the background that failed, by itself and not because the database was away: how often, why, and when it is
-- tried again. Without again_at_ms it was given up. What belongs to nobody stands under workspace 0.
CREATE TABLE setbacks (
    workspace_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    item TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    error TEXT NOT NULL,
    again_at_ms BIGINT,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, item)
);
CREATE INDEX setbacks_age ON setbacks (at_ms);
