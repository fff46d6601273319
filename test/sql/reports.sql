-- Would fail if the figures of a run did not add up, whatever became of its
-- messages, or if two reports said different things of the same delivery.
SET jit = off;
SET client_min_messages = warning;
CREATE ROLE regress_reports LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_reports;
CREATE SCHEMA reports AUTHORIZATION regress_reports;
SET SESSION AUTHORIZATION regress_reports;
SET search_path = reports, public;
SET timezone = 'UTC';
CREATE TABLE people (id bigint PRIMARY KEY, email text, consent boolean, tz text);
INSERT INTO people SELECT i, CASE WHEN i % 50 > 0 THEN i || CASE i % 3 WHEN 0 THEN '@one.example' WHEN 1 THEN '@TWO.example' ELSE ' <x@three.example>' END END,
	i % 7 > 0 FROM generate_series(1, 5000) i;
SELECT campaign_dimension('people', addresses => '{"email": "email", "sms": "id::text"}', consent => '{"email": "consent"}') \g /dev/null
\pset null -
-- Every promise of addition, for all runs: no row, ever.
CREATE VIEW wrong AS
WITH report AS MATERIALIZED (SELECT * FROM campaign.report),
queue AS MATERIALIZED (SELECT * FROM campaign.queue_status),
excluded AS MATERIALIZED (SELECT run_id, activity, count(*) AS excluded FROM campaign.excluded GROUP BY 1, 2),
message AS MATERIALIZED (SELECT run_id, activity, count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'leased') AS leased,
	count(*) FILTER (WHERE status = 'sent') AS sent, count(*) FILTER (WHERE status = 'failed') AS failed,
	count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn, count(*) FILTER (WHERE status = 'expired') AS expired
	FROM campaign.message GROUP BY 1, 2),
domains AS MATERIALIZED (SELECT run_id, activity, sum(queued) AS queued, sum(sent) AS sent, sum(failed) AS failed, sum(delivered) AS delivered, sum(bounced) AS bounced,
	sum(opened) AS opened, sum(clicked) AS clicked, sum(unsubscribed) AS unsubscribed, sum(complained) AS complained FROM campaign.report_by_domain GROUP BY 1, 2),
hours AS MATERIALIZED (SELECT run_id, activity, sum(sent) AS sent, sum(delivered) AS delivered, sum(bounced) AS bounced, sum(opened) AS opened, sum(clicked) AS clicked,
	sum(unsubscribed) AS unsubscribed, sum(complained) AS complained, sum(converted) AS converted FROM campaign.report_by_hour GROUP BY 1, 2),
links AS MATERIALIZED (SELECT run_id, activity, sum(clicks) AS clicks FROM campaign.report_by_link GROUP BY 1, 2),
figure AS (
	SELECT run_id, activity, 'targeted' AS what, targeted AS expected, excluded + queued AS found FROM report
	UNION ALL SELECT run_id, activity, 'queued', queued, pending + leased + sent + failed + withdrawn + expired FROM queue
	UNION ALL SELECT run_id, activity, 'excluded', r.excluded, coalesce(x.excluded, 0) FROM report r LEFT JOIN excluded x USING (run_id, activity)
	UNION ALL SELECT run_id, activity, v.what, expected, coalesce(found, 0) FROM queue q LEFT JOIN message m USING (run_id, activity), LATERAL (VALUES
		('pending', q.pending, m.pending), ('leased', q.leased, m.leased), ('sent', q.sent, m.sent), ('failed', q.failed, m.failed),
		('withdrawn', q.withdrawn, m.withdrawn), ('expired', q.expired, m.expired)) v (what, expected, found)
	UNION ALL SELECT run_id, activity, v.what || ' by domain', expected, coalesce(found, 0) FROM report r JOIN queue q USING (run_id, activity) LEFT JOIN domains d USING (run_id, activity), LATERAL (VALUES
		('queued', r.queued, d.queued), ('sent', r.sent, d.sent), ('failed', q.failed, d.failed), ('delivered', r.delivered, d.delivered), ('bounced', r.bounced, d.bounced),
		('opened', r.opened, d.opened), ('clicked', r.clicked, d.clicked), ('unsubscribed', r.unsubscribed, d.unsubscribed), ('complained', r.complained, d.complained)) v (what, expected, found)
	UNION ALL SELECT run_id, activity, v.what || ' by hour', expected, coalesce(found, 0) FROM report r LEFT JOIN hours h USING (run_id, activity), LATERAL (VALUES
		('sent', r.sent, h.sent), ('delivered', r.delivered, h.delivered), ('bounced', r.bounced, h.bounced), ('opened', r.opened, h.opened),
		('clicked', r.clicked, h.clicked), ('unsubscribed', r.unsubscribed, h.unsubscribed), ('complained', r.complained, h.complained), ('converted', r.converted, h.converted)) v (what, expected, found)
	UNION ALL SELECT run_id, activity, 'clicks', events, coalesce(clicks, 0) FROM campaign.event_counts LEFT JOIN links USING (run_id, activity) WHERE event = 'clicked'
)
SELECT * FROM figure WHERE expected IS DISTINCT FROM found;

