-- ---------------------------------------------------------------------------
-- Tables: the dispatch queue
--
-- A message is written once and never again.  What changes is the chunk of up
-- to 1,000 neighbouring messages it belongs to: leased by a sender, settled
-- with one byte per message.
-- ---------------------------------------------------------------------------

-- A span of time whose messages share a partition of the queue.
CREATE TABLE campaign.epoch (
	epoch_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	month			date NOT NULL UNIQUE,
	partition		text COLLATE "C" NOT NULL
);
COMMENT ON TABLE campaign.epoch IS 'a month whose runs share a partition of the dispatch queue';

-- One channel activity of one run.
CREATE TABLE campaign.delivery (
	delivery_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id			bigint NOT NULL REFERENCES campaign.run ON DELETE CASCADE,
	activity		text COLLATE "C" NOT NULL,
	channel			text COLLATE "C" NOT NULL,
	targeted		bigint NOT NULL DEFAULT 0,
	excluded		bigint NOT NULL DEFAULT 0,
	queued			bigint NOT NULL DEFAULT 0,
	UNIQUE (run_id, activity)
);
COMMENT ON TABLE campaign.delivery IS 'one channel activity of one run, with its counts';

-- The queue: one row per message, written once.
--   message_id  epoch * 2^36 + a number; neighbours in a chunk are consecutive
--   recipient   key of the targeted row as text
--   person      key of the person behind it, NULL where that is the recipient
--   variables   values of the template's expressions, in its order
CREATE TABLE campaign.dispatch (
	message_id		bigint NOT NULL,
	delivery_id		bigint NOT NULL,
	recipient		text COLLATE "C" NOT NULL,
	person			text COLLATE "C",
	address			text COLLATE "C" NOT NULL,
	variables		text[]
) PARTITION BY RANGE (message_id);
COMMENT ON TABLE campaign.dispatch IS 'the dispatch queue: one row per message, written once';

-- Numbers of messages are handed out by the thousand, a chunk at a time.
CREATE SEQUENCE campaign.message_number;
COMMENT ON SEQUENCE campaign.message_number IS 'counts chunks of 1,000 message numbers';

-- Up to 1,000 neighbouring messages of a delivery; what senders lease.
--   first_id, last_id                the messages
--   first_recipient, last_recipient  of them, in "C" order
--   due_at        not before
--   settled       nothing is left to be done
--   lease         of the sender that has, or had, it
--   holder        role that claimed it
--   attempts      how often it was claimed
--   results       a byte per message: '.' open, 's' sent, 'f' failed,
--                 'w' withdrawn, 'r' retried in a chunk of its own; NULL: all open
CREATE TABLE campaign.chunk (
	chunk_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	delivery_id		bigint NOT NULL REFERENCES campaign.delivery ON DELETE CASCADE,
	channel			text COLLATE "C" NOT NULL,
	first_id		bigint NOT NULL,
	last_id			bigint NOT NULL,
	first_recipient	text COLLATE "C" NOT NULL,
	last_recipient	text COLLATE "C" NOT NULL,
	due_at			timestamptz NOT NULL,
	settled			boolean NOT NULL DEFAULT false,
	lease			uuid,
	holder			oid,
	leased_until	timestamptz,
	attempts		integer NOT NULL DEFAULT 0,
	results			bytea
) WITH (fillfactor = 70);
COMMENT ON TABLE campaign.chunk IS 'up to 1,000 neighbouring messages of a delivery, leased and settled together';
CREATE INDEX chunk_due ON campaign.chunk (channel, delivery_id, due_at, chunk_id) WHERE NOT settled;
CREATE INDEX chunk_lease ON campaign.chunk (lease) WHERE lease IS NOT NULL;
CREATE INDEX chunk_delivery ON campaign.chunk (delivery_id, first_id);

-- What there is to say about a message beyond its byte.
CREATE TABLE campaign.outcome (
	message_id		bigint NOT NULL,
	attempt			integer NOT NULL,
	delivery_id		bigint NOT NULL REFERENCES campaign.delivery ON DELETE CASCADE,
	status			text COLLATE "C" NOT NULL
		CHECK (status IN ('failed', 'retried', 'withdrawn')),
	reason			text,
	settled_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (message_id, attempt)
);
COMMENT ON TABLE campaign.outcome IS 'why a message failed, was retried or withdrawn';
CREATE INDEX outcome_delivery ON campaign.outcome (delivery_id, status);

-- Who was left out of a delivery, and why.
CREATE TABLE campaign.exclusion (
	delivery_id		bigint NOT NULL,
	recipient		text COLLATE "C" NOT NULL,
	person			text COLLATE "C",
	reason			text COLLATE "C" NOT NULL
);
COMMENT ON TABLE campaign.exclusion IS 'who was left out of a delivery, and why';
CREATE INDEX exclusion_delivery ON campaign.exclusion USING brin (delivery_id) WITH (pages_per_range = 8);

-- Addresses that must not be contacted.
--   address_hash  campaign.address_hash(address): what is compared
CREATE TABLE campaign.suppression (
	channel			text COLLATE "C" NOT NULL,
	address_hash	uuid NOT NULL,
	address			text COLLATE "C",
	reason			text,
	role_name		text COLLATE "C" NOT NULL,
	suppressed_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (channel, address_hash)
);
COMMENT ON TABLE campaign.suppression IS 'addresses that must not be contacted, per channel';
