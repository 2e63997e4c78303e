DROP TABLE sent_files;
DROP TABLE files;
DROP TABLE file_chunks;
DROP TABLE file_contents;
