-- ---------------------------------------------------------------------------
-- Tables: what became of messages after they were sent
-- ---------------------------------------------------------------------------

-- What somebody did with a message, or a provider said about it.  Partitions
-- are those of the dispatch queue; each has an index that makes an event one
-- (message_id, event, event_key) and one that makes first the only one.
--   event_key  hash of what tells events of a kind apart: the provider's id;
--              without one the instant and the detail, or nothing at all for
--              what happens to a message once
--   detail     id (the provider's), type (of bounces: hard, soft), link, value,
--              and what else there is to say
--   first      of the message's events of the kind the one recorded first: it
--              counts the message
CREATE TABLE campaign.event (
	message_id		bigint NOT NULL,
	delivery_id		bigint NOT NULL,
	event			text COLLATE "C" NOT NULL
		CHECK (event IN ('delivered', 'bounced', 'opened', 'clicked',
						 'unsubscribed', 'complained', 'converted')),
	at				timestamptz NOT NULL,
	event_key		uuid NOT NULL,
	detail			jsonb,
	first			boolean NOT NULL DEFAULT false
) PARTITION BY RANGE (message_id);
COMMENT ON TABLE campaign.event IS 'feedback: what became of messages after they were sent';

-- What reports say, kept by those who record events: sums are the figures.  Rows
-- are only added; now and then many are replaced by their sums, a level higher.
--   grain       minute or link
--   event       as in campaign.event; hard_bounced; of messages that are deleted,
--               sent
--   minute      in which a message had its first such event, and events were; NULL
--               where only sums are known
--   edition     of the messages, as in campaign.chunk
--   name        the link, if any
--   messages    messages, each counted once
--   events      events
--   value       of conversions
--   first_at, last_at  of the events
CREATE TABLE campaign.figure (
	delivery_id		bigint NOT NULL,
	grain			text COLLATE "C" NOT NULL,
	level			smallint NOT NULL,
	event			text COLLATE "C" NOT NULL,
	minute			timestamptz,
	edition			smallint NOT NULL,
	name			text COLLATE "C",
	messages		bigint NOT NULL,
	events			bigint NOT NULL,
	value			numeric,
	first_at		timestamptz,
	last_at			timestamptz
);
COMMENT ON TABLE campaign.figure IS 'what became of messages, summed up for reports';
CREATE INDEX figure_delivery ON campaign.figure (delivery_id, grain, level);

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
