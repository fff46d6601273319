-- One bad row must not keep the others from their message, and many bad rows
-- must not pass for an accident.
\set VERBOSITY terse
CREATE ROLE regress_quarantine LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_quarantine;
CREATE SCHEMA quarantine AUTHORIZATION regress_quarantine;
SET search_path = quarantine, public;
SET SESSION AUTHORIZATION regress_quarantine;

CREATE TABLE people (id int PRIMARY KEY, divisor int DEFAULT 1, email text, age text DEFAULT '30', since text DEFAULT '2020-01-01');
INSERT INTO people SELECT n, 1, format('p%s@example.com', n) FROM generate_series(1, 10000) n;
SELECT campaign_dimension('people', addresses => '{"email": "email || left((1 / divisor)::text, 0)"}', consent => '{"email": "age::int >= 18"}');

SELECT campaign_create('quarantine', dimension => 'people');
SELECT campaign_add_audience('quarantine', 'everybody');
SELECT campaign_add_email('quarantine', 'mail', subject => 'S {{ since::date }}', body => 'B', after => 'everybody');
SELECT campaign_publish('quarantine');
-- A run from start to end; what became of it, and what was excluded.
CREATE VIEW last_run AS SELECT max(run_id) AS run_id FROM campaign.run_progress;
CREATE PROCEDURE run() LANGUAGE plpgsql AS $$ BEGIN
	PERFORM campaign_stop(run_id) FROM campaign.run_progress NATURAL JOIN last_run WHERE run_state = 'failed' LIMIT 1;
	PERFORM campaign_start('quarantine');
END $$;
CREATE VIEW result AS
	SELECT p.state, p.sqlstate, p.error, (SELECT count(*) FROM campaign.message m WHERE m.run_id = p.run_id) AS messages
	FROM campaign.run_progress p NATURAL JOIN last_run WHERE p.activity = 'mail';
CREATE VIEW left_out AS SELECT recipient, reason FROM campaign.excluded NATURAL JOIN last_run ORDER BY recipient;
CREATE VIEW broken AS SELECT v.* FROM last_run, campaign_verify(run_id) v;

-- No bad row.
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;
TABLE left_out;

-- One in the address.
UPDATE people SET divisor = 0 WHERE id = 4711;
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;
TABLE left_out;
TABLE broken;
SELECT event, message, sqlstate FROM campaign.log NATURAL JOIN last_run WHERE event = 'excluded';

-- Three: in the address, the consent and the templates.
UPDATE people SET age = 'unknown' WHERE id = 1;
UPDATE people SET since = 'yesteryear' WHERE id = 10000;
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;
TABLE left_out;
TABLE broken;

-- Who shares an address with a bad row gets the message instead of it; and a
-- bad row that would have been a duplicate is found when it comes first.
UPDATE people SET since = 'never', email = 'shared@example.com' WHERE id IN (20, 21);
UPDATE people SET email = 'shared@example.com' WHERE id IN (22, 23);
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;
TABLE left_out;
TABLE broken;

-- Errors of another kind are not about rows.
CREATE FUNCTION fail(id int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'out of order' USING ERRCODE = '55000'; END $$;
SELECT campaign_alter('quarantine', 'mail', '{"body": "{{ CASE WHEN id = 7 THEN fail(id) END }}"}');
SELECT campaign_publish('quarantine');
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;

-- More than the option allows, and exactly as many.
SELECT campaign_alter('quarantine', 'mail', '{"body": "B", "max_errors": 4}');
SELECT campaign_publish('quarantine');
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;
SELECT detail FROM campaign.run_progress NATURAL JOIN last_run WHERE activity = 'mail';
SELECT campaign_alter('quarantine', 'mail', '{"max_errors": 5}');
SELECT campaign_publish('quarantine');
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;
TABLE broken;

-- Half of all.
UPDATE people SET divisor = 0 WHERE id % 2 = 0;
SELECT campaign_alter('quarantine', 'mail', '{"max_errors": null}');
SELECT campaign_publish('quarantine');
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;
SELECT regexp_replace(detail, 'recipient "[^"]*"', 'recipient "…"') FROM campaign.run_progress NATURAL JOIN last_run WHERE activity = 'mail';

-- All, however few.
DELETE FROM people WHERE id > 3;
UPDATE people SET divisor = 0;
CALL run();
SELECT campaign_wait(run_id) FROM last_run;
TABLE result;
SELECT detail FROM campaign.run_progress NATURAL JOIN last_run WHERE activity = 'mail';
SELECT campaign_add_email('quarantine', 'other', subject => 'S', body => 'B', options => '{"max_errors": 0}', after => 'everybody');

SELECT campaign_stop(run_id) FROM last_run;
SELECT campaign_drop('quarantine');
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP SCHEMA quarantine CASCADE;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_quarantine';
DELETE FROM campaign.log WHERE role_name = 'regress_quarantine';
DROP OWNED BY regress_quarantine;
DROP ROLE regress_quarantine;
