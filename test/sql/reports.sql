-- P1: would fail if the figures of a run did not add up, whatever became of its
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
minutes AS MATERIALIZED (SELECT run_id, activity, sum(sent) AS sent, sum(delivered) AS delivered, sum(bounced) AS bounced, sum(opened) AS opened, sum(clicked) AS clicked,
	sum(unsubscribed) AS unsubscribed, sum(complained) AS complained, sum(converted) AS converted FROM campaign.report_by_minute GROUP BY 1, 2),
single AS MATERIALIZED (SELECT run_id, activity, count(*) AS queued, count(*) FILTER (WHERE sent) AS sent, count(*) FILTER (WHERE failed) AS failed, count(*) FILTER (WHERE delivered) AS delivered,
	count(*) FILTER (WHERE bounced) AS bounced, count(*) FILTER (WHERE opened) AS opened, count(*) FILTER (WHERE clicked) AS clicked, count(*) FILTER (WHERE unsubscribed) AS unsubscribed,
	count(*) FILTER (WHERE complained) AS complained, count(*) FILTER (WHERE converted) AS converted, sum(converted_value) AS converted_value FROM campaign.report_by_message GROUP BY 1, 2),
variants AS MATERIALIZED (SELECT run_id, activity, event, sum(people) AS people, sum(sent) AS sent FROM campaign.experiment GROUP BY 1, 2, 3),
reasons AS MATERIALIZED (SELECT run_id, activity, sum(people) AS excluded FROM campaign.report_exclusions GROUP BY 1, 2),
events AS MATERIALIZED (SELECT run_id, activity, event, messages, events FROM campaign.event_counts),
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
	UNION ALL SELECT run_id, activity, v.what || ' of the report', expected, found FROM report r JOIN queue q USING (run_id, activity), LATERAL (VALUES
		('pending', q.pending, r.pending), ('leased', q.leased, r.leased), ('sent', q.sent, r.sent), ('failed', q.failed, r.failed), ('withdrawn', q.withdrawn, r.withdrawn),
		('expired', q.expired, r.expired), ('queued', r.queued, r.pending + r.leased + r.sent + r.failed + r.expired + r.withdrawn), ('bounces', r.bounced, r.hard_bounced + r.soft_bounced)) v (what, expected, found)
	UNION ALL SELECT run_id, activity, v.what || ' by minute', expected, coalesce(found, 0) FROM report r LEFT JOIN minutes h USING (run_id, activity), LATERAL (VALUES
		('sent', r.sent, h.sent), ('delivered', r.delivered, h.delivered), ('bounced', r.bounced, h.bounced), ('opened', r.opened, h.opened),
		('clicked', r.clicked, h.clicked), ('unsubscribed', r.unsubscribed, h.unsubscribed), ('complained', r.complained, h.complained), ('converted', r.converted, h.converted)) v (what, expected, found)
	UNION ALL SELECT run_id, activity, v.what || ' by message', expected, coalesce(found, 0) FROM report r LEFT JOIN single h USING (run_id, activity), LATERAL (VALUES
		('queued', r.queued, h.queued), ('sent', r.sent, h.sent), ('failed', r.failed, h.failed), ('delivered', r.delivered, h.delivered), ('bounced', r.bounced, h.bounced),
		('opened', r.opened, h.opened), ('clicked', r.clicked, h.clicked), ('unsubscribed', r.unsubscribed, h.unsubscribed), ('complained', r.complained, h.complained),
		('converted', r.converted, h.converted), ('value', r.converted_value, h.converted_value)) v (what, expected, found)
	UNION ALL SELECT run_id, activity, v.what || ' by event', coalesce(found, 0), expected FROM report r CROSS JOIN LATERAL (VALUES
		('delivered', r.delivered, NULL), ('bounced', r.bounced, NULL), ('opened', r.opened, r.opens), ('clicked', r.clicked, r.clicks),
		('unsubscribed', r.unsubscribed, NULL), ('complained', r.complained, NULL), ('converted', r.converted, r.conversions)) n (event, people, times)
		LEFT JOIN events e USING (run_id, activity, event), LATERAL (VALUES (n.event, n.people, e.messages), (n.event || ' times', n.times, CASE WHEN n.times IS NOT NULL THEN e.events END)) v (what, expected, found)
		WHERE expected IS NOT NULL
	UNION ALL SELECT run_id, activity, v.what || ' by variant', expected, found FROM variants x JOIN report r USING (run_id, activity), LATERAL (VALUES ('sent', r.sent, x.sent),
		(x.event, CASE x.event WHEN 'delivered' THEN r.delivered WHEN 'opened' THEN r.opened WHEN 'clicked' THEN r.clicked WHEN 'unsubscribed' THEN r.unsubscribed ELSE r.converted END, x.people)) v (what, expected, found)
	UNION ALL SELECT run_id, activity, 'excluded by reason', r.excluded, coalesce(x.excluded, 0) FROM report r LEFT JOIN reasons x USING (run_id, activity)
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
-- Whatever the planner believes of a new delivery, its rows are not compared each
-- with each: chunks and events are joined as sets.
EXPLAIN (COSTS OFF) SELECT * FROM campaign.report_by_message \g | grep -c 'Full Join'
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
SELECT activity, queued, pending, due, leased, sent, failed, withdrawn, expired, next_at > now() + '20 hours' AS tomorrow, rate = round(sent / 60.0, 1) AS rated FROM campaign.queue_status WHERE run_id = :run ORDER BY activity;

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
-- All figures of a delivery, and what they make.
\pset expanded on
SELECT version, started_at <= now() AS started, occurrence, pending, leased, sent, failed, expired, withdrawn, retries, bounced, hard_bounced, soft_bounced, opened, opens, clicked, clicks, converted, conversions,
	converted_value, converted_rate, ctr, ctor, reactivity FROM campaign.report WHERE run_id = :run AND activity = 'mail';
