-- ---------------------------------------------------------------------------
-- Views: reports beside campaign.report, and the queue
-- ---------------------------------------------------------------------------

-- What the figures are counted from, message by message, for those who want to
-- group it by what only they know.  Messages, chunks and events are joined as sets:
-- a new delivery is in no statistics, and FULL, of which only what has a message is
-- kept, leaves the planner no choice to compare every row with every other where it
-- believes in one row.  The messages of a chunk have numbers of one thousand, which
-- finds a message's chunk by equality.  Results are unpacked once per chunk, and
-- looked into before anything is sorted.  The bounds keep the queue from being read
-- beyond the delivery.
CREATE VIEW campaign.report_by_message WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, s.message_id, s.recipient,
	s.result = 's' AS sent, s.result = 'f' AS failed,
	coalesce(s.delivered, false) AS delivered,
	coalesce(s.bounced, false) AS bounced,
	coalesce(s.opened, false) AS opened,
	coalesce(s.clicked, false) AS clicked,
	coalesce(s.unsubscribed, false) AS unsubscribed,
	coalesce(s.complained, false) AS complained,
	coalesce(s.converted, false) AS converted,
	coalesce(s.converted_value, 0) AS converted_value,
	CASE WHEN position('@' IN s.address) = 0 THEN ''
		ELSE rtrim(lower(split_part(s.address, '@', -1)), '> .') END AS domain
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT min(n.last_id) - 999 AS first_id, max(n.last_id) AS last_id
	FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
) b
CROSS JOIN LATERAL (
	SELECT s.message_id, s.recipient, s.address, s.result,
		e.delivered, e.bounced, e.opened, e.clicked, e.unsubscribed, e.complained, e.converted, e.converted_value
	FROM (
		SELECT m.message_id, m.recipient, m.address,
			CASE WHEN m.message_id BETWEEN c.first_id AND c.last_id
				THEN coalesce(chr(get_byte(c.results, (m.message_id - c.first_id)::integer)), '.') END AS result
		FROM (
			SELECT n.message_id, n.recipient, n.address
			FROM campaign.dispatch n
			WHERE n.delivery_id = d.delivery_id AND n.message_id BETWEEN b.first_id AND b.last_id
			UNION ALL
			SELECT n.message_id, n.recipient COLLATE "C", n.address COLLATE "C"
			FROM campaign.distributed_messages(d.delivery_id, b.first_id, b.last_id) n WHERE d.distributed
		) m
		FULL JOIN (
			SELECT o.first_id, o.last_id, o.results || '' AS results
			FROM campaign.chunk o WHERE o.delivery_id = d.delivery_id
			OFFSET 0
		) c ON (c.last_id & 68719476735) / 1000 = (m.message_id & 68719476735) / 1000
			AND m.message_id BETWEEN c.first_id AND c.last_id
		OFFSET 0
	) s
	FULL JOIN (
		SELECT v.message_id,
			bool_or(v.event = 'delivered') AS delivered,
			bool_or(v.event = 'bounced') AS bounced,
			bool_or(v.event = 'opened') AS opened,
			bool_or(v.event = 'clicked') AS clicked,
			bool_or(v.event = 'unsubscribed') AS unsubscribed,
			bool_or(v.event = 'complained') AS complained,
			bool_or(v.event = 'converted') AS converted,
			sum(CASE WHEN v.event = 'converted' THEN (v.detail ->> 'value')::numeric END) AS converted_value
		FROM campaign.event v
		WHERE v.delivery_id = d.delivery_id AND v.message_id BETWEEN b.first_id AND b.last_id
		GROUP BY v.message_id
	) e ON e.message_id = s.message_id
	OFFSET 0
) s
-- Without a result there is no message of this chunk or no chunk of this message.
WHERE s.result <> 'r'
	AND (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.report_by_message IS 'what the figures of each delivery are counted from: a row per message';
COMMENT ON COLUMN campaign.report_by_message.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_message.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_message.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_message.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_message.message_id IS 'number of the message, unique in the database';
COMMENT ON COLUMN campaign.report_by_message.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign.report_by_message.sent IS 'a sender acknowledged it as sent';
COMMENT ON COLUMN campaign.report_by_message.failed IS 'it failed for good';
COMMENT ON COLUMN campaign.report_by_message.delivered IS 'a provider said it was delivered';
COMMENT ON COLUMN campaign.report_by_message.bounced IS 'it came back, hard or soft';
COMMENT ON COLUMN campaign.report_by_message.opened IS 'it was opened';
COMMENT ON COLUMN campaign.report_by_message.clicked IS 'a link of it was clicked';
COMMENT ON COLUMN campaign.report_by_message.unsubscribed IS 'somebody unsubscribed after it';
COMMENT ON COLUMN campaign.report_by_message.complained IS 'somebody called it spam';
COMMENT ON COLUMN campaign.report_by_message.converted IS 'it led to a conversion';
COMMENT ON COLUMN campaign.report_by_message.converted_value IS 'sum of the values of its conversions';
COMMENT ON COLUMN campaign.report_by_message.domain IS 'what follows the @ of the address, in small letters; empty without one';

CREATE VIEW campaign.report_by_domain WITH (security_barrier) AS
SELECT f.campaign, f.run_id, f.activity, f.channel, f.domain,
	f.queued, f.sent, f.failed, f.delivered, f.bounced, f.opened, f.clicked, f.unsubscribed, f.complained,
	round(f.delivered::numeric / nullif(f.sent, 0), 4) AS delivered_rate,
	round(f.bounced::numeric / nullif(f.sent, 0), 4) AS bounced_rate,
	round(f.opened::numeric / nullif(f.sent, 0), 4) AS opened_rate,
	round(f.clicked::numeric / nullif(f.sent, 0), 4) AS clicked_rate,
	round(f.unsubscribed::numeric / nullif(f.sent, 0), 4) AS unsubscribed_rate,
	round(f.complained::numeric / nullif(f.sent, 0), 4) AS complained_rate
FROM (
	SELECT m.campaign, m.run_id, m.activity, m.channel, m.domain, count(*) AS queued,
		count(*) FILTER (WHERE m.sent) AS sent,
		count(*) FILTER (WHERE m.failed) AS failed,
		count(*) FILTER (WHERE m.delivered) AS delivered,
		count(*) FILTER (WHERE m.bounced) AS bounced,
		count(*) FILTER (WHERE m.opened) AS opened,
		count(*) FILTER (WHERE m.clicked) AS clicked,
		count(*) FILTER (WHERE m.unsubscribed) AS unsubscribed,
		count(*) FILTER (WHERE m.complained) AS complained
	FROM campaign.report_by_message m
	GROUP BY m.campaign, m.run_id, m.activity, m.channel, m.domain
) f;
COMMENT ON VIEW campaign.report_by_domain IS 'figures of each delivery by the domain of the address';
COMMENT ON COLUMN campaign.report_by_domain.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_domain.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_domain.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_domain.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_domain.domain IS 'what follows the @ of the address, in small letters; empty without one';
COMMENT ON COLUMN campaign.report_by_domain.queued IS 'messages';
COMMENT ON COLUMN campaign.report_by_domain.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.report_by_domain.failed IS 'messages that failed for good';
COMMENT ON COLUMN campaign.report_by_domain.delivered IS 'messages that a provider said were delivered';
COMMENT ON COLUMN campaign.report_by_domain.bounced IS 'messages that came back, hard or soft';
COMMENT ON COLUMN campaign.report_by_domain.opened IS 'messages that were opened';
COMMENT ON COLUMN campaign.report_by_domain.clicked IS 'messages of which a link was clicked';
COMMENT ON COLUMN campaign.report_by_domain.unsubscribed IS 'messages after which somebody unsubscribed';
COMMENT ON COLUMN campaign.report_by_domain.complained IS 'messages that somebody called spam';
COMMENT ON COLUMN campaign.report_by_domain.delivered_rate IS 'delivered / sent';
COMMENT ON COLUMN campaign.report_by_domain.bounced_rate IS 'bounced / sent';
COMMENT ON COLUMN campaign.report_by_domain.opened_rate IS 'opened / sent';
COMMENT ON COLUMN campaign.report_by_domain.clicked_rate IS 'clicked / sent';
COMMENT ON COLUMN campaign.report_by_domain.unsubscribed_rate IS 'unsubscribed / sent';
COMMENT ON COLUMN campaign.report_by_domain.complained_rate IS 'complained / sent';

CREATE VIEW campaign.report_by_link WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, e.link, e.messages, e.clicks,
	round(e.messages::numeric / nullif(s.sent, 0), 4) AS clicked_rate, e.first_at, e.last_at
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT coalesce((d.figures #>> '{report,sent}')::bigint, sum(campaign.count_results(c.results, 's')), 0)::bigint AS sent
	FROM campaign.chunk c WHERE c.delivery_id = d.delivery_id
) s
CROSS JOIN LATERAL (
	SELECT f.name COLLATE "default" AS link, sum(f.messages)::bigint AS messages, sum(f.events)::bigint AS clicks,
		min(f.first_at) AS first_at, max(f.last_at) AS last_at
	FROM campaign.figure f
	WHERE f.delivery_id = d.delivery_id AND f.grain = 'link'
	GROUP BY f.name
	HAVING sum(f.events) > 0
) e
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.report_by_link IS 'clicks of each delivery by link';
COMMENT ON COLUMN campaign.report_by_link.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_link.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_link.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_link.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_link.link IS 'what was clicked; NULL where the event does not say';
COMMENT ON COLUMN campaign.report_by_link.messages IS 'messages in which it was clicked, each counted once';
COMMENT ON COLUMN campaign.report_by_link.clicks IS 'clicks, of which a message may have several';
COMMENT ON COLUMN campaign.report_by_link.clicked_rate IS 'messages / sent, of the whole delivery';
COMMENT ON COLUMN campaign.report_by_link.first_at IS 'the first click';
COMMENT ON COLUMN campaign.report_by_link.last_at IS 'the last click';

-- A message counts in the minute of its first event of a kind, so that the minutes
-- of a delivery add up to campaign.report.  Minutes are the same in all zones, so
-- that days of any zone can be made of them.
CREATE VIEW campaign.report_by_minute WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, h.minute,
	h.sent, h.delivered, h.bounced, h.opened, h.clicked, h.unsubscribed, h.complained, h.converted
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT m.minute, coalesce(sum(m.messages) FILTER (WHERE m.event = 'sent'), 0)::bigint AS sent,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'delivered'), 0)::bigint AS delivered,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'bounced'), 0)::bigint AS bounced,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'opened'), 0)::bigint AS opened,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'clicked'), 0)::bigint AS clicked,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'unsubscribed'), 0)::bigint AS unsubscribed,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'complained'), 0)::bigint AS complained,
		coalesce(sum(m.messages) FILTER (WHERE m.event = 'converted'), 0)::bigint AS converted
	FROM (
		SELECT date_bin('1 minute', c.leased_until, '2000-01-01 00:00+00') AS minute, 'sent' COLLATE "C" AS event,
			campaign.count_results(c.results, 's') AS messages
		FROM campaign.chunk c
		WHERE c.delivery_id = d.delivery_id AND d.figures IS NULL
		UNION ALL
		SELECT f.minute, f.event, f.messages
		FROM campaign.figure f
		WHERE f.delivery_id = d.delivery_id AND f.grain = 'minute' AND f.minute IS NOT NULL AND f.event <> 'hard_bounced'
	) m
	GROUP BY m.minute
) h
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test
	AND (h.sent > 0 OR h.delivered > 0 OR h.bounced > 0 OR h.opened > 0 OR h.clicked > 0
		OR h.unsubscribed > 0 OR h.complained > 0 OR h.converted > 0);
