-- Would fail if a message went out before its time by the clock of whom it goes
-- to, if a change of clocks moved it, if waves lost or doubled anybody, or if
-- quiet hours ended at the wrong instant.
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';

-- Zones: those of SET timezone; the second time one is unknown, from memory.
SELECT left(n, 20) AS name, campaign.known_zone(n) FROM (VALUES (1, 'Asia/Kolkata'), (2, 'asia/kolkata'), (3, 'Atlantis'), (4, 'Atlantis'),
	(5, ''), (6, 'right/Europe/Berlin'), (7, repeat('x', 300)), (8, NULL), (9, '../UTC')) v(i, n) ORDER BY i;
-- Local times: as AT TIME ZONE, also where clocks are put forward or back.
SELECT z, count(*), count(*) FILTER (WHERE campaign.local_instant(t, z) = t AT TIME ZONE z) AS equal
FROM unnest('{America/New_York,Asia/Kolkata,Europe/Berlin,Australia/Lord_Howe,Africa/Casablanca,Pacific/Apia,UTC}'::text[]) z,
	(SELECT '2026-01-01'::timestamp + i * interval '30 minutes 15.25 seconds' AS t FROM generate_series(0, 17500, 3) i
	UNION ALL SELECT '2011-12-29'::timestamp + i * interval '45 minutes' FROM generate_series(0, 96) i
	UNION ALL VALUES ('infinity'::timestamp), ('-infinity'), ('0044-03-15 12:00 BC'), ('1883-11-18 12:01')) t (t)
GROUP BY z ORDER BY z COLLATE "C";
SELECT campaign.local_instant('2026-03-08 02:30', 'America/New_York'), campaign.local_instant('2026-11-01 01:30', 'America/New_York'),
	campaign.local_instant('2026-07-01 12:00', 'CET');
SELECT campaign.local_instant('2026-03-08 02:30', 'Atlantis');
SELECT campaign.local_instant('294276-12-31 23:00', 'America/New_York');

-- Quiet hours: nights and weekends, by the clock of each zone.
\set nights '{"weekly": [{"from": "20:00", "until": "08:00"}, {"days": ["sat", "sun"]}], "dates": ["2026-12-25", "01-01"]}'
SELECT a, z, campaign.quiet_until(a, z, :'nights') FROM (VALUES
	(1, '2026-07-01 12:00+00'::timestamptz, 'Europe/Berlin'), (2, '2026-07-01 12:00+00', 'Asia/Kolkata'), (3, '2026-07-01 14:30+00', 'Asia/Kolkata'),
	(4, '2026-07-03 18:00+00', 'Europe/Berlin'), (5, '2026-07-03 17:59:59.999999+00', 'Europe/Berlin'), (6, '2026-07-06 05:59:59.999999+00', 'Europe/Berlin'),
	(7, '2026-12-24 18:00+00', 'UTC'), (8, '2026-12-24 21:00+00', 'UTC'), (9, '2026-12-31 22:00+00', 'UTC'), (10, '1999-01-01 03:00+00', 'UTC'),
	(11, 'infinity', 'UTC'), (12, '-infinity', 'UTC')) v(i, a, z) ORDER BY i;
-- An end that falls into the hour that clocks skip is where they skip it; one
-- in the hour they show twice is there twice.
SELECT a, campaign.quiet_until(a, 'America/New_York', '{"weekly": [{"days": ["sat"], "from": "22:00", "until": "02:30"}]}')
FROM (VALUES ('2026-03-08 04:00+00'::timestamptz), ('2026-03-08 06:59:59+00'), ('2026-03-08 07:00+00')) v(a);
SELECT a, campaign.quiet_until(a, 'America/New_York', '{"weekly": [{"days": ["sat"], "from": "22:00", "until": "01:30"}]}')
FROM (VALUES ('2026-11-01 04:00+00'::timestamptz), ('2026-11-01 05:40+00'), ('2026-11-01 06:00+00'), ('2026-11-01 06:29:59+00')) v(a);
-- The whole day of that date, as long as it is.
SELECT campaign.quiet_until('2026-11-01 12:00+00', 'America/New_York', '{"dates": ["2026-11-01"]}') - '2026-11-01 04:00+00' AS length,
	campaign.quiet_until('2026-03-08 12:00+00', 'America/New_York', '{"dates": ["03-08"]}') - '2026-03-08 05:00+00' AS length;
