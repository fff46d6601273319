-- An activity of any kind that stumbled over nobody, a NULL key, a row that is
-- gone, or a column that is, would lose people, or send them what is wrong.
\set VERBOSITY terse
\pset format unaligned
CREATE ROLE regress_edge LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_edge;
CREATE SCHEMA edge AUTHORIZATION regress_edge;
SET SESSION AUTHORIZATION regress_edge;
SET search_path = edge, public;
SET client_min_messages = warning;

-- A case of every kind, over a relation of columns id and score. What stands
-- behind it: $ is the relation, and rows come from activities src and also.
CREATE TABLE cases (kind text COLLATE "C", options text);
INSERT INTO cases VALUES
	('alert', '{"message": "{{ rows }} rows"}'),
	('approval', '{"question": "all {{ rows }}?", "roles": "regress_edge", "timeout": "1 day"}'),
	('audience', '{"filter": "score > 0"}'),
	('change_dimension', '{"dimension": "owners", "link": "owner_of_$"}'),
	('combine', '{"operation": "intersection"}'),
	('custom', '{"address": "score::text", "attributes": {"s": "{{ score }}"}}'),
	('deduplicate', '{"by": "score % 2", "keep": "score"}'),
	('direct_mail', '{"address": "score::text", "attributes": {"s": "{{ score }}"}}'),
	('email', '{"subject": "{{ score }}", "body": "x", "address": "score || ''@example.com''"}'),
	('end', '{}'),
	('enrich', '{"columns": {"more": "score + 1"}}'),
	('extract_file', '{"relation": "extracted_from_$", "columns": [{"name": "score"}]}'),
	('fork', '{}'),
	('incremental', '{"filter": "score > 0", "skip_empty": false}'),
	('join', '{}'),
	('load_file', '{"relation": "arrivals", "consume": false, "columns": [{"name": "score", "type": "integer"}]}'),
	('push', '{"title": "{{ score }}", "body": "x", "address": "score::text"}'),
	('read_audience', '{"source": "SELECT id, score FROM $", "columns": {"more": "source.score"}}'),
	('reconcile', '{"dimension": "owners", "pairs": [{"source": "score", "target": "id"}]}'),
	('save_audience', '{"audience": "kept_$", "mode": "append", "columns": {"s": "score"}}'),
	('signal', '{"timeout": "1 day"}'),
	('sms', '{"body": "{{ score }}", "address": "score::text"}'),
	('split', '{"outcomes": [{"name": "high", "filter": "score > 5"}, {"name": "half", "percent": 50, "of": "segment", "sort_by": "score"}]}'),
	('sql', '{"query": "SELECT s.id, r.score AS again FROM src s LEFT JOIN $ r ON r.id = s.id"}'),
	('sub_campaign', '{"starts": "child", "wait": false}'),
	('test', '{"outcomes": [{"name": "some", "condition": "rows > (SELECT count(*) FROM $ WHERE score > 100)"}]}'),
	('update_data', '{"operation": "update", "target": "$", "by": {"id": "id"}, "fields": [{"column": "score", "value": "score"}]}'),
	('wait', '{"until_condition": "(SELECT count(score) FROM $) < 0", "check_every": "1 day", "timeout": "1 day"}');
-- Every kind has its case; whoever adds a kind adds one.
SELECT k.kind AS kind_without_a_case FROM campaign_kinds() k WHERE k.kind NOT IN (SELECT kind FROM cases);

-- Adds one of each, behind the activities src and also.
CREATE FUNCTION add_each(campaign text, relation text) RETURNS boolean LANGUAGE sql AS $$
	SELECT bool_and(campaign_add(campaign, 'x_' || kind, kind, replace(options, '$', relation)::jsonb,
		CASE WHEN inputs = '0' THEN NULL WHEN kind IN ('combine', 'join') THEN 'src, also' ELSE 'src' END) IS NOT NULL)
	FROM (SELECT cases.*, inputs FROM cases JOIN campaign_kinds() USING (kind) ORDER BY kind) c
$$;
-- What became of each of them: what went in, what came out; what was left out.
CREATE FUNCTION result_of(run bigint) RETURNS TABLE (activity text, state text, sqlstate text, rows_in bigint, outcomes text, excluded text) LANGUAGE sql AS $$
	SELECT p.activity, p.state, p.sqlstate, p.rows_in,
		(SELECT string_agg(outcome || ' ' || rows, ', ' ORDER BY outcome) FROM (
			SELECT DISTINCT f.outcome, f.rows FROM campaign.flow_counts f WHERE f.run_id = p.run_id AND f.source = p.activity) f),
		(SELECT string_agg(reason || ' ' || n, ', ' ORDER BY reason) FROM (
			SELECT e.reason, count(*) AS n FROM campaign.excluded e WHERE e.run_id = p.run_id AND e.activity = p.activity GROUP BY 1) e)
	FROM campaign.run_progress p WHERE p.run_id = $1 AND p.activity NOT IN ('src', 'also', 'gate') ORDER BY p.activity COLLATE "C"
