-- ---------------------------------------------------------------------------
-- Deliveries: claiming messages, settling them, and whom not to contact
-- ---------------------------------------------------------------------------

-- Leases that ran out and whose messages were claimed again, so that a late
-- acknowledgement can be told from one of a lease that never was.  Rows are
-- forgotten after a week.
CREATE TABLE campaign.lost_lease (
	lease			uuid NOT NULL,
	holder			oid NOT NULL,
	lost_at			timestamptz NOT NULL
);
COMMENT ON TABLE campaign.lost_lease IS 'leases that ran out and whose messages were claimed again';
CREATE INDEX lost_lease_lease ON campaign.lost_lease (lease);
CREATE INDEX lost_lease_lost_at ON campaign.lost_lease (lost_at);

CREATE TYPE campaign.claimed_message AS (
	message_id		bigint,
	lease			uuid,
	idempotency_key	text,
	address			text,
	subject			text,
	body			text,
	attributes		jsonb,
	attempt			integer
);
COMMENT ON TYPE campaign.claimed_message IS 'a message as a sender gets it';

CREATE TYPE campaign.acknowledged AS (
	result			text,
	sent			bigint,
	failed			bigint,
	retried			bigint
);
COMMENT ON TYPE campaign.acknowledged IS 'what an acknowledgement changed; result is settled, or late, settled before or unknown when nothing was';

-- Leases up to size messages of the channel that are due: of runs that are not
-- paused, held or stopped, of campaigns whose owner the caller acts for, to
-- addresses that are not suppressed at this instant.  Commit before sending.
--   lease  for how long; NULL: setting campaign.lease_duration
-- No rows: nothing is due, apart from what another claim is just taking.
CREATE FUNCTION @extschema@.campaign_claim(channel text, size integer DEFAULT 1000, lease interval DEFAULT NULL)
RETURNS SETOF campaign.claimed_message
AS 'MODULE_PATHNAME', 'campaign_claim'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION @extschema@.campaign_claim(text, integer, interval)
	IS 'leases messages that are due to the caller, who is to send and acknowledge them';

-- Settles all messages of a lease as sent, but those named as failed.
--   failed  array of {"message_id": n, "reason": text, "permanent": boolean,
--           "delay": interval}; those not permanent are tried again after the
--           delay (default: 5 minutes, doubled with each attempt, at most a
--           day), until campaign.max_attempts have been made; "released": true
--           for messages not tried, which are due again at once and uncounted
-- A lease that ran out, or is not the caller's, changes nothing.
CREATE FUNCTION @extschema@.campaign_ack(lease uuid, failed jsonb DEFAULT NULL)
RETURNS campaign.acknowledged
AS 'MODULE_PATHNAME', 'campaign_ack'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_ack(uuid, jsonb)
	IS 'settles the messages of a lease: sent, or failed where said so';

