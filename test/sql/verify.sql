-- campaign_verify() is the proof of all promises about a run: each violation
-- planted here must be found, and a clean run must have none.
\set VERBOSITY terse
CREATE ROLE regress_verify LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_verify;
CREATE SCHEMA verify AUTHORIZATION regress_verify;
SET search_path = verify, public;
SET SESSION AUTHORIZATION regress_verify;
CREATE TABLE people (id int PRIMARY KEY, email text, opt_in boolean);
INSERT INTO people SELECT g, g || '@example.com', g % 100 <> 0 FROM generate_series(1, 2500) g;
SELECT campaign_dimension('people', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_create('verify', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('verify', 'everybody');
SELECT campaign_add_split('verify', 'ab', after => 'everybody', outcomes => '[{"name": "a", "number": 500}, {"name": "b"}]');
SELECT campaign_add_email('verify', 'mail', after => 'ab.b', subject => 'No. {{ id }}', body => '<p></p>');
SELECT campaign_add_audience('verify', 'nobody', filter => 'false', skip_empty => true, after => 'ab.a');
SELECT campaign_add_end('verify', 'never', after => 'nobody');
SELECT campaign_add_end('verify', 'done', after => 'mail');
SELECT campaign_publish('verify');
SELECT campaign_start('verify') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;

-- Nothing while messages wait, are leased, failed, tried again or settled.
SELECT * FROM campaign_verify(:run);
CREATE TEMP TABLE claimed AS SELECT * FROM campaign_claim('email', 1500);
SELECT * FROM campaign_verify(:run);
SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'reason', 'planned', 'permanent', message_id % 2 = 0)) AS failed
FROM (SELECT message_id FROM claimed ORDER BY message_id LIMIT 6) f \gset
SELECT DISTINCT lease FROM claimed \gset
SELECT * FROM campaign_ack(:'lease', :'failed');
SELECT * FROM campaign_verify(:run);
SELECT status, count(*) FROM campaign.message WHERE run_id = :run GROUP BY 1 ORDER BY 1;

