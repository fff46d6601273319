-- A limit that cut the wrong rows, lost what it cut, or drew unfairly would
-- give samples that represent nobody.
\set VERBOSITY terse
CREATE ROLE regress_limits LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_limits;
CREATE SCHEMA limits AUTHORIZATION regress_limits;
SET search_path = limits, public;
-- Every outcome of a split with its rows: keys, and all of each row.
CREATE FUNCTION limits.groups_of(run bigint, activity text) RETURNS TABLE (outcome text, id bigint, whole jsonb)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE f record;
BEGIN
	FOR f IN SELECT w.outcome AS name, w.population FROM campaign.flow w WHERE w.run_id = $1 AND w.source = $2 LOOP
		RETURN QUERY EXECUTE format('SELECT %L::text, t.id, to_jsonb(t) FROM campaign_data.%I t', f.name, f.population);
	END LOOP;
END $$;
SET SESSION AUTHORIZATION regress_limits;

-- S1: sampling by keyed hash, fair and independent of other seeds: a million
-- keys in ten groups under two seeds, against the chi-square at 0.1 % for 9 and
-- for 81 degrees of freedom.
WITH drawn AS (
	SELECT floor(campaign.sample_position(g::text, 'one') * 10)::int AS one,
		floor(campaign.sample_position(g::text, 'two') * 10)::int AS two, count(*) AS n
	FROM generate_series(1, 1000000) g GROUP BY 1, 2),
fair AS (SELECT one, sum(n) AS n FROM drawn GROUP BY 1)
SELECT (SELECT sum((n - 100000) ^ 2 / 100000) < 27.88 FROM fair) AS fair,
	(SELECT sum((n - 10000) ^ 2 / 10000) < 136.7 FROM drawn) AS independent,
	(SELECT sum(n) FROM drawn) AS keys;
-- Neighbouring seeds are no less independent.
SELECT abs(corr(campaign.sample_position(g::text, 'sale.a'), campaign.sample_position(g::text, 'sale.b'))) < 0.01 AS independent
FROM generate_series(1, 100000) g;

-- 1,000 people: 100 to each score from 0 to 9, by turns; 600 French, 300
-- German, 90 Italian, 10 of unknown country.
CREATE TABLE people (id bigint PRIMARY KEY, score int NOT NULL, country text, city text);
INSERT INTO people SELECT g, g % 10, CASE WHEN g <= 600 THEN 'FR' WHEN g <= 900 THEN 'DE' WHEN g <= 990 THEN 'IT' END, 'c' || g % 3
FROM generate_series(1, 1000) g;
CREATE TABLE quotas (country text, most int);
INSERT INTO quotas VALUES ('FR', 7), ('IT', 200);
SELECT campaign_dimension('people');

-- S1: exact percentages; rounded so that the whole is the whole.
SELECT campaign_create('limits', dimension => 'people', settings => '{"keep_populations": true, "variables": {"share": {"type": "numeric", "default": 12.5}}}');
SELECT campaign_add_audience('limits', 'everybody');
SELECT campaign_add_audience('limits', 'few', filter => 'id <= 101');
SELECT campaign_add_split('limits', 'exact', after => 'everybody', exact => true,
	outcomes => '[{"name": "control", "percent": 10}, {"name": "a", "percent": 45}, {"name": "b"}]');
SELECT campaign_add_split('limits', 'thirds', after => 'few', exact => true,
	outcomes => '[{"name": "a", "percent": 25}, {"name": "b", "percent": 25}, {"name": "c", "percent": 25}, {"name": "d", "percent": 25}]');
-- Of the input: at most 30 % of all, among the French; then of what is left.
SELECT campaign_add_split('limits', 'exact_of_some', after => 'everybody', exact => true,
	outcomes => $$[{"name": "french", "filter": "country = 'FR'", "percent": 30}, {"name": "germans", "filter": "country = 'DE'", "percent": 40}]$$);
-- S1: of the segment: half of the French, then half of those who are left, whoever they are.
SELECT campaign_add_split('limits', 'segment', after => 'everybody',
	outcomes => $$[{"name": "french", "filter": "country = 'FR'", "percent": 50, "of": "segment"}, {"name": "half", "percent": 50, "of": "segment"}, {"name": "rest"}]$$);
-- S1: sorted by several columns; what the limit cuts is there for the next.
SELECT campaign_add_split('limits', 'sorted', after => 'everybody',
	outcomes => '[{"name": "best", "number": 150, "sort_by": "score DESC, id"}, {"name": "next", "number": 100, "sort_by": "score DESC, id"}, {"name": "high", "filter": "score >= 5"}]');
