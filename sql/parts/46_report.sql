-- ---------------------------------------------------------------------------
-- Views: reports beside campaign.report, and the queue
-- ---------------------------------------------------------------------------

-- The messages of a chunk are counted out rather than looked up one by one:
-- that is what lets them be joined with the queue as two sets.  The bounds keep
-- the queue from being read beyond the delivery.
CREATE VIEW campaign.report_by_domain WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, f.domain,
	f.queued, f.sent, f.failed, f.delivered, f.bounced, f.opened, f.clicked, f.unsubscribed, f.complained,
	round(f.delivered::numeric / nullif(f.sent, 0), 4) AS delivered_rate,
	round(f.bounced::numeric / nullif(f.sent, 0), 4) AS bounced_rate,
	round(f.opened::numeric / nullif(f.sent, 0), 4) AS opened_rate,
	round(f.clicked::numeric / nullif(f.sent, 0), 4) AS clicked_rate,
	round(f.unsubscribed::numeric / nullif(f.sent, 0), 4) AS unsubscribed_rate,
	round(f.complained::numeric / nullif(f.sent, 0), 4) AS complained_rate
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT min(n.last_id) - 999 AS first_id, max(n.last_id) AS last_id
	FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
) b
CROSS JOIN LATERAL (
	SELECT m.domain, count(*) AS queued,
		count(*) FILTER (WHERE s.result = 's') AS sent,
		count(*) FILTER (WHERE s.result = 'f') AS failed,
		count(*) FILTER (WHERE e.delivered) AS delivered,
		count(*) FILTER (WHERE e.bounced) AS bounced,
		count(*) FILTER (WHERE e.opened) AS opened,
		count(*) FILTER (WHERE e.clicked) AS clicked,
		count(*) FILTER (WHERE e.unsubscribed) AS unsubscribed,
		count(*) FILTER (WHERE e.complained) AS complained
	FROM (
		SELECT i.message_id, coalesce(chr(get_byte(c.results, (i.message_id - c.first_id)::integer)), '.') AS result
		FROM campaign.chunk c
		CROSS JOIN LATERAL generate_series(c.first_id, c.last_id) AS i (message_id)
		WHERE c.delivery_id = d.delivery_id
	) s
	JOIN (
		SELECT n.message_id, CASE WHEN position('@' IN n.address) = 0 THEN ''
			ELSE rtrim(lower(split_part(n.address, '@', -1)), '> .') END AS domain
		FROM campaign.dispatch n
		WHERE n.delivery_id = d.delivery_id AND n.message_id BETWEEN b.first_id AND b.last_id
	) m ON m.message_id = s.message_id
	LEFT JOIN (
		SELECT v.message_id, bool_or(v.event = 'delivered') AS delivered, bool_or(v.event = 'bounced') AS bounced,
			bool_or(v.event = 'opened') AS opened, bool_or(v.event = 'clicked') AS clicked,
			bool_or(v.event = 'unsubscribed') AS unsubscribed, bool_or(v.event = 'complained') AS complained
		FROM campaign.event v
		WHERE v.delivery_id = d.delivery_id AND v.message_id BETWEEN b.first_id AND b.last_id
		GROUP BY v.message_id
	) e ON e.message_id = s.message_id
	WHERE s.result <> 'r'
	GROUP BY m.domain
) f
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
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
	SELECT coalesce(sum(campaign.count_results(c.results, 's')), 0)::bigint AS sent
	FROM campaign.chunk c WHERE c.delivery_id = d.delivery_id
) s
CROSS JOIN LATERAL (
	SELECT v.detail ->> 'link' AS link, count(DISTINCT v.message_id) AS messages, count(*) AS clicks,
		min(v.at) AS first_at, max(v.at) AS last_at
	FROM campaign.event v
	WHERE v.delivery_id = d.delivery_id AND v.event = 'clicked'
		AND v.message_id >= r.epoch << 36 AND v.message_id < (r.epoch + 1) << 36
	GROUP BY v.detail ->> 'link'
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

-- A message counts in the hour of its first event of a kind, so that the hours
-- of a delivery add up to campaign.report.
CREATE VIEW campaign.report_by_hour WITH (security_barrier) AS
SELECT g.name AS campaign, d.run_id, d.activity, d.channel, h.hour,
	h.sent, h.delivered, h.bounced, h.opened, h.clicked, h.unsubscribed, h.complained, h.converted
FROM campaign.campaign g
JOIN campaign.run r ON r.campaign_id = g.campaign_id
JOIN campaign.delivery d ON d.run_id = r.run_id
CROSS JOIN LATERAL (
	SELECT m.hour, coalesce(sum(m.messages) FILTER (WHERE m.what = 'sent'), 0)::bigint AS sent,
		count(*) FILTER (WHERE m.what = 'delivered') AS delivered,
		count(*) FILTER (WHERE m.what = 'bounced') AS bounced,
		count(*) FILTER (WHERE m.what = 'opened') AS opened,
		count(*) FILTER (WHERE m.what = 'clicked') AS clicked,
		count(*) FILTER (WHERE m.what = 'unsubscribed') AS unsubscribed,
		count(*) FILTER (WHERE m.what = 'complained') AS complained,
		count(*) FILTER (WHERE m.what = 'converted') AS converted
	FROM (
		SELECT date_trunc('hour', c.leased_until) AS hour, 'sent' COLLATE "C" AS what,
			campaign.count_results(c.results, 's') AS messages
		FROM campaign.chunk c
		WHERE c.delivery_id = d.delivery_id AND campaign.count_results(c.results, 's') > 0
		UNION ALL
		SELECT date_trunc('hour', min(v.at)), v.event, 1
		FROM campaign.event v
		WHERE v.delivery_id = d.delivery_id
			AND v.message_id >= r.epoch << 36 AND v.message_id < (r.epoch + 1) << 36
		GROUP BY v.event, v.message_id
	) m
	GROUP BY m.hour
) h
WHERE (campaign.visible(g.owner) OR g.campaign_id IN (SELECT v.campaign_id FROM campaign.viewable v)) AND NOT r.test;
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

-- From chunks alone, however large the queue is.
CREATE VIEW campaign.queue_status WITH (security_barrier) AS
SELECT d.channel, g.name AS campaign, d.run_id, d.activity, d.queued,
	s.pending, s.due, s.leased, 
	coalesce((d.figures #>> '{queue,sent}')::bigint, s.sent) AS sent,
	coalesce((d.figures #>> '{queue,failed}')::bigint, s.failed) AS failed,
	coalesce((d.figures #>> '{queue,withdrawn}')::bigint, s.withdrawn) AS withdrawn,
	coalesce((d.figures #>> '{queue,expired}')::bigint, s.expired) AS expired,
	 s.oldest, s.next_at
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
			AND isfinite(c.due_at)) AS next_at
	FROM (
		SELECT n.due_at,
			CASE WHEN n.results IS NULL THEN n.last_id - n.first_id + 1 ELSE campaign.count_results(n.results, '.') END AS open,
			campaign.count_results(n.results, 's') AS sent,
			campaign.count_results(n.results, 'f') AS failed,
			campaign.count_results(n.results, 'w') AS withdrawn,
			campaign.count_results(n.results, 'e') AS expired,
			campaign.message_status('.', n.leased_until, n.expires_at, r.state) AS status
		FROM campaign.chunk n WHERE n.delivery_id = d.delivery_id
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