RESET SESSION AUTHORIZATION;
-- Plants a violation and gives the codes with which it is found; the change,
-- which must have changed something, is undone.  $1 is the run, $2 the delivery.
CREATE FUNCTION plant(plant text, run bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
	changed bigint;
BEGIN
	SET LOCAL session_replication_role = replica;
	BEGIN
		EXECUTE plant USING run, (SELECT delivery_id FROM campaign.delivery WHERE run_id = run);
		GET DIAGNOSTICS changed = ROW_COUNT;
		IF changed = 0 AND plant !~ 'campaign_data' THEN
			RETURN 'nothing was planted';
		END IF;
		SELECT string_agg(DISTINCT code, ', ' ORDER BY code) INTO found FROM campaign_verify(run);
		RAISE EXCEPTION USING errcode = 'ZZZZZ';
	EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
		RETURN coalesce(found, 'NOT FOUND');
	WHEN OTHERS THEN
		RETURN 'ERROR ' || sqlstate || ': ' || sqlerrm;
	END;
END $$;
CREATE TEMP TABLE plants (number int GENERATED ALWAYS AS IDENTITY, title text, statement text);
INSERT INTO plants (title, statement) VALUES
-- The run and its tasks.
('a task of a run that succeeded is open', $$UPDATE campaign.task SET state = 'ready' WHERE run_id = $1 AND activity = 'done'$$),
('the run goes on with nothing left to do', $$UPDATE campaign.run SET state = 'running' WHERE run_id = $1$$),
('a task waits though all before it have ended', $$UPDATE campaign.task SET state = 'pending' WHERE run_id = $1 AND activity = 'done'$$),
('a task is missing', $$DELETE FROM campaign.task WHERE run_id = $1 AND activity = 'done'$$),
('a task with a delivery is missing', $$DELETE FROM campaign.task WHERE run_id = $1 AND activity = 'mail'$$),
('a task too many', $$INSERT INTO campaign.task (run_id, activity, position, state) VALUES ($1, 'invented', 99, 'succeeded')$$),
('a task was skipped without a reason', $$UPDATE campaign.task SET state = 'skipped' WHERE run_id = $1 AND activity = 'done'$$),
('a task was executed behind a skipped one', $$UPDATE campaign.task SET state = 'succeeded' WHERE run_id = $1 AND activity = 'never'$$),
('a task went back to the start', $$UPDATE campaign.task SET state = 'pending' WHERE run_id = $1 AND activity = 'everybody'$$),
('a branch that ended was followed', $$UPDATE campaign.flow SET active = false WHERE run_id = $1 AND source = 'mail'$$),
('the version was altered', $$UPDATE campaign.activity a SET options = '{"filter": "true"}' FROM campaign.run r WHERE r.run_id = $1 AND a.version_id = r.version_id AND a.name = 'nobody'$$),
('a transition was added', $$INSERT INTO campaign.transition SELECT version_id, 'ab', 'a', 'done', 99 FROM campaign.run WHERE run_id = $1$$),
('the dimension was altered', $$UPDATE campaign.version v SET dimensions = jsonb_set(dimensions, '{people,relation_name}', '"other"') FROM campaign.run r WHERE r.run_id = $1 AND v.version_id = r.version_id$$),
-- What flowed.
('a flow is missing', $$DELETE FROM campaign.flow WHERE run_id = $1 AND source = 'ab' AND outcome = 'b'$$),
('a flow has a wrong count', $$UPDATE campaign.flow SET rows = rows + 1 WHERE run_id = $1 AND source = 'ab' AND outcome = 'a'$$),
('the first flow has a wrong count', $$UPDATE campaign.flow SET rows = rows + 1 WHERE run_id = $1 AND source = 'everybody' AND outcome = 'result'$$),
('a task has a wrong count', $$UPDATE campaign.task SET rows_in = rows_in + 1 WHERE run_id = $1 AND activity = 'ab'$$),
('a delivery task has a wrong count', $$UPDATE campaign.task SET rows_in = rows_in - 1 WHERE run_id = $1 AND activity = 'mail'$$),
('a population lost a row', (SELECT format('DELETE FROM campaign_data.%I WHERE ctid = ''(0,1)'' AND $1 > 0 AND $2 > 0', population) FROM campaign.flow WHERE run_id = :run AND source = 'ab' AND outcome = 'a')),
('a population has a row twice', (SELECT format('INSERT INTO campaign_data.%I SELECT * FROM campaign_data.%1$I WHERE ctid = ''(0,1)'' AND $1 > 0 AND $2 > 0', population) FROM campaign.flow WHERE run_id = :run AND source = 'ab' AND outcome = 'a')),
('a population is gone', (SELECT format('DROP TABLE campaign_data.%I', population) FROM campaign.flow WHERE run_id = :run AND source = 'ab' AND outcome = 'a')),
-- The delivery.
('the delivery is missing', $$DELETE FROM campaign.delivery WHERE delivery_id = $2 AND run_id = $1$$),
('targeted is wrong', $$UPDATE campaign.delivery SET targeted = targeted + 1 WHERE delivery_id = $2 AND run_id = $1$$),
('queued is wrong', $$UPDATE campaign.delivery SET queued = queued + 1 WHERE delivery_id = $2 AND run_id = $1$$),
('all counts are wrong alike', $$UPDATE campaign.delivery SET targeted = targeted + 1, queued = queued + 1 WHERE delivery_id = $2 AND run_id = $1$$),
('a message is missing', $$DELETE FROM campaign.dispatch WHERE $1 > 0 AND message_id = (SELECT first_id + 7 FROM campaign.chunk WHERE delivery_id = $2 ORDER BY first_id LIMIT 1)$$),
('a message is there twice', $$INSERT INTO campaign.dispatch SELECT * FROM campaign.dispatch WHERE $1 > 0 AND message_id = (SELECT first_id + 7 FROM campaign.chunk WHERE delivery_id = $2 ORDER BY first_id LIMIT 1)$$),
('a recipient has two messages', $$UPDATE campaign.dispatch SET recipient = (SELECT first_recipient FROM campaign.chunk WHERE delivery_id = $2 ORDER BY first_id LIMIT 1) WHERE $1 > 0 AND message_id = (SELECT first_id + 7 FROM campaign.chunk WHERE delivery_id = $2 ORDER BY first_id LIMIT 1)$$),
('a recipient has a message and a reason', $$INSERT INTO campaign.exclusion SELECT $2, first_recipient, NULL, 'no_consent' FROM campaign.chunk WHERE $1 > 0 AND delivery_id = $2 ORDER BY first_id LIMIT 1$$),
('a reason is missing', $$DELETE FROM campaign.exclusion WHERE $1 > 0 AND delivery_id = $2 AND recipient = (SELECT min(recipient) FROM campaign.exclusion WHERE delivery_id = $2)$$),
('a reason is there twice', $$INSERT INTO campaign.exclusion SELECT * FROM campaign.exclusion WHERE $1 > 0 AND delivery_id = $2 LIMIT 1$$),
('a chunk is missing', $$DELETE FROM campaign.chunk WHERE $1 > 0 AND chunk_id = (SELECT max(chunk_id) FROM campaign.chunk WHERE delivery_id = $2)$$),
('a chunk is there twice', $$INSERT INTO campaign.chunk (delivery_id, first_id, last_id, first_recipient, last_recipient, first_block, last_block, send_at, due_at) SELECT delivery_id, first_id, last_id, first_recipient, last_recipient, first_block, last_block, send_at, due_at FROM campaign.chunk WHERE $1 > 0 AND chunk_id = (SELECT max(chunk_id) FROM campaign.chunk WHERE delivery_id = $2)$$),
('a chunk is too short', $$UPDATE campaign.chunk SET last_id = last_id - 1 WHERE $1 > 0 AND results IS NULL AND delivery_id = $2$$),
('a chunk is too long', $$UPDATE campaign.chunk SET last_id = last_id + 2000 WHERE $1 > 0 AND results IS NULL AND delivery_id = $2$$),
('a chunk says other recipients', $$UPDATE campaign.chunk SET first_recipient = '~' WHERE $1 > 0 AND delivery_id = $2 AND NOT settled$$),
('a chunk is settled too early', $$UPDATE campaign.chunk SET settled = true WHERE $1 > 0 AND delivery_id = $2 AND NOT settled$$),
('a chunk is not settled', $$UPDATE campaign.chunk SET settled = false WHERE $1 > 0 AND delivery_id = $2 AND settled$$),
('an open chunk is passed by', $$UPDATE campaign.delivery SET passed_due = 'infinity' WHERE $1 > 0 AND delivery_id = $2$$),
('a delivery with open chunks is drained', $$UPDATE campaign.delivery SET drained = true WHERE $1 > 0 AND delivery_id = $2$$),
('a lane is missing', $$UPDATE campaign.delivery SET lanes = '{}' WHERE $1 > 0 AND delivery_id = $2$$),
('a byte too few', $$UPDATE campaign.chunk SET results = substring(results FROM 2) WHERE $1 > 0 AND delivery_id = $2 AND settled$$),
('a byte that means nothing', $$UPDATE campaign.chunk SET results = set_byte(results, 0, 120) WHERE $1 > 0 AND delivery_id = $2 AND settled$$),
('a failure without an outcome', $$UPDATE campaign.chunk SET results = set_byte(results, length(results) - 1, ascii('f')) WHERE $1 > 0 AND delivery_id = $2 AND settled$$),
('a failure that counts as sent', $$UPDATE campaign.chunk SET results = replace(encode(results, 'escape'), 'f', 's')::bytea WHERE $1 > 0 AND delivery_id = $2 AND settled$$),
('a retry without a second chance', $$UPDATE campaign.chunk SET results = set_byte(results, length(results) - 1, ascii('r')) WHERE $1 > 0 AND delivery_id = $2 AND settled$$),
('an outcome is missing', $$DELETE FROM campaign.outcome WHERE $1 > 0 AND delivery_id = $2 AND status = 'failed'$$),
('an outcome says something else', $$UPDATE campaign.outcome SET status = 'withdrawn' WHERE $1 > 0 AND delivery_id = $2 AND status = 'failed'$$),
('an outcome of no message', $$INSERT INTO campaign.outcome (message_id, attempt, delivery_id, status) SELECT max(last_id) + 1, 1, $2, 'failed' FROM campaign.chunk WHERE $1 > 0 AND delivery_id = $2$$);
SELECT title, plant(statement, :run) AS found FROM plants ORDER BY number;
SELECT * FROM campaign_verify(:run);

-- A run that is under way has no violations either.
SET SESSION AUTHORIZATION regress_verify;
SELECT campaign_add_wait('verify', 'later', duration => '1 day', after => 'ab.b');
SELECT campaign_add_end('verify', 'later_end', after => 'later');
SELECT campaign_publish('verify');
SELECT campaign_start('verify') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM campaign_verify(:run);
SELECT campaign_pause(:run);
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:run);
SELECT * FROM campaign_verify(:run);