-- A run of two deliveries, one of which has somebody suppressed in it.
SELECT campaign_create('reports', 'people') \g /dev/null
SELECT campaign_add_audience('reports', 'everybody') \g /dev/null
SELECT campaign_add_fork('reports', 'both', after => 'everybody') \g /dev/null
SELECT campaign_add_email('reports', 'mail', after => 'both', subject => 'Hello', body => 'x') \g /dev/null
SELECT campaign_add('reports', 'text', 'sms', '{"body": "x", "category": "transactional", "valid_for": "1 day"}', after => 'both') \g /dev/null
SELECT campaign_publish('reports');
SELECT campaign_start('reports') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM wrong;
SELECT activity, targeted, excluded, queued FROM campaign.report WHERE run_id = :run ORDER BY activity;
SELECT activity, queued, pending, due, leased, sent, oldest <= now() AS waits, next_at FROM campaign.queue_status WHERE run_id = :run ORDER BY activity;
SELECT activity, domain, queued, sent FROM campaign.report_by_domain WHERE run_id = :run ORDER BY 1, 2;
SELECT count(*) FROM campaign.report_by_hour WHERE run_id = :run;

-- Claimed, sent, failed for good and for now, withdrawn.
CREATE TABLE first AS SELECT *, row_number() OVER (ORDER BY message_id) AS n FROM campaign_claim('email', 900);
SELECT campaign_suppress('email', '3001@two.example');
CREATE TABLE second AS SELECT *, row_number() OVER (ORDER BY message_id) AS n FROM campaign_claim('email', 1100);
CREATE TABLE third AS SELECT * FROM campaign_claim('email', 1000);
SELECT * FROM wrong;
SELECT DISTINCT a.result FROM (SELECT DISTINCT lease FROM first) l, campaign_ack(l.lease, failed => (SELECT jsonb_agg(jsonb_build_object('message_id', message_id,
	'permanent', n % 2 = 0, 'delay', '1 day', 'reason', 'x')) FROM first WHERE n % 10 < 2)) a;
SELECT DISTINCT a.result FROM (SELECT DISTINCT lease FROM second) l, campaign_ack(l.lease) a;
SELECT * FROM wrong;
SELECT activity, queued, pending, due, leased, sent, failed, withdrawn, expired, next_at > now() + '20 hours' AS tomorrow FROM campaign.queue_status WHERE run_id = :run ORDER BY activity;

-- What people did; each message counts once, where it first did.
SELECT recorded FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', event, 'at', at, 'detail', detail)) FROM (
	SELECT message_id, 'delivered' AS event, '2030-01-01 10:05Z'::timestamptz AS at, NULL::jsonb AS detail FROM second
	UNION ALL SELECT message_id, 'opened', '2030-01-01 10:30Z'::timestamptz + i * interval '1 hour', NULL FROM second, generate_series(0, 2) i WHERE n % 4 = 0
	UNION ALL SELECT message_id, 'clicked', '2030-01-01 11:30Z'::timestamptz + i * interval '1 minute', jsonb_build_object('link', 'https://example.org/' || i % 2) FROM second, generate_series(0, 2) i WHERE n % 8 = 0
	UNION ALL SELECT message_id, 'clicked', '2030-01-01 12:30Z', NULL FROM second WHERE n % 100 = 0
	UNION ALL SELECT message_id, 'bounced', '2030-01-01 13:30Z', '{"type": "soft"}' FROM second WHERE n % 100 = 1
	UNION ALL SELECT message_id, 'unsubscribed', '2030-01-01 13:30Z', NULL FROM second WHERE n % 100 = 2
	UNION ALL SELECT message_id, 'complained', '2030-01-01 13:30Z', NULL FROM second WHERE n % 100 = 3
	UNION ALL SELECT message_id, 'converted', '2030-01-01 14:30Z', '{"value": 10}' FROM second WHERE n % 100 = 4) e));
