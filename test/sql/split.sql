-- A split that moved people between groups from run to run, drew unfairly, or
-- gave a row to two outcomes or none, would spoil every test and control group.
\set VERBOSITY terse
CREATE ROLE regress_split LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_split;
CREATE SCHEMA split AUTHORIZATION regress_split;
SET search_path = split, public;
-- The rows that came out of an outcome, from its population.
CREATE FUNCTION split.rows_of(run bigint, activity text, outcome text) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT t::text FROM campaign_data.%I t', (
		SELECT f.population FROM campaign.flow f
		WHERE f.run_id = $1 AND f.source = $2 AND f.outcome = $3));
END $$;
-- Every outcome of a split with its rows.
CREATE FUNCTION split.groups_of(run bigint, activity text) RETURNS TABLE (outcome text, id text)
LANGUAGE sql SECURITY DEFINER SET search_path = split AS $$
	SELECT f.outcome, trim(k, '()') FROM campaign.flow f, rows_of($1, $2, f.outcome) k
	WHERE f.run_id = $1 AND f.source = $2
$$;
SET SESSION AUTHORIZATION regress_split;

-- Positions are SipHash-2-4 of the key, under keys that are SipHash-2-4 of the
-- seed; computed by another implementation, these never change.
SELECT key, seed, campaign.sample_position(key, seed) = expected AS as_expected FROM (VALUES
	('', '', 0.8205122772520499::double precision),
	('a', '', 0.8404273972036346::double precision),
	('', 'a', 0.20078177067500969::double precision),
	('1', 'spring sale.ab', 0.7432628206215544::double precision),
	('1234567', 'seed', 0.9262973964740138::double precision),
	('12345678', 'seed', 0.7106414023640661::double precision),
	('123456789', 'seed', 0.44882143455507184::double precision),
	('Grüße', 'seed', 0.9464970624249439::double precision),
	('(a,b)', 'campaign.activity', 0.54066974411606::double precision)) v(key, seed, expected);
SELECT campaign.sample_position(repeat('x', 1000), 'seed') = 0.6764771436160482::double precision AS as_expected;
SELECT campaign.sample_position(NULL, 'seed'), campaign.sample_position('key', NULL);

CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100000) g;
SELECT campaign_dimension('people');

-- Percentages are exact ranges of positions; the seed is campaign.activity.
SELECT campaign_create('split', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('split', 'all');
SELECT campaign_add_audience('split', 'everybody');
SELECT campaign_add_split('split', 'ab', after => 'everybody',
	outcomes => '[{"name": "control", "percent": 10}, {"name": "a", "percent": 20.5}, {"name": "b", "percent": 29.5}, {"name": "c"}]');
SELECT campaign_add_split('split', 'seeded', after => 'everybody', seed => 'it''s a seed',
	outcomes => '[{"name": "a", "percent": 10}, {"name": "b", "percent": 20.5}]');
SELECT campaign_add_split('split', 'whole', after => 'everybody',
	outcomes => '[{"name": "a", "percent": 33.333333333}, {"name": "b", "percent": 33.333333333}, {"name": "c", "percent": 33.333333334}]');
SELECT campaign_publish('split');
SELECT campaign_start('split') AS run \gset
SELECT campaign_wait(:run);
SELECT g.outcome, count(*), count(*) = (SELECT rows FROM campaign.flow_counts f
	WHERE f.run_id = :run AND f.source = 'ab' AND f.outcome = g.outcome) AS counted,
	count(*) FILTER (WHERE g.outcome <> CASE
		WHEN p < 0.1 THEN 'control' WHEN p < 0.305 THEN 'a' WHEN p < 0.6 THEN 'b' ELSE 'c' END) AS misplaced
FROM groups_of(:run, 'ab') g, LATERAL campaign.sample_position(g.id, 'split.ab') p GROUP BY 1 ORDER BY 1;
SELECT g.outcome, count(*) FILTER (WHERE g.outcome <> CASE
		WHEN p < 0.1 THEN 'a' WHEN p < 0.305 THEN 'b' ELSE 'remainder' END) AS misplaced
FROM groups_of(:run, 'seeded') g, LATERAL campaign.sample_position(g.id, 'it''s a seed') p GROUP BY 1 ORDER BY 1;
-- Nobody falls through where the percentages are the whole.
SELECT outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'whole' AND outcome = 'remainder';
-- Every row is in exactly one outcome.
SELECT count(*), count(DISTINCT id) FROM groups_of(:run, 'ab');
SELECT count(*), count(DISTINCT id) FROM groups_of(:run, 'seeded');
SELECT count(*), count(DISTINCT id) FROM groups_of(:run, 'whole');
-- The draw is fair: chi-square with three degrees of freedom, at 0.1 %.
SELECT sum((n - 100000 * share) ^ 2 / (100000 * share)) < 16.27 AS fair
FROM (SELECT outcome, count(*) AS n FROM groups_of(:run, 'ab') GROUP BY outcome) g
JOIN (VALUES ('control', 0.1), ('a', 0.205), ('b', 0.295), ('c', 0.4)) s(outcome, share) USING (outcome);
-- So it is within a slice of the data, and between two seeds: independent.
SELECT sum((n - 10000 * share) ^ 2 / (10000 * share)) < 16.27 AS fair
FROM (SELECT outcome, count(*) AS n FROM groups_of(:run, 'ab') g JOIN people p ON p.id = g.id::bigint AND score = 3 GROUP BY outcome) g
JOIN (VALUES ('control', 0.1), ('a', 0.205), ('b', 0.295), ('c', 0.4)) s(outcome, share) USING (outcome);
SELECT sum((n - 100000 * x.share * y.share) ^ 2 / (100000 * x.share * y.share)) < 31.3 AS independent
FROM (SELECT a.outcome AS x, b.outcome AS y, count(*) AS n
	FROM groups_of(:run, 'ab') a JOIN groups_of(:run, 'seeded') b USING (id) GROUP BY 1, 2) g
JOIN (VALUES ('control', 0.1), ('a', 0.205), ('b', 0.295), ('c', 0.4)) x(outcome, share) ON x.outcome = g.x
JOIN (VALUES ('a', 0.1), ('b', 0.205), ('remainder', 0.695)) y(outcome, share) ON y.outcome = g.y;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- The same people again in another run, and another version, with fewer rows.
CREATE TABLE first_run AS SELECT outcome, id FROM groups_of(:run, 'ab');
DELETE FROM people WHERE id % 3 = 0;
SELECT campaign_add_end('split', 'more', after => 'ab.c');
SELECT campaign_publish('split');
SELECT campaign_start('split') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*), count(*) FILTER (WHERE f.outcome = g.outcome) AS same
FROM groups_of(:run, 'ab') g JOIN first_run f USING (id);
SELECT campaign_drop('split');

