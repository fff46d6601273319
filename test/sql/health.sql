-- Would fail if something waited for a person, a sender or an executor and
-- campaign_health() said nothing of it, or said it to somebody who may not see
-- it.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_health LOGIN;
CREATE ROLE regress_health_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_health, regress_health_other;
CREATE SCHEMA health AUTHORIZATION regress_health;
GRANT USAGE ON SCHEMA health TO PUBLIC;
SELECT campaign_channel('health', 'custom', '{"throttle": {"messages": 100, "per": "1 hour"}}');
-- What it says, without what is of another test or changes from run to run.
CREATE VIEW health.said AS
SELECT code, severity, campaign, activity, run_id IS NOT NULL AS run, since <= clock_timestamp() AS since,
	regexp_replace(message, 'run \d+', 'run N') AS message,
	regexp_replace(hint, '\(\d+', '(N', 'g') AS hint
FROM campaign_health() WHERE campaign LIKE 'health %' ORDER BY campaign, activity COLLATE "C", code COLLATE "C";
GRANT SELECT ON health.said TO PUBLIC;
SET SESSION AUTHORIZATION regress_health;
SET search_path = health, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text);
INSERT INTO people SELECT g, g || '@x.org' FROM generate_series(1, 200) g;
CREATE FUNCTION divide(id bigint) RETURNS bigint LANGUAGE sql RETURN id / (SELECT count(*) - 200 FROM health.people);
SELECT campaign_dimension('people', addresses => '{"email": "email", "health": "email"}');

-- All that a run can wait for.
SELECT campaign_create('health child', 'people');
SELECT campaign_add_audience('health child', 'all');
SELECT campaign_add_signal('health child', 'never', after => 'all');
SELECT campaign_publish('health child');
SELECT campaign_create('health waits', 'people');
SELECT campaign_add_audience('health waits', 'all');
SELECT campaign_add_approval('health waits', 'ask', after => 'all', question => 'All {{ rows }}?', roles => 'regress_health');
SELECT campaign_add_signal('health waits', 'stock', after => 'all', signal => 'filled', timeout => '1 day');
SELECT campaign_add_wait('health waits', 'a_day', after => 'all', duration => '1 day');
SELECT campaign_add_custom('health waits', 'unsure', after => 'all', options => '{"channel": "health"}');
SELECT campaign_alter('health waits', 'unsure', '{"confirm": true}');
SELECT campaign_add_custom('health waits', 'sure', after => 'all', options => '{"channel": "health"}');
SELECT campaign_add_sub_campaign('health waits', 'child', after => 'all', starts => 'health child', wait => true);
SELECT campaign_publish('health waits');
SELECT campaign_start('health waits') AS run \gset
SELECT campaign_wait(:run);
SELECT run_id AS child FROM campaign.run_progress WHERE parent_run = :run LIMIT 1 \gset
SELECT campaign_wait(:child);
TABLE said;

-- What is claimed waits for nobody; a limit that is used up says so, and so
-- does a sender that never answers.
SELECT count(*) AS claimed, min(lease::text) AS lease FROM campaign_claim('health', 10) \gset
SELECT code, message, hint FROM said WHERE activity = 'sure';
SELECT count(*) FROM campaign_claim('health', 90);
SELECT code, message, hint FROM said WHERE activity = 'sure';
RESET SESSION AUTHORIZATION;
BEGIN;
DELETE FROM campaign.throttle WHERE bucket LIKE 'channel health %';
UPDATE campaign.chunk SET leased_until = now() - interval '1 second', attempts = 3 WHERE lease IS NOT NULL
	AND delivery_id = (SELECT delivery_id FROM campaign.delivery WHERE run_id = :run AND activity = 'sure');
SELECT code, severity, message, hint FROM said WHERE activity = 'sure';
UPDATE campaign.delivery SET passed_due = '-infinity', passed_chunk = 0 WHERE run_id = :run;
UPDATE campaign.chunk SET attempts = 1, due_at = now() - interval '1 hour', leased_until = NULL
	WHERE delivery_id = (SELECT delivery_id FROM campaign.delivery WHERE run_id = :run AND activity = 'sure');
