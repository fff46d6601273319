
-- Lines of the log are shown to whoever may look at the campaign, too.
DROP POLICY log_visible ON campaign.log;

-- The view asks a function that has another shape now.
DROP VIEW campaign.run_progress;
-- The newest run of a campaign is found by the index.
-- covers run_campaign
DROP INDEX campaign.run_campaign;
CREATE INDEX run_campaign ON campaign.run (campaign_id, run_id);

-- afterwards
-- Figures of what has been recorded so far, and the indexes of partitions.
UPDATE campaign.event e SET first = true
FROM (
	SELECT DISTINCT ON (message_id, event) message_id, event, event_key
	FROM campaign.event ORDER BY message_id, event, at, event_key
) f
WHERE e.message_id = f.message_id AND e.event = f.event AND e.event_key = f.event_key;
CREATE FUNCTION campaign.renew_partitions() RETURNS void AS 'MODULE_PATHNAME', 'campaign_renew_partitions' LANGUAGE C;
SELECT campaign.renew_partitions();
DROP FUNCTION campaign.renew_partitions();
INSERT INTO campaign.figure (delivery_id, grain, level, event, minute, edition, name, messages, events, value, first_at, last_at)
WITH told AS MATERIALIZED (
	SELECT e.delivery_id, e.message_id, e.event, e.at, date_bin('1 minute', e.at, '2000-01-01 00:00+00') AS minute, e.detail,
		e.first, e.event = 'bounced' AND e.detail ->> 'type' IS DISTINCT FROM 'soft' AS hard,
		CASE WHEN e.event = 'converted' THEN (e.detail ->> 'value')::numeric END AS value,
		coalesce((SELECT c.edition FROM campaign.chunk c
			WHERE c.last_id BETWEEN e.message_id AND e.message_id + 999 AND c.first_id <= e.message_id LIMIT 1), 0) AS edition
	FROM campaign.event e
	JOIN campaign.delivery d ON d.delivery_id = e.delivery_id
	JOIN campaign.run r ON r.run_id = d.run_id
	WHERE NOT r.test
)
SELECT t.delivery_id, 'minute', 3, t.event, t.minute, t.edition, NULL,
	count(*) FILTER (WHERE t.first), count(*), sum(t.value), min(t.at), max(t.at)
FROM told t
GROUP BY t.delivery_id, t.event, t.minute, t.edition
UNION ALL
SELECT b.delivery_id, 'minute', 3, 'hard_bounced', b.minute, b.edition, NULL, count(*), 0, NULL, NULL, NULL
FROM (SELECT DISTINCT ON (t.message_id) t.* FROM told t WHERE t.hard ORDER BY t.message_id, t.at) b
GROUP BY b.delivery_id, b.minute, b.edition
UNION ALL
SELECT t.delivery_id, 'link', 3, t.event, NULL, 0, t.detail ->> 'link',
	count(DISTINCT t.message_id), count(*), NULL, min(t.at), max(t.at)
FROM told t WHERE t.event = 'clicked'
GROUP BY t.delivery_id, t.event, t.detail ->> 'link';
