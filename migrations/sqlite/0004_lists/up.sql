CREATE TABLE lists (
    workspace_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" TEXT NOT NULL,
    column_defs TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    UNIQUE (workspace_id, "name"),
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) STRICT;

-- cells is a JSON object from column id to value.
CREATE TABLE list_rows (
    workspace_id INTEGER NOT NULL,
    list_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    cells TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    FOREIGN KEY (workspace_id, list_id) REFERENCES lists (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX list_rows_list ON list_rows (workspace_id, list_id, id);

-- One entry per row and indexed column; keys compare as bytes in the order of the values.
CREATE TABLE list_keys (
    workspace_id INTEGER NOT NULL,
    list_id INTEGER NOT NULL,
    column_id TEXT NOT NULL,
    "key" BLOB NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, list_id, column_id, "key", row_id),
    FOREIGN KEY (workspace_id, list_id) REFERENCES lists (workspace_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE list_unique (
    workspace_id INTEGER NOT NULL,
    list_id INTEGER NOT NULL,
    column_id TEXT NOT NULL,
    "key" BLOB NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, list_id, column_id, "key"),
    FOREIGN KEY (workspace_id, list_id) REFERENCES lists (workspace_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