-- Against a rule written in SQL, on a grid around changes of clocks.
CREATE FUNCTION pg_temp.is_quiet(local timestamp, rule jsonb) RETURNS boolean LANGUAGE sql AS $$
SELECT EXISTS (SELECT FROM jsonb_array_elements(rule -> 'weekly') w,
	LATERAL (SELECT (w ->> 'from')::interval AS f, (w ->> 'until')::interval AS u) t,
	LATERAL (SELECT date_trunc('day', local) - i * interval '1 day' AS day FROM generate_series(0, 1) i) d
	WHERE w -> 'days' ? (ARRAY['sun','mon','tue','wed','thu','fri','sat'])[extract(dow FROM day)::int + 1]
		AND local >= day + f AND local < day + CASE WHEN u > f THEN u ELSE u + interval '1 day' END)
	OR rule -> 'dates' ? to_char(local, 'YYYY-MM-DD') OR rule -> 'dates' ? to_char(local, 'MM-DD')
$$;
SELECT z, count(*), count(*) FILTER (WHERE got <> expected) AS wrong
FROM (SELECT z, got, (SELECT min(m) FILTER (WHERE NOT pg_temp.is_quiet(m AT TIME ZONE z, rule))
		FROM (SELECT a AS m UNION ALL SELECT date_trunc('hour', a) + i * interval '30 minutes' FROM generate_series(1, 150) i) g
		WHERE m BETWEEN a AND got) AS expected
	FROM unnest('{America/New_York,Europe/Berlin,Australia/Lord_Howe}'::text[]) z,
	(VALUES ('{"weekly": [{"days": ["sat"], "from": "22:00", "until": "02:30"}], "dates": ["11-01", "03-09"]}'::jsonb),
		('{"weekly": [{"days": ["sat", "sun"], "from": "00:00", "until": "24:00"}, {"days": ["fri"], "from": "20:00", "until": "02:30"}], "dates": ["2026-11-02"]}')) r(rule),
	(SELECT s + i * interval '5 hours 37 minutes 30 seconds' AS a FROM (VALUES ('2026-03-07 00:00+00'::timestamptz),
		('2026-10-31 12:00+00'), ('2026-10-24 12:00+00'), ('2026-03-28 12:00+00'), ('2026-04-04 00:00+00')) v(s), generate_series(0, 9) i) a,
	LATERAL (SELECT campaign.quiet_until(a, z, rule) AS got) q) c GROUP BY 1 ORDER BY 1;
-- Rules that take turns at one place.
SELECT i, campaign.quiet_until('2026-07-01 12:00+00', 'UTC', CASE i % 2 WHEN 0 THEN '{"dates": ["07-01"]}' ELSE '{"weekly": [{"until": "13:00"}]}' END::jsonb)
FROM generate_series(1, 4) i;
-- Wrong rules.
DO $$
DECLARE
	rule text;
	problem text;
