-- The data directory a node serves from: whoever holds it knows that its earlier nodes are dead.
ALTER TABLE nodes ADD COLUMN home TEXT NOT NULL DEFAULT '';
CREATE INDEX bot_partitions_owner ON bot_partitions ("owner");
-- The node that performs a pending call.
ALTER TABLE calls ADD COLUMN claimed_by TEXT;
