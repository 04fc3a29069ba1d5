-- What a connection test at the level WRITE creates in Bexio, noted before it is created: a row is gone
-- when nothing of it is left there. One text for SQLite and PostgreSQL: see 0001.
CREATE TABLE connection_tests (
    -- 32 hexadecimal digits, random: the draft's reference and the contact's name bear them.
    marker TEXT NOT NULL PRIMARY KEY,
    begun_at_ms BIGINT NOT NULL,
    begun_by TEXT NOT NULL,
    -- When the last create was announced: until its answer is surely in, a search proves nothing.
    last_create_at_ms BIGINT NOT NULL
);
