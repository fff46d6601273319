-- Two runs of the same, of which other servers keep the messages of one: what is
-- said of both must not differ.  To be read by a superuser, on the coordinator of
-- a cluster or where scenario/cluster.sql plays one.
CREATE ROLE queue_owner LOGIN;
CREATE ROLE queue_looker LOGIN;
GRANT USAGE ON SCHEMA campaign TO queue_owner, queue_looker;
CREATE SCHEMA queue AUTHORIZATION queue_owner;
GRANT USAGE ON SCHEMA queue TO queue_looker;
SET search_path = queue, public;

SET SESSION AUTHORIZATION queue_owner;
CREATE TABLE people (id int PRIMARY KEY, name text, email text, ok boolean, leaves timestamptz);
INSERT INTO people SELECT n, 'Name ' || n, format('p%s@%s.queue.example', n % 2900, n % 7), n % 11 <> 0, '2031-07-01 09:00+00'::timestamptz + n % 3 * interval '1 day'
FROM generate_series(1, 3000) n;
CREATE TABLE pet (id int PRIMARY KEY, person_id int REFERENCES people, called text);
INSERT INTO pet SELECT n, n % 500 + 1, 'Pet ' || n FROM generate_series(1, 1500) n;
SELECT campaign_dimension('people', addresses => '{"email": "email"}', consent => '{"email": "ok"}');
SELECT campaign_dimension('pet', addresses => '{"email": "(SELECT p.email FROM people p WHERE p.id = person_id)"}', profile => 'person_id', profile_dimension => 'people');
CREATE FUNCTION grow(name text) RETURNS integer LANGUAGE sql AS $$
	SELECT campaign_create($1, 'people');
	SELECT campaign_add_audience($1, 'most', filter => 'id <= 2950');
	SELECT campaign_add_email($1, 'mail', subject => '{{ name }}', body => 'unsubscribe {{ id * 2 }}', after => 'most');
	SELECT campaign_add_email($1, 'all_boxes', subject => 's', body => '{{ name }}', one_per_address => false, after => 'most');
	SELECT campaign_add_email($1, 'later', subject => 's', body => '{{ name }}', after => 'most', options => '{"send_at": "leaves"}');
	SELECT campaign_add_wait($1, 'pause', duration => '1 year', after => 'most');
	SELECT campaign_add_email($1, 'reminder', subject => 's', body => '{{ name }}', after => 'pause');
	SELECT campaign_publish($1);
$$;
SELECT grow('first'), grow('second');
SELECT campaign_create('pets', 'pet', settings => '{"history": {"messages": 100}}');
SELECT campaign_add_audience('pets', 'all');
SELECT campaign_add_email('pets', 'mail', subject => 's', body => '{{ called }} of {{ people.name }}', after => 'all', one_per_address => false);
SELECT campaign_publish('pets');
SELECT campaign_start('first') AS here \gset
SELECT campaign_start('pets') AS here_pets \gset
SELECT campaign_wait(:here), campaign_wait(:here_pets);
RESET SESSION AUTHORIZATION;

SELECT campaign_distribute_queue();
SELECT campaign_distribute_queue();
SELECT relname FROM pg_class WHERE relname ~ '^dispatch_bucket' AND relkind IN ('r', 'p') AND relname <> 'dispatch_bucket_' || (SELECT max(epoch) FROM campaign.run);
SET SESSION AUTHORIZATION queue_owner;
SELECT campaign_start('second') AS there \gset
SELECT campaign_start('pets') AS there_pets \gset
SELECT campaign_wait(:there), campaign_wait(:there_pets);
-- A run that began before goes on.
SELECT campaign_hurry(:here), campaign_hurry(:there);
SELECT campaign_wait(:here), campaign_wait(:there);

RESET SESSION AUTHORIZATION;
SELECT g.name, d.activity, d.distributed, bool_and((c.first_block < 0) = d.distributed AND (c.last_block < 0) = d.distributed) AS marked,
	d.queued = coalesce(max(h.messages), 0) AS here, d.queued = coalesce(max(t.messages), 0) AS there