COMMENT ON VIEW campaign.report_by_minute IS 'figures of each delivery by the minute in which it happened';
COMMENT ON COLUMN campaign.report_by_minute.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_minute.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_minute.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_minute.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_minute.minute IS 'when the minute began';
COMMENT ON COLUMN campaign.report_by_minute.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.report_by_minute.delivered IS 'messages that were first said to be delivered in this minute';
COMMENT ON COLUMN campaign.report_by_minute.bounced IS 'messages that came back first';
COMMENT ON COLUMN campaign.report_by_minute.opened IS 'messages that were first opened';
COMMENT ON COLUMN campaign.report_by_minute.clicked IS 'messages of which a link was first clicked';
COMMENT ON COLUMN campaign.report_by_minute.unsubscribed IS 'messages after which somebody unsubscribed';
COMMENT ON COLUMN campaign.report_by_minute.complained IS 'messages that somebody called spam';
COMMENT ON COLUMN campaign.report_by_minute.converted IS 'messages that first led to a conversion';

CREATE VIEW campaign.report_by_hour WITH (security_barrier) AS
SELECT m.campaign, m.run_id, m.activity, m.channel, date_trunc('hour', m.minute) AS hour,
	sum(m.sent)::bigint AS sent,
	sum(m.delivered)::bigint AS delivered,
	sum(m.bounced)::bigint AS bounced,
	sum(m.opened)::bigint AS opened,
	sum(m.clicked)::bigint AS clicked,
	sum(m.unsubscribed)::bigint AS unsubscribed,
	sum(m.complained)::bigint AS complained,
	sum(m.converted)::bigint AS converted