-- A number takes at most so many of the rows that would have it, the first by
-- position; what is left over goes on to later outcomes.  Filters are asked
-- in order: the first outcome that takes a row has it.
TRUNCATE people;
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 1000) g;
SELECT campaign_create('split', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('split', 'everybody');
SELECT campaign_add_split('split', 'numbers', after => 'everybody',
	outcomes => '[{"name": "ten", "number": 10}, {"name": "five_of_nine", "number": 5, "filter": "score = 9"}, {"name": "nines", "filter": "score = 9"}, {"name": "none", "number": 0}, {"name": "many", "number": 5000, "filter": "score > 4"}]');
SELECT campaign_add_split('split', 'filters', after => 'everybody',
	outcomes => '[{"name": "high", "filter": "score >= 5"}, {"name": "odd", "filter": "people.score % 2 = 1"}, {"name": "unknown", "filter": "NULL"}, {"name": "rest"}]');
SELECT campaign_add_split('split', 'larger', after => 'everybody', outcomes => '[{"name": "all", "number": 1000000}]');
SELECT campaign_add_split('split', 'part_of_some', after => 'everybody',
	outcomes => '[{"name": "half_of_high", "percent": 50, "filter": "score >= 5"}, {"name": "fifth", "percent": 20}]');
SELECT campaign_add_split('split', 'only_rest', after => 'everybody', outcomes => '[{"name": "all"}]');
SELECT campaign_add_audience('split', 'nobody', filter => 'false');
SELECT campaign_add_split('split', 'of_nobody', after => 'nobody', outcomes => '[{"name": "a", "percent": 50}, {"name": "b", "number": 5}]');
SELECT campaign_publish('split');
SELECT campaign_start('split') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run
	AND source NOT IN ('everybody', 'nobody', 'part_of_some') ORDER BY source, outcome;
SELECT array_agg(id ORDER BY id) = (SELECT array_agg(id ORDER BY id) FROM (
	SELECT id::text FROM people ORDER BY campaign.sample_position(id::text, 'split.numbers') LIMIT 10) f) AS first_ten
FROM groups_of(:run, 'numbers') WHERE outcome = 'ten';
SELECT array_agg(id ORDER BY id) = (SELECT array_agg(id ORDER BY id) FROM (
	SELECT id::text FROM people WHERE score = 9 AND id::text NOT IN (SELECT id FROM groups_of(:run, 'numbers') WHERE outcome = 'ten')
	ORDER BY campaign.sample_position(id::text, 'split.numbers') LIMIT 5) f) AS first_five
FROM groups_of(:run, 'numbers') WHERE outcome = 'five_of_nine';
SELECT g.outcome, count(*), bool_and(g.outcome = CASE WHEN score >= 5 THEN 'high' WHEN score % 2 = 1 THEN 'odd' ELSE 'rest' END) AS placed
FROM groups_of(:run, 'filters') g JOIN people p ON p.id = g.id::bigint GROUP BY 1 ORDER BY 1;
SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE outcome <> CASE
	WHEN score >= 5 AND s < 0.5 THEN 'half_of_high' WHEN s >= 0.5 AND s < 0.7 THEN 'fifth' ELSE 'remainder' END) AS misplaced
