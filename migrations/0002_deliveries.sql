-- Sends. Nothing upstream can rebuild these rows. One text for SQLite and PostgreSQL: see 0001.
-- Bodies are JSON in TEXT: they outlive the version of the program that wrote them. The columns
-- beside a body are what is looked for, and what a person with a database shell wants to see.

-- Numbers that go up by one inside the transaction that uses them: without gaps, and visible in
-- their order. The row of 'change' is also the lock of all who write deliveries.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

INSERT INTO counters (name, value) VALUES ('change', 0), ('delivery', 0), ('batch', 0);

-- One sendInvoices.
CREATE TABLE batches (
    id BIGINT NOT NULL PRIMARY KEY,
    created_at_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    options TEXT NOT NULL,
    cancelled_at_ms BIGINT
);

-- Its invoices. state: WAITING, DELIVERY, REFUSED or CANCELLED; progress says the rest.
CREATE TABLE batch_items (
    batch_id BIGINT NOT NULL REFERENCES batches (id),
    position BIGINT NOT NULL,
    psohub_invoice_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    progress TEXT NOT NULL,
    PRIMARY KEY (batch_id, position),
    UNIQUE (batch_id, psohub_invoice_id)
);

CREATE INDEX batch_items_waiting ON batch_items (batch_id) WHERE state = 'WAITING';

-- One delivery an invoice, for ever: this is what makes a second send impossible.
CREATE TABLE deliveries (
    id BIGINT NOT NULL PRIMARY KEY,
    psohub_invoice_id BIGINT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    change BIGINT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    accepted_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    accepted_by TEXT NOT NULL,
    invoice_number TEXT NOT NULL,
    recipient TEXT,
    batch_id BIGINT REFERENCES batches (id),
    record TEXT NOT NULL
);

-- What does not change with each step: the plan, and PSOhub's invoice as it was accepted.
CREATE TABLE delivery_plans (
    delivery_id BIGINT NOT NULL PRIMARY KEY REFERENCES deliveries (id),
    plan TEXT NOT NULL,
    invoice TEXT NOT NULL
);

-- History: one entry for each version of a delivery.
CREATE TABLE delivery_log (
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id),
    version BIGINT NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (delivery_id, version)
);

-- A caller's key gives the first answer again; with other arguments it is an error.
CREATE TABLE idempotency_keys (
    scope TEXT NOT NULL,
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    arguments TEXT NOT NULL,
    delivery_id BIGINT REFERENCES deliveries (id),
    batch_id BIGINT REFERENCES batches (id),
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (scope, caller, idempotency_key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms);

-- Which Bexio contact stands for which PSOhub customer (part COMPANY) or person (part PERSON).
CREATE TABLE contact_mappings (
    part TEXT NOT NULL,
    psohub_id BIGINT NOT NULL,
    bexio_contact_id BIGINT NOT NULL,
    origin TEXT NOT NULL,
    mapped_at_ms BIGINT NOT NULL,
    PRIMARY KEY (part, psohub_id)
);

-- Who does what only one process may do. Times are the database's.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
