-- Would fail if a run that is restarted did something else than what it would
-- have done the first time, lost rows, or sent anybody a message twice.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_restart LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_restart;
CREATE SCHEMA restart AUTHORIZATION regress_restart;
SET SESSION AUTHORIZATION regress_restart;
SET search_path = restart, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int, email text);
INSERT INTO people SELECT g, g % 10, g || '@x.org' FROM generate_series(1, 100) g;
CREATE TABLE settings (least int);
INSERT INTO settings VALUES (3);
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
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
CREATE FUNCTION refusal(run bigint, activity text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	advice text;
BEGIN
	PERFORM campaign_restart(run, activity);
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || regexp_replace(said || ' / ' || advice, 'run \d+', 'run N', 'g');
END $$;

-- O2: executed again from there, with what came in; what is beside stays.
SELECT campaign_create('again', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('again', 'everybody');
SELECT campaign_add_audience('again', 'some', filter => 'score >= (SELECT least FROM settings)', after => 'everybody');
SELECT campaign_add_split('again', 'ab', '[{"name": "a", "percent": 50}, {"name": "b"}]', after => 'some');
SELECT campaign_add_audience('again', 'never', filter => 'score > 100', skip_empty => true, after => 'ab.a');
SELECT campaign_add_audience('again', 'behind', after => 'never');
SELECT campaign_add_wait('again', 'days', duration => '1 day', after => 'ab.b');
SELECT campaign_add_approval('again', 'ask', 'well?', 'regress_restart', after => 'some');
SELECT campaign_add_email('again', 'mail', after => 'everybody', subject => 's', body => 'b');
SELECT campaign_publish('again');
SELECT campaign_start('again') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT count(*) FROM campaign.message WHERE run_id = :run;
SELECT refusal(:run, 'everybody');
SELECT refusal(:run, 'mail');
SELECT refusal(:run, 'behind');
SELECT refusal(:run, 'nothing');
SELECT refusal(0, 'some');
UPDATE settings SET least = 5;
SELECT campaign_restart(:run, 'some');
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT count(*) FROM campaign.message WHERE run_id = :run;
SELECT state, question FROM campaign.approvals WHERE run_id = :run;
SELECT event, activity FROM campaign.log WHERE run_id = :run AND event = 'restart';
SELECT * FROM campaign_verify(:run);
-- Of a run that is paused; it goes on when it is resumed.
SELECT campaign_pause(:run);
SELECT campaign_restart(:run, 'days'), campaign_restart(:run, 'ab'), campaign_restart(:run, 'ab');
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_resume(:run);
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
-- One that has ended.
SELECT campaign_decide(approval_id, 'approved') FROM campaign.approvals WHERE run_id = :run AND state = 'open';
SELECT campaign_hurry(:run, 'days');
SELECT finish(:run);
SELECT campaign_restart(:run, 'some') AS restarted;
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT count(*) FROM campaign.message WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
-- One that is stopped stays so.
SELECT campaign_stop(:run);
SELECT refusal(:run, 'some');

-- O2: where populations are dropped, only while something still reads them.
SELECT campaign_define(jsonb_set(campaign_export('again'), '{settings}', '{}'));
SELECT campaign_remove('again', 'mail');
SELECT campaign_add_audience('again', 'breaks', filter => '1 / (score - (SELECT least FROM settings)) >= 0', after => 'some');
SELECT campaign_publish('again');
SELECT campaign_start('again') AS run \gset
SELECT finish(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT refusal(:run, 'ab');
SELECT finish(:run);
SELECT refusal(:run, 'some');
UPDATE settings SET least = -1;
SELECT campaign_restart(:run, 'breaks') IN ('running', 'waiting') AS restarted;
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_restart(:run, 'everybody') AS restarted;
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:run);

-- O2: a campaign that was run is run again; not if it has sent messages.
SELECT campaign_create('child', dimension => 'people');
SELECT campaign_add_audience('child', 'everybody');
SELECT campaign_add_wait('child', 'days', duration => '1 day', after => 'everybody');
SELECT campaign_publish('child');
SELECT campaign_create('parent', dimension => 'people');
SELECT campaign_add_audience('parent', 'everybody');
SELECT campaign_add_sub_campaign('parent', 'inner', starts => 'child', after => 'everybody');
SELECT campaign_publish('parent');
SELECT campaign_start('parent') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_restart(:run, 'inner') AS restarted;
SELECT campaign_wait(:run);
SELECT DISTINCT run_state, parent_activity, run_id = max(run_id) OVER () AS last FROM campaign.run_progress WHERE parent_run = :run ORDER BY 3;
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:run);
SELECT campaign_add_email('child', 'mail', after => 'everybody', subject => 's', body => 'b');
SELECT campaign_publish('child');
SELECT campaign_start('parent') AS run \gset
SELECT campaign_wait(:run);
SELECT refusal(:run, 'inner');
SELECT campaign_stop(:run);

-- One whose history is over makes messages as a new one would: they get their own.
SELECT campaign_create('old', dimension => 'people', settings => '{"history": {"messages": 0}}');
SELECT campaign_add_audience('old', 'some', filter => 'score >= (SELECT least FROM settings)', skip_empty => true);
SELECT campaign_add_email('old', 'mail', after => 'some', subject => 's', body => 'b');
SELECT campaign_publish('old');
UPDATE settings SET least = 11;
SELECT campaign_start('old') AS run \gset
SELECT campaign_wait(:run);
SELECT erased FROM campaign_clean_up();
UPDATE settings SET least = 5;
RESET SESSION AUTHORIZATION;
SELECT erased_at IS NOT NULL AS erased FROM campaign.run WHERE run_id = :run;
UPDATE campaign.run SET epoch = 0 WHERE run_id = :run;
SET SESSION AUTHORIZATION regress_restart;
SELECT campaign_restart(:run, 'some') AS restarted;
SELECT campaign_wait(:run);
SELECT count(*) FROM campaign.message WHERE run_id = :run;
SELECT erased FROM campaign_clean_up();
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:run);
SELECT erased FROM campaign_clean_up();
SELECT count(*) FROM campaign.message WHERE run_id = :run;
SELECT queued FROM campaign.report WHERE run_id = :run;

SELECT campaign_drop(c) FROM unnest(ARRAY['again', 'parent', 'child', 'old']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_restart';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_restart';
DELETE FROM campaign.log WHERE role_name = 'regress_restart';
DROP SCHEMA restart CASCADE;
DROP OWNED BY regress_restart;
DROP ROLE regress_restart;
