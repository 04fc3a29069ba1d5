-- Settings that an administrator saved. Each row is all of them after one change: the newest holds, the
-- others tell who changed what and when. Without a row the environment's hold. See 0001.
CREATE TABLE settings (
    version BIGINT NOT NULL PRIMARY KEY,
    changed_at_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    settings TEXT NOT NULL
);
