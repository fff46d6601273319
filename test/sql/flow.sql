-- Wrong flow control executes a branch too early, twice or never, and leaves
-- populations behind that nobody drops.
\set VERBOSITY terse
CREATE ROLE regress_flow LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_flow;
CREATE SCHEMA flow AUTHORIZATION regress_flow;
SET search_path = flow, public;
-- Populations of a run that are there, by outcome; superusers see them all.
CREATE FUNCTION flow.populations(run bigint) RETURNS TABLE (source text, outcome text, "table" text)
LANGUAGE sql SECURITY DEFINER AS $$
	SELECT f.source, f.outcome, regexp_replace(f.population, '^r' || $1 || '_', 'r_')
	FROM campaign.flow f WHERE f.run_id = $1 AND f.population IS NOT NULL
		AND to_regclass('campaign_data.' || f.population) IS NOT NULL
	ORDER BY 1, 2
$$;
CREATE FUNCTION flow.tables(run bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$
	SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace
		AND relname LIKE 'r' || $1 || '\_%'
$$;
-- The moves of a run's tasks, in order, as the log has them.
CREATE FUNCTION flow.moves(run bigint) RETURNS TABLE (activity text, moves text)
LANGUAGE sql AS $$
	SELECT activity, string_agg(old_state || '>' || new_state, ' ' ORDER BY log_id)
	FROM campaign.log WHERE run_id = $1 AND event = 'move' GROUP BY activity ORDER BY activity NULLS FIRST
$$;
-- Waits for a run that has a timer.
CREATE FUNCTION flow.finish(run bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
BEGIN
	FOR i IN 1..600 LOOP
		state := campaign_wait(run);
		EXIT WHEN state <> 'waiting';
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN state;
END $$;
SET SESSION AUTHORIZATION regress_flow;
CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100) g;
SELECT campaign_dimension('people');

-- F1: fork, and-join with a primary set, wait for a duration and a date.
-- A fork starts branches, a join waits for all of them and goes on with one
-- population: the first inbound one, or the one that is named.
SELECT campaign_create('diamond', dimension => 'people');
SELECT campaign_add_audience('diamond', 'everybody');
SELECT campaign_add_fork('diamond', 'fork', after => 'everybody');
SELECT campaign_add_audience('diamond', 'low', filter => 'score < 3', after => 'fork');
SELECT campaign_add_audience('diamond', 'high', filter => 'score >= 3', after => 'fork');
SELECT campaign_add_split('diamond', 'halves', after => 'fork', outcomes => '[{"name": "few", "number": 7}, {"name": "others"}]');
SELECT campaign_add_join('diamond', 'first', after => 'low, high');
SELECT campaign_add_join('diamond', 'by_activity', primary_set => 'high', after => 'low, high');
SELECT campaign_add_join('diamond', 'by_outcome', primary_set => 'halves.few', after => 'low, halves.others, halves.few');
SELECT campaign_add_join('diamond', 'both_ways', after => 'halves.others, halves.few');
SELECT campaign_add_join('diamond', 'sole', after => 'fork');
SELECT campaign_add_join('diamond', 'last', primary_set => 'by_outcome', after => 'first, by_activity, by_outcome, both_ways, sole');
SELECT campaign_add_end('diamond', 'done', after => 'last');
SELECT * FROM campaign_check('diamond');
SELECT campaign_publish('diamond');
SELECT campaign_start('diamond') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2, 3;
SELECT DISTINCT moves FROM moves(:run) WHERE activity IS NOT NULL ORDER BY 1;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT * FROM populations(:run);
SELECT tables(:run);
-- A branch begins when all before it have ended, not earlier.
SELECT count(*) AS too_early FROM campaign.log l, campaign.log e
WHERE l.run_id = :run AND e.run_id = :run AND l.activity = 'last' AND l.new_state = 'ready'
	AND e.activity IN ('first', 'by_activity', 'by_outcome', 'both_ways', 'sole')
	AND e.new_state = 'succeeded' AND e.log_id > l.log_id;

-- Populations are dropped as soon as nothing needs them: not before the last
-- of several readers, and in no case later than the end.
CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(4711);
	RETURN true;
END $$;
SELECT campaign_create('readers', dimension => 'people');
SELECT campaign_add_audience('readers', 'everybody');
SELECT campaign_add_audience('readers', 'unread', after => 'everybody');
SELECT campaign_add_audience('readers', 'quick', filter => 'score = 1', after => 'everybody');
SELECT campaign_add_end('readers', 'quick_end', after => 'quick');
SELECT campaign_add_audience('readers', 'slow', filter => 'CASE WHEN score = 0 THEN gate() ELSE true END', after => 'everybody');
SELECT campaign_add_end('readers', 'slow_end', after => 'slow');
SELECT campaign_publish('readers');
SELECT pg_advisory_lock(4711);
SELECT campaign_start('readers') AS run \gset
CREATE FUNCTION await(condition text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	holds boolean;
BEGIN
	FOR i IN 1..600 LOOP
		EXECUTE 'SELECT ' || condition INTO holds;
		EXIT WHEN holds;
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN holds;
END $$;
SELECT await(format($$EXISTS (SELECT FROM campaign.run_progress WHERE run_id = %s AND activity = 'slow' AND state = 'running')$$, :run));
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run AND activity IN ('everybody', 'slow');
SELECT source, outcome FROM populations(:run) WHERE source = 'everybody';
SELECT pg_advisory_unlock(4711);
SELECT campaign_wait(:run);
SELECT * FROM populations(:run);
SELECT tables(:run);
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Kept, when the campaign says so; the owner may read them, and they go with
-- the campaign.
SELECT campaign_create('keeping', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('keeping', 'everybody');
SELECT campaign_add_fork('keeping', 'fork', after => 'everybody');
SELECT campaign_add_audience('keeping', 'low', filter => 'score < 3', after => 'fork');
SELECT campaign_add_end('keeping', 'done', after => 'fork');
SELECT campaign_publish('keeping');
SELECT campaign_start('keeping') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM populations(:run);
SELECT tables(:run);
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_drop('keeping');
SELECT tables(:run);

-- A join is skipped where one of its branches was, and what is behind it too;
-- other branches go on.
SELECT campaign_create('skipping', dimension => 'people');
SELECT campaign_add_audience('skipping', 'everybody');
SELECT campaign_add_audience('skipping', 'nobody', filter => 'false', skip_empty => true, after => 'everybody');
SELECT campaign_add_audience('skipping', 'behind_nobody', after => 'nobody');
SELECT campaign_add_audience('skipping', 'somebody', filter => 'score = 1', after => 'everybody');
SELECT campaign_add_join('skipping', 'near', after => 'somebody, nobody');
SELECT campaign_add_join('skipping', 'far', after => 'behind_nobody, somebody');
SELECT campaign_add_join('skipping', 'of_skipped', after => 'near, far');
SELECT campaign_add_end('skipping', 'never', after => 'of_skipped');
SELECT campaign_add_join('skipping', 'of_others', after => 'somebody, everybody');
SELECT campaign_add_end('skipping', 'reached', after => 'of_others');
SELECT campaign_publish('skipping');
SELECT campaign_start('skipping') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM moves(:run) WHERE activity IN ('never', 'near', 'reached');
SELECT tables(:run);
SELECT count(*) AS violations FROM campaign_verify(:run);

-- A wait passes at once when its time has gone by, else it leaves the run
-- waiting, with the time it goes on in run_progress, and nothing running.
SELECT campaign_create('waiting', dimension => 'people');
SELECT campaign_add_audience('waiting', 'everybody');
SELECT campaign_add_wait('waiting', 'past', fixed_time => '2001-01-01 12:00+00', after => 'everybody');
SELECT campaign_add_wait('waiting', 'none', duration => '0', after => 'past');
SELECT campaign_add_wait('waiting', 'moment', duration => '0.2 seconds', after => 'none');
SELECT campaign_add_wait('waiting', 'moment_again', duration => '0.2 seconds', after => 'moment');
SELECT campaign_add_audience('waiting', 'after_all', filter => 'score = 1', after => 'moment_again');
SELECT campaign_add_end('waiting', 'done', after => 'after_all');
SELECT campaign_publish('waiting');
SELECT campaign_start('waiting') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM moves(:run) WHERE activity IN ('past', 'none', 'moment', 'moment_again');
SELECT activity, extract(epoch FROM elapsed) BETWEEN 0.2 AND 60 AS waited
FROM campaign.run_progress WHERE run_id = :run AND activity LIKE 'moment%';
SELECT tables(:run);
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_create('waiting long', dimension => 'people');
SELECT campaign_add_audience('waiting long', 'everybody');
SELECT campaign_add_fork('waiting long', 'fork', after => 'everybody');
SELECT campaign_add_wait('waiting long', 'three_days', duration => '3 days', after => 'fork');
SELECT campaign_add_wait('waiting long', 'new_year', fixed_time => '2999-01-01 00:00+00', after => 'fork');
SELECT campaign_add_end('waiting long', 'quick', after => 'fork');
SELECT campaign_publish('waiting long');
SELECT campaign_start('waiting long') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out, CASE activity WHEN 'three_days'
	THEN eta - clock_timestamp() BETWEEN '2 days 23:55:00' AND '3 days' ELSE eta = '2999-01-01 00:00+00' END AS eta
FROM campaign.run_progress WHERE run_id = :run;
SELECT DISTINCT run_state FROM campaign.run_progress WHERE run_id = :run;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_stop(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT tables(:run);
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_define(jsonb_set(campaign_export('waiting long'), '{settings}', '{"keep_populations": true}'));
SELECT campaign_publish('waiting long');
SELECT campaign_start('waiting long') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_stop(:run);
SELECT tables(:run);

-- What is refused, by the functions or by the check of the whole.
\set VERBOSITY default
SELECT campaign_create('refused', dimension => 'people');
SELECT campaign_add_audience('refused', 'a');
SELECT campaign_add_audience('refused', 'b');
SELECT campaign_add_wait('refused', 'w', after => 'a');
SELECT campaign_add_wait('refused', 'w', duration => '1 day', fixed_time => '2999-01-01', after => 'a');
SELECT campaign_add('refused', 'w', 'wait', '{"duration": "soon"}', after => 'a');
SELECT campaign_add_wait('refused', 'w', duration => '-1 day', after => 'a');
SELECT campaign_add('refused', 'w', 'wait', '{"fixed_time": "infinity"}', after => 'a');
SELECT campaign_add_join('refused', 'j', primary_set => 'c', after => 'a, b');
SELECT campaign_add_join('refused', 'j', primary_set => 'a.nothing', after => 'a, b');
SELECT campaign_add_end('refused', 'e', after => 'a');
SELECT campaign_add_audience('refused', 'c', after => 'e');
SELECT campaign_add_fork('refused', 'f');
SELECT campaign_add_fork('refused', 'g', after => 'a, b');
SELECT campaign_add_join('refused', 'x', after => 'a');
SELECT campaign_add_join('refused', 'y', after => 'x');
SELECT campaign_connect('refused', 'y', 'x');
SELECT severity, activity, code, message, hint FROM campaign_check('refused');
SELECT campaign_publish('refused');

-- What follows a join reads the rows of its primary set, also where that is
-- not the first inbound transition and of another dimension.
\set VERBOSITY terse
CREATE TABLE flow.parcel (number text PRIMARY KEY, heavy boolean);
INSERT INTO flow.parcel VALUES ('p1', true), ('p2', false), ('p3', true);
SELECT campaign_dimension('flow.parcel');
SELECT campaign_create('two dimensions', dimension => 'people');
SELECT campaign_add_audience('two dimensions', 'everybody');
SELECT campaign_add_audience('two dimensions', 'parcels', dimension => 'parcel');
SELECT campaign_add_join('two dimensions', 'both', primary_set => 'parcels', after => 'everybody, parcels');
SELECT campaign_add_audience('two dimensions', 'heavy_ones', filter => 'heavy', after => 'both');
SELECT campaign_publish('two dimensions');
SELECT campaign_start('two dimensions') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source <> 'everybody' ORDER BY 1, 2;

-- A run that has ended can be paused and stopped: its messages may still wait.
SELECT campaign_pause(:run), campaign_pause(:run), campaign_resume(:run);
SELECT campaign_stop(:run), campaign_stop(:run);

-- Nothing is left behind.
\set VERBOSITY terse
SELECT campaign_drop(c) FROM unnest(ARRAY['two dimensions', 'diamond', 'readers', 'skipping', 'waiting', 'waiting long', 'refused']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_flow';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_flow';
DELETE FROM campaign.log WHERE role_name = 'regress_flow';
SET client_min_messages = warning;
DROP SCHEMA flow CASCADE;
DROP OWNED BY regress_flow;
DROP ROLE regress_flow;
