-- Pages that mini apps had before the one they have now: what is saved over is kept, the last fifty of each app.
CREATE TABLE mini_app_versions (
    workspace_id BIGINT NOT NULL,
    mini_app_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    html TEXT NOT NULL,
    saved_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, mini_app_id, number),
    FOREIGN KEY (workspace_id, mini_app_id) REFERENCES mini_apps (workspace_id, id) ON DELETE CASCADE
);