SELECT campaign_add_split('limits', 'sorted_apart', after => 'everybody',
	outcomes => '[{"name": "best", "number": 150, "sort_by": "score DESC, id"}, {"name": "oldest", "number": 100, "sort_by": "id"}, {"name": "tenth", "percent": 10, "sort_by": "id DESC"}, {"name": "drawn", "number": 50}]');
-- S1: ties drawn, or kept together.
SELECT campaign_add_split('limits', 'ties_drawn', after => 'everybody', outcomes => '[{"name": "best", "number": 150, "sort_by": "score DESC"}]');
SELECT campaign_add_split('limits', 'ties_kept', after => 'everybody',
	outcomes => '[{"name": "best", "number": 150, "sort_by": "score DESC", "with_ties": true}, {"name": "next", "number": 1, "sort_by": "score DESC", "with_ties": true}]');
-- S1: per group, so many or such a share of each; NULL is a group as well.
SELECT campaign_add_split('limits', 'five_of_each', after => 'everybody', outcomes => '[{"name": "five", "number": 5, "by": "country"}]');
SELECT campaign_add_split('limits', 'best_of_each', after => 'everybody',
	outcomes => '[{"name": "best", "number": 2, "by": "country, city", "sort_by": "score DESC, id DESC"}]');
SELECT campaign_add_split('limits', 'tenth_of_each', after => 'everybody', outcomes => '[{"name": "tenth", "percent": 10, "by": "country"}]');
SELECT campaign_add_split('limits', 'tenth_of_each_segment', after => 'everybody',
	outcomes => '[{"name": "tenth", "filter": "score < 5", "percent": 10, "by": "country", "of": "segment"}, {"name": "of_input", "filter": "score < 5", "percent": 10, "by": "country"}]');
-- S1: per distribution: a limit for each value; from a table as well.
SELECT campaign_add_split('limits', 'distribution', after => 'everybody',
	outcomes => '[{"name": "quota", "number": {"FR": 30, "DE": 20, "XX": 5}, "by": "country"}, {"name": "shares", "percent": {"FR": 10, "IT": 50}, "by": "country", "of": "segment"}]');
SELECT campaign_add_split('limits', 'from_table', after => 'everybody',
	outcomes => '[{"name": "quota", "number": "(SELECT jsonb_object_agg(country, most) FROM quotas)", "by": "country", "sort_by": "id"}]');
-- S1: limits from variables and counts.
SELECT campaign_add_split('limits', 'variable', after => 'everybody',
	outcomes => '[{"name": "drawn", "percent": "vars.share"}, {"name": "number", "number": "everybody.result / 10 - 1"}, {"name": "half", "number": "rows / 2"}]');
-- S1: overlap: each outcome asks all rows.
SELECT campaign_add_split('limits', 'overlap', after => 'everybody', overlap => true, segment_column => 'code',
	outcomes => '[{"name": "best", "number": 150, "sort_by": "score DESC, id", "segment_code": "B"}, {"name": "high", "filter": "score >= 8"}, {"name": "most", "percent": 80, "filter": "score < 9"}, {"name": "other", "percent": 50, "filter": "score < 9"}, {"name": "nobody_else"}]');
SELECT campaign_add_split('limits', 'overlap_remainder', after => 'everybody', overlap => true,
	outcomes => $$[{"name": "low", "filter": "score < 3"}, {"name": "french", "filter": "country = 'FR'"}, {"name": "a_few", "number": 10}, {"name": "a_few_others", "number": 10}]$$);
-- S1: segment code, in relations of their own and in one.
SELECT campaign_add_split('limits', 'coded', after => 'everybody', segment_column => 'kind',
	outcomes => '[{"name": "high", "filter": "score >= 5", "segment_code": "it''s high"}, {"name": "low", "number": 100}]');
SELECT campaign_add_split('limits', 'together', after => 'everybody', one_relation => true,
	outcomes => '[{"name": "high", "filter": "score >= 8"}, {"name": "ten", "number": 10}, {"name": "five_percent", "percent": 5, "segment_code": "5 %"}]');
SELECT campaign_add_audience('limits', 'only_ten', after => 'together', filter => $$segment = 'ten'$$);
SELECT campaign_add_split('limits', 'all_together', after => 'everybody', one_relation => true, segment_column => 'grp',
	outcomes => '[{"name": "a", "percent": 50}, {"name": "b"}]');
