-- Would fail if a recipient got no message and no reason, or two; if a claim
-- gave what is not due, or a lease settled what it does not hold.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE queue_owner LOGIN;
CREATE ROLE queue_stranger LOGIN;
GRANT USAGE ON SCHEMA campaign TO queue_owner, queue_stranger;
GRANT CREATE ON SCHEMA public TO queue_owner;
SET SESSION AUTHORIZATION queue_owner;

CREATE TABLE queue_reader (id text PRIMARY KEY, email text, opt_in boolean);
INSERT INTO queue_reader
SELECT to_char(i, 'FM0000'),
	CASE WHEN i % 100 = 1 THEN NULL WHEN i % 100 = 2 THEN '' WHEN i % 100 = 3 THEN 'shared@x.org' ELSE i || '@x.org' END,
	i % 100 <> 4
FROM generate_series(1, 2500) i;
SELECT campaign_suppress('email', '5@x.org', 'complained');
SELECT campaign_dimension('queue_reader', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_create('queue', dimension => 'queue_reader');
SELECT campaign_add_audience('queue', 'everybody');
SELECT campaign_add_email('queue', 'mail', after => 'everybody', subject => 'No. {{ id }}', body => '<p>{{ email }}</p>');
SELECT campaign_publish('queue');
SELECT campaign_start('queue') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);

-- Everybody has a message or a reason, in the order of recipients.
SELECT targeted, excluded, queued FROM campaign.run_progress p, LATERAL (
	SELECT rows_in AS targeted,
		(SELECT count(*) FROM campaign.excluded WHERE run_id = p.run_id AND activity = p.activity) AS excluded,
		(SELECT count(*) FROM campaign.message WHERE run_id = p.run_id AND activity = p.activity) AS queued) c
WHERE run_id = :run AND activity = 'mail';
SELECT reason, count(*), min(recipient) FROM campaign.excluded WHERE run_id = :run GROUP BY reason ORDER BY reason;
SELECT bool_and(recipient > previous) FROM (
	SELECT recipient, lag(recipient) OVER (ORDER BY message_id) AS previous FROM campaign.message WHERE run_id = :run) m;
SELECT * FROM campaign_verify(:run);

-- A claim gives rendered messages of one lease.
CREATE TEMP TABLE claimed AS SELECT * FROM campaign_claim('email', 3);
SELECT address, subject, body, attributes, attempt, length(idempotency_key) AS key FROM claimed ORDER BY message_id;
SELECT count(DISTINCT lease) AS leases, max(message_id) - min(message_id) AS span FROM claimed;
SELECT DISTINCT lease FROM claimed \gset

-- It is extended, given back, and claimed again with the same keys.
SELECT campaign_extend(:'lease', '1 hour');
SELECT campaign_release(:'lease');
SELECT campaign_release(:'lease'), campaign_extend(:'lease', '1 hour');
SELECT * FROM campaign_ack(:'lease');
CREATE TEMP TABLE again AS SELECT * FROM campaign_claim('email', 5000);
SELECT count(*), count(DISTINCT message_id) AS messages, min(attempt), max(attempt) FROM again;
SELECT count(*) FROM claimed JOIN again USING (message_id, idempotency_key) WHERE claimed.lease <> again.lease;
SELECT count(*) FROM campaign_claim('email');

-- Settled: sent, failed for good, tried again.
SELECT DISTINCT lease FROM again \gset
SELECT jsonb_agg(f ORDER BY message_id DESC) AS failed FROM (
	SELECT message_id, jsonb_build_object('message_id', message_id, 'reason', 'full', 'delay', '0 s') AS f
	FROM again WHERE subject IN ('No. 0006', 'No. 0007', 'No. 0009', 'No. 1500')
	UNION ALL
	SELECT message_id, jsonb_build_object('message_id', message_id, 'reason', 'no such mailbox', 'permanent', true)
	FROM again WHERE subject = 'No. 0008'
	UNION ALL
	SELECT message_id, jsonb_build_object('message_id', message_id)
	FROM again WHERE subject = 'No. 0010') f \gset
SET SESSION AUTHORIZATION queue_stranger;
SELECT * FROM campaign_ack(:'lease');
SELECT campaign_release(:'lease'), campaign_extend(:'lease', '1 hour');
SELECT count(*) FROM campaign_claim('email');
SELECT count(*) FROM campaign.message;
SELECT count(*) FROM campaign.excluded;
SET SESSION AUTHORIZATION queue_owner;
SELECT * FROM campaign_ack(:'lease', :'failed');
SELECT * FROM campaign_ack(:'lease', :'failed');
SELECT * FROM campaign_ack('00000000-0000-0000-0000-000000000000');
SELECT recipient, status, attempts, error, send_at > settled_at - interval '1 hour' AS settled
FROM campaign.message WHERE run_id = :run AND (recipient BETWEEN '0006' AND '0011' OR recipient = '1500') ORDER BY recipient;
SELECT status, count(*) FROM campaign.message WHERE run_id = :run GROUP BY status ORDER BY status;
SELECT * FROM campaign_verify(:run);