\pset expanded off
SELECT version, ctr, ctor, reactivity, converted_rate FROM campaign.report WHERE run_id = :run AND activity = 'text';
SELECT activity, reason, people, rate FROM campaign.report_exclusions WHERE run_id = :run ORDER BY activity, people DESC, reason;
SELECT * FROM campaign_funnel(:run);
SELECT count(*) FROM (SELECT * FROM campaign_funnel(:run) EXCEPT SELECT * FROM campaign_funnel('reports')) d;
SELECT * FROM campaign_crosstab(:run, 'mail', 'consent');
SELECT value, targeted, excluded, sent, opened FROM campaign_crosstab(:run, 'mail', 'width_bucket(id, 1, 5001, 2)') ORDER BY value;
-- Days in a zone whose hours begin at half past the hour, from minutes.
SELECT date_trunc('day', minute, 'Asia/Kolkata') AT TIME ZONE 'Asia/Kolkata' AS day, sum(opened) AS opened FROM campaign.report_by_minute
WHERE run_id = :run AND minute > '2030-01-01' GROUP BY 1 ORDER BY 1;
-- What cannot be told.
\set VERBOSITY sqlstate
SELECT * FROM campaign_funnel(-1);
SELECT * FROM campaign_funnel('no such');
SELECT * FROM campaign_funnel(NULL::bigint);
SELECT * FROM campaign_crosstab(:run, 'both', 'consent');
SELECT * FROM campaign_crosstab(:run, 'nowhere', 'consent');
SELECT * FROM campaign_crosstab(:run, 'mail', 'no_such_column');
SELECT * FROM campaign_crosstab(:run, 'mail', 'consent) FROM people; --');
SELECT * FROM campaign_crosstab(:run, 'mail', 'count(*)');
SELECT * FROM campaign_crosstab(:run, 'mail', '"campaign.sent"');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT campaign_feedback(min(message_id), 'opened') FROM second;
ROLLBACK;
\set VERBOSITY default
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