$$;

CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g FROM generate_series(1, 10) g;
CREATE TABLE visits (id bigint, score int);
INSERT INTO visits SELECT g, g FROM generate_series(1, 10) g;
INSERT INTO visits VALUES (1, 1), (1, 1), (2, 2), (NULL, 3), (NULL, NULL);
CREATE VIEW visitors AS SELECT * FROM visits;
SELECT campaign_dimension('people'), campaign_dimension('visitors', key => 'id');
CREATE TABLE arrivals (score text);
CREATE TABLE owners (id bigint PRIMARY KEY);
INSERT INTO owners SELECT generate_series(-10, 8);
SELECT campaign_dimension('owners');
SELECT campaign_link('owner_of_people', 'people', 'owners', 'people.score = owners.id', 'one');
SELECT campaign_link('owner_of_visitors', 'visitors', 'owners', 'visitors.score = owners.id', 'one');
SELECT campaign_create('child', dimension => 'people');
SELECT campaign_add_audience('child', 'everybody');
SELECT campaign_publish('child');

-- Nobody: an empty population is a population; each activity is executed with it.
SELECT campaign_create('nobody', dimension => 'people');
SELECT campaign_add_audience('nobody', 'src', filter => 'score < 0'), campaign_add_audience('nobody', 'also', filter => 'score < 0');
SELECT add_each('nobody', 'people');
SELECT campaign_alter('nobody', 'x_read_audience', '{"source": "SELECT id, score FROM people WHERE score < 0"}');
SELECT campaign_publish('nobody');
SELECT campaign_start('nobody') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_hurry(:run) > 0 AS hurried;
SELECT campaign_wait(:run);
SELECT * FROM result_of(:run);
SELECT count(*) AS messages FROM campaign.message WHERE run_id = :run;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- With skip_empty, nobody is no population: what is behind is skipped.
SELECT campaign_create('skipped', dimension => 'people');
SELECT campaign_add_audience('skipped', 'src', filter => 'score < 0', skip_empty => true), campaign_add_audience('skipped', 'also');
SELECT add_each('skipped', 'people');
SELECT campaign_publish('skipped');
SELECT campaign_start('skipped') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state FROM result_of(:run) WHERE state <> 'skipped';

INSERT INTO arrivals VALUES ('1'), ('1'), (NULL), ('x');
-- NULL keys, and keys that come twice: the first activity of a branch rejects
-- them, and counts them; all others see each key once.
SELECT campaign_create('keys', dimension => 'visitors');
SELECT campaign_add_audience('keys', 'src'), campaign_add_audience('keys', 'also', filter => 'id > 5');
SELECT add_each('keys', 'visitors');
SELECT campaign_add_sql('keys', 'x_sql_first', query => 'SELECT id FROM visitors');
SELECT campaign_publish('keys');
SELECT campaign_start('keys') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_hurry(:run) > 0 AS hurried;
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('src', 'also') GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT * FROM result_of(:run);
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Rows that are deleted, or changed, between two activities.
SELECT campaign_create('changed', dimension => 'people');
SELECT campaign_add_audience('changed', 'src_first', filter => 'score > 0'), campaign_add_audience('changed', 'also_first');
SELECT campaign_add_wait('changed', 'src', duration => '1 day', after => 'src_first'), campaign_add_wait('changed', 'also', duration => '1 day', after => 'also_first');
SELECT add_each('changed', 'people');
SELECT campaign_publish('changed');
SELECT campaign_start('changed') AS run \gset
SELECT campaign_wait(:run);
DELETE FROM people WHERE id <= 3;
UPDATE people SET score = -score WHERE id IN (4, 5);
SELECT campaign_hurry(:run) > 0 AS hurried;
SELECT campaign_wait(:run);
SELECT campaign_hurry(:run) > 0 AS hurried;
SELECT campaign_wait(:run);
SELECT * FROM result_of(:run) WHERE activity LIKE 'x%';
SELECT recipient, address FROM campaign.message WHERE run_id = :run AND activity = 'x_email' ORDER BY recipient::int;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- A second inbound transition where there is room for one, and the same
-- population in two inputs. It comes by two forks: a transition is there once.
SELECT campaign_create('edges', dimension => 'people');
SELECT campaign_add_audience('edges', 'src'), campaign_add_audience('edges', 'also');
SELECT add_each('edges', 'people');
CREATE TABLE answer (kind text COLLATE "C", answer text);
DO $$
DECLARE
	c record;
	s text;
	m text;
