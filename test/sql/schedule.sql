-- Would fail if a schedule launched at another instant than AT TIME ZONE gives
-- for its days and times, launched twice or not at all where clocks change, took
-- what it does not understand, or could be launched against the will of its owner.
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SET lc_messages = 'C';

CREATE TABLE people (id bigint PRIMARY KEY, email text);
INSERT INTO people SELECT g, 'p' || g || '@example.com' FROM generate_series(1, 20) g;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_create('c', dimension => 'people', settings => '{"variables": {"least": {"type": "int", "default": 15}}}');
SELECT campaign_add_audience('c', 'some', filter => 'id > vars.least');
SELECT campaign_schedule('c', '{"frequency": "daily", "at": "09:00"}');
SELECT campaign_publish('c');

-- Nothing is committed here, so that nothing is launched.
\set ON_ERROR_ROLLBACK on
BEGIN;
-- What it means, and what is next.
SELECT campaign_schedule('c', s::jsonb) FROM (VALUES
	('{"frequency": "once", "at": "2096-12-01 09:00", "time_zone": "Europe/Berlin"}'),
	('{"frequency": "once", "at": "2096-12-01T09:00:00-05", "time_zone": "Europe/Berlin"}'),
	('{"frequency": "daily", "at": "09:00"}'),
	('{"frequency": "daily", "at": ["17:30", "09:00", "09:00"], "every": 3, "from": "2026-03-01", "until": "2096-03-01"}'),
	('{"frequency": "daily", "at": {"from": "08:00", "until": "18:00", "every_minutes": 15}, "executions": 100}'),
	('{"frequency": "weekly", "days": "mon", "at": "09:00", "time_zone": "Europe/Berlin"}'),
	('{"frequency": "weekly", "days": ["sun", "mon", "fri"], "every": 2, "from": "2026-03-01", "at": "09:00"}'),
	('{"frequency": "monthly", "days": [1, 22, "last", "second tue", "last fri"], "at": "09:00"}'),
	('{"frequency": "monthly", "days": ["every mon", "every day"], "months": 3, "at": "09:00"}'),
	('{"frequency": "monthly", "days": 31, "months": [1, 7], "at": ["00:00", "23:59"], "overlap": "queue", "missed": "all", "max_lateness": "2 hours"}')
	) v(s);
SELECT schedule FROM campaign.schedules;
SELECT campaign_schedule('c', '{"frequency": "weekly", "days": "mon", "at": "09:00", "time_zone": "Europe/Berlin"}');
SELECT * FROM campaign_next_launches('c', 3, '2026-03-22 12:00+00');
-- The zone of the campaign is that of its schedules; of every second day the first is that of today.
SELECT campaign_create('z', dimension => 'people', settings => '{"time_zone": "Asia/Kolkata"}');
SELECT campaign_add_audience('z', 'all');
SELECT campaign_publish('z');
SELECT regexp_replace(campaign_schedule('z', '{"frequency": "daily", "every": 2, "at": "09:00"}'), '\d{4}-\d\d-\d\d', 'today');
SELECT schedule ->> 'time_zone', (schedule ->> 'from')::date = (scheduled_at AT TIME ZONE 'Asia/Kolkata')::date FROM campaign.schedules WHERE campaign = 'z';
SELECT campaign_unschedule('z'), campaign_unschedule('z');

