-- What a file holds, in pieces. A content belongs to a file, or is being uploaded, or was replaced: then `unused_since_ms`
-- says since when, and it goes after a while.
CREATE TABLE file_contents (
    workspace_id BIGINT NOT NULL,
    id TEXT NOT NULL,
    unused_since_ms BIGINT,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX file_contents_unused ON file_contents (unused_since_ms) WHERE unused_since_ms IS NOT NULL;

CREATE TABLE file_chunks (
    workspace_id BIGINT NOT NULL,
    content_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, content_id, number),
    FOREIGN KEY (workspace_id, content_id) REFERENCES file_contents (workspace_id, id) ON DELETE CASCADE
);
-- Pictures and videos are compressed already.
ALTER TABLE file_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Pictures, videos and documents that scenarios send and mini apps show. The slug is the secret part of the address.
CREATE TABLE files (
    workspace_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    content_id TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, name),
    FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, content_id) REFERENCES file_contents (workspace_id, id)
);
CREATE INDEX files_slug ON files (slug);

-- The messenger's own id of a content that a bot has sent: it need not be uploaded again.
CREATE TABLE sent_files (
    workspace_id BIGINT NOT NULL,
    bot_id BIGINT NOT NULL,
    content_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    PRIMARY KEY (workspace_id, bot_id, content_id, kind),
    FOREIGN KEY (workspace_id, bot_id) REFERENCES bots (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, content_id) REFERENCES file_contents (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX sent_files_content ON sent_files (workspace_id, content_id);
