-- ---------------------------------------------------------------------------
-- Tables: the dispatch queue
--
-- A message is written once and never again, unless its person is forgotten.
-- What changes is the chunk of up to 1,000 neighbouring messages it belongs to:
-- leased by a sender, settled with one byte per message.
-- ---------------------------------------------------------------------------

-- A span of time whose messages share a partition of the queue.
CREATE TABLE campaign.epoch (
	epoch_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	month			date NOT NULL UNIQUE,
	partition		text COLLATE "C" NOT NULL
);
COMMENT ON TABLE campaign.epoch IS 'a month whose runs share a partition of the dispatch queue';

-- How messages of a channel are handed out.  A channel of the name of its kind
-- is there without a row.
--   kind      email, sms, push, direct_mail or custom
--   settings  see docs/reference.md
CREATE TABLE campaign.channel (
	name			text COLLATE "C" PRIMARY KEY,
	kind			text COLLATE "C" NOT NULL
		CHECK (kind IN ('email', 'sms', 'push', 'direct_mail', 'custom')),
	settings		jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE campaign.channel IS 'how messages of a channel are handed out';

-- What was handed out lately under a limit: counts per slice of its period.
--   bucket  what is limited, and the period: a channel, a domain of a channel, a
--           campaign
--   slice   number of the newest slice
--   counts  messages handed out in it and in the slices before it
CREATE TABLE campaign.throttle (
	bucket			text COLLATE "C" PRIMARY KEY,
	slice			bigint NOT NULL,
	counts			integer[] NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE campaign.throttle IS 'what was handed out lately under a limit';

-- One channel activity of one run.
--   confirmed     false: messages wait for campaign_confirm
--   decide_at     when the winner of its variants is chosen; NULL: it need not be,
--                 or has been
--   winner        position of the variant that was chosen
--   lanes         values of chunk.domain that its chunks have
--   drained       no chunk of it is unsettled any more
--   passed_due, passed_chunk  chunks before (due_at, chunk_id) are all settled
--   figures       what reports said when its messages were deleted; NULL: they
--                 are there
--   distributed   its messages are in campaign.dispatch_bucket
CREATE TABLE campaign.delivery (
	delivery_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id			bigint NOT NULL REFERENCES campaign.run ON DELETE CASCADE,
	activity		text COLLATE "C" NOT NULL,
	channel			text COLLATE "C" NOT NULL,
	targeted		bigint NOT NULL DEFAULT 0,
	excluded		bigint NOT NULL DEFAULT 0,
	queued			bigint NOT NULL DEFAULT 0,
	confirmed		boolean NOT NULL DEFAULT true,
	decide_at		timestamptz,
	winner			smallint,
	lanes			text[] COLLATE "C" NOT NULL DEFAULT '{""}',
	drained			boolean NOT NULL DEFAULT false,
	passed_due		timestamptz NOT NULL DEFAULT '-infinity',
	passed_chunk	bigint NOT NULL DEFAULT 0,
	figures			jsonb,
	distributed		boolean NOT NULL DEFAULT false,
	UNIQUE (run_id, activity)
) WITH (fillfactor = 50);
COMMENT ON TABLE campaign.delivery IS 'one channel activity of one run, with its counts';
CREATE INDEX delivery_channel ON campaign.delivery (channel) WHERE NOT drained;

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

-- The queue of a cluster: messages on other servers, by statements alone.  Used
-- from campaign_distribute_queue() on, by what is enqueued from then on.
--   bucket      number of the thousand within the epoch: messages of a chunk are
--               in one bucket, and so on one server
CREATE TABLE campaign.dispatch_bucket (
	message_id		bigint NOT NULL,
	delivery_id		bigint NOT NULL,
	bucket			integer NOT NULL,
	recipient		text COLLATE "C" NOT NULL,
	person			text COLLATE "C",
	address			text COLLATE "C" NOT NULL,
	variables		text[]
) PARTITION BY RANGE (message_id);
COMMENT ON TABLE campaign.dispatch_bucket IS 'messages that other servers of a cluster keep, by bucket';

-- Numbers of messages are handed out by the thousand, a chunk at a time.
CREATE SEQUENCE campaign.message_number;
COMMENT ON SEQUENCE campaign.message_number IS 'counts chunks of 1,000 message numbers';

-- Up to 1,000 neighbouring messages of a delivery; what senders lease.
--   first_id, last_id                the messages
--   first_recipient, last_recipient  bounds of them in "C" order; wider than they
--                 could be where a chunk has been cut
--   first_block, last_block       where they were written in their partition; a
--                 hint, for a restored or rewritten table may have them elsewhere;
--                 -1: they are in campaign.dispatch_bucket
--   edition       which content of the delivery they get: variant * languages +
--                 language; negative, -1 - language, where the variant is decided
--                 later
--   domain        of their addresses, where that is limited; otherwise empty
--   send_at       when they are meant to be sent
--   due_at        when they can be handed out; infinity: not decided yet
--   expires_at    not after; NULL: any time
--   settled       nothing is left to be done
--   lease         of the sender that has, or had, it
--   holder        role that claimed it
--   attempts      how often it was claimed
--   results       a byte per message: '.' open, 's' sent, 'f' failed,
--                 'w' withdrawn, 'e' expired, 'r' moved to a chunk of its own to
--                 be tried again; NULL: all open
CREATE TABLE campaign.chunk (
	chunk_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	delivery_id		bigint NOT NULL REFERENCES campaign.delivery ON DELETE CASCADE,
	first_id		bigint NOT NULL,
	last_id			bigint NOT NULL,
	first_recipient	text COLLATE "C" NOT NULL,
	last_recipient	text COLLATE "C" NOT NULL,
	first_block		bigint NOT NULL,
	last_block		bigint NOT NULL,
	edition			smallint NOT NULL DEFAULT 0,
	domain			text COLLATE "C" NOT NULL DEFAULT '',
	send_at			timestamptz NOT NULL,
	due_at			timestamptz NOT NULL,
	expires_at		timestamptz,
	settled			boolean NOT NULL DEFAULT false,
	lease			uuid,
	holder			oid,
	leased_until	timestamptz,
	attempts		integer NOT NULL DEFAULT 0,
	results			bytea
) WITH (fillfactor = 70);
COMMENT ON TABLE campaign.chunk IS 'up to 1,000 neighbouring messages of a delivery, leased and settled together';
CREATE INDEX chunk_due ON campaign.chunk (delivery_id, domain, due_at, chunk_id) WHERE NOT settled;
CREATE INDEX chunk_lease ON campaign.chunk (lease) WHERE lease IS NOT NULL;
-- Where a chunk ends never changes: cutting its head off is a HOT update.
CREATE INDEX chunk_delivery ON campaign.chunk (delivery_id, last_id);
CREATE INDEX chunk_recipients ON campaign.chunk (delivery_id, first_recipient, last_recipient);
CREATE INDEX chunk_last_id ON campaign.chunk (last_id);

-- What there is to say about a message beyond its byte.
CREATE TABLE campaign.outcome (
	message_id		bigint NOT NULL,
	attempt			integer NOT NULL,
	delivery_id		bigint NOT NULL REFERENCES campaign.delivery ON DELETE CASCADE,
	status			text COLLATE "C" NOT NULL
		CHECK (status IN ('failed', 'retried', 'released', 'withdrawn')),
	reason			text,
	settled_at		timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE campaign.outcome IS 'why a message failed, was retried, given back or withdrawn';
CREATE INDEX outcome_message ON campaign.outcome (message_id);
CREATE INDEX outcome_delivery ON campaign.outcome (delivery_id, status);

-- Who was left out of a delivery, and why.
CREATE TABLE campaign.exclusion (
	delivery_id		bigint NOT NULL,
	recipient		text COLLATE "C" NOT NULL,
	person			text COLLATE "C",
	reason			text COLLATE "C" NOT NULL
);
COMMENT ON TABLE campaign.exclusion IS 'who was left out of a delivery, and why';
CREATE INDEX exclusion_person ON campaign.exclusion (person) WHERE person IS NOT NULL;
CREATE INDEX exclusion_delivery ON campaign.exclusion USING brin (delivery_id, recipient) WITH (pages_per_range = 8);

-- What rules remember: a row per rule and chunk as it was enqueued.
--   first_id, last_id  the messages
--   contacted_at       when they are meant to be sent
--   weight             of each message, in hundredths
--   subjects           who is counted for each message, as hashes, 0: nobody;
--                      NULL where the rule counts messages only
CREATE TABLE campaign.contact (
	rule_id			bigint NOT NULL REFERENCES campaign.rule ON DELETE CASCADE,
	delivery_id		bigint NOT NULL REFERENCES campaign.delivery ON DELETE CASCADE,
	first_id		bigint NOT NULL,
	last_id			bigint NOT NULL,
	contacted_at	timestamptz NOT NULL,
	weight			integer NOT NULL,
	subjects		bigint[]
);
-- Hashes do not become smaller; trying costs more than writing them.
ALTER TABLE campaign.contact ALTER subjects SET STORAGE EXTERNAL;
COMMENT ON TABLE campaign.contact IS 'what rules count: whom the messages of a chunk were for, and when';
CREATE INDEX contact_rule ON campaign.contact (rule_id, contacted_at);
CREATE INDEX contact_delivery ON campaign.contact (delivery_id);

-- Addresses that must not be contacted.
--   address_hash  campaign.address_hash(address): what is compared
CREATE TABLE campaign.suppression (
	channel			text COLLATE "C" NOT NULL,
	address_hash	uuid NOT NULL,
	address			text COLLATE "C",
	reason			text,
	role_name		text COLLATE "C" NOT NULL,
	suppressed_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (channel, address_hash, role_name)
);
COMMENT ON TABLE campaign.suppression IS 'addresses that must not be contacted, per channel';
