-- Webhooks: notices for programs of the headquarters.

CREATE TABLE webhooks (
    jurisdiction_id uuid NOT NULL REFERENCES jurisdictions,
    webhook_id      uuid NOT NULL,
    url             text NOT NULL,
    cursor          bigint NOT NULL,
    attempts        integer NOT NULL,
    next_at         timestamptz NOT NULL,
    last_error      text,
    PRIMARY KEY (jurisdiction_id, webhook_id)
);
CREATE INDEX feed_notices ON feed (jurisdiction_id, seq) WHERE kind = 'notice';
COMMENT ON TABLE webhooks IS 'Where notices are sent to; set by the operator only';
COMMENT ON COLUMN webhooks.jurisdiction_id IS 'Whose notices';
COMMENT ON COLUMN webhooks.webhook_id IS 'Its signing key follows from it and the installation''s secret';
COMMENT ON COLUMN webhooks.url IS 'The receiver';
COMMENT ON COLUMN webhooks.cursor IS 'Place in the order of all changes of the last notice that was taken';
COMMENT ON COLUMN webhooks.attempts IS 'Failures in a row';
COMMENT ON COLUMN webhooks.next_at IS 'Not before this; while a process has the turn, when it loses it';
COMMENT ON COLUMN webhooks.last_error IS 'Why it did not take the last';