-- S1: skip empty.
SELECT campaign_add_split('limits', 'empties', after => 'everybody',
	outcomes => '[{"name": "none", "filter": "score > 10", "skip_empty": true}, {"name": "none_either", "filter": "score > 10"}, {"name": "some", "filter": "score > 8", "skip_empty": true}]');
SELECT campaign_add_fork('limits', 'not_reached', after => 'empties.none');
SELECT campaign_add_fork('limits', 'reached_empty', after => 'empties.none_either');
SELECT campaign_add_fork('limits', 'reached', after => 'empties.some');
-- Nobody at all.
SELECT campaign_add_audience('limits', 'nobody', filter => 'false');
SELECT campaign_add_split('limits', 'of_nobody', after => 'nobody', exact => true, segment_column => 'segment',
	outcomes => '[{"name": "a", "percent": 50}, {"name": "b", "number": 5, "by": "country"}, {"name": "c", "percent": 10, "of": "segment"}]');
SELECT severity, activity, message FROM campaign_check('limits') WHERE severity = 'error';
SELECT campaign_publish('limits');
SELECT campaign_start('limits') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND state <> 'succeeded';
SELECT source, string_agg(outcome || ' ' || rows, ', ' ORDER BY outcome) FROM campaign.flow_counts
WHERE run_id = :run AND source NOT IN ('everybody', 'few', 'nobody', 'overlap', 'variable') AND outcome <> 'rejected' GROUP BY 1 ORDER BY 1;
SELECT outcome, rows, rows BETWEEN 90 AND 160 AS near FROM campaign.flow_counts WHERE run_id = :run AND source = 'variable' AND outcome = 'drawn' AND rows NOT BETWEEN 90 AND 160;
SELECT outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'variable' AND outcome IN ('number', 'half') ORDER BY 1;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Each against plain SQL. Exact percentages are the first by position.
SELECT bool_and(outcome = CASE WHEN n <= 100 THEN 'control' WHEN n <= 550 THEN 'a' ELSE 'b' END) AS placed, count(*)
FROM groups_of(:run, 'exact') JOIN (SELECT id, row_number() OVER (ORDER BY campaign.sample_position(id::text, 'limits.exact')) AS n FROM people) p USING (id);
SELECT bool_and(outcome = CASE WHEN n <= 150 THEN 'best' WHEN n <= 250 THEN 'next' WHEN score >= 5 THEN 'high' ELSE 'remainder' END) AS placed, count(*)
FROM groups_of(:run, 'sorted') JOIN (SELECT id, score, row_number() OVER (ORDER BY score DESC, id) AS n FROM people) p USING (id);
WITH one AS (SELECT id FROM people ORDER BY score DESC, id LIMIT 150),
two AS (SELECT id FROM people WHERE id NOT IN (TABLE one) ORDER BY id LIMIT 100),
three AS (SELECT id FROM people WHERE id NOT IN (TABLE one UNION TABLE two) ORDER BY id DESC LIMIT 100),
four AS (SELECT id FROM people WHERE id NOT IN (TABLE one UNION TABLE two UNION TABLE three) ORDER BY campaign.sample_position(id::text, 'limits.sorted_apart') LIMIT 50)
SELECT bool_and(outcome = CASE WHEN id IN (TABLE one) THEN 'best' WHEN id IN (TABLE two) THEN 'oldest' WHEN id IN (TABLE three) THEN 'tenth'
	WHEN id IN (TABLE four) THEN 'drawn' ELSE 'remainder' END) AS placed, count(*) FROM groups_of(:run, 'sorted_apart');
SELECT count(*), min(p.score), array_agg(p.id ORDER BY p.id) FILTER (WHERE p.score = 8) = (SELECT array_agg(id ORDER BY id) FROM (
	SELECT id FROM people WHERE score = 8 ORDER BY campaign.sample_position(id::text, 'limits.ties_drawn') LIMIT 50) d) AS drawn
FROM groups_of(:run, 'ties_drawn') JOIN people p USING (id) WHERE outcome = 'best';
SELECT outcome, min(score), max(score), count(*) FROM groups_of(:run, 'ties_kept') JOIN people USING (id) GROUP BY 1 ORDER BY 1;
SELECT country, count(*) FROM groups_of(:run, 'five_of_each') JOIN people USING (id) WHERE outcome = 'five' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS wrong FROM (
	SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY country, city ORDER BY score DESC, id DESC) AS n FROM people) p WHERE n <= 2
	EXCEPT SELECT id FROM groups_of(:run, 'best_of_each') WHERE outcome = 'best') d;
