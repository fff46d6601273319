-- ---------------------------------------------------------------------------
-- Feedback: what became of messages, and reports about it
-- ---------------------------------------------------------------------------

CREATE TYPE campaign.feedback_counts AS (
	recorded		bigint,
	repeated		bigint,
	parked			bigint
);
COMMENT ON TYPE campaign.feedback_counts IS 'what became of reported events: recorded, known before, or parked because there is no such message';

-- Records what became of a message.  Any order will do, and saying something
-- twice changes nothing.
--   event   delivered, bounced, opened, clicked, unsubscribed, complained,
--           converted
--   detail  object; id (the provider's, of the event), type (of bounces: hard,
--           which is the default, or soft), link, value, and whatever else
-- Hard bounces, complaints and unsubscriptions suppress the address.
CREATE FUNCTION @extschema@.campaign_feedback(message_id bigint, event text,
	at timestamptz DEFAULT NULL, detail jsonb DEFAULT NULL)
RETURNS campaign.feedback_counts
AS 'MODULE_PATHNAME', 'campaign_feedback'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_feedback(bigint, text, timestamptz, jsonb)
	IS 'records what became of a message: delivered, bounced, opened, clicked, unsubscribed, complained, converted';

-- The same for many: an array of objects with the keys message_id, event, at
-- and detail.
CREATE FUNCTION @extschema@.campaign_feedback(events jsonb)
RETURNS campaign.feedback_counts
AS 'MODULE_PATHNAME', 'campaign_feedback_bulk'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_feedback(jsonb)
	IS 'records what became of many messages; returns how many events were new';

-- Takes a hit of a tracking URL: records the event it stands for.  Returns
-- where to redirect to, which is empty for what is no link; NULL for a token
-- that was not made here for this destination, which does nothing.
CREATE FUNCTION @extschema@.campaign_track(token text, destination text DEFAULT NULL, detail jsonb DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'campaign_track'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.campaign_track(text, text, jsonb)
	IS 'records the hit of a tracking URL; returns where to redirect to, NULL if the token is forged';

-- How often a letter stands in the results of a chunk; NULL: all are open.
CREATE FUNCTION campaign.count_results(results bytea, result text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'campaign_count_results'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION campaign.count_results(bytea, text) IS 'how many messages of a chunk have that result';

-- All at once, of a chunk of so many messages: open, sent, failed, withdrawn,
-- expired.
CREATE FUNCTION campaign.tally_results(results bytea, messages bigint)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'campaign_tally_results'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION campaign.tally_results(bytea, bigint)
	IS 'how many messages of a chunk are open, sent, failed, withdrawn and expired';

CREATE VIEW campaign.event_counts WITH (security_barrier) AS
SELECT d.run_id, d.activity, d.channel, e.event, e.messages, e.events, e.first_at, e.last_at
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT f.event, sum(f.messages)::bigint AS messages, sum(f.events)::bigint AS events,
		min(f.first_at) AS first_at, max(f.last_at) AS last_at
	FROM campaign.figure f
	WHERE f.delivery_id = d.delivery_id AND f.grain = 'minute'
	GROUP BY f.event
	HAVING sum(f.events) > 0
) e
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.event_counts IS 'feedback per delivery and event: how many messages, and how many events';
COMMENT ON COLUMN campaign.event_counts.messages IS 'messages with the event, each counted once';
COMMENT ON COLUMN campaign.event_counts.events IS 'events, of which a message may have several';

-- Messages that were sent, or that a test counts as sent, and what became of
-- each.  As campaign.message: each looks its chunk up; get_byte() must not see
-- other chunks' messages.
CREATE VIEW campaign.sent_or_tested WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, f.dimension, m.message_id, m.recipient,
	coalesce(m.person, m.recipient) AS person, c.sent_at,
	ARRAY(SELECT DISTINCT e.event FROM campaign.event e WHERE e.message_id = m.message_id ORDER BY 1) AS events,
	ARRAY(SELECT DISTINCT e.detail ->> 'link' FROM campaign.event e
		WHERE e.message_id = m.message_id AND e.event = 'clicked' AND e.detail ? 'link' ORDER BY 1) AS links,
	r.test
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
LEFT JOIN campaign.flow f ON f.run_id = d.run_id AND f.source = d.activity AND f.outcome = 'result'
CROSS JOIN LATERAL (
	SELECT min(n.last_id) - 999 AS first_id, max(n.last_id) AS last_id
	FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
) b
CROSS JOIN LATERAL (
	SELECT n.message_id, n.delivery_id, n.recipient, n.person FROM campaign.dispatch n
	WHERE n.delivery_id = d.delivery_id AND n.message_id BETWEEN b.first_id AND b.last_id
	UNION ALL
	SELECT n.message_id, d.delivery_id, n.recipient COLLATE "C", n.person COLLATE "C"
	FROM campaign.distributed_messages(d.delivery_id, b.first_id, b.last_id) n WHERE d.distributed
) m
CROSS JOIN LATERAL (
	SELECT c.leased_until AS sent_at
	FROM campaign.chunk c
	WHERE c.delivery_id = m.delivery_id
		AND c.last_id BETWEEN m.message_id AND m.message_id + 999
		AND CASE WHEN c.first_id <= m.message_id AND c.last_id >= m.message_id
			THEN get_byte(c.results, (m.message_id - c.first_id)::integer) IN (115, 116) END
	LIMIT 1
) c
WHERE campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v);
COMMENT ON VIEW campaign.sent_or_tested IS 'messages that were sent, or that a test counts as sent; for the owners'' selects';

