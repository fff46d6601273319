-- Would fail if a join of some branches went on with fewer, twice, or never, or
-- counted one that ended before it.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_join LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_join;
CREATE SCHEMA joining AUTHORIZATION regress_join;
SET SESSION AUTHORIZATION regress_join;
SET search_path = joining, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100) g;
SELECT campaign_dimension('people');
CREATE FUNCTION finish(run bigint) RETURNS text LANGUAGE plpgsql AS $$
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

-- F1: or-join, quorum, primary set, time-out.
-- The first of two, two of three, the named one where it came; what comes
-- later is ignored; where too few can come the join is skipped.
SELECT campaign_create('some', dimension => 'people');
SELECT campaign_add_audience('some', 'everybody');
SELECT campaign_add_audience('some', 'quick', filter => 'score = 1', after => 'everybody');
SELECT campaign_add_wait('some', 'later', duration => '1 day', after => 'everybody');
SELECT campaign_add_audience('some', 'late', filter => 'score < 3', after => 'later');
SELECT campaign_add_audience('some', 'also_quick', filter => 'score < 2', after => 'quick');
SELECT campaign_add_audience('some', 'nobody', filter => 'false', skip_empty => true, after => 'everybody');
SELECT campaign_add_join('some', 'first', quorum => 1, after => 'late, quick');
SELECT campaign_add_audience('some', 'behind_first', after => 'first');
SELECT campaign_add_join('some', 'two', quorum => 2, primary_set => 'also_quick', after => 'late, quick, also_quick');
SELECT campaign_add_join('some', 'two_late', quorum => 2, primary_set => 'late', after => 'late, quick, also_quick');
SELECT campaign_add_join('some', 'too_few', quorum => 2, after => 'nobody, quick');
SELECT campaign_add_join('some', 'one_of_two', quorum => 1, after => 'nobody, quick');
SELECT campaign_add_join('some', 'three', quorum => 3, after => 'late, quick, also_quick');
SELECT campaign_publish('some');
SELECT campaign_start('some') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT * FROM campaign_verify(:run);
-- The wait is made short, for the test does not wait a day.
RESET SESSION AUTHORIZATION;
UPDATE campaign.task SET due_at = clock_timestamp() WHERE run_id = :run AND activity = 'later';
SET SESSION AUTHORIZATION regress_join;
SET search_path = joining, public;
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run AND activity IN ('first', 'behind_first', 'late', 'three') ORDER BY activity;
SELECT count(*) FROM campaign.log WHERE run_id = :run AND activity IN ('first', 'two') AND new_state = 'succeeded';
SELECT * FROM campaign_verify(:run);

-- With a time-out it waits for the others, but not for ever, and not for what
-- cannot come.
SELECT campaign_create('patient', dimension => 'people');
SELECT campaign_add_audience('patient', 'everybody');
SELECT campaign_add_fork('patient', 'quick', after => 'everybody');
SELECT campaign_add_wait('patient', 'soon', duration => '0.2 seconds', after => 'everybody');
SELECT campaign_add_wait('patient', 'late', duration => '1 day', after => 'everybody');
SELECT campaign_add_audience('patient', 'nobody', filter => 'false', skip_empty => true, after => 'everybody');
SELECT campaign_add_join('patient', 'in_time', timeout => '1 hour', after => 'quick, soon');
SELECT campaign_add_end('patient', 'in_time_end', after => 'in_time');
SELECT campaign_add_join('patient', 'in_vain', timeout => '0.3 seconds', after => 'quick, late');
SELECT campaign_add_end('patient', 'in_vain_result', after => 'in_vain');
SELECT campaign_add_audience('patient', 'in_vain_end', after => 'in_vain.timeout');
SELECT campaign_add_join('patient', 'hopeless', timeout => '1 hour', after => 'quick, nobody');
SELECT campaign_add_end('patient', 'hopeless_end', after => 'hopeless.timeout');
SELECT campaign_add_join('patient', 'two_of_three', quorum => 2, timeout => '1 hour', primary_set => 'late', after => 'soon, late, quick');
SELECT campaign_add_end('patient', 'two_end', after => 'two_of_three');
SELECT campaign_publish('patient');
SELECT campaign_start('patient') AS run \gset
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
SELECT await(format($$(SELECT count(*) = 5 FROM campaign.run_progress WHERE run_id = %s AND state = 'succeeded' AND activity IN ('in_time', 'in_vain', 'in_vain_end', 'hopeless', 'two_end'))$$, :run));
SELECT campaign_wait(:run);
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('in_time', 'in_vain', 'hopeless', 'two_of_three') ORDER BY 1, 2, 3;
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:run);

-- What is refused: more than can come, and populations that are not alike.
\set VERBOSITY default
SELECT campaign_add_join('some', 'wrong', quorum => 3, after => 'late, quick');
SELECT campaign_add_join('some', 'wrong', quorum => 0, after => 'late, quick');
SELECT campaign_add_join('some', 'wrong', timeout => '-1 hour', after => 'late, quick');
SELECT campaign_add_enrich('some', 'more', columns => '{"double": "2 * score"}', after => 'late');
SELECT campaign_add_join('some', 'wrong', quorum => 1, after => 'more, quick');
SELECT campaign_add_join('some', 'right', after => 'more, quick');
SELECT campaign_alter('some', 'right', '{"timeout": "1 day"}');
\set VERBOSITY terse

SELECT campaign_drop(c) FROM unnest(ARRAY['some', 'patient']) c;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_join';
DROP SCHEMA joining CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_join;
DROP ROLE regress_join;
-- covers F1: or-join, quorum, time-out of a join
