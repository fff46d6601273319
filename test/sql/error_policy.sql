-- Would fail if an error were treated otherwise than the activity says, if
-- somebody were lost by it, or if what is not to be executed were.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_policy LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_policy;
CREATE SCHEMA policy AUTHORIZATION regress_policy;
SET SESSION AUTHORIZATION regress_policy;
SET search_path = policy, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int, email text);
INSERT INTO people SELECT g, g % 10, g || '@x.org' FROM generate_series(1, 100) g;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
CREATE SEQUENCE attempts;
-- Fails as many times as the table says, and counts.
CREATE TABLE failing (times int, code text);
INSERT INTO failing VALUES (1000, '22000');
CREATE FUNCTION fails() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
	IF nextval('attempts') <= (SELECT times FROM failing) THEN
		RAISE EXCEPTION 'it fails' USING ERRCODE = (SELECT code FROM failing), DETAIL = 'on purpose'; END IF;
	RETURN false; END $$;
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
CREATE FUNCTION begin(given jsonb, settings jsonb DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
	PERFORM setval('attempts', 1, false);
	PERFORM campaign_alter('policy', 'risky', '{"on_error": null, "retries": null, "retry_after": null, "execution": null}');
	PERFORM campaign_alter('policy', 'risky', given);
	PERFORM campaign_publish('policy');
	RETURN campaign_start('policy');
END $$;
SELECT name, type, required, "default", meaning FROM jsonb_to_recordset(campaign_common_options()) o (name text, type text, required text, "default" text, meaning text) \gx
SELECT campaign_create('policy', dimension => 'people');
SELECT campaign_add_audience('policy', 'everybody');
SELECT campaign_add_fork('policy', 'both', after => 'everybody');
-- With skip_empty it is a statement of its own: a sequence does not forget what was undone.
SELECT campaign_add_audience('policy', 'risky', filter => 'score < 5 AND NOT fails()', skip_empty => true, after => 'both');
SELECT campaign_add_email('policy', 'mail', after => 'risky', subject => 's', body => 'b');
SELECT campaign_add_audience('policy', 'other', filter => 'score = 1', after => 'both');

-- An outcome of that name that is the kind's own is not one for errors.
SELECT campaign_create('own', dimension => 'people');
SELECT campaign_add_audience('own', 'everybody');
SELECT campaign_add_split('own', 'parts', '[{"name": "error", "number": 10}, {"name": "rest"}]', after => 'everybody');
SELECT campaign_add_audience('own', 'behind', after => 'parts.error');
SELECT campaign_publish('own');
SELECT campaign_start('own') AS run \gset
SELECT finish(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'parts' ORDER BY 2;
SELECT campaign_drop('own');

-- O3: suspend is the default; a retry goes on.
SELECT begin('{}') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out, sqlstate, error, detail, attempts FROM campaign.run_progress WHERE run_id = :run;
UPDATE failing SET times = 0;
SELECT campaign_retry(:run) IN ('running', 'waiting') AS retried;
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out, error FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);

-- O3: it is tried again as often as it says, with pauses that double, and
-- then it has failed or not.
UPDATE failing SET times = 2;
SELECT begin('{"retries": 3, "retry_after": "50 milliseconds"}') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_out, error, attempts FROM campaign.run_progress WHERE run_id = :run AND activity = 'risky';
SELECT count(*), bool_and(p.pause >= '0.05 seconds') FROM (SELECT logged_at - lag(logged_at) OVER (ORDER BY logged_at) AS pause FROM campaign.log WHERE run_id = :run AND event = 'error') p;
UPDATE failing SET times = 1000;
SELECT begin('{"retries": 2, "retry_after": "10 milliseconds"}') AS run \gset
SELECT finish(:run);
SELECT activity, state, error, attempts FROM campaign.run_progress WHERE run_id = :run AND activity = 'risky';
SELECT campaign_stop(:run);
-- What may pass by itself is tried again unasked; that can be forbidden by
-- saying how often.
UPDATE failing SET times = 1, code = '40001';
SELECT begin('{"retry_after": "10 milliseconds"}') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_out, error FROM campaign.run_progress WHERE run_id = :run AND activity = 'risky';

-- O3: ignored: its branch ends there, the others go on.
UPDATE failing SET times = 1000, code = '22000';
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out, sqlstate, error FROM campaign.run_progress WHERE run_id = :run;
SELECT message FROM campaign.log WHERE run_id = :run AND activity = 'risky' AND new_state = 'skipped';
SELECT * FROM campaign_verify(:run);

-- O3: aborted: all of the run is stopped.
SELECT begin('{"on_error": "abort"}') AS run \gset
SELECT finish(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND activity IN ('risky', 'mail');
SELECT message FROM campaign.log WHERE run_id = :run AND new_state = 'stopped';
\set VERBOSITY sqlstate
SELECT campaign_retry(:run);
\set VERBOSITY terse
SELECT * FROM campaign_verify(:run);

-- O3: an outcome that carries the population that came in.
SELECT campaign_alter('policy', 'risky', '{"on_error": null}');
SELECT campaign_add_enrich('policy', 'more', columns => '{"double": "score * 2"}', after => 'both');
SELECT campaign_disconnect('policy', 'both', 'risky');
SELECT campaign_connect('policy', 'more', 'risky');
SELECT campaign_add_audience('policy', 'instead', filter => '"double" = 4', after => 'risky.error');
SELECT campaign_graph('policy');
SELECT begin('{}') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out, sqlstate, error FROM campaign.run_progress WHERE run_id = :run;
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'risky' ORDER BY outcome, target;
SELECT * FROM campaign_verify(:run);
UPDATE failing SET times = 0;
SELECT begin('{}') AS run \gset
SELECT finish(:run);
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'risky' ORDER BY outcome, target;
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);

SELECT campaign_export('policy') -> 'transitions' @> '[{"source": "risky", "outcome": "error", "target": "instead"}]' AS exported;
SELECT campaign_define(campaign_export('policy'));
SELECT campaign_alter('policy', 'risky', '{"on_error": "ignore"}');
SELECT campaign_connect('policy', 'everybody.error', 'instead');
SELECT code, activity, message, hint FROM campaign_check('policy') WHERE severity = 'error';
SELECT campaign_remove('policy', 'instead');

-- O3: too many errors in a row suspend a run all the same; a run without one,
-- or a person, begins the count anew.
SELECT campaign_define(jsonb_set(campaign_export('policy'), '{settings}', '{"max_consecutive_errors": 2}'));
UPDATE failing SET times = 1000;
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
SELECT campaign_retry(:run) IN ('running', 'waiting') AS retried;
SELECT finish(:run);
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
UPDATE failing SET times = 0;
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
UPDATE failing SET times = 1000;
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
SELECT begin('{"on_error": "ignore"}') AS run \gset
SELECT finish(:run);
SELECT campaign_stop(:run);

-- O2: not executed: the branch ends before it, or the population passes.
SELECT begin('{"execution": "disabled"}') AS run \gset
SELECT finish(:run);
SELECT activity, kind, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT message FROM campaign.log WHERE run_id = :run AND new_state = 'skipped' ORDER BY log_id;
SELECT last_value, is_called FROM attempts;
SELECT regexp_replace(campaign_graph('policy', run => :run), 'run \d+', 'run N') AS graph;
SELECT * FROM campaign_verify(:run);
SELECT begin('{"execution": "pass_through"}') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT last_value, is_called FROM attempts;
SELECT campaign_graph('policy', 'mermaid');
SELECT * FROM campaign_verify(:run);
SELECT campaign_alter('policy', 'mail', '{"execution": "pass_through"}');
SELECT begin('{}') AS run \gset
SELECT campaign_stop(:run) IS NOT NULL;
SELECT campaign_alter('policy', 'mail', '{"execution": "disabled"}');
UPDATE failing SET times = 0;
SELECT begin('{}') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run AND activity IN ('risky', 'mail');
SELECT count(*) FROM campaign.message WHERE run_id = :run;
-- The first of all can be disabled: nothing happens then.
SELECT campaign_alter('policy', 'everybody', '{"execution": "disabled"}');
SELECT begin('{}') AS run \gset
SELECT finish(:run);
SELECT DISTINCT state FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
SELECT campaign_alter('policy', 'everybody', '{"execution": null}');
-- What follows one that is passed reads the rows that came in, whatever the
-- activity would have made of them.
SELECT campaign_create('changes', dimension => 'people');
SELECT campaign_add_audience('changes', 'everybody');
SELECT campaign_add_enrich('changes', 'added', columns => '{"one": "1"}', after => 'everybody');
SELECT campaign_alter('changes', 'added', '{"execution": "pass_through"}');
SELECT campaign_add_audience('changes', 'behind', filter => 'score = 1 AND one = 1', after => 'added');
SELECT campaign_add_audience('changes', 'behind', filter => 'score = 1', after => 'added');
SELECT campaign_publish('changes');
SELECT campaign_start('changes') AS run \gset
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
SELECT campaign_drop('changes');

-- O3: what takes longer than it may is told, once, and goes on.
SELECT campaign_create('slow', dimension => 'people');
SELECT campaign_add('slow', 'everybody', 'audience', '{"max_duration": "1 hour"}');
SELECT campaign_add('slow', 'days', 'wait', '{"duration": "1 day", "max_duration": "10 milliseconds"}', after => 'everybody');
SELECT campaign_add('slow', 'later', 'wait', '{"duration": "1 day", "max_duration": "2 days"}', after => 'everybody');
SELECT campaign_publish('slow');
SELECT campaign_start('slow') AS run \gset
DO $$ BEGIN
	FOR i IN 1..600 LOOP
		EXIT WHEN EXISTS (SELECT FROM campaign.log WHERE event = 'overdue');
		PERFORM pg_sleep(0.05);
	END LOOP;
END $$;
SELECT campaign_pause(:run), campaign_resume(:run);
SELECT campaign_wait(:run);
SELECT activity, state, overdue FROM campaign.run_progress WHERE run_id = :run;
SELECT activity, message FROM campaign.log WHERE run_id = :run AND event = 'overdue';
SELECT campaign_hurry(:run);
SELECT finish(:run);
SELECT activity, state, overdue FROM campaign.run_progress WHERE run_id = :run;

-- What is refused.
\set VERBOSITY default
SELECT campaign_alter('policy', 'risky', '{"on_error": "explode"}');
SELECT campaign_alter('policy', 'risky', '{"execution": "off"}');
SELECT campaign_alter('policy', 'risky', '{"retries": 0}');
SELECT campaign_alter('policy', 'risky', '{"retry_after": "-1 second"}');
SELECT campaign_alter('policy', 'risky', '{"max_duration": "long"}');
SELECT campaign_alter('policy', 'both', '{"executon": "normal"}');
SELECT campaign_alter('policy', 'everybody', '{"execution": "pass_through"}');
SELECT code, activity, message, hint FROM campaign_check('policy') WHERE severity = 'error';
SELECT campaign_create('refused', dimension => 'people', settings => '{"max_consecutive_errors": 0}');
SELECT campaign_create('refused', dimension => 'people', settings => '{"max_consecutive_errors": "1"}');
SELECT campaign_create('refused', dimension => 'people', settings => '{"max_consecutive_errors": 1.5}');

\set VERBOSITY terse
SELECT campaign_drop(c) FROM unnest(ARRAY['policy', 'slow']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_policy';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_policy';
DELETE FROM campaign.log WHERE role_name = 'regress_policy' OR event = 'overdue';
DROP SCHEMA policy CASCADE;
DROP OWNED BY regress_policy;
DROP ROLE regress_policy;