-- What is retried at once comes first; neighbours stay together.
CREATE TEMP TABLE retried AS SELECT * FROM campaign_claim('email');
SELECT subject, attempt FROM retried ORDER BY message_id;
SELECT count(*) FROM retried JOIN again USING (message_id, idempotency_key);
RESET SESSION AUTHORIZATION;
SELECT first_recipient, last_recipient, attempts FROM campaign.chunk c JOIN campaign.delivery USING (delivery_id)
WHERE run_id = :run AND NOT settled ORDER BY first_id;
SET SESSION AUTHORIZATION queue_owner;

-- After the last attempt a message has failed, whatever its sender says.
CREATE TEMP TABLE attempts AS SELECT 2 AS attempt, a.* FROM (SELECT DISTINCT lease FROM retried) l,
	campaign_ack(l.lease, (SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'delay', '0 s')) FROM retried)) a;
TRUNCATE retried;
INSERT INTO retried SELECT * FROM campaign_claim('email');
INSERT INTO attempts SELECT 3, a.* FROM (SELECT DISTINCT lease FROM retried) l,
	campaign_ack(l.lease, (SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'delay', '0 s')) FROM retried)) a;
TRUNCATE retried;
INSERT INTO retried SELECT * FROM campaign_claim('email');
INSERT INTO attempts SELECT 4, a.* FROM (SELECT DISTINCT lease FROM retried) l,
	campaign_ack(l.lease, (SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'delay', '0 s')) FROM retried)) a;
TRUNCATE retried;
INSERT INTO retried SELECT * FROM campaign_claim('email');
INSERT INTO attempts SELECT 5, a.* FROM (SELECT DISTINCT lease FROM retried) l,
	campaign_ack(l.lease, (SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'reason', 'enough', 'delay', '0 s')) FROM retried)) a;
SELECT * FROM attempts ORDER BY attempt;
SELECT recipient, status, attempts, error FROM campaign.message WHERE run_id = :run AND status = 'failed' ORDER BY recipient;
SELECT * FROM campaign_verify(:run);

-- Suppressed between enqueue and claim: withdrawn, and the claim goes on until
-- it has found something.
SELECT campaign_start('queue') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT campaign_suppress('email', ' 6@X.ORG'), campaign_suppress('email', '6@x.org'), campaign_suppress('email', '7@x.org');
SELECT count(*) FROM campaign_claim('email', 1, '1 microsecond') WHERE subject = 'No. 0003';
SELECT subject, attempt FROM campaign_claim('email', 3, '1 microsecond') ORDER BY message_id;
SELECT recipient, status, attempts, error FROM campaign.message WHERE run_id = :run AND recipient <= '0009' ORDER BY recipient;
SELECT * FROM campaign_verify(:run);
SET SESSION AUTHORIZATION queue_stranger;
SELECT campaign_unsuppress('email', '6@x.org');
SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('6@x.org');
SET SESSION AUTHORIZATION queue_owner;
SELECT campaign_unsuppress('email', '6@x.org '), campaign_unsuppress('email', '6@x.org'), campaign_unsuppress('email', '7@x.org'), campaign_unsuppress('email', '5@x.org');

-- Leases that ran out go to whoever asks next, and their holder is told.
TRUNCATE claimed;
INSERT INTO claimed SELECT * FROM campaign_claim('email', 2500, '1 microsecond');
SELECT count(*) FROM claimed;
SELECT DISTINCT lease FROM claimed \gset
SELECT * FROM campaign_ack(:'lease');
TRUNCATE again;
INSERT INTO again SELECT * FROM campaign_claim('email', 10);
SELECT * FROM campaign_ack(:'lease');
SELECT a.* FROM (SELECT DISTINCT lease FROM again) l, campaign_ack(l.lease) a;
SELECT * FROM campaign_verify(:run);

-- A stopped run hands nothing out; what waited is withdrawn.
SELECT count(*) > 0 AS due FROM campaign_claim('email', 10, '1 microsecond');
RESET SESSION AUTHORIZATION;
UPDATE campaign.run SET state = 'stopped' WHERE run_id = :run;
SET SESSION AUTHORIZATION queue_owner;
SELECT count(*) > 0 AS due FROM campaign_claim('email', 10, '1 microsecond');
SELECT status, count(*) FROM campaign.message WHERE run_id = :run GROUP BY status ORDER BY status;

-- Every argument that cannot be meant.
\set VERBOSITY default
SELECT * FROM campaign_claim(NULL);
SELECT * FROM campaign_claim(' ');
SELECT * FROM campaign_claim('email', NULL);
SELECT * FROM campaign_claim('email', 0);
SELECT * FROM campaign_claim('email', 100001);
SELECT * FROM campaign_claim('email', 1, '0 s');
SELECT * FROM campaign_claim('email', 1, '2000000000 days');
SELECT * FROM campaign_claim('pigeon', 1, NULL);
SELECT * FROM campaign_ack(NULL);
SELECT campaign_release(NULL);
SELECT campaign_extend(NULL, '1 hour');
SELECT campaign_extend(:'lease', NULL);
SELECT campaign_extend(:'lease', '-1 hour');
SELECT campaign_suppress(NULL, 'a');
SELECT campaign_suppress('email', NULL);
SELECT campaign_suppress('email', E' \n');
SELECT campaign_unsuppress(NULL, 'a');
SELECT campaign_unsuppress('email', NULL);
SELECT campaign.address_hash(NULL), campaign.address_hash(' A@b ') = campaign.address_hash('a@B');
\set VERBOSITY terse
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM campaign_claim('email');
ROLLBACK;

