-- Who is connected, with the tokens. The bytes are encrypted by the program (XChaCha20-Poly1305);
-- no key is in this database. Times are milliseconds since 1970, UTC.
CREATE TABLE connections (
    upstream TEXT NOT NULL PRIMARY KEY,
    -- Counts the changes of consent and tokens: each is made by whoever knew the one before.
    version BIGINT NOT NULL,
    consent TEXT NOT NULL,
    -- Why a person is needed, in words.
    reason TEXT,
    -- Which key the tokens are encrypted with.
    key_id TEXT,
    access_token BYTEA,
    refresh_token BYTEA,
    scopes TEXT NOT NULL,
    granted_at_ms BIGINT NOT NULL,
    granted_by TEXT NOT NULL,
    renewed_at_ms BIGINT NOT NULL,
    lifetime_ms BIGINT,
    -- Stay when the account is disconnected: what is mirrored is this company's.
    company_id TEXT,
    company_name TEXT,
    user_name TEXT,
    user_email TEXT,
    -- A renewal under way: since when, by whom, and until when others keep off (by this database's clock).
    renewing_since_ms BIGINT,
    renewing_by TEXT,
    renewing_until_ms BIGINT
);

-- Browsers that were sent to an upstream to agree, until they come back. The state itself is not
-- kept, only its SHA-256.
CREATE TABLE connect_attempts (
    state_hash TEXT NOT NULL PRIMARY KEY,
    upstream TEXT NOT NULL,
    key_id TEXT NOT NULL,
    secrets BYTEA NOT NULL,
    expires_at_ms BIGINT NOT NULL
);

-- Since when a token from the configuration is in use: it does not say when it ends. The token
-- itself is not kept, only a SHA-256.
CREATE TABLE configured_tokens (
    upstream TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    first_used_at_ms BIGINT NOT NULL
);