FROM (SELECT g.outcome, p.id, p.score, campaign.sample_position(g.id, 'split.part_of_some') AS s
	FROM groups_of(:run, 'part_of_some') g JOIN people p ON p.id = g.id::bigint) t;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_drop('split');

-- Composite keys, with what separates them inside; rows that are gone when the
-- split comes are counted all the same.
CREATE TABLE seats (plane text, seat int, broken int NOT NULL DEFAULT 1, PRIMARY KEY (plane, seat));
INSERT INTO seats SELECT plane, g FROM unnest(ARRAY['a', 'a,1', 'a\,1', ',']) plane, generate_series(1, 500) g;
CREATE TYPE seat_key AS (plane text, seat int);
SELECT campaign_dimension('seats');
SELECT campaign_create('split', dimension => 'seats', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('split', 'everybody');
SELECT campaign_add_split('split', 'ab', after => 'everybody',
	outcomes => '[{"name": "a", "percent": 50}, {"name": "b", "filter": "1 / broken = 1"}]');
SELECT campaign_publish('split');
UPDATE seats SET broken = 0 WHERE plane = ',' AND seat <= 3;
SELECT campaign_start('split') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run;
DELETE FROM seats WHERE broken = 0;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT sum(rows) FROM campaign.flow_counts WHERE run_id = :run AND source = 'ab';
SELECT count(*), count(DISTINCT k), count(*) FILTER (WHERE outcome = 'a' AND p >= 0.5 OR outcome = 'b' AND p < 0.5) AS misplaced
FROM unnest(ARRAY['a', 'b']) outcome, rows_of(:run, 'ab', outcome) k
JOIN seats s ON s.plane = (k::split.seat_key).plane AND s.seat = (k::split.seat_key).seat,
LATERAL campaign.sample_position(replace(replace(plane, '\', '\\'), ',', '\,') || ',' || seat, 'split.ab') p;
SELECT outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'ab' AND outcome = 'remainder';
SELECT campaign_drop('split');

-- 60 outcomes and the rest; not 61.
SELECT campaign_create('split', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('split', 'everybody');
SELECT campaign_add_split('split', 'sixty', after => 'everybody', outcomes => (
	SELECT jsonb_agg(jsonb_build_object('name', 'o' || g, 'filter', 'id = ' || g)) FROM generate_series(1, 60) g));
SELECT campaign_add_split('split', 'sixty_one', after => 'everybody', outcomes => (
	SELECT jsonb_agg(jsonb_build_object('name', 'o' || g, 'filter', 'id = ' || g)) FROM generate_series(1, 61) g));
SELECT campaign_publish('split');
SELECT campaign_start('split') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*), min(rows), max(rows), sum(rows) FROM campaign.flow_counts WHERE run_id = :run AND source = 'sixty';
SELECT rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'sixty' AND outcome = 'remainder';
SELECT count(*) FROM groups_of(:run, 'sixty') WHERE outcome = 'o' || id;

-- What is refused.
\set VERBOSITY default
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "percent": 60}, {"name": "b", "percent": 40.1}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "percent": 10}, {"name": "a", "percent": 10}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a"}, {"name": "b", "percent": 10}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "remainder", "percent": 10}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "percent": 10, "number": 10}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "percent": -1}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "percent": "NaN"}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": -1}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1.5}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "persent": 1}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "A b", "percent": 1}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"percent": 1}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '{"name": "a"}');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '["a"]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => NULL);
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "filter": "score"}]');
SELECT campaign_add_split('split', 'bad', after => 'everybody', outcomes => '[{"name": "a", "filter": "true) OR (true"}]');
SELECT campaign_add_end('split', 'bad', after => 'sixty');
SELECT campaign_add_end('split', 'bad', after => 'sixty.o61');

-- Nothing is left behind.
SELECT campaign_drop('split');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_split';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_split';
DELETE FROM campaign.log WHERE role_name = 'regress_split';
SET client_min_messages = warning;
DROP SCHEMA split CASCADE;
DROP OWNED BY regress_split;
DROP ROLE regress_split;