-- Runs of random graphs, with random senders and readers.  What is wrong shows
-- the seed with which it happens again.
INSERT INTO people SELECT i, CASE WHEN i % 40 > 0 THEN i % 900 || '@' || i % 3 || '.example' END, i % 9 > 0 FROM generate_series(1, 1000) i;
SELECT (extract(epoch FROM clock_timestamp())::bigint % 1000000)::integer AS seed \gset
CREATE TABLE random_seed AS SELECT :seed AS seed;
CREATE TABLE random_run (run bigint);
CREATE FUNCTION pick(n integer) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT floor(random() * n)::integer';
CREATE FUNCTION make(number integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	c text := 'random ' || number;
	seed integer := number + (SELECT r.seed FROM random_seed r);
	ends text[];
	at text;
	n text;
BEGIN
	PERFORM setseed((seed % 1000) / 1000.0);
	PERFORM campaign_create(c, 'people');
	PERFORM campaign_add_audience(c, 'some', filter => format('id %% %s > %s', 2 + pick(5), pick(4)));
	ends := ARRAY['some'];
	FOR i IN 1 .. 1 + pick(3) LOOP
		at := ends[1 + pick(cardinality(ends))];
		n := 'step' || i;
		ends := array_remove(ends, at);
		CASE pick(4)
		WHEN 0 THEN
			PERFORM campaign_add_split(c, n, format('[{"name": "a", "filter": "id %% %s = 0"}, {"name": "b"}]', 2 + pick(3))::jsonb, after => at);
			ends := ends || ARRAY[n || '.a', n || '.b'];
		WHEN 1 THEN
			PERFORM campaign_add_fork(c, n, after => at);
			ends := ends || ARRAY[n, n];
		WHEN 2 THEN
			PERFORM campaign_add(c, n, 'email', jsonb_build_object('subject', 's', 'body', 'b', 'one_per_address', pick(2) = 0)
				|| CASE pick(2) WHEN 0 THEN '{"variants": [{"name": "a", "percent": 20}, {"name": "b", "percent": 50}, {"name": "c", "percent": 30}]}' ELSE '{}' END::jsonb, after => at);
			ends := ends || n;
		ELSE
			PERFORM campaign_add(c, n, 'sms', '{"body": "b", "category": "transactional"}', after => at);
			ends := ends || n;
		END CASE;
	END LOOP;
	FOREACH at IN ARRAY ends LOOP
		n := 'end' || coalesce(array_length(regexp_split_to_array(at, ''), 1), 0) || pick(1000000);
		IF pick(2) = 0 THEN
			PERFORM campaign_add_email(c, n, subject => 's', body => 'b', category => CASE pick(2) WHEN 0 THEN 'transactional' ELSE 'marketing' END, after => at);
		ELSE
			PERFORM campaign_add(c, n, 'sms', '{"body": "b", "valid_for": "1 day"}', after => at);
		END IF;
	END LOOP;
	PERFORM campaign_publish(c);
	INSERT INTO random_run SELECT campaign_start(c);
END $$;
CREATE FUNCTION act(seed integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	l record;
BEGIN
	PERFORM setseed((seed % 1000) / 1000.0);
	FOR i IN 1 .. 6 LOOP
		FOR l IN SELECT lease, array_agg(message_id) AS ids FROM campaign_claim(CASE pick(2) WHEN 0 THEN 'email' ELSE 'sms' END, 50 + pick(600)) GROUP BY lease LOOP
			CASE pick(6)
			WHEN 0 THEN PERFORM campaign_release(l.lease);
			WHEN 1 THEN NULL;
			WHEN 2 THEN
				PERFORM campaign_suppress('email', pick(900) || '@1.example') FROM generate_series(1, 5);
				PERFORM campaign_recheck(l.lease);
			ELSE
				PERFORM campaign_ack(l.lease, (SELECT jsonb_agg(jsonb_build_object('message_id', id, (ARRAY['permanent', 'released', 'permanent'])[1 + pick(3)], pick(2) = 0))
					FROM unnest(l.ids) id WHERE pick(4) = 0));
			END CASE;
			PERFORM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', id, 'event', (ARRAY['delivered', 'bounced', 'opened', 'opened', 'clicked', 'unsubscribed', 'complained', 'converted'])[1 + pick(8)],
				'at', now() - pick(100000) * interval '1 second', 'detail', jsonb_build_object('type', CASE pick(2) WHEN 0 THEN 'soft' ELSE 'hard' END, 'value', pick(100), 'link', 'l' || pick(3)))) FROM unnest(l.ids) id, generate_series(1, 1 + pick(2))));
		END LOOP;
	END LOOP;
	IF pick(3) = 0 THEN
		PERFORM campaign_forget('people', (1 + pick(1000))::text);
		PERFORM campaign_stop((SELECT run FROM random_run ORDER BY random() LIMIT 1));
	END IF;
END $$;
SELECT format('SELECT make(%s)', i) FROM generate_series(1, 6) i \gexec
SELECT DISTINCT campaign_wait(run) FROM random_run;
SELECT :seed AS seed, * FROM wrong;
SELECT act(:seed + 10);
SELECT :seed AS seed, * FROM wrong;
SELECT :seed AS seed, v.* FROM random_run, campaign_verify(run) v;
-- What is rolled back is in no figure, and what is told again in none twice.
CREATE TABLE told AS SELECT jsonb_agg(jsonb_build_object('message_id', m.message_id, 'event', e.event, 'at', now() - e.days * interval '1 day' - m.message_id % 3000 * interval '1 second',
	'detail', jsonb_build_object('link', 'l' || m.message_id % 4, 'value', 1.5))) AS events