SELECT code, severity, message FROM said WHERE activity = 'sure';
SELECT campaign_channel('health', settings => '{"paused": true}');
SELECT code, severity, message, hint FROM said WHERE activity = 'sure';
ROLLBACK;

-- A limit of the campaign's own.
BEGIN;
DELETE FROM campaign.throttle WHERE bucket LIKE 'channel health %';
UPDATE campaign.campaign SET settings = '{"throttle": {"messages": 5, "per": "1 minute"}}' WHERE name = 'health waits';
INSERT INTO campaign.throttle SELECT 'campaign ' || campaign_id || ' per 60000000', extract(epoch FROM now())::bigint, '{5}'
	FROM campaign.campaign WHERE name = 'health waits';
SELECT code, message FROM said WHERE activity = 'sure';
ROLLBACK;

-- Executors: why a due run has none.  The scheduler does not see these.
BEGIN;
UPDATE campaign.task SET due_at = clock_timestamp() - interval '1 second' WHERE run_id = :child AND activity = 'never';
SELECT code, severity, message FROM said WHERE campaign = 'health child';
UPDATE campaign.task SET due_at = clock_timestamp() - interval '1 hour' WHERE run_id = :child AND activity = 'never';
SELECT code, severity, message FROM said WHERE campaign = 'health child';
ALTER ROLE regress_health NOLOGIN;
SELECT code, severity, message, hint FROM said WHERE campaign = 'health child';
ROLLBACK;
BEGIN;
ALTER ROLE regress_health SUPERUSER;
SELECT code, severity, campaign, message, hint FROM campaign_health() WHERE message LIKE 'superuser regress_health %';
ROLLBACK;

-- What takes too long, and what was started elsewhere.
BEGIN;
UPDATE campaign.task SET warn_at = now() WHERE run_id = :run AND activity = 'stock';
SELECT code, severity, message, hint FROM said WHERE activity = 'stock' AND code = 'overdue';
UPDATE campaign.run SET home = 'elsewhere' WHERE run_id IN (:run, :child);
TABLE said;
ROLLBACK;

-- A schedule that nobody launches.
SET SESSION AUTHORIZATION regress_health;
SELECT campaign_create('health daily', 'people');
SELECT campaign_add_audience('health daily', 'all');
SELECT campaign_publish('health daily');
SELECT campaign_schedule('health daily', '{"frequency": "daily", "at": "09:00", "time_zone": "UTC"}');
SELECT code FROM said WHERE campaign = 'health daily';
RESET SESSION AUTHORIZATION;
BEGIN;
UPDATE campaign.schedule SET next_at = now() - interval '5 minutes'
	WHERE campaign_id = (SELECT campaign_id FROM campaign.campaign WHERE name = 'health daily');
SELECT code, severity, run, since, message, hint FROM said WHERE campaign = 'health daily';
ROLLBACK;
SELECT code FROM said WHERE campaign = 'health daily';

-- What holds for all is said to everybody.
BEGIN;
SELECT campaign_hold_all('somebody was wrong') IS NOT NULL AS held;
SET LOCAL SESSION AUTHORIZATION regress_health_other;
SELECT code, severity, campaign, regexp_replace(message, 'by \S+:', 'by X:') AS message, hint FROM campaign_health() WHERE code = 'held';
ROLLBACK;
BEGIN;
INSERT INTO campaign.parked_event (parked_at, role, message_id, event, at)
VALUES (now() - interval '10 days', 'regress_health'::regrole, 1, 'opened', now());
SELECT code, severity, message, hint FROM campaign_health() WHERE code = 'retention';
ROLLBACK;
BEGIN;
UPDATE pg_extension SET extversion = '0.1' WHERE extname = 'campaign';
SELECT code, severity, message, hint FROM campaign_health();
ROLLBACK;
BEGIN;
UPDATE campaign.origin SET system = 1;
SELECT code, severity, message, hint FROM campaign_health();
ROLLBACK;