-- Failures are read strictly; nothing is changed by a bad one.
SELECT campaign_start('queue') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
TRUNCATE claimed;
INSERT INTO claimed SELECT * FROM campaign_claim('email', 2);
SELECT min(lease::text) AS lease, min(message_id) AS id FROM claimed \gset
\set VERBOSITY default
SELECT * FROM campaign_ack(:'lease', '{}');
\set VERBOSITY terse
SELECT * FROM campaign_ack(:'lease', 'null');
SELECT * FROM campaign_ack(:'lease', '"x"');
SELECT * FROM campaign_ack(:'lease', '[1]');
SELECT * FROM campaign_ack(:'lease', '[{}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": "1"}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1.5}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1e30}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1}]');
\set VERBOSITY default
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1, "reasn": "x"}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1, "reason": 1}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1, "permanent": "yes"}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1, "delay": "soon"}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1, "delay": "-1 s"}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1, "delay": 60}]');
SELECT * FROM campaign_ack(:'lease', '[{"message_id": 1}, {"message_id": 1}]');
\set VERBOSITY terse
SELECT * FROM campaign_ack(:'lease', ('[{"message_id": ' || :id || ', "reason": null, "delay": null, "permanent": null}]')::jsonb);
SELECT recipient, status, attempts, send_at - now() > interval '4 minutes' AS later FROM campaign.message WHERE run_id = :run AND attempts > 0 ORDER BY recipient;

-- Damage to the tables is seen.
RESET SESSION AUTHORIZATION;
SELECT delivery_id AS delivery FROM campaign.delivery WHERE run_id = :run \gset
BEGIN;
DELETE FROM campaign.dispatch WHERE message_id = :id;
SELECT code, count(*) FROM campaign_verify(:run) GROUP BY code ORDER BY code;
ROLLBACK;
BEGIN;
INSERT INTO campaign.dispatch SELECT * FROM campaign.dispatch WHERE message_id = :id;
SELECT code, count(*) FROM campaign_verify(:run) GROUP BY code ORDER BY code;
ROLLBACK;
BEGIN;
INSERT INTO campaign.exclusion SELECT delivery_id, recipient, NULL, 'no_address' FROM campaign.dispatch WHERE message_id = :id;
UPDATE campaign.delivery SET targeted = targeted + 1, excluded = excluded + 1 WHERE delivery_id = :delivery;
SELECT code, count(*) FROM campaign_verify(:run) GROUP BY code ORDER BY code;
ROLLBACK;
BEGIN;
DELETE FROM campaign.chunk WHERE delivery_id = :delivery AND first_id = :id AND NOT settled;
SELECT code, count(*) FROM campaign_verify(:run) GROUP BY code ORDER BY code;
ROLLBACK;
BEGIN;
UPDATE campaign.chunk SET results = '\x2e' WHERE delivery_id = :delivery AND results IS NULL AND last_id > first_id;
SELECT code, count(*) > 0 FROM campaign_verify(:run) GROUP BY code ORDER BY code;
ROLLBACK;
BEGIN;
UPDATE campaign.chunk SET settled = NOT settled WHERE delivery_id = :delivery AND attempts > 0;
SELECT code, count(*) FROM campaign_verify(:run) GROUP BY code ORDER BY code;
ROLLBACK;
BEGIN;
UPDATE campaign.chunk SET first_recipient = '~' WHERE delivery_id = :delivery AND attempts > 0;
SELECT code, count(*) FROM campaign_verify(:run) GROUP BY code ORDER BY code;
ROLLBACK;
BEGIN;
DELETE FROM campaign.outcome WHERE delivery_id = :delivery;
SELECT code, count(*) FROM campaign_verify(:run) GROUP BY code ORDER BY code;
ROLLBACK;

SET SESSION AUTHORIZATION queue_owner;
SELECT campaign_drop('queue');
DROP TABLE queue_reader, claimed, again, retried, attempts;
RESET SESSION AUTHORIZATION;
-- Nothing of a dropped campaign stays in the queue.
SELECT count(*) FROM campaign.dispatch m
WHERE NOT EXISTS (SELECT FROM campaign.delivery d WHERE d.delivery_id = m.delivery_id);
SELECT count(*) FROM campaign.exclusion e
WHERE NOT EXISTS (SELECT FROM campaign.delivery d WHERE d.delivery_id = e.delivery_id);
DELETE FROM campaign.dimension WHERE owner_name = 'queue_owner';
REVOKE CREATE ON SCHEMA public FROM queue_owner;
REVOKE USAGE ON SCHEMA campaign FROM queue_owner, queue_stranger;
DROP ROLE queue_owner, queue_stranger;