-- What it does not understand.
CREATE FUNCTION try(s text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE h text;
BEGIN
	RETURN campaign_schedule('c', s::jsonb);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS h = PG_EXCEPTION_HINT;
	RETURN concat_ws(' ', SQLSTATE, SQLERRM, '|', left(h, 60));
END $$;
SELECT s, try(s) FROM (VALUES (1, '[]'), (2, '"daily"'), (3, '{}'), (4, '{"frequency": "yearly"}'), (5, '{"frequency": 1}'),
	(6, '{"frequency": "daily"}'), (7, '{"frequency": "daily", "at": "9:00"}'), (8, '{"frequency": "daily", "at": "24:00"}'),
	(9, '{"frequency": "daily", "at": 900}'), (10, '{"frequency": "daily", "at": []}'), (11, '{"frequency": "daily", "at": ["09:00", null]}'),
	(12, '{"frequency": "daily", "at": {"from": "09:00", "until": "08:00", "every_minutes": 5}}'), (13, '{"frequency": "daily", "at": {"from": "09:00", "until": "10:00"}}'),
	(14, '{"frequency": "daily", "at": "09:00", "evry": 2}'), (15, '{"frequency": "daily", "at": "09:00", "every": 0}'), (16, '{"frequency": "daily", "at": "09:00", "every": 1.5}'),
	(17, '{"frequency": "daily", "at": "09:00", "every": "2"}'), (18, '{"frequency": "daily", "at": "09:00", "time_zone": "Atlantis"}'), (19, '{"frequency": "daily", "at": "09:00", "time_zone": 1}'),
	(20, '{"frequency": "daily", "at": "09:00", "days": "mon"}'), (21, '{"frequency": "weekly", "at": "09:00"}'), (22, '{"frequency": "weekly", "at": "09:00", "days": "monday"}'),
	(23, '{"frequency": "weekly", "at": "09:00", "days": [1]}'), (24, '{"frequency": "monthly", "at": "09:00"}'), (25, '{"frequency": "monthly", "at": "09:00", "days": [0]}'),
	(26, '{"frequency": "monthly", "at": "09:00", "days": [32]}'), (27, '{"frequency": "monthly", "at": "09:00", "days": "sixth mon"}'), (28, '{"frequency": "monthly", "at": "09:00", "days": "last  mon"}'),
	(29, '{"frequency": "monthly", "at": "09:00", "days": 1, "months": [13]}'), (30, '{"frequency": "daily", "at": "09:00", "from": "2026-02-29"}'), (31, '{"frequency": "daily", "at": "09:00", "from": "tomorrow"}'),
	(32, '{"frequency": "daily", "at": "09:00", "from": "2026-02-02", "until": "2026-02-01"}'), (33, '{"frequency": "daily", "at": "09:00", "until": "2020-02-02"}'), (34, '{"frequency": "once", "at": "2020-02-02 09:00"}'),
	(35, '{"frequency": "once", "at": "2096-02-02"}'), (36, '{"frequency": "once", "at": "2096-02-30 09:00"}'), (37, '{"frequency": "once", "at": "tomorrow 09:00 or so"}'), (38, '{"frequency": "once"}'),
	(39, '{"frequency": "once", "at": "2096-12-01 09:00", "every": 2}'), (40, '{"frequency": "daily", "at": "09:00", "overlap": "wait"}'), (41, '{"frequency": "daily", "at": "09:00", "missed": true}'),
	(42, '{"frequency": "daily", "at": "09:00", "missed": "all"}'), (43, '{"frequency": "daily", "at": "09:00", "max_lateness": "-1 hour"}'), (44, '{"frequency": "daily", "at": "09:00", "max_lateness": "soon"}'),
	(45, '{"frequency": "daily", "at": "09:00", "executions": 0}'), (46, '{"frequency": "monthly", "at": "09:00", "days": 30, "months": [2]}'), (47, '{"frequency": "daily", "at": "09:00", "variables": {"lest": 1}}'),
	(48, '{"frequency": "daily", "at": "09:00", "variables": {"least": "few"}}'), (49, '{"frequency": "daily", "at": "09:00", "variables": 1}'), (50, NULL), (51, '{"frequency": "daily", "at": "09:00", "time_zone": ""}')) v(i, s) ORDER BY i;
SELECT try('{"frequency": "monthly", "at": "09:00", "days": "every"}'), try('{"frequency": "monthly", "at": "09:00", "days": "every week"}');
-- pg_cron is not here; test/tap/030_cron.pl is where it is.
SELECT campaign_schedule('c', cron => '0 9 * * 1');
SELECT campaign_schedule('c', '{"frequency": "daily", "at": "09:00"}', cron => '0 9 * * 1');
SELECT campaign_schedule('c');
SELECT count(*) FROM campaign.cron_problems();
SELECT count(*) FROM campaign_next_launches('c', 1001);
SELECT count(*) FROM campaign_next_launches('c', 0);
SELECT count(*) FROM campaign_next_launches('c', 1, 'infinity');

-- Against the same in plain SQL: of each local time the instant that AT TIME
-- ZONE gives, each once, from each of many instants.
CREATE TABLE meant (name text, schedule jsonb, days text, times time[]);
INSERT INTO meant VALUES
('daily', '{"frequency": "daily", "at": ["02:30", "01:30", "02:00", "03:30", "00:00", "23:45"]}', 'true', '{02:30,01:30,02:00,03:30,00:00,23:45}'),
('third', '{"frequency": "daily", "every": 3, "from": "2026-01-02", "at": "02:15"}', '(d::date - date ''2026-01-02'') % 3 = 0 AND d >= ''2026-01-02''', '{02:15}'),
('week', '{"frequency": "weekly", "days": ["sun", "wed"], "at": ["01:45", "12:00"]}', 'extract(dow FROM d) IN (0, 3)', '{01:45,12:00}'),
('weeks', '{"frequency": "weekly", "every": 2, "from": "2026-01-07", "days": ["mon", "sun"], "at": "02:30"}',
	'extract(dow FROM d) IN (0, 1) AND d >= ''2026-01-07'' AND (date_trunc(''week'', d)::date - date ''2026-01-05'') / 7 % 2 = 0', '{02:30}'),
('month', '{"frequency": "monthly", "days": [29, 31, "last"], "at": "02:30"}', 'extract(day FROM d) IN (29, 31) OR extract(day FROM d + interval ''1 day'') = 1', '{02:30}'),
('every', '{"frequency": "monthly", "days": ["every mon", "every day"], "months": [3], "at": "02:30"}', 'extract(month FROM d) = 3', '{02:30}'),
('mondays', '{"frequency": "monthly", "days": ["every mon", "last"], "months": [2, 10, 11], "at": "02:30"}', 'extract(month FROM d) IN (2, 10, 11) AND (extract(dow FROM d) = 1 OR extract(day FROM d + interval ''1 day'') = 1)', '{02:30}'),
('leap', '{"frequency": "monthly", "days": 29, "months": [2], "at": "09:00"}', 'to_char(d, ''MM-DD'') = ''02-29''', '{09:00}'),
('nth', '{"frequency": "monthly", "days": ["second sun", "fifth mon", "last sun", "first sun"], "at": "02:30"}',
	'(extract(dow FROM d) = 0 AND (extract(day FROM d) BETWEEN 8 AND 14 OR extract(day FROM d) < 8 OR extract(month FROM d + interval ''7 days'') <> extract(month FROM d))) OR (extract(dow FROM d) = 1 AND extract(day FROM d) >= 29)', '{02:30}'),
('quarter', '{"frequency": "monthly", "every": 3, "from": "2026-02-15", "days": [1, "last fri"], "at": "02:30", "until": "2028-08-01"}',
	'd >= ''2026-02-15'' AND d <= ''2028-08-01'' AND extract(month FROM d) IN (2, 5, 8, 11) AND (extract(day FROM d) = 1 OR (extract(dow FROM d) = 5 AND extract(month FROM d + interval ''7 days'') <> extract(month FROM d)))', '{02:30}');
CREATE FUNCTION expected(name text, zone text) RETURNS SETOF timestamptz LANGUAGE plpgsql AS $$
DECLARE m meant;
BEGIN
	SELECT * INTO m FROM meant WHERE meant.name = expected.name;
	RETURN QUERY EXECUTE format('SELECT DISTINCT (d + t) AT TIME ZONE %L FROM generate_series(timestamp ''2025-12-30'', ''2033-01-10'', interval ''1 day'') d, unnest(%L::time[]) t WHERE %s',
		zone, m.times, m.days);
END $$;
CREATE FUNCTION differences(name text, zone text, OUT launches bigint, OUT wrong bigint, OUT notes bigint) LANGUAGE plpgsql AS $$
DECLARE
	since timestamptz := '2026-01-01 00:00+00';
	upto timestamptz := '2032-12-31 00:00+00';
	got timestamptz[] := '{}';
	part timestamptz[];
	noted bigint;
BEGIN
	PERFORM campaign_schedule('c', m.schedule || jsonb_build_object('time_zone', zone) - 'until') FROM meant m WHERE m.name = differences.name;
	UPDATE campaign.schedule s SET schedule = m.schedule || jsonb_build_object('time_zone', zone) FROM meant m
	WHERE m.name = differences.name AND s.campaign_id = (SELECT campaign_id FROM campaign.campaign WHERE campaign.name = 'c');
	notes := 0;
	LOOP
		SELECT array_agg(launch_at ORDER BY launch_at), count(note) INTO part, noted FROM campaign_next_launches('c', 500, since) WHERE launch_at < upto;
		EXIT WHEN part IS NULL;
		got := got || part;
		notes := notes + noted;
		since := got[cardinality(got)];
	END LOOP;
	launches := cardinality(got);
	SELECT count(*) INTO wrong FROM (SELECT expected AS at FROM expected(name, zone) WHERE expected > '2026-01-01 00:00+00' AND expected < upto) e
		FULL JOIN (SELECT unnest(got) AS at) g USING (at) WHERE e.at IS NULL OR g.at IS NULL;
END $$;
SELECT m.name, z, d.* FROM meant m, unnest('{America/New_York,Europe/Berlin,Australia/Lord_Howe,Asia/Kolkata}'::text[]) z, LATERAL differences(m.name, z) d ORDER BY 1, 2;
-- Where clocks change.
SELECT campaign_schedule('c', '{"frequency": "daily", "at": ["01:30", "02:30", "03:30"], "time_zone": "America/New_York"}');
SELECT * FROM campaign_next_launches('c', 6, '2026-03-08 00:00-05');
SELECT * FROM campaign_next_launches('c', 3, '2026-11-01 00:00-04');
SELECT * FROM campaign_next_launches('c', 3, '2026-11-01 01:30-04');
SELECT campaign_schedule('c', '{"frequency": "daily", "at": ["02:15"], "time_zone": "Australia/Lord_Howe"}');
SELECT * FROM campaign_next_launches('c', 2, '2026-10-03 00:00+00');
SELECT campaign_schedule('c', '{"frequency": "daily", "at": ["01:45"], "time_zone": "Australia/Lord_Howe"}');
SELECT * FROM campaign_next_launches('c', 2, '2026-04-03 23:00+00');
-- A day that clocks skip whole.
SELECT campaign_schedule('c', '{"frequency": "daily", "at": ["09:00"], "time_zone": "Pacific/Apia"}');
SELECT * FROM campaign_next_launches('c', 3, '2011-12-29 00:00+00');
-- Often.
SELECT campaign_schedule('c', '{"frequency": "daily", "at": {"from": "00:00", "until": "23:59", "every_minutes": 1}, "time_zone": "Europe/Berlin"}');
SELECT count(*), max(launch_at) - min(launch_at) FROM campaign_next_launches('c', 1000, '2026-03-29 00:30:15+00');
ROLLBACK;

-- The life of a campaign: what was not started can become a draft again, what
-- is closed starts nothing, what is archived is for good.
SELECT campaign_duplicate('c', 'copy');
SELECT campaign_export('copy') - 'name' = campaign_export('c') - 'name' AS equal;
SELECT campaign_duplicate('c', 'copy');
SELECT campaign_duplicate('nothing', 'other');
SELECT campaign_duplicate('c', '');
SELECT campaign_close('copy');
SELECT campaign_publish('copy');
SELECT campaign_schedule('copy', '{"frequency": "daily", "at": "09:00", "from": "2096-01-01"}');
SELECT campaign, meaning, state, launched, last_run_id, last_launch, last_state FROM campaign.schedules WHERE campaign = 'copy';
SELECT campaign_unpublish('copy');
SELECT count(*) FROM campaign.schedules WHERE campaign = 'copy';
SELECT campaign_start('copy');
SELECT campaign_archive('copy');
SELECT campaign_publish('copy');
SELECT campaign_start('copy') AS run \gset
SELECT campaign_unpublish('copy');
SELECT campaign_wait(:run);
SELECT campaign_schedule('copy', '{"frequency": "daily", "at": "09:00", "from": "2096-01-01"}');
SELECT campaign_close('copy');
SELECT campaign_close('copy');
SELECT count(*) FROM campaign_next_launches('copy');
SELECT campaign_start('copy');
SELECT campaign_schedule('copy', '{"frequency": "daily", "at": "09:00", "from": "2096-01-01"}');
SELECT campaign_publish('copy');
SELECT campaign_archive('copy');
SELECT campaign_archive('copy');
SELECT campaign_publish('copy');
SELECT campaign_close('copy');
SELECT campaign_start('copy');
SELECT event, old_state, new_state, message FROM campaign.log WHERE campaign = 'copy' AND run_id IS NULL
	AND logged_at >= (SELECT created_at FROM campaign.campaign WHERE name = 'copy') ORDER BY log_id;

SELECT campaign_drop('c'), campaign_drop('copy');
SELECT count(*) FROM campaign.schedule;
DROP TABLE people;