BEGIN
	FOREACH rule IN ARRAY ARRAY['[]', '{}', '{"weekly": []}', '{"weekly": {}}', '{"weekly": [3]}', '{"hourly": [{}]}',
		'{"weekly": [{}]}', '{"weekly": [{"days": []}]}', '{"weekly": [{"days": ["Sat"]}]}', '{"weekly": [{"days": [6]}]}',
		'{"weekly": [{"day": ["sat"]}]}', '{"weekly": [{"from": "8:00"}]}', '{"weekly": [{"from": "24:01"}]}', '{"weekly": [{"from": "12:60"}]}',
		'{"weekly": [{"from": 8}]}', '{"weekly": [{"from": "08:00", "until": "08:00"}]}',
		'{"weekly": [{"from": "08:00", "until": "20:00"}, {"from": "20:00", "until": "08:00"}]}',
		'{"dates": "12-25"}', '{"dates": ["12-32"]}', '{"dates": ["2026-02-29"]}', '{"dates": ["2026-12-25 "]}', '{"dates": ["12/25"]}', '{"dates": [1225]}', '{"dates": [""]}',
		(SELECT jsonb_build_object('dates', jsonb_agg(to_char('2027-01-01'::date + i, 'MM-DD')))::text FROM generate_series(0, 364) i)]
	LOOP
		BEGIN
			PERFORM campaign.quiet_until(now(), 'UTC', rule::jsonb);
			RAISE WARNING 'taken: %', rule;
		EXCEPTION WHEN invalid_parameter_value THEN
			GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
			RAISE WARNING '% -> %', left(rule, 70), problem;
		END;
	END LOOP;
END $$;
SELECT campaign.quiet_until('2026-01-01', 'Atlantis', '{"dates": ["12-25"]}');
-- Leap days are days of some years.
SELECT campaign.quiet_until('2028-02-28 12:00+00', 'UTC', '{"dates": ["02-28", "02-29"]}'), campaign.quiet_until('2027-02-28 12:00+00', 'UTC', '{"dates": ["02-28", "02-29"]}');

-- ---------------------------------------------------------------------------
-- Deliveries
-- ---------------------------------------------------------------------------
CREATE ROLE timing_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO timing_owner;
GRANT CREATE ON SCHEMA public TO timing_owner;
SET SESSION AUTHORIZATION timing_owner;
CREATE TABLE traveller (id int, email text, tz text, leaves timestamp, mailed_at timestamptz);
INSERT INTO traveller SELECT i, 'p' || i || CASE WHEN i % 4 = 0 THEN '@Slow.Example' ELSE '@fast.example' END,
	(ARRAY['Asia/Kolkata', 'America/New_York', NULL, 'Atlantis', 'Europe/Berlin'])[i % 5 + 1],
	'2031-03-09 02:30'::timestamp + i % 2 * interval '238 days', '2031-05-01 12:00+00'::timestamptz + i * interval '1 second'