FROM campaign.delivery d JOIN campaign.run r USING (run_id) JOIN campaign.campaign g USING (campaign_id) JOIN campaign.chunk c USING (delivery_id)
LEFT JOIN (SELECT delivery_id, count(*) AS messages FROM campaign.dispatch GROUP BY 1) h USING (delivery_id)
LEFT JOIN (SELECT delivery_id, count(*) AS messages FROM campaign.dispatch_bucket GROUP BY 1) t USING (delivery_id)
WHERE r.run_id IN (:here, :there) GROUP BY d.delivery_id, g.name ORDER BY g.name, d.activity;
SELECT count(*) FROM pg_class WHERE relname LIKE 'dispatch_stage%';
SET SESSION AUTHORIZATION queue_owner;

-- What views and functions say of two runs, as far as they can be the same.
CREATE FUNCTION said(run bigint) RETURNS TABLE (what text, said text) LANGUAGE sql AS $$
	SELECT 'message', concat_ws(' ', activity, recipient, channel, address, status, attempts, error, send_at > '2030-01-01', settled_at IS NULL) FROM campaign.message WHERE run_id = $1
	UNION ALL SELECT 'failed', concat_ws(' ', activity, recipient, address, attempts, error) FROM campaign.failed WHERE run_id = $1
	UNION ALL SELECT 'excluded', concat_ws(' ', activity, recipient, reason) FROM campaign.excluded WHERE run_id = $1
	UNION ALL SELECT 'deferred', concat_ws(' ', d.activity, x.recipient, x.send_at) FROM campaign.deferred x JOIN campaign.message d USING (message_id) WHERE d.run_id = $1
	UNION ALL SELECT 'sent', concat_ws(' ', activity, recipient, person, events, links) FROM campaign.sent WHERE run_id = $1
	UNION ALL SELECT 'report', concat_ws(' ', activity, targeted, excluded, queued, sent, failed, delivered, bounced, clicked, unsubscribed, complained) FROM campaign.report WHERE run_id = $1
	UNION ALL SELECT 'domains', (to_jsonb(r) - '{campaign,run_id}'::text[])::text FROM campaign.report_by_domain r WHERE run_id = $1
	UNION ALL SELECT 'messages', (to_jsonb(r) - '{campaign,run_id,message_id}'::text[])::text FROM campaign.report_by_message r WHERE run_id = $1
	UNION ALL SELECT 'links', (to_jsonb(r) - '{campaign,run_id}'::text[])::text FROM campaign.report_by_link r WHERE run_id = $1
	UNION ALL SELECT 'why', concat_ws(' ', k, w.activity, fate, outcome, reason, address, attempts, facts) FROM unnest('{4,7,11,500,2901,2949}'::text[]) k, campaign_why($1, k) w
	UNION ALL SELECT 'read', concat_ws(' ', k, a, m.address, m.subject, m.body) FROM unnest('{10,501,2949}'::text[]) k, unnest('{mail,all_boxes,later}'::text[]) a, campaign_read_message($1, a, k) m WHERE (SELECT campaign FROM campaign.report WHERE run_id = $1 LIMIT 1) <> 'pets'
	UNION ALL SELECT 'verify', v::text FROM campaign_verify($1) v
$$;
CREATE FUNCTION compare(one bigint, other bigint) RETURNS TABLE (what text, lines bigint, differ bigint) LANGUAGE sql AS $$
	WITH a AS MATERIALIZED (SELECT * FROM said($1)), b AS MATERIALIZED (SELECT * FROM said($2))
	SELECT what, count(*), count(*) FILTER (WHERE ours <> theirs) FROM (
		SELECT what, said, sum(ours) AS ours, sum(theirs) AS theirs FROM (SELECT what, said, 1 AS ours, 0 AS theirs FROM a UNION ALL SELECT what, said, 0, 1 FROM b) x GROUP BY 1, 2) y
	GROUP BY 1 ORDER BY 1
$$;
SELECT * FROM compare(:here, :there);
SELECT * FROM compare(:here_pets, :there_pets);