FROM campaign.report_by_minute m
GROUP BY m.campaign, m.run_id, m.activity, m.channel, date_trunc('hour', m.minute);
COMMENT ON VIEW campaign.report_by_hour IS 'figures of each delivery by the hour in which it happened';
COMMENT ON COLUMN campaign.report_by_hour.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_by_hour.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_by_hour.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_by_hour.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_by_hour.hour IS 'when the hour began, by the clock of the session';
COMMENT ON COLUMN campaign.report_by_hour.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.report_by_hour.delivered IS 'messages that were first said to be delivered in this hour';
COMMENT ON COLUMN campaign.report_by_hour.bounced IS 'messages that came back first';
COMMENT ON COLUMN campaign.report_by_hour.opened IS 'messages that were first opened';
COMMENT ON COLUMN campaign.report_by_hour.clicked IS 'messages of which a link was first clicked';
COMMENT ON COLUMN campaign.report_by_hour.unsubscribed IS 'messages after which somebody unsubscribed';
COMMENT ON COLUMN campaign.report_by_hour.complained IS 'messages that somebody called spam';
COMMENT ON COLUMN campaign.report_by_hour.converted IS 'messages that first led to a conversion';

CREATE VIEW campaign.report_exclusions WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, e.reason, e.people,
	round(e.people::numeric / nullif(d.targeted, 0), 4) AS rate
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT n.reason, count(*) AS people FROM campaign.exclusion n
	WHERE n.delivery_id = d.delivery_id AND d.figures IS NULL
	GROUP BY n.reason
	UNION ALL
	SELECT f.key COLLATE "C", f.value::bigint FROM jsonb_each_text(d.figures -> 'reasons') AS f
) e
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.report_exclusions IS 'how many people each delivery left out, by reason';
COMMENT ON COLUMN campaign.report_exclusions.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.report_exclusions.run_id IS 'the run';
COMMENT ON COLUMN campaign.report_exclusions.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.report_exclusions.channel IS 'the channel';
COMMENT ON COLUMN campaign.report_exclusions.reason IS 'why they were left out, as in campaign.excluded';
COMMENT ON COLUMN campaign.report_exclusions.people IS 'rows left out for it, which count for one reason only';
COMMENT ON COLUMN campaign.report_exclusions.rate IS 'people / targeted';