-- Judges the messages of a lease again, as a claim would now: who sends slowly
-- asks before he sends.  Gives those that must not be sent and are no more part
-- of the lease: suppressed, expired or stopped ones have come to their end,
-- paused ones are handed out again later, and the attempt does not count.
CREATE FUNCTION @extschema@.campaign_recheck(lease uuid, OUT message_id bigint, OUT reason text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_recheck'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_recheck(uuid)
	IS 'gives the messages of a lease that must not be sent any more; they leave it';

-- Declares how messages of a channel are handed out, or changes that: members of
-- settings replace those there are, null removes them.  Only for the owner of
-- the database, whose provider it is.
--   kind      email, sms, push, direct_mail or custom; for a new channel
--   settings  paused: true hands nothing out; throttle: {"messages": n, "per":
--             interval}; domains: such limits by address domain
CREATE FUNCTION @extschema@.campaign_channel(name text, kind text DEFAULT NULL, settings jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_channel'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_channel(text, text, jsonb)
	IS 'declares a channel, its limits and whether it is paused; returns its name';

-- Removes what was declared; a channel of the name of its kind stays, without
-- limits.  Returns false if nothing was declared.
CREATE FUNCTION @extschema@.campaign_channel_drop(name text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_channel_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_channel_drop(text)
	IS 'removes what was declared for a channel';

-- Gives the messages of a lease back at once; the attempt does not count.
-- Returns the number of messages; 0 if the lease is not live or not the caller's.
CREATE FUNCTION @extschema@.campaign_release(lease uuid)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_release'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_release(uuid)
	IS 'gives the messages of a lease back unsent; returns how many';

-- Makes a lease end so long from now.  Returns the number of its messages; 0
-- if the lease is not live or not the caller's: stop sending them.
CREATE FUNCTION @extschema@.campaign_extend(lease uuid, duration interval)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_extend'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_extend(uuid, interval)
	IS 'makes a lease last for so long from now; returns how many messages it holds';

-- Why nothing can be sent to an address: no_address for NULL and blank ones,
-- malformed_address where a control character would break a mail header.
CREATE FUNCTION campaign.address_fault(address text)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_address_fault'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION campaign.address_fault(text)
	IS 'why nothing can be sent to an address; NULL if something can';

-- What addresses are compared by: the same for addresses that differ in blanks
-- around them and in the case of ASCII letters.
CREATE FUNCTION campaign.address_hash(address text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'campaign_address_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION campaign.address_hash(text)
	IS 'hash of an address by which suppression is judged';

-- Finds the first of several rows with one address, in the order in which the
-- statement gets to them; each place where a statement calls it remembers the
-- hashes it was given, for each delivery by itself.
CREATE FUNCTION campaign.address_first(address_hash uuid, delivery integer DEFAULT 0, expected bigint DEFAULT 0)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_address_first'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION campaign.address_first(uuid, integer, bigint)
	IS 'whether the statement has not met the hash of an address before';

-- Counts the rows that come to a place of a statement and those for which the
-- condition is true.  What follows the condition is evaluated for each of them.
CREATE FUNCTION campaign.count_passing_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'campaign_count_passing_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION campaign.count_passing_support(internal)
	IS 'tells the planner how many rows pass a place where they are counted';

CREATE FUNCTION campaign.count_passing(counter bigint, VARIADIC "values" "any")
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_count_passing'
LANGUAGE C VOLATILE PARALLEL RESTRICTED
SUPPORT campaign.count_passing_support;
COMMENT ON FUNCTION campaign.count_passing(bigint, "any")
	IS 'whether a row passes, for statements of runs that have to count it';

-- How many segments a text message is sent in: 160 septets of the alphabet of
-- GSM 03.38, or 153 in each of several; 70 or 67 units where another character
-- is in it.
CREATE FUNCTION campaign.sms_segments(body text)
RETURNS integer
AS 'MODULE_PATHNAME', 'campaign_sms_segments_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION campaign.sms_segments(text)
	IS 'how many segments a text message is sent in';

-- A name of a zone, if SET timezone takes it; NULL if not.
CREATE FUNCTION campaign.known_zone(zone text)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_known_zone'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION campaign.known_zone(text)
	IS 'the name of a time zone if there is one of that name; otherwise NULL';

-- As AT TIME ZONE, but for zones only: an abbreviation such as CET is the zone of
-- that name, with its summer time, or none.
CREATE FUNCTION campaign.local_instant(local timestamp, zone text)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'campaign_local_instant'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION campaign.local_instant(timestamp, text)
	IS 'when clocks of a time zone show that time';

-- What a rule of quiet hours makes of an instant.
--   rule  {"weekly": [{"days": ["sat", "sun"], "from": "20:00", "until": "08:00"}],
--         "dates": ["2026-12-25", "12-25"]}
CREATE FUNCTION campaign.quiet_until(at timestamptz, zone text, rule jsonb)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'campaign_quiet_until'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION campaign.quiet_until(timestamptz, text, jsonb)
	IS 'the first instant from then on that is not quiet by the clocks of a time zone';

-- Contacts an address no more, for every campaign of the database, from the
-- next claim on.  Returns false if it was suppressed before.
CREATE FUNCTION @extschema@.campaign_suppress(channel text, address text, reason text DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_suppress'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_suppress(text, text, text)
	IS 'has an address not be contacted any more; returns whether that is new';

-- Takes that back; only for the role that suppressed it, or one with its rights.
-- Returns false if it was not suppressed.
CREATE FUNCTION @extschema@.campaign_unsuppress(channel text, address text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'campaign_unsuppress'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_unsuppress(text, text)
	IS 'lets an address be contacted again; returns whether it was suppressed';

-- For the owners' selects: who must not be contacted, without saying who it is.
CREATE VIEW campaign.suppressed AS
SELECT channel, address_hash FROM campaign.suppression;
COMMENT ON VIEW campaign.suppressed IS 'hashes of suppressed addresses, per channel';

-- What subjects of rules are known by: the same for the same text, and never 0.
CREATE FUNCTION campaign.subject_hash(subject text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_subject_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION campaign.subject_hash(text) IS 'hash of whom a rule counts messages of';

-- For the owners' selects: whom the messages that a rule counts are for.  Those
-- that reached nobody, and will not, count no more: where there are any among
-- the messages of a row, each of them is looked up, as campaign.message does.
CREATE VIEW campaign.contacted WITH (security_barrier) AS
SELECT k.rule_id, k.contacted_at, k.weight, s.subject,
	CASE WHEN r.test THEN r.run_id END AS test_run_id
FROM campaign.contact k
JOIN campaign.delivery d ON d.delivery_id = k.delivery_id
JOIN campaign.run r ON r.run_id = d.run_id
JOIN campaign.campaign g ON g.campaign_id = r.campaign_id
CROSS JOIN LATERAL unnest(CASE
	WHEN NOT EXISTS (
		SELECT FROM campaign.chunk c
		WHERE c.delivery_id = k.delivery_id
			AND c.last_id BETWEEN k.first_id AND k.first_id + 999 AND c.first_id <= k.last_id
			AND (position('\x66'::bytea IN c.results) > 0
				OR position('\x77'::bytea IN c.results) > 0
				OR position('\x65'::bytea IN c.results) > 0
				OR ((r.state IN ('stopped', 'missed') OR c.expires_at <= statement_timestamp())
					AND (c.results IS NULL OR position('\x2e'::bytea IN c.results) > 0))))
	THEN k.subjects
	ELSE ARRAY(
		SELECT m.subject
		FROM unnest(k.subjects) WITH ORDINALITY AS m (subject, place)
		WHERE NOT EXISTS (
			SELECT FROM campaign.chunk c
			CROSS JOIN LATERAL (
				SELECT coalesce(chr(get_byte(c.results, (k.first_id + m.place - 1 - c.first_id)::integer)), '.') AS result
			) b
			WHERE c.delivery_id = k.delivery_id
				AND c.last_id BETWEEN k.first_id + m.place - 1 AND k.first_id + m.place + 998
				AND c.first_id <= k.first_id + m.place - 1
				AND (b.result IN ('f', 'w', 'e')
					OR (b.result = '.'
						AND coalesce(c.leased_until <= statement_timestamp(), true)
						AND (r.state IN ('stopped', 'missed') OR c.expires_at <= statement_timestamp())))))
	END) AS s (subject)
WHERE campaign.visible(g.owner) AND s.subject <> 0;
COMMENT ON VIEW campaign.contacted IS 'what rules count: hashes of whom messages are for, and when';

-- Messages of a delivery that other servers keep, for the views: one statement
-- that those servers answer, whatever the views do with what it gives.  Only for
-- who may look at the campaign.
CREATE FUNCTION campaign.distributed_messages_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'campaign_distributed_messages_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION campaign.distributed_messages_support(internal)
	IS 'tells the planner how many messages other servers may keep';

CREATE FUNCTION campaign.distributed_messages(
	delivery_id bigint, first_id bigint, last_id bigint,
	OUT message_id bigint, OUT recipient text, OUT person text, OUT address text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_distributed_messages'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
SUPPORT campaign.distributed_messages_support;
COMMENT ON FUNCTION campaign.distributed_messages(bigint, bigint, bigint)
	IS 'messages of a delivery that other servers of a cluster keep';

-- What becomes of a message, by its byte in the chunk where it waits or ended.
CREATE FUNCTION campaign.message_status(result text, leased_until timestamptz, expires_at timestamptz, run_state text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE result
	WHEN 's' THEN 'sent'
	WHEN 'f' THEN 'failed'
	WHEN 'w' THEN 'withdrawn'
	WHEN 'e' THEN 'expired'
	WHEN 't' THEN 'test'
	ELSE CASE
		WHEN leased_until > statement_timestamp() THEN 'leased'
		WHEN run_state IN ('stopped', 'missed') THEN 'withdrawn'
		WHEN expires_at <= statement_timestamp() THEN 'expired'
		ELSE 'pending' END
	END;
COMMENT ON FUNCTION campaign.message_status(text, timestamptz, timestamptz, text)
	IS 'status of a message by its result, lease, expiry and run';

-- A message is in one chunk where its byte is not r: there it waits, or has come
-- to its end.  Each message looks its chunk up, by the bounds on first_id and
-- with LIMIT: joining the two would let a plan compare all with all.  The second
-- half of the UNION, messages that other servers keep, also keeps plans from
-- reading the whole queue for one run: they have to read each delivery between
-- its bounds, and conditions still sink in.
CREATE VIEW campaign.message WITH (security_barrier) AS
SELECT d.run_id, d.activity, m.message_id, m.recipient, d.channel, m.address,
	campaign.message_status(c.result, c.leased_until, c.expires_at, r.state) AS status,
	c.attempts, CASE WHEN isfinite(c.due_at) THEN c.due_at ELSE c.send_at END AS send_at,
	CASE c.result
		WHEN 's' THEN c.leased_until
		WHEN 'e' THEN c.leased_until
		WHEN '.' THEN NULL
		ELSE o.settled_at
	END AS settled_at,
	o.reason AS error
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT min(n.last_id) - 999 AS first_id, max(n.last_id) AS last_id
	FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
) b
CROSS JOIN LATERAL (
	SELECT n.message_id, n.delivery_id, n.recipient, n.address FROM campaign.dispatch n
	WHERE n.delivery_id = d.delivery_id AND n.message_id BETWEEN b.first_id AND b.last_id
	UNION ALL
	SELECT n.message_id, d.delivery_id, n.recipient COLLATE "C", n.address COLLATE "C"
	FROM campaign.distributed_messages(d.delivery_id, b.first_id, b.last_id) n WHERE d.distributed
) m
CROSS JOIN LATERAL (
	SELECT c.send_at, c.due_at, c.expires_at, c.leased_until, c.attempts, b.result
	FROM campaign.chunk c
	CROSS JOIN LATERAL (
		SELECT coalesce(chr(get_byte(c.results, (m.message_id - c.first_id)::integer)), '.') AS result
	) b
	WHERE c.delivery_id = m.delivery_id
		AND c.last_id BETWEEN m.message_id AND m.message_id + 999
		AND c.first_id <= m.message_id AND b.result <> 'r'
	LIMIT 1
) c
LEFT JOIN LATERAL (
	SELECT o.reason, o.settled_at FROM campaign.outcome o
	WHERE o.message_id = m.message_id AND c.result <> 's'
	ORDER BY o.attempt DESC LIMIT 1
) o ON true
WHERE campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.message IS 'messages with their status: pending, leased, sent, failed, withdrawn or expired; of a test run: test';
COMMENT ON COLUMN campaign.message.attempts IS 'how often the message was handed out';
COMMENT ON COLUMN campaign.message.error IS 'reason of the last failed attempt, or of the withdrawal';

-- As campaign.message: delivery by delivery, by the index.
CREATE VIEW campaign.excluded WITH (security_barrier) AS
SELECT d.run_id, d.activity, e.recipient, e.reason
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT n.recipient, n.reason FROM campaign.exclusion n WHERE n.delivery_id = d.delivery_id
	UNION ALL
	SELECT NULL COLLATE "C", NULL COLLATE "C" WHERE d.delivery_id < 0
) e
WHERE campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.excluded IS 'who was left out of a delivery, and why';

-- For the owners' selects: messages that are judged again before they are due.
CREATE VIEW campaign.deferred WITH (security_barrier) AS
SELECT d.delivery_id, m.message_id, m.recipient, c.send_at
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
JOIN campaign.chunk c ON c.delivery_id = d.delivery_id
CROSS JOIN LATERAL (
	SELECT n.message_id, n.recipient FROM campaign.dispatch n
	WHERE n.message_id BETWEEN c.first_id AND c.last_id
	UNION ALL
	SELECT n.message_id, n.recipient COLLATE "C"
	FROM campaign.distributed_messages(d.delivery_id, c.first_id, c.last_id) n WHERE d.distributed
) m
WHERE NOT c.settled AND c.due_at = 'infinity' AND c.edition >= 0
	AND (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v));
COMMENT ON VIEW campaign.deferred IS 'messages to be sent later, whose consent is judged again by then';

-- Everybody sees how channels are set: what is paused holds up all.
CREATE VIEW campaign.channels AS
SELECT name, kind, settings, coalesce((settings ->> 'paused')::boolean, false) AS paused
FROM campaign.channel;
COMMENT ON VIEW campaign.channels IS 'channels that were declared, with their limits';

-- Failed messages are found by their outcomes.  Their rows are looked for where
-- their chunk was written and, if the table has been rewritten since, everywhere.
CREATE VIEW campaign.failed WITH (security_barrier) AS
SELECT d.run_id, d.activity, o.message_id, coalesce(h.recipient, m.recipient) AS recipient, d.channel,
	coalesce(h.address, m.address) AS address, o.attempt AS attempts, o.settled_at AS failed_at, o.reason AS error
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
JOIN campaign.outcome o ON o.delivery_id = d.delivery_id AND o.status = 'failed'
LEFT JOIN LATERAL (
	SELECT format('(%s,0)', c.first_block)::tid AS first_row, format('(%s,0)', c.last_block + 1)::tid AS end_row
	FROM campaign.chunk c
	WHERE c.delivery_id = o.delivery_id AND NOT d.distributed
		AND c.last_id BETWEEN o.message_id AND o.message_id + 999 AND c.first_id <= o.message_id
	ORDER BY c.last_id LIMIT 1
) c ON true
LEFT JOIN LATERAL (
	SELECT w.recipient, w.address
	FROM (SELECT n.message_id, n.recipient, n.address FROM campaign.dispatch n
		WHERE n.ctid >= c.first_row AND n.ctid < c.end_row OFFSET 0) w
	WHERE w.message_id = o.message_id LIMIT 1
) h ON true
LEFT JOIN LATERAL (
	SELECT n.recipient, n.address FROM campaign.dispatch n
	WHERE h.recipient IS NULL AND NOT d.distributed AND n.message_id = o.message_id
	UNION ALL
	SELECT n.recipient COLLATE "C", n.address COLLATE "C"
	FROM campaign.distributed_messages(d.delivery_id, o.message_id, o.message_id) n WHERE d.distributed
	LIMIT 1
) m ON true
WHERE campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.failed IS 'messages that have failed for good, with the reason';
