-- Runs of the payment sync. One text for SQLite and PostgreSQL: see 0001. Bodies are JSON in TEXT, as in
-- 0002; the columns beside a body are what is looked for.

INSERT INTO counters (name, value) VALUES ('sync_run', 0);

-- One run. holder: the lease that it runs under. A run that is RUNNING while nobody holds the lease was
-- interrupted. idempotency_key belongs to its actor.
CREATE TABLE sync_runs (
    id BIGINT NOT NULL PRIMARY KEY,
    status TEXT NOT NULL,
    is_dry_run BIGINT NOT NULL,
    started_at_ms BIGINT NOT NULL,
    holder TEXT NOT NULL,
    actor TEXT,
    idempotency_key TEXT,
    record TEXT NOT NULL,
    UNIQUE (actor, idempotency_key)
);

CREATE INDEX sync_runs_by_status ON sync_runs (status, id);

-- What a run did with one invoice. kind: PAID, FAILED or REPORTED. Invoices that simply wait for their
-- money have no row.
CREATE TABLE sync_run_items (
    run_id BIGINT NOT NULL REFERENCES sync_runs (id),
    position BIGINT NOT NULL,
    psohub_invoice_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
);
