ALTER TABLE subscribers DROP COLUMN unsubscribed_at_ms;
ALTER TABLE subscribers DROP COLUMN blocked_at_ms;
DROP TABLE staff_links;
DROP TABLE staff;
DROP TABLE tags;