BEGIN
	FOR c IN SELECT kind FROM cases LOOP
		BEGIN
			PERFORM campaign_connect('edges', CASE WHEN c.kind IN ('combine', 'join') THEN 'src' ELSE 'also' END, 'x_' || c.kind);
			INSERT INTO answer VALUES (c.kind, 'allowed');
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS s = RETURNED_SQLSTATE, m = MESSAGE_TEXT;
			INSERT INTO answer VALUES (c.kind, s || ' ' || m);
		END;
	END LOOP;
END $$;
SELECT severity, activity, code, message FROM campaign_check('edges') WHERE severity = 'error' ORDER BY activity COLLATE "C";
SELECT * FROM answer WHERE answer <> 'allowed' ORDER BY kind;
SELECT campaign_publish('edges');
SELECT campaign_create('same', dimension => 'people');
SELECT campaign_add_audience('same', 'everybody');
SELECT campaign_add_fork('same', 'one', after => 'everybody'), campaign_add_fork('same', 'two', after => 'everybody');
SELECT campaign_add_combine('same', 'both', operation => 'union', after => 'one, two');
SELECT campaign_add_combine('same', 'common', operation => 'intersection', after => 'one, two');
SELECT campaign_add_combine('same', 'neither', operation => 'exclusion', after => 'one, two');
SELECT campaign_add_join('same', 'joined', after => 'one, two');
SELECT campaign_add_enrich('same', 'enriched', after => 'one, two', links => '[{"name": "t", "transition": "two", "condition": "t.id = people.id", "columns": {"again": "t.score"}}]');
SELECT campaign_add_sql('same', 'queried', after => 'one, two', query => 'SELECT one.id FROM one JOIN two USING (id)');
SELECT campaign_publish('same');
SELECT campaign_start('same') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM result_of(:run);

-- A column renamed, or dropped, between publishing and the run: whatever uses
-- it fails with 42703 or 55000 and waits for a retry; nothing else does.
SELECT campaign_create('renamed', dimension => 'people');
SELECT campaign_add_audience('renamed', 'src'), campaign_add_audience('renamed', 'also');
SELECT add_each('renamed', 'people');
SELECT campaign_publish('renamed');
ALTER TABLE people RENAME score TO points;
SELECT campaign_start('renamed') AS run \gset
SELECT campaign_wait(:run);
SELECT p.activity, p.state, p.sqlstate, p.error FROM campaign.run_progress p WHERE p.run_id = :run ORDER BY p.activity COLLATE "C";
ALTER TABLE people RENAME points TO score;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT campaign_hurry(:run) > 0 AS hurried;
SELECT campaign_wait(:run);
SELECT DISTINCT state FROM campaign.run_progress WHERE run_id = :run;
ALTER TABLE people DROP score;
SELECT campaign_start('renamed') AS run \gset
SELECT campaign_wait(:run);
SELECT p.activity, p.state, p.sqlstate FROM campaign.run_progress p WHERE p.run_id = :run ORDER BY p.activity COLLATE "C";
SELECT campaign_stop(:run);
-- The key's column.
SELECT count(campaign_wait(run_id)) > 0 AS ended FROM (SELECT DISTINCT run_id FROM campaign.run_progress WHERE campaign = 'child') r;
ALTER TABLE people RENAME id TO number;
SELECT campaign_start('child') AS run \gset
SELECT campaign_wait(:run);
SELECT p.activity, p.state, p.sqlstate, p.error FROM campaign.run_progress p WHERE p.run_id = :run;
SELECT campaign_stop(:run);

-- A table dropped, and one of its name made again.
CREATE TABLE lucky (id bigint);
SELECT campaign_create('dropped', dimension => 'visitors');
SELECT campaign_add_audience('dropped', 'some', filter => 'EXISTS (SELECT FROM lucky l WHERE l.id = visitors.id)');
SELECT campaign_publish('dropped');
DROP TABLE lucky;
SELECT campaign_start('dropped') AS run \gset
SELECT campaign_wait(:run);
SELECT p.activity, p.state, p.sqlstate, p.error FROM campaign.run_progress p WHERE p.run_id = :run;
CREATE TABLE lucky AS SELECT 7::bigint AS id;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT * FROM result_of(:run);
DROP VIEW visitors;
SELECT campaign_start('dropped') AS run \gset
SELECT campaign_wait(:run);
SELECT p.activity, p.state, p.sqlstate, p.error FROM campaign.run_progress p WHERE p.run_id = :run;
SELECT campaign_stop(:run);

-- Nothing is left behind.
SELECT campaign_audience_drop(name) FROM (SELECT DISTINCT name FROM campaign.audiences) a;
SELECT campaign_drop(name) FROM unnest(ARRAY['nobody', 'skipped', 'keys', 'changed', 'edges', 'same', 'renamed', 'dropped', 'child']) name;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_edge';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_edge';
DELETE FROM campaign.log WHERE role_name = 'regress_edge';
DROP SCHEMA edge CASCADE;
DROP OWNED BY regress_edge;
DROP ROLE regress_edge;
