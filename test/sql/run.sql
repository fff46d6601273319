-- A run that starts twice, cannot be paused, stopped or repaired, or changes
-- under its owner's hands, is a run that nobody dares to start.
\set VERBOSITY terse
CREATE ROLE regress_run LOGIN;
CREATE ROLE regress_run_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_run, regress_run_other;
CREATE SCHEMA run AUTHORIZATION regress_run;
GRANT USAGE ON SCHEMA run TO PUBLIC;
SET search_path = run, public;
SET SESSION AUTHORIZATION regress_run;

-- What a statement says, with the number of the run left out.
CREATE FUNCTION attempt(statement text, run bigint DEFAULT NULL,
	OUT result text, OUT code text, OUT message text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement INTO result USING run;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	message := regexp_replace(message, '\m' || coalesce(run, -1) || '\M', 'N');
	hint := regexp_replace(hint, '\m' || coalesce(run, -1) || '\M', 'N', 'g');
END $$;
-- What each verb would do to a run, without doing it.
CREATE FUNCTION verbs(run bigint)
RETURNS TABLE (verb text, result text, code text, message text, hint text)
LANGUAGE plpgsql AS $$
BEGIN
	FOREACH verb IN ARRAY ARRAY['pause', 'resume', 'stop', 'retry'] LOOP
		BEGIN
			SELECT a.* INTO result, code, message, hint
			FROM attempt(format('SELECT campaign_%s($1)', verb), run) a;
			RAISE EXCEPTION USING errcode = 'ZZZZZ';
		EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
			RETURN NEXT;
		END;
	END LOOP;
END $$;
CREATE FUNCTION await(condition text, run bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	holds boolean;
BEGIN
	FOR i IN 1..600 LOOP
		EXECUTE 'SELECT ' || condition INTO holds USING run;
		EXIT WHEN holds;
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN holds;
END $$;
-- A task that calls this is at work as long as the lock 4712 is held.
CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(4712);
	RETURN true;
END $$;
CREATE TABLE people (id int PRIMARY KEY, score int);
INSERT INTO people SELECT g, g FROM generate_series(1, 10) g;
SELECT campaign_dimension('people');
SELECT campaign_create('run', dimension => 'people', settings => '{"variables": {"least": {"type": "integer", "default": 3}, "day": {"type": "date"}}}');
SELECT campaign_add_audience('run', 'some', filter => 'score >= vars.least');
SELECT campaign_add_wait('run', 'long', duration => '3 days', after => 'some');
SELECT campaign_add_end('run', 'done', after => 'long');

-- Start: of what is published, once, with variables that are declared.
SELECT * FROM attempt($$SELECT campaign_start('run')$$);
SELECT * FROM attempt($$SELECT campaign_start('no such campaign')$$);
SELECT campaign_publish('run');
SELECT * FROM attempt($$SELECT campaign_start('run', '{"lest": 5}')$$);
SELECT * FROM attempt($$SELECT campaign_start('run', '{"least": "many"}')$$);
SELECT * FROM attempt($$SELECT campaign_start('run', '[5]')$$);
SELECT * FROM attempt($$SELECT campaign_start(NULL)$$);
SELECT count(*) FROM campaign.run_progress WHERE campaign = 'run';
SELECT campaign_start('run', '{"least": 5}') AS run \gset
SELECT campaign_wait(:run);
SELECT rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'some' AND outcome = 'result';
SELECT * FROM attempt($$SELECT campaign_start('run') + $1$$, :run);
SELECT * FROM attempt($$SELECT campaign_drop('run'), $1$$, :run);

-- The verbs in the state waiting, and the moves they make.
SELECT run_state, verbs.* FROM verbs(:run), campaign.run_progress WHERE run_id = :run AND activity = 'some';
SELECT campaign_pause(:run), campaign_pause(:run) AS again;
SELECT campaign_wait(:run);
SELECT run_state, verbs.* FROM verbs(:run), campaign.run_progress WHERE run_id = :run AND activity = 'some';
SELECT campaign_resume(:run), campaign_resume(:run) AS again;
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_stop(:run), campaign_stop(:run) AS again;
SELECT campaign_wait(:run);
SELECT run_state, verbs.* FROM verbs(:run), campaign.run_progress WHERE run_id = :run AND activity = 'some';
SELECT activity, old_state, new_state, role_name FROM campaign.log
	WHERE run_id = :run AND event = 'move' ORDER BY log_id;
SELECT event, activity, message FROM campaign.log WHERE run_id = :run AND event <> 'move' ORDER BY log_id;
SELECT event, activity, message FROM campaign.log WHERE campaign = 'run' AND run_id IS NULL ORDER BY log_id;

-- Pending: the transaction that starts a run cannot wait for it, but it may
-- pause it.  A snapshot that will not change cannot see an end either.
BEGIN;
SELECT campaign_start('run') AS run \gset
SELECT * FROM attempt('SELECT campaign_wait($1)', :run);
SELECT run_state, verbs.* FROM verbs(:run), campaign.run_progress WHERE run_id = :run AND activity = 'some';
SELECT campaign_pause(:run);
COMMIT;
SELECT activity, state, run_state FROM campaign.run_progress WHERE run_id = :run;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM attempt('SELECT campaign_wait($1)', :run);
ROLLBACK;
SELECT campaign_resume(:run);
SELECT campaign_wait(:run);
SELECT campaign_stop(:run);
BEGIN;
SELECT campaign_start('run') AS run \gset
ROLLBACK;
SELECT * FROM attempt('SELECT campaign_wait($1)', :run);

-- Running: wait gives the state when its time is up; a pause cancels the task
-- at work, which begins again on resume.
SELECT campaign_create('gated', dimension => 'people');
SELECT campaign_add_audience('gated', 'before');
SELECT campaign_add_audience('gated', 'at_work', filter => 'CASE WHEN score = 5 THEN gate() ELSE true END', after => 'before');
SELECT campaign_add_end('gated', 'done', after => 'at_work');
SELECT campaign_publish('gated');
-- The two activities in a statement each, so that the second can be at work alone.
ALTER ROLE regress_run SET campaign.enable_fusion = off;
SELECT pg_advisory_lock(4712);
SELECT campaign_start('gated') AS run \gset
SELECT await($$EXISTS (SELECT FROM campaign.run_progress WHERE run_id = $1 AND activity = 'at_work' AND state = 'running')$$, :run);
SELECT campaign_wait(:run, '0');
SELECT campaign_wait(:run, '50 milliseconds');
SELECT activity, kind, state, rows_in, rows_out, elapsed >= '0' AS elapsed, bar, eta, error FROM campaign.run_progress WHERE run_id = :run;
SELECT run_state, verbs.* FROM verbs(:run), campaign.run_progress WHERE run_id = :run AND activity = 'at_work';
SELECT campaign_pause(:run);
SELECT await($$EXISTS (SELECT FROM campaign.run_progress WHERE run_id = $1 AND activity = 'at_work' AND state = 'ready')$$, :run);
SELECT activity, state, run_state, sqlstate FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_resume(:run);
SELECT await($$EXISTS (SELECT FROM campaign.run_progress WHERE run_id = $1 AND activity = 'at_work' AND state = 'running')$$, :run);
-- A version published meanwhile is for later runs.
SELECT campaign_add_end('gated', 'later', after => 'at_work.rejected');
SELECT campaign_remove('gated', 'before');
SELECT campaign_connect('gated', 'at_work', 'later');
SELECT campaign_disconnect('gated', 'at_work', 'done');
SELECT campaign_remove('gated', 'done');
SELECT campaign_disconnect('gated', 'at_work.rejected', 'later');
SELECT campaign_publish('gated');
SELECT pg_advisory_unlock(4712);
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
SELECT run_state, verbs.* FROM verbs(:run), campaign.run_progress WHERE run_id = :run AND activity = 'before';
SELECT campaign_start('gated') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
-- Stopped while a task is at work: its work does not count.
SELECT pg_advisory_lock(4712);
SELECT campaign_start('gated') AS run \gset
SELECT await($$EXISTS (SELECT FROM campaign.run_progress WHERE run_id = $1 AND activity = 'at_work' AND state = 'running')$$, :run);
SELECT campaign_stop(:run);
SELECT await($$NOT EXISTS (SELECT FROM campaign.run_progress WHERE run_id = $1 AND state <> 'cancelled')$$, :run);
SELECT pg_advisory_unlock(4712);
SELECT activity, state, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT count(*) FROM campaign.flow_counts WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);

ALTER ROLE regress_run RESET campaign.enable_fusion;

-- Failed: for what is in the data; repaired, the run goes on from there.
UPDATE people SET score = 0 WHERE id = 7;
SELECT campaign_create('fails', dimension => 'people');
SELECT campaign_add_audience('fails', 'before');
SELECT campaign_add_audience('fails', 'divides', filter => '10 / score > 1', after => 'before');
SELECT campaign_add_end('fails', 'done', after => 'divides');
SELECT campaign_publish('fails');
SELECT campaign_start('fails') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, attempts, sqlstate, error, hint, run_state FROM campaign.run_progress WHERE run_id = :run;
SELECT run_state, verbs.* FROM verbs(:run), campaign.run_progress WHERE run_id = :run AND activity = 'before';
SELECT * FROM attempt($$SELECT campaign_start('fails') + $1$$, :run);
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
UPDATE people SET score = 7 WHERE id = 7;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, attempts, sqlstate, error, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT activity, event, old_state, new_state, message, sqlstate FROM campaign.log WHERE run_id = :run
	AND (event <> 'move' OR activity IS NULL OR activity = 'divides') ORDER BY log_id;
SELECT * FROM campaign_verify(:run);

-- Failed: for what was done to the dimension between publishing and start.
CREATE TABLE places (id int PRIMARY KEY, name text, rank int);
INSERT INTO places SELECT g, 'p', g FROM generate_series(1, 10) g;
CREATE FUNCTION good(rank int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT rank > 5';
SELECT campaign_dimension('places');
SELECT campaign_create('changed', dimension => 'places');
SELECT campaign_add_audience('changed', 'ranked', filter => 'good(rank)');
SELECT campaign_publish('changed');
ALTER TABLE places RENAME rank TO level;
SELECT campaign_start('changed') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
ALTER TABLE places RENAME level TO rank;
ALTER TABLE places ALTER rank TYPE text;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
ALTER TABLE places ALTER rank TYPE int USING rank::int;
ALTER TABLE places RENAME TO places_now;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
ALTER TABLE places_now RENAME TO places;
SELECT campaign_stop(:run);
DROP TABLE places;
SELECT campaign_start('changed') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
CREATE TABLE places (id int PRIMARY KEY, name text, rank int);
INSERT INTO places SELECT g, 'p', g FROM generate_series(1, 10) g;
DROP FUNCTION good(int);
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
-- Another function that fits now is not what was published.
CREATE FUNCTION good(rank numeric) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
CREATE FUNCTION good(rank int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT rank > 5';
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
-- A table that came to belong to somebody else is another object; rights that
-- are taken away act at the next task.
RESET SESSION AUTHORIZATION;
ALTER TABLE places OWNER TO regress_run_other;
GRANT SELECT ON places TO regress_run;
SET SESSION AUTHORIZATION regress_run;
SELECT campaign_start('changed') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_stop(:run);
SELECT campaign_publish('changed');
RESET SESSION AUTHORIZATION;
REVOKE SELECT ON places FROM regress_run;
SET SESSION AUTHORIZATION regress_run;
SELECT campaign_start('changed') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
RESET SESSION AUTHORIZATION;
GRANT SELECT ON places TO regress_run;
SET SESSION AUTHORIZATION regress_run;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);

-- An owner as whom no worker can be connected cannot start.
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_run NOLOGIN;
SET SESSION AUTHORIZATION regress_run;
SELECT * FROM attempt($$SELECT campaign_start('changed')$$);
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_run LOGIN;

-- Runs of others, and runs that are not, cannot be told apart.
SET SESSION AUTHORIZATION regress_run_other;
CREATE FUNCTION pg_temp.ask(run bigint) RETURNS TABLE (verb text, code text, message text, hint text) LANGUAGE sql AS $$
	SELECT verb, a.code, a.message, a.hint
	FROM unnest(ARRAY['wait', 'pause', 'resume', 'stop', 'retry', 'verify']) verb,
	LATERAL run.attempt(format('SELECT campaign_%s($1)', verb), run) a
$$;
SELECT * FROM pg_temp.ask(:run);
SELECT * FROM pg_temp.ask(:run) EXCEPT SELECT * FROM pg_temp.ask(999999999);
SELECT * FROM pg_temp.ask(NULL);

-- Nothing is left behind.
SET SESSION AUTHORIZATION regress_run;
SELECT campaign_drop(c) FROM unnest(ARRAY['run', 'gated', 'fails', 'changed']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_run';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_run';
DELETE FROM campaign.log WHERE role_name = 'regress_run';
SET client_min_messages = warning;
DROP SCHEMA run CASCADE;
DROP OWNED BY regress_run, regress_run_other;
DROP ROLE regress_run, regress_run_other;
