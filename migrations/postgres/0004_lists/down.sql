DROP TABLE list_unique;
DROP TABLE list_keys;
DROP TABLE list_rows;
DROP TABLE lists;