CREATE VIEW campaign.sent WITH (security_barrier) AS
SELECT campaign, run_id, activity, dimension, message_id, recipient, person, sent_at, events, links
FROM campaign.sent_or_tested WHERE NOT test;
COMMENT ON VIEW campaign.sent IS 'messages that were sent, with what people did with each';
COMMENT ON COLUMN campaign.sent.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.sent.run_id IS 'number of the run';
COMMENT ON COLUMN campaign.sent.activity IS 'name of the channel activity';
COMMENT ON COLUMN campaign.sent.dimension IS 'dimension of the targeted row';
COMMENT ON COLUMN campaign.sent.message_id IS 'number of the message';
COMMENT ON COLUMN campaign.sent.recipient IS 'key of the targeted row';
COMMENT ON COLUMN campaign.sent.person IS 'key of the person behind it, or the recipient';
COMMENT ON COLUMN campaign.sent.sent_at IS 'when its sender said so';
COMMENT ON COLUMN campaign.sent.events IS 'what became of it, each event once';
COMMENT ON COLUMN campaign.sent.links IS 'links in it that were clicked, each once';

-- What became of messages in the queue is counted from chunks or, where these
-- are old and deleted, what it was before; what people did is kept as sums.
CREATE VIEW campaign.report WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel,
	d.targeted, d.excluded, d.queued, k.sent,
	e.delivered, e.bounced, e.opened, e.clicked, e.unsubscribed, e.complained,
	round(e.delivered::numeric / nullif(k.sent, 0), 4) AS delivered_rate,
	round(e.bounced::numeric / nullif(k.sent, 0), 4) AS bounced_rate,
	round(e.opened::numeric / nullif(k.sent, 0), 4) AS opened_rate,
	round(e.clicked::numeric / nullif(k.sent, 0), 4) AS clicked_rate,
	round(e.unsubscribed::numeric / nullif(k.sent, 0), 4) AS unsubscribed_rate,
	round(e.complained::numeric / nullif(k.sent, 0), 4) AS complained_rate,
	e.converted, e.converted_value,
	v.number AS version, r.started_at, r.occurrence,
	s.pending, s.leased, k.failed, k.expired, k.withdrawn, k.retries,
	e.hard_bounced, e.bounced - e.hard_bounced AS soft_bounced,
	e.opens, e.clicks, e.conversions,
	round(e.converted::numeric / nullif(k.sent, 0), 4) AS converted_rate,
	round(e.clicked::numeric / nullif(e.delivered, 0), 4) AS ctr,
	round(e.clicks::numeric / nullif(e.opens, 0), 4) AS ctor,
	round(e.clicked::numeric / nullif(e.opened, 0), 4) AS reactivity
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.version v ON v.version_id = r.version_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.open) FILTER (WHERE c.status = 'pending'), 0)::bigint AS pending,
		coalesce(sum(c.open) FILTER (WHERE c.status = 'leased'), 0)::bigint AS leased,
		coalesce(sum(c.sent), 0)::bigint AS sent,
		coalesce(sum(c.failed), 0)::bigint AS failed,
		(coalesce(sum(c.expired), 0) + coalesce(sum(c.open) FILTER (WHERE c.status = 'expired'), 0))::bigint AS expired,
		(coalesce(sum(c.withdrawn), 0) + coalesce(sum(c.open) FILTER (WHERE c.status = 'withdrawn'), 0))::bigint AS withdrawn
	FROM (
		SELECT t.tally[1] AS open, t.tally[2] AS sent, t.tally[3] AS failed, t.tally[4] AS withdrawn, t.tally[5] AS expired,
			CASE WHEN t.tally[1] > 0 THEN campaign.message_status('.', t.leased_until, t.expires_at, r.state) END AS status
		FROM (
			SELECT campaign.tally_results(n.results, n.last_id - n.first_id + 1) AS tally, n.leased_until, n.expires_at
			FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
			OFFSET 0
		) t
	) c
) s
CROSS JOIN LATERAL (
	SELECT count(*) AS retries FROM campaign.outcome o
	WHERE o.delivery_id = d.delivery_id AND o.status = 'retried'
) o
CROSS JOIN LATERAL (
	SELECT coalesce(sum(f.messages) FILTER (WHERE f.event = 'delivered'), 0)::bigint AS delivered,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'bounced'), 0)::bigint AS bounced,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'opened'), 0)::bigint AS opened,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'clicked'), 0)::bigint AS clicked,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'unsubscribed'), 0)::bigint AS unsubscribed,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'complained'), 0)::bigint AS complained,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'converted'), 0)::bigint AS converted,
		coalesce(sum(f.messages) FILTER (WHERE f.event = 'hard_bounced'), 0)::bigint AS hard_bounced,
		coalesce(sum(f.events) FILTER (WHERE f.event = 'opened'), 0)::bigint AS opens,
		coalesce(sum(f.events) FILTER (WHERE f.event = 'clicked'), 0)::bigint AS clicks,
		coalesce(sum(f.events) FILTER (WHERE f.event = 'converted'), 0)::bigint AS conversions,
		coalesce(sum(f.value), 0) AS converted_value
	FROM campaign.figure f
	WHERE f.delivery_id = d.delivery_id AND f.grain = 'minute'
) e
CROSS JOIN LATERAL (
	SELECT coalesce((d.figures #>> '{report,sent}')::bigint, s.sent) AS sent,
		coalesce((d.figures #>> '{report,failed}')::bigint, s.failed) AS failed,
		coalesce((d.figures #>> '{report,expired}')::bigint, s.expired) AS expired,
		coalesce((d.figures #>> '{report,withdrawn}')::bigint, s.withdrawn) AS withdrawn,
		coalesce((d.figures #>> '{report,retries}')::bigint, o.retries) AS retries
) k
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
COMMENT ON VIEW campaign.report IS 'figures of each delivery: messages from targeted to sent, and people by what they did';
COMMENT ON COLUMN campaign.report.sent IS 'messages that a sender acknowledged as sent';
COMMENT ON COLUMN campaign.report.delivered_rate IS 'delivered / sent';
COMMENT ON COLUMN campaign.report.version IS 'number of the version that the run executes';
COMMENT ON COLUMN campaign.report.started_at IS 'when the run was started';
COMMENT ON COLUMN campaign.report.occurrence IS 'the launch of the schedule that the run is; NULL: somebody started it';
COMMENT ON COLUMN campaign.report.pending IS 'messages that wait to be claimed';
COMMENT ON COLUMN campaign.report.leased IS 'messages that a sender has';
COMMENT ON COLUMN campaign.report.failed IS 'messages that failed for good: errors of sending';
COMMENT ON COLUMN campaign.report.expired IS 'messages that were not sent in time';
COMMENT ON COLUMN campaign.report.withdrawn IS 'messages that must not be sent any more';
COMMENT ON COLUMN campaign.report.retries IS 'attempts that failed for now, of which a message may have several';
COMMENT ON COLUMN campaign.report.hard_bounced IS 'messages that came back for good';
COMMENT ON COLUMN campaign.report.soft_bounced IS 'messages that came back, but not for good: bounced - hard_bounced';
COMMENT ON COLUMN campaign.report.opens IS 'all opens, of which a message may have several';
COMMENT ON COLUMN campaign.report.clicks IS 'all clicks, of which a message may have several';
COMMENT ON COLUMN campaign.report.conversions IS 'all conversions, of which a message may have several';
COMMENT ON COLUMN campaign.report.converted_rate IS 'converted / sent';
COMMENT ON COLUMN campaign.report.ctr IS 'click-through rate: clicked / delivered';
COMMENT ON COLUMN campaign.report.ctor IS 'click-to-open rate: clicks / opens';
COMMENT ON COLUMN campaign.report.reactivity IS 'clicked / opened';

-- How probable it is that two shares (people of so many sent) differ so much by
-- chance alone: the two-sided test of two proportions.
CREATE FUNCTION campaign.two_proportions(people1 bigint, sent1 bigint, people2 bigint, sent2 bigint)
RETURNS double precision
AS 'MODULE_PATHNAME', 'campaign_two_proportions_test'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION campaign.two_proportions(bigint, bigint, bigint, bigint)
	IS 'p-value of two shares being the same; 1 where nothing can be said';

-- Variants of a delivery compared with its first one, by what people did.
CREATE VIEW campaign.experiment WITH (security_barrier) AS
WITH figures AS (
	SELECT g.name AS campaign, d.run_id, d.activity, x.number, x.name AS variant, d.winner = x.number AS winner,
		x.event, x.sent, x.people
	FROM campaign.campaign g
	JOIN campaign.run r ON r.campaign_id = g.campaign_id
	JOIN campaign.delivery d ON d.run_id = r.run_id
	JOIN campaign.activity a ON a.version_id = r.version_id AND a.name = d.activity
	CROSS JOIN LATERAL (SELECT count(*) + 1 AS languages FROM jsonb_object_keys(coalesce(a.options -> 'languages', '{}'))) l
	CROSS JOIN LATERAL (
		WITH kept AS MATERIALIZED (
			SELECT f.event, f.edition / l.languages AS number, sum(f.messages) AS messages
			FROM campaign.figure f
			WHERE f.delivery_id = d.delivery_id AND f.grain = 'minute' AND f.edition >= 0
			GROUP BY f.event, f.edition / l.languages
		)
		SELECT v.number - 1 AS number, v.variant ->> 'name' AS name, k.event,
			coalesce(CASE WHEN d.figures IS NULL THEN s.sent ELSE o.messages END, 0)::bigint AS sent,
			coalesce(p.messages, 0)::bigint AS people
		FROM jsonb_array_elements(a.options -> 'variants') WITH ORDINALITY AS v (variant, number)
		CROSS JOIN unnest('{delivered,opened,clicked,unsubscribed,converted}'::text[]) AS k (event)
		LEFT JOIN (
			SELECT c.edition / l.languages AS number, sum(campaign.count_results(c.results, 's')) AS sent
			FROM campaign.chunk c WHERE c.delivery_id = d.delivery_id AND c.edition >= 0
			GROUP BY c.edition / l.languages
		) s ON s.number = v.number - 1
		LEFT JOIN kept o ON o.number = v.number - 1 AND o.event = 'sent'
		LEFT JOIN kept p ON p.number = v.number - 1 AND p.event = k.event
	) x
	WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test
)
SELECT f.campaign, f.run_id, f.activity, f.variant, f.event, f.sent, f.people,
	round(f.people::numeric / nullif(f.sent, 0), 4) AS rate,
	round((f.people::numeric / nullif(f.sent, 0)) / nullif(b.people::numeric / nullif(b.sent, 0), 0) - 1, 4) AS lift,
	CASE WHEN f.number > 0 THEN round(campaign.two_proportions(f.people, f.sent, b.people, b.sent)::numeric, 4) END AS p_value,
	coalesce(f.winner, false) AS winner
FROM figures f
JOIN figures b ON b.run_id = f.run_id AND b.activity = f.activity AND b.event = f.event AND b.number = 0;
COMMENT ON VIEW campaign.experiment IS 'variants of messages by what people did, compared with the first variant';
COMMENT ON COLUMN campaign.experiment.campaign IS 'name of the campaign';
COMMENT ON COLUMN campaign.experiment.run_id IS 'number of the run';
COMMENT ON COLUMN campaign.experiment.activity IS 'name of the channel activity';
COMMENT ON COLUMN campaign.experiment.variant IS 'name of the variant';
COMMENT ON COLUMN campaign.experiment.event IS 'what people did: delivered, opened, clicked, unsubscribed or converted';
COMMENT ON COLUMN campaign.experiment.sent IS 'messages of the variant that were sent';
COMMENT ON COLUMN campaign.experiment.people IS 'those of them with the event';
COMMENT ON COLUMN campaign.experiment.rate IS 'people / sent';
COMMENT ON COLUMN campaign.experiment.lift IS 'by how much the rate is above that of the first variant: 0.1 is a tenth more';
COMMENT ON COLUMN campaign.experiment.p_value IS 'how probable such a difference from the first variant is by chance alone; NULL for the first';
COMMENT ON COLUMN campaign.experiment.winner IS 'whether it was chosen for those kept back';
