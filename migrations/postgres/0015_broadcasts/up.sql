-- What a step tells more subscribers than one commit does: tell is the message or signal, the parts are the people who
-- have not been told. A part goes in the transaction that tells its people, the broadcast with its last part.
CREATE TABLE broadcasts (
    workspace_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    step_no BIGINT NOT NULL,
    bot_id BIGINT NOT NULL,
    tell TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, run_id, step_no),
    FOREIGN KEY (workspace_id, bot_id) REFERENCES bots (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX broadcasts_bot ON broadcasts (workspace_id, bot_id);

CREATE TABLE broadcast_parts (
    workspace_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    step_no BIGINT NOT NULL,
    part_no BIGINT NOT NULL,
    people BIGINT NOT NULL,
    recipients TEXT NOT NULL,
    PRIMARY KEY (workspace_id, run_id, step_no, part_no),
    FOREIGN KEY (workspace_id, run_id, step_no) REFERENCES broadcasts (workspace_id, run_id, step_no) ON DELETE CASCADE
);

-- Of a subscriber's runs those are looked for that failed. Runs that do not fail have no part in it.
CREATE INDEX runs_failed ON runs (workspace_id, bot_id, lane_key, id) WHERE error IS NOT NULL;
