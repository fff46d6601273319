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
