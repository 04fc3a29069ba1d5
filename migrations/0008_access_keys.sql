-- API keys of the service's callers. A key is `igw_<id>_<secret>`; of the secret only its SHA-256 is here.
-- Rows stay when a key is revoked: records name keys. Times are milliseconds since 1970, UTC. See 0001.
CREATE TABLE access_keys (
    -- 16 hexadecimal digits, random.
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_sha256 BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT,
    revoked_at_ms BIGINT,
    last_used_at_ms BIGINT
);

-- Of the keys that are in use no two have one name.
CREATE UNIQUE INDEX access_keys_name ON access_keys (name) WHERE revoked_at_ms IS NULL;