SELECT country, count(*) FROM groups_of(:run, 'tenth_of_each') JOIN people USING (id) WHERE outcome = 'tenth' GROUP BY 1 ORDER BY 1;
SELECT outcome, country, count(*) FROM groups_of(:run, 'tenth_of_each_segment') JOIN people USING (id) WHERE outcome <> 'remainder' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT outcome, country, count(*) FROM groups_of(:run, 'distribution') JOIN people USING (id) WHERE outcome <> 'remainder' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT country, count(*), max(id) FROM groups_of(:run, 'from_table') JOIN people USING (id) WHERE outcome = 'quota' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS misplaced FROM groups_of(:run, 'variable')
WHERE (outcome = 'drawn') <> (campaign.sample_position(id::text, 'limits.variable') < 0.125);
-- With overlap, each outcome draws for itself.
SELECT g.outcome, count(*) FILTER (WHERE NOT CASE g.outcome
		WHEN 'best' THEN p.n <= 150 WHEN 'high' THEN p.score >= 8
		WHEN 'most' THEN p.score < 9 AND campaign.sample_position(id::text, 'limits.overlap.most') < 0.8
		WHEN 'other' THEN p.score < 9 AND campaign.sample_position(id::text, 'limits.overlap.other') < 0.5
		ELSE p.n > 150 AND p.score < 8 AND campaign.sample_position(id::text, 'limits.overlap.most') >= 0.8
			AND campaign.sample_position(id::text, 'limits.overlap.other') >= 0.5 END) AS misplaced,
	count(*) = count(DISTINCT id) AS once, bool_and(whole->>'code' = CASE g.outcome WHEN 'best' THEN 'B' ELSE g.outcome END) AS coded
FROM groups_of(:run, 'overlap') g JOIN (SELECT id, score, row_number() OVER (ORDER BY score DESC, id) AS n FROM people) p USING (id) GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT id) AS everybody FROM groups_of(:run, 'overlap');
SELECT count(*) AS in_both_few FROM groups_of(:run, 'overlap_remainder') a JOIN groups_of(:run, 'overlap_remainder') b USING (id)
WHERE a.outcome = 'a_few' AND b.outcome = 'a_few_others';
SELECT outcome, whole - 'id' AS added, count(*) FROM groups_of(:run, 'coded') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT outcome, whole->>'segment' AS segment, CASE WHEN whole->>'segment' = '5 %' THEN count(*) BETWEEN 20 AND 60 END AS near, count(*) FILTER (WHERE whole->>'segment' IN ('high', 'ten')) FROM groups_of(:run, 'together') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT outcome, count(*) FILTER (WHERE whole->>'grp' = CASE WHEN campaign.sample_position(id::text, 'limits.all_together') < 0.5 THEN 'a' ELSE 'b' END) FROM groups_of(:run, 'all_together') GROUP BY 1;

-- The table changes, and so do the limits; a value that is none is refused.
UPDATE quotas SET most = -1 WHERE country = 'IT';
SELECT campaign_start('limits', '{"share": 101}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND activity IN ('from_table', 'variable');
UPDATE quotas SET most = 0 WHERE country = 'IT';
SELECT campaign_stop(:run);
SELECT campaign_start('limits', '{"share": 0}') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('from_table', 'variable') ORDER BY 1, 2;

-- What is refused.
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "sort_by": "id"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1, "of": "segment"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "percent": 1, "of": "all"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1, "with_ties": true}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1, "sort_by": "id", "with_ties": 1}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": {"FR": 1}}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": {}, "by": "country"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": {"FR": 1.5}, "by": "country"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "percent": {"FR": 101}, "by": "country"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": {"FR": [1]}, "by": "country"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": {"FR": 1}, "by": "country, city"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": [1], "by": "country"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1, "by": "contry"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1, "sort_by": "id, "}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": "score"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": "now()"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": "(SELECT jsonb_object_agg(country, most) FROM quotas)"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1, "segment_code": "x"}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1, "skip_empty": true}]', one_relation => true);
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1}]', one_relation => true, overlap => true);
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1}]', segment_column => 'score');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1}]', segment_column => 'A b');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', exact => true, outcomes => '[{"name": "a", "percent": 60}, {"name": "b", "percent": 60}]');
SELECT campaign_add_split('limits', 'bad', after => 'everybody', outcomes => '[{"name": "a", "number": 1, "filter": 1}]');

-- Nothing is left behind.
SELECT campaign_drop('limits');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_limits';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_limits';
DELETE FROM campaign.log WHERE role_name = 'regress_limits';
SET client_min_messages = warning;
DROP SCHEMA limits CASCADE;
DROP OWNED BY regress_limits;
DROP ROLE regress_limits;
