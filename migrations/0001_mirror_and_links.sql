-- One text for SQLite and PostgreSQL: TEXT, BIGINT and BYTEA only. SQLite has no type BYTEA: it
-- stores the bytes as they are, which is all that is wanted. No BOOLEAN: sqlx's Any driver cannot
-- read a column that SQLite declares so; write 0 and 1 as BIGINT.
-- A released migration is never edited: add the next number.

-- Rows of the book as last seen upstream. A cache: it may be emptied at any time.
CREATE TABLE mirror_psohub (
    invoice_id BIGINT NOT NULL PRIMARY KEY,
    body BYTEA NOT NULL
);

CREATE TABLE mirror_bexio (
    invoice_id BIGINT NOT NULL PRIMARY KEY,
    body BYTEA NOT NULL
);

-- One row for each mirror: how old it is and which encoding its bodies have.
CREATE TABLE mirror_state (
    source TEXT NOT NULL PRIMARY KEY,
    format BIGINT NOT NULL,
    fetched_at_ms BIGINT NOT NULL,
    watermark_ms BIGINT,
    full_pass_at_ms BIGINT,
    extra TEXT NOT NULL
);

-- Which Bexio invoice stands for which PSOhub invoice. Not a cache: nothing upstream can rebuild it.
CREATE TABLE links (
    psohub_invoice_id BIGINT NOT NULL PRIMARY KEY,
    bexio_invoice_id BIGINT NOT NULL,
    origin TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);
