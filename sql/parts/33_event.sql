-- ---------------------------------------------------------------------------
-- Tables: what became of messages after they were sent
-- ---------------------------------------------------------------------------

-- What somebody did with a message, or a provider said about it.  Partitions
-- are those of the dispatch queue; each has an index that makes an event one
-- (message_id, event, event_key) and one that serves counts.
--   event_key  hash of what tells events of a kind apart: the provider's id;
--              without one the instant and the detail, or nothing at all for
--              what happens to a message once
--   detail     id (the provider's), type (of bounces: hard, soft), link, value,
--              and what else there is to say
CREATE TABLE campaign.event (
	message_id		bigint NOT NULL,
	delivery_id		bigint NOT NULL,
	event			text COLLATE "C" NOT NULL
		CHECK (event IN ('delivered', 'bounced', 'opened', 'clicked',
						 'unsubscribed', 'complained', 'converted')),
	at				timestamptz NOT NULL,
	event_key		uuid NOT NULL,
	detail			jsonb
) PARTITION BY RANGE (message_id);
COMMENT ON TABLE campaign.event IS 'feedback: what became of messages after they were sent';

-- Events of messages that are not there, or not the caller's to speak of.
-- Rows are forgotten after a week.
CREATE TABLE campaign.parked_event (
	parked_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	role			oid NOT NULL,
	message_id		bigint NOT NULL,
	event			text COLLATE "C" NOT NULL,
	at				timestamptz NOT NULL,
	detail			jsonb
);
COMMENT ON TABLE campaign.parked_event IS 'feedback about messages that are not there, or not the caller''s; kept for a week';
CREATE INDEX parked_event_parked_at ON campaign.parked_event (parked_at);

-- How often mail to an address came back for a reason that may pass.
--   bounced_at  the last time; forgotten when messages of then are
CREATE TABLE campaign.soft_bounce (
	channel			text COLLATE "C" NOT NULL,
	address_hash	uuid NOT NULL,
	bounces			bigint NOT NULL,
	bounced_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (channel, address_hash)
);
COMMENT ON TABLE campaign.soft_bounce IS 'soft bounces of an address, counted until it is suppressed for them';

-- What tracking URLs are signed with: random bytes, made when first needed.
CREATE TABLE campaign.secret (
	sole			boolean PRIMARY KEY DEFAULT true CHECK (sole),
	secret			bytea NOT NULL CHECK (octet_length(secret) = 32)
);
COMMENT ON TABLE campaign.secret IS 'what tracking URLs are signed with; never shown';