-- Claiming, some failing for now and some for good, and claiming again.
SELECT campaign_suppress('email', 'p77@0.queue.example', 'asked');
CREATE TABLE batch AS SELECT c.*, c.attributes ->> 'recipient' AS recipient FROM campaign_claim('email', 700) c LIMIT 0;
CREATE TABLE done (lease uuid);
CREATE PROCEDURE settle(failing text) LANGUAGE plpgsql AS $$
DECLARE
	given bigint;
BEGIN
	LOOP
		INSERT INTO batch SELECT c.*, c.attributes ->> 'recipient' FROM campaign_claim('email', 700) c;
		GET DIAGNOSTICS given = ROW_COUNT;
		EXIT WHEN given = 0;
		PERFORM campaign_ack(b.lease, coalesce(jsonb_agg(jsonb_build_object('message_id', message_id, 'reason', failing || ' ' || b.recipient, 'permanent', recipient LIKE '%13', 'delay', '0 seconds'))
			FILTER (WHERE recipient LIKE '%' || failing), '[]')) FROM batch b WHERE NOT EXISTS (SELECT FROM done d WHERE d.lease = b.lease) GROUP BY b.lease;
		INSERT INTO done SELECT DISTINCT lease FROM batch EXCEPT SELECT lease FROM done;
		COMMIT;
	END LOOP;
END $$;
CALL settle('3');
SELECT count(*), count(DISTINCT (message_id, attempt)), count(*) FILTER (WHERE subject IS NULL OR body IS NULL) AS empty FROM batch;
SELECT * FROM compare(:here, :there);
SELECT status, count(*) FROM campaign.message WHERE run_id = :there GROUP BY 1 ORDER BY 1;

-- What becomes of them; bounces and complaints keep the address from being used.
CREATE FUNCTION ids(VARIADIC recipients text[]) RETURNS SETOF bigint LANGUAGE sql AS $$
	SELECT message_id FROM batch WHERE recipient = ANY (recipients) AND attempt = 1
$$;
SELECT recorded, parked FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', i, 'event', 'clicked', 'detail', '{"link": "https://x.org/a"}'::jsonb)) FROM ids('20', '21', '1500') i));
SELECT recorded, parked FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', i, 'event', 'complained')) FROM ids('20', '22') i));
SELECT recorded, parked FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', i, 'event', 'bounced')) FROM ids('30', '31', '2500') i));
SELECT DISTINCT p.email FROM campaign.suppressed s JOIN people p ON s.address_hash = campaign.address_hash(p.email) ORDER BY 1;
SELECT * FROM compare(:here, :there);

-- Somebody is forgotten, and somebody behind his pets.
SELECT * FROM campaign_forget('people', '500');
SELECT * FROM campaign_forget('people', '7');
SELECT activity, recipient, address, status FROM campaign.message WHERE run_id = :there AND recipient IN ('7', '500') ORDER BY 1, 2;
SELECT address, reason, body FROM campaign_read_message(:there, 'mail', '7');
SELECT recipient, address FROM campaign.message WHERE run_id = :there_pets AND address = '' ORDER BY 1;
SELECT * FROM compare(:here, :there);
SELECT * FROM compare(:here_pets, :there_pets);

