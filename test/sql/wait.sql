-- Would fail if a wait let its branch go on before its time, or missed that the
-- condition it waits for holds, or that it has waited too long.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_wait LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_wait;
CREATE SCHEMA waiting AUTHORIZATION regress_wait;
SET SESSION AUTHORIZATION regress_wait;
SET search_path = waiting, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100) g;
CREATE TABLE event (name text PRIMARY KEY, at timestamptz, over boolean DEFAULT false);
INSERT INTO event VALUES ('concert', '2999-06-30 18:00+02');
SELECT campaign_dimension('people');
-- Waits for a run that has a timer.
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

-- F1: wait until an instant that an expression gives, in a window of time, until a
-- condition holds, with a time-out: loops with a bound.
-- Until a time that an expression gives: it is asked once.
SELECT campaign_create('until', dimension => 'people', settings => '{"variables": {"lead": {"type": "interval", "default": "2 days"}}}');
SELECT campaign_add_audience('until', 'everybody');
SELECT campaign_add_wait('until', 'past', until_time => $$date '2001-01-01'$$, after => 'everybody');
SELECT campaign_add_wait('until', 'concert', after => 'past',
	until_time => $$(SELECT at - vars.lead FROM event WHERE name = 'concert') + past.result * interval '1 second'$$);
SELECT campaign_publish('until');
SELECT campaign_start('until') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, eta AT TIME ZONE 'Europe/Berlin' AS eta FROM campaign.run_progress WHERE run_id = :run;
UPDATE event SET at = NULL;
SELECT campaign_pause(:run);
SELECT campaign_resume(:run);
SELECT campaign_wait(:run);
SELECT campaign_stop(:run);
SELECT campaign_start('until') AS run \gset
SELECT campaign_wait(:run);
SELECT state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND activity = 'concert';
UPDATE event SET at = '2002-02-02';
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT * FROM campaign_verify(:run);

-- Not within quiet hours: here every day but one is quiet.
SELECT campaign_create('window', dimension => 'people');
SELECT campaign_add_audience('window', 'everybody');
SELECT campaign_add_fork('window', 'both', after => 'everybody');
SELECT campaign_add_wait('window', 'weekday', after => 'both', fixed_time => '2999-06-29 12:00+02', time_zone => 'Europe/Berlin',
	quiet_hours => '{"weekly": [{"days": ["sat", "sun"]}, {"from": "18:00", "until": "09:00"}]}');
SELECT campaign_add_wait('window', 'evening', after => 'both', until_time => $$timestamptz '2999-06-28 21:00+02'$$, time_zone => 'Europe/Berlin',
	quiet_hours => '{"weekly": [{"from": "18:00", "until": "09:00"}]}');
SELECT campaign_add_wait('window', 'open', after => 'both', quiet_hours => '{"dates": ["2001-01-01"]}');
SELECT campaign_publish('window');
SELECT campaign_start('window') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, to_char(eta AT TIME ZONE 'Europe/Berlin', 'Dy YYYY-MM-DD HH24:MI') AS eta
FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT campaign_stop(:run);

-- Until a condition holds, or for too long.
SELECT campaign_create('until it holds', dimension => 'people');
SELECT campaign_add_audience('until it holds', 'everybody');
SELECT campaign_add_wait('until it holds', 'over', after => 'everybody', check_every => '0.1 seconds',
	until_condition => $$(SELECT over FROM event WHERE name = 'concert') AND rows = 100$$);
SELECT campaign_add_wait('until it holds', 'never', after => 'over', timeout => '0.3 seconds', check_every => '0.1 seconds',
	until_condition => 'NULL');
SELECT campaign_add_end('until it holds', 'held', after => 'never');
SELECT campaign_add_audience('until it holds', 'too_long', filter => 'score = 1', after => 'never.timeout');
SELECT campaign_publish('until it holds');
SELECT campaign_start('until it holds') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
UPDATE event SET over = true;
SELECT finish(:run);
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2, 3;
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT extract(epoch FROM elapsed) BETWEEN 0.3 AND 60 AS waited FROM campaign.run_progress WHERE run_id = :run AND activity = 'never';
SELECT count(*) FROM campaign.log WHERE run_id = :run AND activity = 'never' AND old_state = 'waiting';
SELECT * FROM campaign_verify(:run);

-- What is refused.
\set VERBOSITY default
SELECT campaign_add_wait('until', 'wrong', after => 'everybody');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', duration => '1 day', until_time => 'now()');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', until_time => '1');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', until_time => 'score');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', until_condition => 'now()');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', duration => '1 day', timeout => '2 days');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', duration => '1 day', check_every => '2 days');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', until_condition => 'true', check_every => '1 millisecond');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', duration => '1 day', time_zone => 'Europe/Berlin');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', quiet_hours => '{"weekly": []}');
SELECT campaign_add_wait('until', 'wrong', after => 'everybody', quiet_hours => '{"dates": ["12-25"]}', time_zone => 'Middle Earth');
\set VERBOSITY terse

SELECT campaign_drop(c) FROM unnest(ARRAY['until', 'window', 'until it holds']) c;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_wait';
DROP SCHEMA waiting CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_wait;
DROP ROLE regress_wait;
-- covers F1: wait for a duration, a date, a time window, a condition with time-out