FROM generate_series(1, 1000) i;
-- Rows of one key are one recipient.
INSERT INTO traveller SELECT * FROM traveller WHERE id <= 10;
SELECT campaign_dimension('traveller', key => 'id', addresses => '{"email": "email"}', time_zone => 'tz');
SELECT campaign_create('plans', dimension => 'traveller', settings => '{"time_zone": "Europe/London"}');
SELECT campaign_add_audience('plans', 'all');
CREATE FUNCTION pg_temp.mail(name text, options jsonb) RETURNS text LANGUAGE sql AS $$
SELECT campaign_add('plans', name, 'email', '{"subject": "x", "body": "{{ id }}", "category": "transactional"}' || options, after => 'all')
$$;
SELECT pg_temp.mail('local', '{"send_at": "leaves"}');
SELECT pg_temp.mail('literal', '{"send_at": "2031-07-01 09:00", "time_zone": "Asia/Tokyo"}');
SELECT pg_temp.mail('instant', '{"send_at": "2031-07-01T09:00+02", "valid_for": "3 days"}');
SELECT pg_temp.mail('seconds', '{"send_at": "mailed_at", "valid_until": "2031-05-03"}');
SELECT pg_temp.mail('past', '{"send_at": "CASE WHEN id > 500 THEN ''2001-01-01''::timestamptz END", "valid_for": "3 days"}');
SELECT pg_temp.mail('waves', '{"waves": [{"percent": 10}, {"percent": 30, "after": "2 hours"}, {"after": "1 hour"}]}');
SELECT pg_temp.mail('numbers', '{"waves": [{"number": 10}, {"percent": 50, "after": "2 hours"}, {"number": 100, "after": "1 hour"}, {"after": "1 hour"}]}');
SELECT pg_temp.mail('exceed', '{"waves": [{"percent": 60}, {"percent": 70, "after": "2 hours"}, {"number": 5, "after": "1 hour"}]}');
SELECT pg_temp.mail('short', '{"waves": [{"number": 10}, {"number": 20, "after": "2 hours"}]}');
SELECT pg_temp.mail('equal', '{"waves": {"count": 4, "every": "1 hour", "at": "2031-08-01 10:00+00"}}');
SELECT pg_temp.mail('both', '{"send_at": "2031-08-01 12:00+00", "waves": {"count": 4, "every": "1 hour", "at": "2031-08-01 10:30+00"}}');
SELECT campaign_rule('nights', 'quiet_hours', '{"weekly": [{"from": "20:00", "until": "08:00"}]}');
SELECT campaign_rule('holidays', 'quiet_hours', '{"dates": ["07-04"]}');
SELECT pg_temp.mail('quiet', '{"send_at": "2031-07-03 22:00+00", "rules": "nights, holidays"}');
SELECT severity, activity, code, message FROM campaign_check('plans');
SELECT campaign_publish('plans');
SELECT campaign_start('plans') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
-- By the clock of each, where it is valid; 02:30 is skipped in New York.
SELECT activity, coalesce(campaign.known_zone(tz), 'none') AS zone, send_at, count(*),
	bool_and(send_at = CASE activity WHEN 'local' THEN leaves AT TIME ZONE coalesce(campaign.known_zone(tz), 'Europe/London')
		ELSE '2031-07-01 09:00'::timestamp AT TIME ZONE coalesce(campaign.known_zone(tz), 'Asia/Tokyo') END) AS as_postgres
FROM campaign.message m JOIN (SELECT DISTINCT * FROM traveller) t ON t.id::text = recipient
WHERE run_id = :run AND activity IN ('local', 'literal') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT activity, message FROM campaign.log WHERE run_id = :run AND event = 'time zone missing' ORDER BY 1;
-- Everybody once, whatever varies.
SELECT activity, count(*), count(DISTINCT recipient) AS recipients, count(DISTINCT send_at) AS times FROM campaign.message WHERE run_id = :run GROUP BY 1 ORDER BY 1;
SELECT reason, count(*) FROM campaign.excluded WHERE run_id = :run GROUP BY 1, activity ORDER BY 1, 2;
-- Never before its time, and less than a minute after.
SELECT bool_and(send_at >= mailed_at AND send_at < mailed_at + interval '1 minute') AS rounded_up
FROM campaign.message JOIN traveller ON id::text = recipient WHERE run_id = :run AND activity = 'seconds';
-- What has passed, and NULL, is now.
SELECT count(DISTINCT send_at), bool_and(send_at <= now()) AS past FROM campaign.message WHERE run_id = :run AND activity = 'past';
-- Sizes of waves; of those by share they are near it.
SELECT activity, send_at - min(send_at) OVER (PARTITION BY activity) AS after, count
FROM (SELECT activity, send_at, count(*) FROM campaign.message
	WHERE run_id = :run AND activity IN ('waves', 'numbers', 'exceed', 'short', 'equal', 'both') GROUP BY 1, 2) w ORDER BY 1, 2;