FROM campaign.message m JOIN random_run r ON r.run = m.run_id, (VALUES ('opened', 3), ('opened', 1), ('clicked', 2), ('clicked', 5), ('converted', 1)) e (event, days) WHERE m.message_id % 3 = 0;
CREATE TABLE said AS SELECT * FROM campaign.report;
BEGIN;
SELECT recorded > 100 AS recorded FROM told, campaign_feedback(events);
SELECT count(*) > 0 AS changed FROM (TABLE said EXCEPT SELECT * FROM campaign.report) d;
SELECT :seed AS seed, * FROM wrong;
ROLLBACK;
SELECT count(*) FROM (TABLE said EXCEPT SELECT * FROM campaign.report) d;
SELECT recorded > 100 AS recorded FROM told, campaign_feedback(events);
SELECT recorded, repeated > 100 AS repeated FROM told, campaign_feedback(events);
SELECT :seed AS seed, v.* FROM random_run, campaign_verify(run) v;
-- So many single events that rows are replaced by their sums.
SELECT sum(recorded) > 500 AS recorded FROM (SELECT (campaign_feedback(message_id, 'opened', at)).recorded FROM (
	SELECT m.message_id, now() - i * interval '1 hour' AS at FROM campaign.message m JOIN random_run r ON r.run = m.run_id, generate_series(1, 3) i
	ORDER BY m.message_id % 11, m.message_id, i LIMIT 2000) t) f;
SELECT act(:seed + 20);
SELECT act(:seed + 30);
SELECT :seed AS seed, * FROM wrong;
SELECT :seed AS seed, v.* FROM random_run, campaign_verify(run) v;
SELECT :seed AS seed, r.run_id, r.activity, r.targeted FROM campaign.report r
CROSS JOIN LATERAL (SELECT sum(targeted) AS targeted, sum(excluded) AS excluded, sum(queued) AS queued, sum(sent) AS sent, sum(opened) AS opened, sum(converted_value) AS value
	FROM campaign_crosstab(r.run_id, r.activity, 'id % 7')) x
WHERE r.run_id IN (SELECT run FROM random_run) AND r.targeted > 0 AND (x.targeted, x.excluded, x.queued, x.sent, x.opened, x.value) IS DISTINCT FROM (r.targeted, r.excluded, r.queued, r.sent, r.opened, r.converted_value);
SELECT count(*) > 5 AS deliveries, sum(excluded) > 0 AS excluded, sum(sent) > 0 AS sent FROM campaign.report WHERE run_id IN (SELECT run FROM random_run);
SELECT campaign_stop(run) FROM random_run, campaign.run_progress p WHERE p.run_id = run GROUP BY run HAVING max(p.run_state) NOT IN ('succeeded', 'stopped') \g /dev/null

-- Others see nothing of it.
RESET SESSION AUTHORIZATION;
CREATE ROLE regress_reports_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_reports_other;
SET SESSION AUTHORIZATION regress_reports_other;
SELECT (SELECT count(*) FROM campaign.report_by_domain) + (SELECT count(*) FROM campaign.report_by_link)
	+ (SELECT count(*) FROM campaign.report_by_hour) + (SELECT count(*) FROM campaign.report_by_minute)
	+ (SELECT count(*) FROM campaign.report_by_message) + (SELECT count(*) FROM campaign.report_exclusions) + (SELECT count(*) FROM campaign.queue_status) AS rows;
\set VERBOSITY sqlstate
SELECT * FROM campaign_funnel(:run);
SELECT * FROM campaign_crosstab(:run, 'mail', 'id');
\set VERBOSITY default

-- Clean up.
RESET SESSION AUTHORIZATION;
REVOKE USAGE ON SCHEMA campaign FROM regress_reports_other;
DROP ROLE regress_reports_other;
SET SESSION AUTHORIZATION regress_reports;
SELECT campaign_stop(:second_run) \g /dev/null
SELECT campaign_drop('reports') \g /dev/null
SELECT campaign_stop(run) FROM random_run \g /dev/null
SELECT count(campaign_drop('random ' || i)) FROM generate_series(1, 6) i;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_reports';
DELETE FROM campaign.suppression WHERE role_name = 'regress_reports';
DROP SCHEMA reports CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_reports;
DROP ROLE regress_reports;
RESET timezone;
