-- Where whoever stands in an older version goes on, as chosen when the newer one was published. A row is gone once
-- everybody has been told; last_run_id is how far that has come.
CREATE TABLE moves (
    workspace_id INTEGER NOT NULL,
    from_version_id INTEGER NOT NULL,
    to_version_id INTEGER NOT NULL,
    choices TEXT NOT NULL,
    last_run_id INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, from_version_id)
) STRICT, WITHOUT ROWID;
