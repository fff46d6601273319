-- Would fail if an alert said nothing, or something else, or took rows away.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_alert LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_alert;
CREATE SCHEMA alerting AUTHORIZATION regress_alert;
SET SESSION AUTHORIZATION regress_alert;
SET search_path = alerting, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100) g;
SELECT campaign_dimension('people');
SELECT campaign_create('alerting', dimension => 'people', settings => '{"variables": {"who": {"type": "text", "default": "team"}}}');
SELECT campaign_add_audience('alerting', 'everybody');
SELECT campaign_add_split('alerting', 'groups', after => 'everybody', outcomes => '[{"name": "low", "filter": "score < 3"}, {"name": "high"}]');
SELECT campaign_add_alert('alerting', 'tell', after => 'groups.high', channel => 'regress_alert',
	message => $$Dear {{ vars.who }}: {{ rows }} of {{ everybody.result }} & {{ groups.low }} low{{#each (SELECT jsonb_agg(score ORDER BY id) FROM people WHERE id < 4)}}, {{ item }}{{/each}}.$$);
SELECT campaign_add_alert('alerting', 'long', after => 'tell', message => $$"{{ repeat('ä"', 6000) }}$$);
SELECT campaign_add_audience('alerting', 'behind', filter => 'score = 9', after => 'long');
SELECT campaign_publish('alerting');
SELECT campaign_start('alerting', '{"who": "<you>"}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT activity, event, left(message, 60) AS message, length(message) FROM campaign.log WHERE run_id = :run AND event = 'alert' ORDER BY log_id;
SELECT * FROM campaign_verify(:run);

-- What is refused.
\set VERBOSITY default
SELECT campaign_add_alert('alerting', 'wrong', NULL, after => 'groups.low');
SELECT campaign_add_alert('alerting', 'wrong', '{{ score }}', after => 'groups.low');
SELECT campaign_add_alert('alerting', 'wrong', '{{ rows }', after => 'groups.low');
SELECT campaign_add_alert('alerting', 'wrong', '{{ behind.result }}', after => 'groups.low');
SELECT campaign_add_alert('alerting', 'wrong', 'x', channel => '', after => 'groups.low');
SELECT campaign_add_alert('alerting', 'wrong', 'x', channel => repeat('x', 64), after => 'groups.low');
\set VERBOSITY terse

SELECT campaign_drop('alerting');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_alert';
DROP SCHEMA alerting CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_alert;
DROP ROLE regress_alert;
-- covers F1: alert