-- It takes no longer where nothing was analyzed yet: a loop over all messages
-- for each event would take minutes.
CREATE TABLE verify.many (id bigint PRIMARY KEY, email text);
INSERT INTO verify.many SELECT i, 'm' || i || '@example.com' FROM generate_series(1, 30000) AS i;
SELECT campaign_dimension('many', addresses => '{"email": "email"}');
SELECT campaign_create('verify many', dimension => 'many');
SELECT campaign_add_audience('verify many', 'all');
SELECT campaign_add_email('verify many', 'mail', after => 'all', subject => 's', body => 'b', category => 'transactional');
SELECT campaign_publish('verify many');
SELECT campaign_start('verify many') AS many \gset
SELECT campaign_wait(:many);
DO $$
DECLARE
  batch uuid;
BEGIN
  LOOP
    SELECT lease INTO batch FROM campaign_claim('email', 1000) LIMIT 1;
    EXIT WHEN NOT FOUND;
    PERFORM campaign_ack(batch);
  END LOOP;
END $$;
SELECT recorded FROM campaign_feedback((
  SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', 'opened', 'at', clock_timestamp()))
  FROM campaign.message WHERE run_id = :many));
SET statement_timeout = '30s';
SELECT * FROM campaign_verify(:many);
RESET statement_timeout;
SELECT campaign_drop('verify many');

-- Nothing is left behind.
SELECT campaign_drop('verify');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_verify';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_verify';
DELETE FROM campaign.log WHERE role_name = 'regress_verify';
SET client_min_messages = warning;
DROP SCHEMA verify CASCADE;
DROP OWNED BY regress_verify;
DROP ROLE regress_verify;
