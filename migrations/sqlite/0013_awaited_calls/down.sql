DROP TABLE awaited_calls;
