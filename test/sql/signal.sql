-- Would fail if a signal were lost because nobody waited for it yet, if a run
-- went on without one, or if its payload did not reach what comes behind.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_signal LOGIN;
CREATE ROLE regress_signal_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_signal, regress_signal_other;
CREATE SCHEMA signalling AUTHORIZATION regress_signal;
SET SESSION AUTHORIZATION regress_signal;
SET search_path = signalling, public;
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

-- One waits for it: payload members are variables of the run behind it.
SELECT campaign_create('told', dimension => 'people',
	settings => '{"variables": {"least": {"type": "integer", "default": 0}, "day": {"type": "date"}, "note": {"type": "jsonb"}}}');
SELECT campaign_add_audience('told', 'everybody', filter => 'score >= vars.least');
SELECT campaign_add_signal('told', 'go', after => 'everybody');
SELECT campaign_add_audience('told', 'chosen', filter => 'score >= vars.least AND vars.day > date ''2026-01-01''', after => 'go');
SELECT campaign_add_signal('told', 'more', signal => 'stock_filled', timeout => '1 day', after => 'chosen');
SELECT campaign_add_test('told', 'which', after => 'more', outcomes => $$[{"name": "a", "condition": "vars.note ->> 'to' = 'a' AND vars.least = 7"}]$$);
SELECT campaign_signal('told', 'go');
SELECT campaign_publish('told');
SELECT campaign_signal('told', 'go');
SELECT campaign_start('told') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, eta FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_signal('told', 'go', '{"least": 7, "day": "2026-02-03"}');
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_signal('told', 'go', '{"least": 1}');
SELECT campaign_signal('told', 'stock_filled', '{"note": {"to": "a"}}');
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('more', 'which') ORDER BY 1, 2;
SELECT event, activity, message FROM campaign.log WHERE run_id = :run AND event = 'signal' ORDER BY log_id;
SELECT * FROM campaign_verify(:run);
SELECT campaign_signal('told', 'stock_filled');

-- A payload is held against what was published, not against the draft.
SELECT campaign_start('told') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_define(jsonb_set(campaign_export('told')::jsonb, '{settings,variables}', '{"later": {"type": "integer"}, "least": {"type": "integer"}, "day": {"type": "date"}, "note": {"type": "jsonb"}}')) IS NOT NULL AS defined;
SELECT campaign_signal('told', 'go', '{"later": 1}');
SELECT campaign_define(jsonb_set(campaign_export('told')::jsonb, '{settings,variables}', '{"least": {"type": "integer"}}')) IS NOT NULL AS defined;
SELECT campaign_signal('told', 'go', '{"day": "2026-02-03"}');
SELECT campaign_define(campaign_export('told', 1)) IS NOT NULL AS defined;
SELECT campaign_stop(:run);

-- Sent before it is waited for; of several the newest counts; a run that is
-- paused keeps it.
SELECT campaign_start('told') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_signal('told', 'stock_filled', '{"least": 1, "note": {"to": "b"}}');
SELECT campaign_signal('told', 'stock_filled', '{"least": 7, "note": {"to": "a"}}');
SELECT campaign_pause(:run);
SELECT campaign_signal('told', 'go', '{"least": 8, "day": "2026-02-03"}');
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_resume(:run) IN ('running', 'waiting');
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('chosen', 'more', 'which') ORDER BY 1, 2;
SELECT * FROM campaign_verify(:run);

-- In one transaction with what it is about; taken back, it was not sent.
SELECT campaign_start('told') AS run \gset
SELECT campaign_wait(:run);
BEGIN;
SELECT campaign_signal('told', 'go', '{"day": "2026-02-03"}');
ROLLBACK;
SELECT campaign_wait(:run);
SELECT state FROM campaign.run_progress WHERE run_id = :run AND activity = 'go';
SELECT campaign_stop(:run);
SELECT campaign_signal('told', 'go');

-- Not for ever.
SELECT campaign_create('impatient', dimension => 'people');
SELECT campaign_add_audience('impatient', 'everybody');
SELECT campaign_add_fork('impatient', 'both', after => 'everybody');
SELECT campaign_add_signal('impatient', 'one', timeout => '0.2 seconds', after => 'both');
SELECT campaign_add_end('impatient', 'one_told', after => 'one');
SELECT campaign_add_end('impatient', 'one_late', after => 'one.timeout');
SELECT campaign_add_signal('impatient', 'two', signal => 'three', after => 'both');
SELECT campaign_add_signal('impatient', 'three', after => 'both');
SELECT campaign_publish('impatient');
SELECT campaign_start('impatient') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_signal('impatient', 'three');
SELECT finish(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT * FROM campaign_verify(:run);

-- The end of a branch tells another one, or another campaign, which gets the
-- variables that both have.
SELECT campaign_create('chain', dimension => 'people', settings => '{"variables": {"least": {"type": "integer", "default": 7}, "other": {"type": "text"}}}');
SELECT campaign_add_audience('chain', 'everybody');
SELECT campaign_add_signal('chain', 'branch', after => 'everybody');
SELECT campaign_add_end('chain', 'tell_branch', signal => 'branch', after => 'everybody');
SELECT campaign_add_end('chain', 'tell_other', signal => 'go', receiver => 'told', after => 'branch');
SELECT campaign_publish('chain');
SELECT campaign_start('told', '{"day": "2026-02-03"}') AS told \gset
SELECT campaign_wait(:told);
SELECT campaign_start('chain') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_wait(:told);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :told;
SELECT campaign_stop(:told);
SELECT campaign_alter('chain', 'tell_other', '{"receiver": "nobody"}');
SELECT campaign_publish('chain');
SELECT campaign_start('chain') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT campaign_stop(:run);
SELECT campaign_add_end('chain', 'wrong', receiver => 'told', after => 'branch');

-- What is refused.
\set VERBOSITY default
SELECT campaign_signal('told', 'stock_full');
SELECT campaign_signal('told', 'go', '{"day": "soon"}');
SELECT campaign_signal('told', 'go', '{"days": 1}');
SELECT campaign_signal('told', 'go', '[]');
SELECT campaign_signal('tall', 'go');
SELECT campaign_add_signal('told', 'wrong', signal => 'My signal', after => 'everybody');
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_signal_other;
SELECT campaign_signal('told', 'go');
SET SESSION AUTHORIZATION regress_signal;

SELECT campaign_drop(c) FROM unnest(ARRAY['told', 'impatient', 'chain']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.signal;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_signal';
DROP SCHEMA signalling CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_signal, regress_signal_other;
DROP ROLE regress_signal, regress_signal_other;
-- F2: external signals with typed parameters, expirations
