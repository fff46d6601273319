-- Would fail if messages went before they were confirmed, or a hold let any go;
-- if a lease kept what must not be sent, or lost what may.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE brake_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO brake_owner;
GRANT CREATE ON SCHEMA public TO brake_owner;
SET SESSION AUTHORIZATION brake_owner;
CREATE TABLE brake_reader (id int PRIMARY KEY, email text, opt_in boolean);
INSERT INTO brake_reader SELECT i, i || '@x.org', true FROM generate_series(1, 100) i;
SELECT campaign_dimension('brake_reader', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_create('brake', dimension => 'brake_reader');
SELECT campaign_add_audience('brake', 'all');
SELECT campaign_add_email('brake', 'mail', after => 'all', subject => 's', body => 'b', options => '{"max_messages": 99, "expected_change": 10}');
SELECT campaign_add_wait('brake', 'wait', after => 'mail', duration => '0');
SELECT campaign_publish('brake');

-- More than expected: the messages are there and nobody gets them.
SELECT campaign_start('brake') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, eta FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT activity, message FROM campaign.log WHERE run_id = :run AND event = 'confirmation needed';
SELECT status, count(*) FROM campaign.message WHERE run_id = :run GROUP BY 1;
SELECT count(*) FROM campaign_claim('email', 10);
\set VERBOSITY sqlstate
SELECT campaign_confirm(:run, 'wait');
SELECT campaign_confirm(:run, 'male');
SELECT campaign_confirm(0, 'mail');
SELECT campaign_confirm(:run, 'mail');
SELECT campaign_confirm(:run, 'mail');
SELECT campaign_wait(:run);
SELECT * FROM campaign_verify(:run);

-- As many as last time may be confirmed by the option; another number may not.
SELECT campaign_alter('brake', 'mail', '{"max_messages": null}');
SELECT campaign_publish('brake');
SELECT campaign_start('brake') AS same \gset
SELECT campaign_wait(:same);
DELETE FROM brake_reader WHERE id > 80;
SELECT campaign_start('brake') AS fewer \gset
SELECT campaign_wait(:fewer);
SELECT message FROM campaign.log WHERE run_id = :fewer AND event = 'confirmation needed';
-- To refuse is to stop.
SELECT campaign_stop(:fewer);
SELECT campaign_confirm(:fewer, 'mail');
\set VERBOSITY terse
SELECT status, count(*) FROM campaign.message WHERE run_id = :fewer GROUP BY 1;
SELECT * FROM campaign_verify(:fewer);

-- What a lease may not send any more leaves it.
SELECT campaign_stop(:same);
SELECT lease, min(address) AS first FROM campaign_claim('email', 10) GROUP BY lease \gset
SELECT campaign_suppress('email', :'first');
SELECT reason, count(*) FROM campaign_recheck(:'lease') GROUP BY 1;
SELECT reason, count(*) FROM campaign_recheck(:'lease') GROUP BY 1;
SELECT * FROM campaign_ack(:'lease');
SELECT lease FROM campaign_claim('email', 10) LIMIT 1 \gset
SELECT campaign_pause(:run);
SELECT reason, count(*) FROM campaign_recheck(:'lease') GROUP BY 1;
SELECT result FROM campaign_ack(:'lease');
SELECT campaign_resume(:run);
SELECT count(*), max(attempt) AS attempt FROM campaign_claim('email', 10);
SELECT lease FROM campaign_claim('email', 10) LIMIT 1 \gset
SELECT campaign_stop(:run);
SELECT reason, count(*) FROM campaign_recheck(:'lease') GROUP BY 1;
SELECT result FROM campaign_ack(:'lease');
SELECT * FROM campaign_recheck(gen_random_uuid());
SELECT * FROM campaign_recheck(NULL);
SELECT * FROM campaign_verify(:run);

-- A lease over two runs, one of which is paused: the other's messages are sent,
-- and its own come back.
SELECT campaign_alter('brake', 'mail', '{"expected_change": null}');
SELECT campaign_publish('brake');
SELECT campaign_start('brake') AS one \gset
SELECT campaign_wait(:one);
SELECT campaign_start('brake') AS two \gset
SELECT campaign_wait(:two);
SELECT lease FROM campaign_claim('email', 1000) LIMIT 1 \gset
SELECT campaign_pause(:one);
SELECT reason, count(*) FROM campaign_recheck(:'lease') GROUP BY 1;
SELECT * FROM campaign_ack(:'lease');
SELECT campaign_resume(:one);
SELECT lease FROM campaign_claim('email', 1000) LIMIT 1 \gset
-- Rows that are gone do not keep the others from being tried again.
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dispatch m USING campaign.chunk c
WHERE c.lease = :'lease' AND m.message_id BETWEEN c.first_id + 3 AND c.first_id + 5;
SELECT jsonb_agg(jsonb_build_object('message_id', n)) AS failed FROM campaign.chunk c, generate_series(first_id, last_id) n
WHERE c.lease = :'lease' AND get_byte(coalesce(results, repeat('.', 1000)::bytea), (n - first_id)::int) = ascii('.') \gset
SET SESSION AUTHORIZATION brake_owner;
SELECT * FROM campaign_ack(:'lease', :'failed');
SELECT campaign_stop(:one), campaign_stop(:two);
SELECT * FROM campaign_verify(:two);

-- The emergency stop is for the owner of the database.
SELECT campaign_hold_all();
SELECT campaign_resume_all();
SELECT campaign_start('brake') AS run \gset
SELECT campaign_wait(:run);
RESET SESSION AUTHORIZATION;
SELECT campaign_hold_all('wrong price'), campaign_hold_all();
SELECT role_name IS NOT NULL, reason FROM campaign.hold;
SET SESSION AUTHORIZATION brake_owner;
SELECT count(*) FROM campaign_claim('email', 10);
SELECT campaign_wait(:run);
SELECT campaign_stop(:run);
SELECT campaign_start('brake');
-- What leaves nothing behind may be tried.
SELECT activity, reason, recipients FROM campaign_simulate('brake');
RESET SESSION AUTHORIZATION;
SELECT campaign_resume_all(), campaign_resume_all();
SELECT event, message FROM campaign.log WHERE campaign IS NULL AND event IN ('hold', 'resume') ORDER BY log_id;

SET SESSION AUTHORIZATION brake_owner;
SELECT campaign_drop('brake');
DROP TABLE brake_reader;
SELECT campaign_unsuppress('email', :'first');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'brake_owner';
REVOKE CREATE ON SCHEMA public FROM brake_owner;
REVOKE USAGE ON SCHEMA campaign FROM brake_owner;
DROP ROLE brake_owner;