SELECT * FROM wrong;
SELECT domain, queued, sent, failed, delivered, opened_rate = round(opened::numeric / sent, 4) AS opened_rate FROM campaign.report_by_domain WHERE run_id = :run AND activity = 'mail' ORDER BY domain;
SELECT link, messages, clicks, clicked_rate, first_at, last_at FROM campaign.report_by_link WHERE run_id = :run ORDER BY link;
SELECT hour, sent, delivered, opened, clicked, bounced, unsubscribed, complained, converted FROM campaign.report_by_hour WHERE run_id = :run AND hour > '2030-01-01' ORDER BY hour;
-- Hours are those of the session's clock.
SET timezone = 'Asia/Kolkata';
SELECT min(hour) AS hour FROM campaign.report_by_hour WHERE run_id = :run AND delivered > 0;
SELECT * FROM wrong;
SET timezone = 'UTC';

-- Messages whose time is over.
RESET SESSION AUTHORIZATION;
UPDATE campaign.chunk SET expires_at = now() - interval '1 hour' WHERE chunk_id IN (SELECT chunk_id FROM campaign.chunk
	JOIN campaign.delivery d USING (delivery_id) WHERE d.run_id = :run AND d.activity = 'text' ORDER BY chunk_id LIMIT 2);
SET SESSION AUTHORIZATION regress_reports;
SELECT * FROM wrong;
SELECT activity, pending, due, expired FROM campaign.queue_status WHERE run_id = :run ORDER BY activity;
-- More runs: one stopped, one forgotten in part, one of nobody.
SELECT campaign_stop(:run);
SELECT * FROM wrong;
SELECT pending, due, leased, sent > 0 AS sent, withdrawn > 0 AS withdrawn, oldest, next_at FROM campaign.queue_status WHERE run_id = :run ORDER BY activity;
SELECT campaign_start('reports') AS second_run \gset
SELECT campaign_wait(:second_run);
SELECT count(*) FROM campaign_forget('people', '3');
SELECT * FROM wrong;
SELECT activity, domain, queued FROM campaign.report_by_domain WHERE run_id = :second_run AND domain IN ('', 'one.example') ORDER BY 1, 2;
TRUNCATE people;
SELECT campaign_start('reports') AS third_run \gset
SELECT campaign_wait(:third_run);
SELECT * FROM wrong;
SELECT activity, targeted, excluded, queued, sent FROM campaign.report WHERE run_id = :third_run ORDER BY activity;
SELECT activity, queued, pending, due, leased, sent, failed, withdrawn, expired, oldest, next_at FROM campaign.queue_status WHERE run_id = :third_run ORDER BY activity;
SELECT count(*) FROM campaign.report_by_domain WHERE run_id = :third_run;

-- Others see nothing of it.
RESET SESSION AUTHORIZATION;
CREATE ROLE regress_reports_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_reports_other;
SET SESSION AUTHORIZATION regress_reports_other;
SELECT (SELECT count(*) FROM campaign.report_by_domain) + (SELECT count(*) FROM campaign.report_by_link)
	+ (SELECT count(*) FROM campaign.report_by_hour) + (SELECT count(*) FROM campaign.queue_status) AS rows;

-- Clean up.
RESET SESSION AUTHORIZATION;
REVOKE USAGE ON SCHEMA campaign FROM regress_reports_other;
DROP ROLE regress_reports_other;
SET SESSION AUTHORIZATION regress_reports;
SELECT campaign_stop(:second_run) \g /dev/null
SELECT campaign_drop('reports') \g /dev/null
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_reports';
DELETE FROM campaign.suppression WHERE role_name = 'regress_reports';
DROP SCHEMA reports CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_reports;
DROP ROLE regress_reports;
RESET timezone;
