-- Would fail if what waits for a time could not be let go on, or if what waits
-- for a person went on without one.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_hurry LOGIN;
CREATE ROLE regress_hurry_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_hurry, regress_hurry_other;
CREATE SCHEMA hurrying AUTHORIZATION regress_hurry;
SET SESSION AUTHORIZATION regress_hurry;
SET search_path = hurrying, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100) g;
SELECT campaign_dimension('people');
SELECT campaign_create('slow', dimension => 'people');
SELECT campaign_add_audience('slow', 'everybody');
SELECT campaign_add_fork('slow', 'quick', after => 'everybody');
SELECT campaign_add_wait('slow', 'days', duration => '3 days', after => 'quick');
SELECT campaign_add_wait('slow', 'condition', until_condition => 'rows = 0', check_every => '1 day', timeout => '2 days', after => 'quick');
SELECT campaign_add_wait('slow', 'no_timeout', until_condition => 'rows = 0', check_every => '1 day', after => 'quick');
SELECT campaign_add_signal('slow', 'told', timeout => '1 day', after => 'quick');
SELECT campaign_add_signal('slow', 'only_told', after => 'quick');
SELECT campaign_add_approval('slow', 'asked', roles => 'regress_hurry', question => '?', timeout => '1 day', default_answer => 'rejected', after => 'quick');
SELECT campaign_add_join('slow', 'together', timeout => '1 day', after => 'quick, only_told');
SELECT campaign_add_end('slow', 'done', after => 'days');
SELECT campaign_publish('slow');
SELECT campaign_start('slow') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;

-- One of them, those that wait for no time not, then all.
SELECT campaign_hurry(:run, 'days');
SELECT campaign_wait(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
\set VERBOSITY sqlstate
SELECT campaign_hurry(:run, 'days');
SELECT campaign_hurry(:run, 'only_told');
SELECT campaign_hurry(:run, 'nothing');
SELECT campaign_hurry(0);
\set VERBOSITY terse
SELECT campaign_hurry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, eta > now() + interval '23 hours' AS later FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND rows > 0 AND source NOT IN ('everybody', 'quick') ORDER BY 1, 2;
SELECT activity, event FROM campaign.log WHERE run_id = :run AND event = 'hurry' ORDER BY activity;
SELECT * FROM campaign_verify(:run);
SET SESSION AUTHORIZATION regress_hurry_other;
\set VERBOSITY sqlstate
SELECT campaign_hurry(:run);
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_hurry;
SELECT campaign_stop(:run);
SELECT campaign_hurry(:run);

SELECT campaign_drop('slow');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_hurry';
DROP SCHEMA hurrying CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_hurry, regress_hurry_other;
DROP ROLE regress_hurry, regress_hurry_other;
-- covers O2: execute pending