-- Consent is judged again before what was put off falls due.
UPDATE people SET ok = false WHERE id = 8;
DELETE FROM pet WHERE person_id = 9;
DELETE FROM people WHERE id = 9;
RESET SESSION AUTHORIZATION;
UPDATE campaign.chunk SET send_at = now() FROM campaign.delivery d WHERE chunk.delivery_id = d.delivery_id AND d.run_id IN (:here, :there) AND due_at = 'infinity';
UPDATE campaign.task SET follow_at = now() WHERE run_id IN (:here, :there) AND activity = 'later';
SET SESSION AUTHORIZATION queue_owner;
CALL campaign_work();
CREATE FUNCTION judged(run bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	WHILE EXISTS (SELECT FROM campaign.deferred d JOIN campaign.message m USING (message_id) WHERE m.run_id = run) LOOP
		PERFORM pg_stat_clear_snapshot();
	END LOOP;
	RETURN true;
END $$;
SELECT judged(:here), judged(:there);
SELECT error, count(*) FROM campaign.message WHERE run_id = :there AND activity = 'later' AND status = 'withdrawn' GROUP BY 1 ORDER BY 1;
CREATE TABLE lease AS SELECT * FROM campaign_claim('email', 2000);
-- Between the claim and the sending.
SELECT campaign_suppress('email', address, 'asked') FROM lease WHERE attributes ->> 'recipient' = '600' LIMIT 1;
SELECT reason, count(*) FROM campaign_recheck((SELECT lease FROM lease LIMIT 1)) GROUP BY 1;
SELECT campaign_release((SELECT lease FROM lease LIMIT 1)) > 0 AS released;
CALL settle('3');

-- Nobody else's; who may look sees what its views show him.
RESET SESSION AUTHORIZATION;
SELECT delivery_id AS delivery FROM campaign.delivery WHERE run_id = :there AND activity = 'mail' \gset
SELECT count(*) > 2000 AS many FROM campaign.distributed_messages(:delivery, 0, 9223372036854775807);
SELECT count(*) > 2000 AS many FROM campaign.distributed_messages(:delivery, 0, 1000::bigint << 36);
SET SESSION AUTHORIZATION queue_looker;
SELECT count(*) FROM campaign.distributed_messages(:delivery, 0, 9223372036854775807);
SET SESSION AUTHORIZATION queue_owner;
SELECT campaign_grant('second', 'queue_looker', 'view');
SET SESSION AUTHORIZATION queue_looker;
SELECT count(*) > 2000 AS many FROM campaign.distributed_messages(:delivery, 0, 9223372036854775807);
SELECT count(*) > 2000 AS many FROM campaign.message WHERE run_id = :there AND activity = 'mail';
RESET SESSION AUTHORIZATION;

-- A message deleted with its run, or dropped with its campaign, is gone there.
SET SESSION AUTHORIZATION queue_owner;
SELECT campaign_stop(:here), campaign_stop(:there);
SELECT campaign_drop('first'), campaign_drop('second');
RESET SESSION AUTHORIZATION;
SELECT count(DISTINCT delivery_id) FROM campaign.dispatch_bucket;

-- The next month has a partition of its own.  Messages that are old are deleted
-- one by one or, if all of a month are, with their partition.
SELECT campaign_hold_all('test of the queue');
SELECT max(epoch_id) AS month FROM campaign.epoch \gset
UPDATE campaign.epoch SET month = month - interval '16 months' WHERE epoch_id = :month;
SELECT campaign_resume_all();
SET SESSION AUTHORIZATION queue_owner;
SELECT campaign_start('pets') AS next \gset
SELECT campaign_wait(:next);
RESET SESSION AUTHORIZATION;
SELECT campaign_hold_all('test of the queue');
SELECT max(epoch_id) AS next_month, max(epoch_id) > :month AS later FROM campaign.epoch \gset
SELECT :'later' AS later, count(*) > 1000 AS many FROM campaign.dispatch_bucket WHERE message_id >> 36 = :next_month;
UPDATE campaign.epoch SET month = (month - interval '17 months')::date WHERE epoch_id = :next_month;
UPDATE campaign.epoch SET month = (month + interval '16 months')::date WHERE epoch_id = :month;
UPDATE campaign.chunk SET settled = true WHERE delivery_id IN (SELECT delivery_id FROM campaign.delivery WHERE run_id IN (:there_pets, :next));
UPDATE campaign.run SET ended_at = clock_timestamp() - interval '500 days' WHERE run_id IN (:there_pets, :next);
SET SESSION AUTHORIZATION queue_owner;
DO $$ BEGIN
	FOR i IN 1 .. 1000 LOOP
		EXIT WHEN (SELECT complete FROM campaign_clean_up());
	END LOOP;
END $$;
SELECT activity, queued > 1000 AS many FROM campaign.report WHERE run_id IN (:there_pets, :next);
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.dispatch_bucket;
SELECT count(*) FROM pg_class WHERE relname IN ('dispatch_bucket_' || :month, 'dispatch_bucket_' || :next_month);
SELECT campaign_resume_all();