SELECT min(send_at) FILTER (WHERE activity = 'equal') AS equal, min(send_at) FILTER (WHERE activity = 'both') AS both FROM campaign.message WHERE run_id = :run;
-- Drawn by the hash: the same in the next run, and as anybody can compute.
SELECT bool_and((campaign.sample_position(recipient, 'plans.waves.waves') < 0.1) = (send_at = first)) AS as_computed
FROM (SELECT recipient, send_at, min(send_at) OVER () AS first FROM campaign.message WHERE run_id = :run AND activity = 'waves') m;
-- Quiet: Berlin and London until the morning of the 4th, a holiday, and so the 5th.
SELECT coalesce(campaign.known_zone(tz), 'none') AS zone, send_at, count(*)
FROM campaign.message m JOIN (SELECT DISTINCT * FROM traveller) t ON t.id::text = recipient
WHERE run_id = :run AND activity = 'quiet' GROUP BY 1, 2 ORDER BY 1;
-- When they expire: three days after they were to be sent.
RESET SESSION AUTHORIZATION;
SELECT DISTINCT activity, expires_at - CASE activity WHEN 'seconds' THEN '2031-05-03'::timestamptz ELSE send_at END AS after FROM campaign.chunk JOIN campaign.delivery USING (delivery_id) WHERE run_id = :run AND expires_at IS NOT NULL ORDER BY 1;
SET SESSION AUTHORIZATION timing_owner;
-- Only what is due is handed out, in whatever portions.
SELECT count(*), bool_and(attributes ->> 'activity' IN ('past', 'waves', 'numbers', 'exceed', 'short')) AS due FROM campaign_claim('email', 100000);
SELECT v.* FROM campaign_verify(:run) v;
SELECT (campaign_preview('plans', 'local', '1')).reason;

-- A domain with a limit waits for it, others do not; however it is written.
RESET SESSION AUTHORIZATION;
SELECT campaign_channel('email', settings => '{"domains": {"slow.example": {"messages": 20, "per": "1 hour"}}}');
SET SESSION AUTHORIZATION timing_owner;
SELECT campaign_stop(:run);
INSERT INTO traveller VALUES (2001, 'A <a@SLOW.example>', 'UTC'), (2002, '"b@c"@slow.example', 'UTC'), (2003, 'c@slow.example.', 'UTC'), (2004, 'slow.example@fast.example', 'UTC');
SELECT campaign_create('domains', dimension => 'traveller');
SELECT campaign_add_audience('domains', 'all'), campaign_add_email('domains', 'mail', after => 'all', subject => 'x', body => 'x'),
	campaign_publish('domains');
SELECT campaign_start('domains') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
CREATE TEMP TABLE claimed AS SELECT 1 AS claim, address FROM campaign_claim('email', 300);
INSERT INTO claimed SELECT 2, address FROM campaign_claim('email', 300);
INSERT INTO claimed SELECT 3, address FROM campaign_claim('email', 3000);
INSERT INTO claimed SELECT 4, address FROM campaign_claim('email', 3000);
SELECT address ~* 'slow.example[.>]?$' AS slow, count(*) FROM claimed GROUP BY 1 ORDER BY 1;
SELECT status, count(*) FROM campaign.message WHERE run_id = :run GROUP BY 1 ORDER BY 1;
SELECT v.* FROM campaign_verify(:run) v;

-- Doubts: times that have passed, what expires before it is sent.
SELECT campaign_create('doubts', dimension => 'traveller');
SELECT campaign_add_audience('doubts', 'all');
SELECT campaign_add('doubts', name, 'email', '{"subject": "x", "body": "x", "category": "transactional"}' || options::jsonb, after => 'all') FROM (VALUES
	('passed', '{"send_at": "2001-01-01 12:00+00"}'), ('local', '{"send_at": "2001-01-01 12:00"}'), ('until', '{"valid_until": "2001-01-01"}'),
	('early', '{"send_at": "2031-01-01 12:00+00", "valid_until": "2030-01-01"}'),
	('second', '{"waves": [{"percent": 30}, {"at": "2001-01-01 12:00Z"}]}'), ('third', '{"waves": {"count": 3, "every": "1 year", "at": "2031-01-01 00:00Z"}, "valid_until": "2032-06-01"}'),
	('sum', '{"waves": [{"percent": 60}, {"percent": 50, "after": "1 hour"}]}'), ('none', '{"send_at": "now() + interval ''1 day''"}')) v(name, options);