-- Failures, with what they hint at; and what a person has paused.
SET SESSION AUTHORIZATION regress_health;
SELECT campaign_create('health fails', 'people');
SELECT campaign_add_audience('health fails', 'bad', filter => 'divide(id) > 0');
SELECT campaign_publish('health fails');
SELECT campaign_start('health fails') AS failing \gset
SELECT campaign_wait(:failing);
SELECT code, severity, activity, since, message, hint FROM said WHERE campaign = 'health fails';
SELECT campaign_pause(:child);
SELECT code, severity, since, message, hint FROM said WHERE campaign = 'health child';
-- Of whom nobody can be connected as: it fails, and says why.
RESET SESSION AUTHORIZATION;
BEGIN;
DELETE FROM campaign.task WHERE run_id = :failing;
UPDATE campaign.log SET message = 'the owner cannot execute it: the role is not permitted to log in'
	WHERE run_id = :failing AND activity IS NULL AND new_state = 'failed';
SELECT code, severity, activity, since, message FROM said WHERE campaign = 'health fails';
ROLLBACK;

-- Others see nothing before they may look.
SET SESSION AUTHORIZATION regress_health_other;
TABLE said;
SET SESSION AUTHORIZATION regress_health;
SELECT campaign_grant('health fails', 'regress_health_other', 'view');
SET SESSION AUTHORIZATION regress_health_other;
SELECT code, campaign FROM said;

-- The bar, the rate and when it will be done, while an activity is executed.
SET SESSION AUTHORIZATION regress_health;
CREATE TABLE many (id bigint PRIMARY KEY);
INSERT INTO many SELECT generate_series(1, 10000);
ANALYZE many;
CREATE FUNCTION gate(id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF id = 7500 THEN
		PERFORM pg_advisory_xact_lock_shared(4711);
	END IF;
	RETURN true;
END $$;
SELECT campaign_dimension('many');
SELECT campaign_create('health slow', 'many');
SELECT campaign_add_audience('health slow', 'all', filter => 'gate(id)');
SELECT campaign_publish('health slow');
CREATE FUNCTION show(run bigint) RETURNS TABLE (state text, bar text, eta timestamptz, expected boolean) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..3000 LOOP
		EXIT WHEN EXISTS (SELECT FROM campaign.executors() e WHERE e.run_id = run AND e.expected > 0);
		PERFORM pg_sleep(0.01);
	END LOOP;
	RETURN QUERY SELECT p.state, p.bar, p.eta, e.expected > 0
	FROM campaign.open_progress p JOIN campaign.executors() e ON e.run_id = p.run_id WHERE p.run_id = run;
END $$;
SELECT pg_advisory_lock(4711);
SELECT campaign_start('health slow') AS slow \gset
-- By what the planner expects; then by the last run.
SELECT * FROM show(:slow);
SELECT pg_advisory_unlock(4711);
SELECT campaign_wait(:slow);
SELECT rows_out, bar, eta, rate > 0 AS rate FROM campaign.run_progress WHERE run_id = :slow;
RESET SESSION AUTHORIZATION;
UPDATE campaign.task SET started_at = ended_at - interval '1 day' WHERE run_id = :slow;
SET SESSION AUTHORIZATION regress_health;
SELECT pg_advisory_lock(4711);
SELECT campaign_start('health slow') AS again \gset
SELECT state, bar, eta BETWEEN now() + interval '23 hours' AND now() + interval '25 hours' AS in_a_day, expected FROM show(:again);
SELECT pg_advisory_unlock(4711);
SELECT campaign_wait(:again);

SELECT campaign_stop(:failing);
SELECT campaign_stop(:run);
RESET SESSION AUTHORIZATION;
SELECT campaign_drop(name) FROM campaign.campaign WHERE owner = 'regress_health'::regrole ORDER BY name;
SELECT campaign_channel_drop('health');
SET client_min_messages = error;
DELETE FROM campaign.dimension WHERE owner = 'regress_health'::regrole;
DROP SCHEMA health CASCADE;
DROP OWNED BY regress_health, regress_health_other;
DROP ROLE regress_health, regress_health_other;
