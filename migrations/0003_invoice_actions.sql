-- What people and the payment sync did with single invoices, beside sending: marked paid, external ids,
-- links. One text for SQLite and PostgreSQL: see 0001. An action is written before its call leaves
-- (outcome BEGUN) and once more when it ended; one that stays BEGUN had its process die in between.
INSERT INTO counters (name, value) VALUES ('action', 0);

CREATE TABLE invoice_actions (
    id BIGINT NOT NULL PRIMARY KEY,
    psohub_invoice_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    record TEXT NOT NULL
);

CREATE INDEX invoice_actions_by_invoice ON invoice_actions (psohub_invoice_id, id);
