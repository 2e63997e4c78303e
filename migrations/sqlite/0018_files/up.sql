-- What a file holds, in pieces. A content belongs to a file, or is being uploaded, or was replaced: then `unused_since_ms`
-- says since when, and it goes after a while.
CREATE TABLE file_contents (
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    unused_since_ms INTEGER,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX file_contents_unused ON file_contents (unused_since_ms) WHERE unused_since_ms IS NOT NULL;

CREATE TABLE file_chunks (
    workspace_id INTEGER NOT NULL,
    content_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (workspace_id, content_id, number),
    FOREIGN KEY (workspace_id, content_id) REFERENCES file_contents (workspace_id, id) ON DELETE CASCADE
) STRICT;

-- Pictures, videos and documents that scenarios send and mini apps show. The slug is the secret part of the address.
CREATE TABLE files (
    workspace_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    content_id TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, name),
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, content_id) REFERENCES file_contents (workspace_id, id)
) STRICT;
CREATE INDEX files_slug ON files (slug);

-- The messenger's own id of a content that a bot has sent: it need not be uploaded again.
CREATE TABLE sent_files (
    workspace_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    content_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, content_id, kind),
    FOREIGN KEY (workspace_id, bot_id) REFERENCES bots (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, content_id) REFERENCES file_contents (workspace_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sent_files_content ON sent_files (workspace_id, content_id);