-- From chunks alone, however large the queue is.
CREATE VIEW campaign.queue_status WITH (security_barrier) AS
SELECT d.channel, g.name AS campaign, d.run_id, d.activity, d.queued,
	s.pending, s.due, s.leased, 
	coalesce((d.figures #>> '{queue,sent}')::bigint, s.sent) AS sent,
	coalesce((d.figures #>> '{queue,failed}')::bigint, s.failed) AS failed,
	coalesce((d.figures #>> '{queue,withdrawn}')::bigint, s.withdrawn) AS withdrawn,
	coalesce((d.figures #>> '{queue,expired}')::bigint, s.expired) AS expired,
	s.oldest, s.next_at, s.rate
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.open) FILTER (WHERE c.status = 'pending'), 0)::bigint AS pending,
		coalesce(sum(c.open) FILTER (WHERE c.status = 'pending' AND c.due_at <= statement_timestamp()), 0)::bigint AS due,
		coalesce(sum(c.open) FILTER (WHERE c.status = 'leased'), 0)::bigint AS leased,
		coalesce(sum(c.sent), 0)::bigint AS sent,
		coalesce(sum(c.failed), 0)::bigint AS failed,
		coalesce(sum(c.withdrawn) + sum(c.open) FILTER (WHERE c.status = 'withdrawn'), sum(c.withdrawn), 0)::bigint AS withdrawn,
		coalesce(sum(c.expired) + sum(c.open) FILTER (WHERE c.status = 'expired'), sum(c.expired), 0)::bigint AS expired,
		min(c.due_at) FILTER (WHERE c.open > 0 AND c.status = 'pending' AND c.due_at <= statement_timestamp()) AS oldest,
		min(c.due_at) FILTER (WHERE c.open > 0 AND c.status = 'pending' AND c.due_at > statement_timestamp()
			AND isfinite(c.due_at)) AS next_at,
		round(coalesce(sum(c.sent) FILTER (WHERE c.leased_until BETWEEN statement_timestamp() - interval '1 minute' AND statement_timestamp()), 0) / 60, 1) AS rate
	FROM (
		SELECT t.tally[1] AS open, t.tally[2] AS sent, t.tally[3] AS failed, t.tally[4] AS withdrawn, t.tally[5] AS expired, t.due_at, t.leased_until,
			CASE WHEN t.tally[1] > 0 THEN campaign.message_status('.', t.leased_until, t.expires_at, r.state) END AS status
		FROM (
			SELECT campaign.tally_results(n.results, n.last_id - n.first_id + 1) AS tally, n.leased_until, n.expires_at, n.due_at
			FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
			OFFSET 0
		) t
	) c
) s
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.queue_status IS 'how far the messages of each delivery have come';
COMMENT ON COLUMN campaign.queue_status.channel IS 'the channel';
COMMENT ON COLUMN campaign.queue_status.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.queue_status.run_id IS 'the run';
COMMENT ON COLUMN campaign.queue_status.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.queue_status.queued IS 'messages: pending + leased + sent + failed + withdrawn + expired';
COMMENT ON COLUMN campaign.queue_status.pending IS 'messages that wait to be claimed';
COMMENT ON COLUMN campaign.queue_status.due IS 'those of them whose time has come';
COMMENT ON COLUMN campaign.queue_status.leased IS 'messages that a sender has';
COMMENT ON COLUMN campaign.queue_status.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.queue_status.failed IS 'messages that failed for good';
COMMENT ON COLUMN campaign.queue_status.withdrawn IS 'messages that must not be sent any more';
COMMENT ON COLUMN campaign.queue_status.expired IS 'messages that were not sent in time';
COMMENT ON COLUMN campaign.queue_status.oldest IS 'since when the first of those due has been waiting';
COMMENT ON COLUMN campaign.queue_status.next_at IS 'when the next of the others falls due';
COMMENT ON COLUMN campaign.queue_status.rate IS 'messages sent per second, of the last minute';

-- Found by the index that claims use.
CREATE VIEW campaign.open_queue WITH (security_barrier) AS
SELECT q.* FROM campaign.delivery o
CROSS JOIN LATERAL (SELECT * FROM campaign.queue_status n WHERE n.run_id = o.run_id AND n.activity = o.activity OFFSET 0) q
WHERE NOT o.drained;
COMMENT ON VIEW campaign.open_queue IS 'the same of deliveries that may have messages left';
COMMENT ON COLUMN campaign.open_queue.channel IS 'the channel';
COMMENT ON COLUMN campaign.open_queue.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.open_queue.run_id IS 'the run';
COMMENT ON COLUMN campaign.open_queue.activity IS 'the activity that delivers';
COMMENT ON COLUMN campaign.open_queue.queued IS 'messages: pending + leased + sent + failed + withdrawn + expired';
COMMENT ON COLUMN campaign.open_queue.pending IS 'messages that wait to be claimed';
COMMENT ON COLUMN campaign.open_queue.due IS 'those of them whose time has come';
COMMENT ON COLUMN campaign.open_queue.leased IS 'messages that a sender has';
COMMENT ON COLUMN campaign.open_queue.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.open_queue.failed IS 'messages that failed for good';
COMMENT ON COLUMN campaign.open_queue.withdrawn IS 'messages that must not be sent any more';
COMMENT ON COLUMN campaign.open_queue.expired IS 'messages that were not sent in time';
COMMENT ON COLUMN campaign.open_queue.oldest IS 'since when the first of those due has been waiting';
COMMENT ON COLUMN campaign.open_queue.next_at IS 'when the next of the others falls due';
COMMENT ON COLUMN campaign.open_queue.rate IS 'messages sent per second, of the last minute';

-- How many messages of each delivery came how far: targeted, queued, sent,
-- delivered, opened, clicked, converted.
--   rate       messages / those targeted
--   step_rate  messages / those of the step before
--   lost       those of the step before - messages; below 0 where a step was
--              skipped, such as an open that nobody saw before a click
CREATE FUNCTION @extschema@.campaign_funnel(run bigint,
	OUT activity text, OUT channel text, OUT step text, OUT messages bigint,
	OUT rate numeric, OUT step_rate numeric, OUT lost bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_funnel_run'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 7;
COMMENT ON FUNCTION @extschema@.campaign_funnel(bigint)
	IS 'how many messages of each delivery of a run came how far';

-- The same over all runs of a campaign.
CREATE FUNCTION @extschema@.campaign_funnel(campaign text,
	OUT activity text, OUT channel text, OUT step text, OUT messages bigint,
	OUT rate numeric, OUT step_rate numeric, OUT lost bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_funnel_campaign'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 7;
COMMENT ON FUNCTION @extschema@.campaign_funnel(text)
	IS 'how many messages of each activity came how far, over all runs of a campaign';

-- Figures of a delivery by what its people are now.  Rows that are gone from
-- the dimension have no value.
--   attribute  SQL expression over the dimension's row
CREATE FUNCTION @extschema@.campaign_crosstab(
	run bigint, activity text, attribute text,
	OUT value text, OUT targeted bigint, OUT excluded bigint,
	OUT queued bigint, OUT sent bigint, OUT delivered bigint,
	OUT bounced bigint, OUT opened bigint, OUT clicked bigint,
	OUT unsubscribed bigint, OUT complained bigint, OUT converted bigint,
	OUT converted_value numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'campaign_crosstab'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_crosstab(bigint, text, text)
	IS 'figures of a delivery by an attribute of its recipients';