SELECT activity, code, message FROM campaign_check('doubts') ORDER BY 1, 2, 3;

-- Wrong options.
DO $$
DECLARE
	options text;
	problem text;
BEGIN
	FOREACH options IN ARRAY ARRAY['{"send_at": "id"}', '{"send_at": "current_date"}', '{"send_at": "soon"}', '{"send_at": "2031-13-01 09:00"}', '{"send_at": 5}',
		'{"time_zone": "Atlantis"}', '{"valid_for": "0"}', '{"valid_for": "-1 day"}', '{"valid_until": "infinity"}',
		'{"waves": 3}', '{"waves": []}', '{"waves": [3]}', '{"waves": [{"percent": 0}]}', '{"waves": [{"percent": 101}]}', '{"waves": [{"number": 1.5}]}',
		'{"waves": [{"percent": "10"}]}', '{"waves": [{"percent": 10, "number": 5}]}', '{"waves": [{}, {"after": "1 hour"}]}', '{"waves": [{"percent": 10}, {}]}',
		'{"waves": [{"percent": 10}, {"after": "1 hour", "at": "2031-01-01 12:00+00"}]}', '{"waves": [{"at": "2031-01-01 12:00"}]}', '{"waves": [{"at": "tomorrow"}]}',
		'{"waves": [{"percent": 10}, {"after": "-1 hour"}]}', '{"waves": [{"size": 10}]}', '{"waves": {"count": 4}}', '{"waves": {"count": 0, "every": "1 hour"}}',
		'{"waves": {"count": 2000, "every": "1 hour"}}', '{"rules": "sleep"}']
	LOOP
		BEGIN
			PERFORM campaign_add('doubts', 'wrong', 'email', '{"subject": "x", "body": "x"}' || options::jsonb, after => 'all');
			RAISE WARNING 'taken: %', options;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
			RAISE WARNING '% -> % %', options, SQLSTATE, problem;
		END;
	END LOOP;
END $$;
SELECT campaign_create('zoneless', dimension => 'traveller', settings => '{"time_zone": "Atlantis"}');
SELECT campaign_create('zoneless', dimension => 'traveller', settings => '{"time_zone": 3}');
SELECT campaign_rule('ever', 'quiet_hours', '{"weekly": [{}]}');
SELECT campaign_rule('none', 'quiet_hours', '{}');
SELECT campaign_rule('none', 'quiet_hours', '{"weekly": "x"}');
SELECT campaign_rule('days', 'quiet_hours', '{"weekly": [{"from": "08:00", "until": "20:00"}]}');
-- Two rules that leave no time together.
SELECT campaign_add('doubts', 'wrong', 'email', '{"subject": "x", "body": "x", "rules": "nights, days"}', after => 'all');

-- A rule that was dropped holds no more, also where it was published with.
SELECT campaign_rule_drop(r) FROM unnest('{nights,holidays,days}'::text[]) r;
SELECT campaign_start('plans') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT send_at, count(*) FROM campaign.message WHERE run_id = :run AND activity = 'quiet' GROUP BY 1;
SELECT campaign_stop(:run);
SELECT campaign_drop(c) FROM unnest('{plans,domains,doubts}'::text[]) c;
DROP TABLE traveller, claimed;
DROP FUNCTION pg_temp.mail;
RESET SESSION AUTHORIZATION;
SELECT campaign_channel_drop('email');
TRUNCATE campaign.throttle;
DELETE FROM campaign.dimension WHERE owner_name = 'timing_owner';
REVOKE CREATE ON SCHEMA public FROM timing_owner;
REVOKE USAGE ON SCHEMA campaign FROM timing_owner;
DROP ROLE timing_owner;
