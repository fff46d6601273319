-- Would fail if what is old stayed, if figures of reports changed when messages
-- go, or if anything went that is young, open, unsettled or somebody else's.
SET client_min_messages = warning;
SET jit = off;
CREATE ROLE regress_history LOGIN;
CREATE ROLE regress_history_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_history, regress_history_other;
CREATE SCHEMA history AUTHORIZATION regress_history;
-- Runs of this test have a month of their own.
UPDATE campaign.epoch SET month = '1999-01-01' WHERE month = date_trunc('month', now() AT TIME ZONE 'UTC')::date;
SET SESSION AUTHORIZATION regress_history;
SET search_path = history, public;
SET timezone = 'UTC';
CREATE TABLE people (id bigint PRIMARY KEY, email text, consent boolean);
INSERT INTO people SELECT g, 'p' || g || '@history.example', g % 10 > 0 FROM generate_series(1, 2500) g;
SELECT campaign_dimension('people', addresses => '{"email": "email"}', consent => '{"email": "consent"}') \g /dev/null
\pset null -

-- What the setting takes.
CREATE FUNCTION try(s text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM campaign_create('tried', dimension => 'people', settings => jsonb_build_object('history', s::jsonb));
	PERFORM campaign_drop('tried');
	RETURN 'ok';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT s, try(s) FROM unnest('{"{}", "{\"messages\": 0, \"runs\": -1, \"populations\": 36500}", "1", "{\"messages\": \"1\"}", "{\"messages\": 1.5}", "{\"messages\": -2}", "{\"runs\": 40000}", "{\"log\": 1}", "[]", "{\"messages\": null}"}'::text[]) s;

-- Of each campaign a run whose messages were sent, but one of each chunk.
CREATE FUNCTION make(name text, settings jsonb, lease boolean DEFAULT true) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	run bigint;
BEGIN
	PERFORM campaign_create(name, dimension => 'people', settings => settings);
	PERFORM campaign_add_audience(name, 'everybody');
	PERFORM campaign_add_signal(name, 'told', after => 'everybody', timeout => '1 day');
	PERFORM campaign_add_email(name, 'mail', after => 'told', subject => 'Hello', body => '{{ id }}');
	PERFORM campaign_publish(name);
	run := campaign_start(name);
	PERFORM campaign_signal(name, 'told');
	RETURN run;
END $$;
CREATE FUNCTION send() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint := 0;
	l record;
BEGIN
	LOOP
		FOR l IN SELECT lease, array_agg(message_id ORDER BY message_id) AS ids FROM campaign_claim('email', 1000) GROUP BY lease LOOP
			PERFORM campaign_ack(l.lease, jsonb_build_array(jsonb_build_object('message_id', l.ids[1], 'reason', 'no such mailbox', 'permanent', true)));
			PERFORM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', i, 'event', e, 'detail', d)) FROM unnest(l.ids[2:]) i,
				(VALUES ('opened', '{}'::jsonb), ('clicked', '{"link": "https://history.example/?a"}'), ('converted', '{"value": 2.5}')) v (e, d) WHERE i % 5 = 0 AND (i % 3 = 0 OR e = 'opened')));
			n := n + cardinality(l.ids);
		END LOOP;
		EXIT WHEN NOT FOUND;
	END LOOP;
	RETURN n;
END $$;
SELECT make('plain', '{}') AS plain \gset
SELECT make('short', '{"history": {"messages": 10, "runs": 20}}') AS short \gset
SELECT make('always', '{"history": {"messages": -1}}') AS always \gset
SELECT make('kept', '{"keep_populations": true, "history": {"populations": 5}}') AS kept \gset
CALL campaign_work();
SELECT campaign_wait(run_id) FROM unnest(ARRAY[:plain, :short, :always, :kept]) run_id;
SELECT send();
SELECT campaign_publish('short');
SELECT make('open', '{"history": {"messages": 10}}') AS open \gset
CALL campaign_work();
SELECT campaign_wait(run_id) FROM unnest(ARRAY[:plain, :short, :always, :kept, :open]) run_id;
-- Before anybody executes it.
BEGIN;
SELECT campaign_start('plain') AS paused \gset
SELECT campaign_pause(:paused);
COMMIT;
SELECT count(*) AS leased FROM campaign_claim('email', 1000);
CREATE TABLE before AS SELECT * FROM campaign.report WHERE run_id <> :open;
CREATE TABLE events AS SELECT * FROM campaign.event_counts;
CREATE TABLE minutes AS SELECT * FROM campaign.report_by_minute WHERE run_id <> :open;
CREATE TABLE links AS SELECT * FROM campaign.report_by_link;
CREATE TABLE queue AS SELECT run_id, to_jsonb(q) - 'rate' AS figures FROM campaign.queue_status q WHERE run_id <> :open;
SELECT campaign, targeted, excluded, queued, sent > 2200 AS sent, opened > 0 AS opened, clicked > 0 AS clicked, converted > 0 AS converted, converted_value = converted * 2.5 AS value FROM before ORDER BY campaign COLLATE "C";
-- No row: reports say what they said.
CREATE VIEW changed AS
SELECT 'report' AS view, run_id FROM (TABLE before EXCEPT SELECT * FROM campaign.report) d
UNION ALL SELECT 'events', run_id FROM (TABLE events EXCEPT SELECT * FROM campaign.event_counts) d
UNION ALL SELECT 'minutes', run_id FROM (TABLE minutes EXCEPT SELECT * FROM campaign.report_by_minute) d
UNION ALL SELECT 'minutes', run_id FROM (SELECT * FROM campaign.report_by_minute WHERE run_id IN (SELECT run_id FROM minutes) EXCEPT TABLE minutes) d
UNION ALL SELECT 'links', run_id FROM (TABLE links EXCEPT SELECT * FROM campaign.report_by_link) d
UNION ALL SELECT 'queue', run_id FROM (TABLE queue EXCEPT SELECT run_id, to_jsonb(q) - 'rate' FROM campaign.queue_status q) d;
CREATE FUNCTION clean(OUT erased bigint, OUT populations bigint, OUT partitions bigint, OUT runs bigint, OUT rounds bigint) LANGUAGE plpgsql AS $$
DECLARE
	c record;
BEGIN
	SELECT 0, 0, 0, 0, 0 INTO erased, populations, partitions, runs, rounds;
	LOOP
		SELECT * INTO c FROM campaign_clean_up();
		erased := erased + c.erased; populations := populations + c.populations; partitions := partitions + c.partitions; runs := runs + c.runs;
		rounds := rounds + 1;
		EXIT WHEN c.complete;
	END LOOP;
END $$;
CREATE FUNCTION age(name text, days integer) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	UPDATE campaign.run SET ended_at = clock_timestamp() - days * interval '1 day'
	WHERE campaign_id = (SELECT campaign_id FROM campaign.campaign c WHERE c.name = age.name) AND ended_at IS NOT NULL $$;
RESET SESSION AUTHORIZATION;
-- The scheduler leaves what is held alone; asked to, one can still clean.
SELECT campaign_hold_all('test of history');
ALTER FUNCTION history.age(text, integer) OWNER TO CURRENT_USER;
-- Rows that are there of a campaign.
CREATE VIEW history.there AS
SELECT c.name AS campaign, r.erased_at IS NOT NULL AS erased,
	(SELECT count(*) FROM campaign.dispatch m WHERE m.delivery_id = d.delivery_id) AS messages,
	(SELECT count(*) FROM campaign.chunk k WHERE k.delivery_id = d.delivery_id) AS chunks,
	(SELECT count(*) FROM campaign.event e WHERE e.delivery_id = d.delivery_id) AS events,
	(SELECT count(*) FROM campaign.exclusion e WHERE e.delivery_id = d.delivery_id) AS exclusions,
	(SELECT count(*) FROM campaign.outcome o WHERE o.delivery_id = d.delivery_id) AS outcomes,
	(SELECT count(*) FROM campaign.signal s WHERE s.run_id = r.run_id) AS signals,
	(SELECT count(*) FROM campaign.flow f WHERE f.run_id = r.run_id AND f.population IS NOT NULL) AS populations,
	(SELECT count(*) FROM campaign.log l WHERE l.run_id = r.run_id) > 0 AS log
FROM campaign.campaign c JOIN campaign.run r USING (campaign_id) LEFT JOIN campaign.delivery d USING (run_id)
WHERE c.owner_name = 'regress_history';
SELECT 'dispatch_' || epoch AS dispatch, 'event_' || epoch AS event FROM campaign.run WHERE run_id = :plain \gset
CREATE VIEW history.there_is_partition AS SELECT count(*) FILTER (WHERE relname IN (:'dispatch', :'event')) AS partition FROM pg_class;
GRANT SELECT ON history.there, history.there_is_partition TO regress_history;
SET SESSION AUTHORIZATION regress_history;
SELECT campaign, erased, messages, chunks > 0 AS chunks, events > 0 AS events, exclusions, outcomes > 0 AS outcomes, signals, populations, log FROM there ORDER BY campaign COLLATE "C", 2, 3;

-- Young ones stay.
SELECT erased, populations, runs FROM clean();
-- Nobody else cleans for us.
SELECT age('short', 11);
SET SESSION AUTHORIZATION regress_history_other;
SELECT erased, runs, complete FROM campaign_clean_up();
SET SESSION AUTHORIZATION regress_history;
SELECT count(*) FROM there WHERE erased;
-- One of several in a month: its rows are deleted.
SELECT message_id AS old FROM campaign.message WHERE run_id = :short ORDER BY message_id LIMIT 1 \gset
SELECT erased, runs FROM clean();
SELECT campaign, erased, messages, chunks > 0 AS chunks, events > 0 AS events, exclusions, outcomes > 0 AS outcomes, signals, populations, log FROM there ORDER BY campaign COLLATE "C", 2, 3;
TABLE changed;
SELECT code, detail FROM campaign_verify(:short);
SELECT activity, fate, outcome FROM campaign_why(:short, '7');
SELECT count(*) FROM campaign.message WHERE run_id = :short;
SELECT * FROM campaign_feedback(:old, 'opened');
SELECT campaign_pause(:short), campaign_resume(:short);
SELECT messages, withdrawn + leased AS waiting FROM campaign_forget('people', '7') AS f;
-- His links have lost what may say who he is; others' have not.
SELECT link, count(*) AS deliveries, sum(messages) > 100 AS many FROM campaign.report_by_link GROUP BY link ORDER BY link COLLATE "C";
DELETE FROM links;
INSERT INTO links SELECT * FROM campaign.report_by_link;
SELECT count(*) AS suppressed FROM campaign.suppressed WHERE address_hash = campaign.address_hash('p7@history.example');
TABLE changed;

-- What is open stays, however old, and what is being sent.
SELECT age('open', 1000), age('plain', 399), age('always', 1000);
SELECT erased, runs FROM clean();
SELECT campaign_stop(:open);
SELECT erased FROM clean();
RESET SESSION AUTHORIZATION;
UPDATE campaign.chunk SET leased_until = now() - interval '1 second' WHERE delivery_id IN (SELECT delivery_id FROM campaign.delivery WHERE run_id = :open);
SET SESSION AUTHORIZATION regress_history;
SELECT erased FROM clean();
SELECT campaign, erased, messages, chunks > 0 AS chunks FROM there ORDER BY campaign COLLATE "C", 2, 3;
SELECT campaign_stop(:paused);

-- Populations go earlier.
SELECT age('kept', 6);
SELECT erased, populations FROM clean();
SELECT campaign, populations FROM there WHERE campaign = 'kept';
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :kept ORDER BY source, outcome;
SELECT code FROM campaign_verify(:kept);

-- By default messages are kept for 400 days after the month of their run.
SELECT age('plain', 401), age('kept', 401);
SELECT erased FROM clean();
RESET SESSION AUTHORIZATION;
UPDATE campaign.epoch SET month = (date_trunc('month', now()) - interval '16 months')::date WHERE month = date_trunc('month', now() AT TIME ZONE 'UTC')::date;
SET SESSION AUTHORIZATION regress_history;
-- One that keeps its messages for ever keeps the month, and loses nothing.
SELECT erased FROM clean();
TABLE there_is_partition;
SELECT campaign, erased, messages FROM there ORDER BY campaign COLLATE "C", 2, 3;
TABLE changed;
SELECT campaign_define(jsonb_set(campaign_export('always'), '{settings,history,messages}', '100'));
SELECT age('always', 1000);
-- Alone in its month it goes with the month; but nobody waits for a transaction
-- that somebody has left open.
BEGIN;
SELECT erased, partitions FROM campaign_clean_up();
TABLE there_is_partition;
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock' AND relation = 'campaign.dispatch'::regclass;
COMMIT;
SELECT erased FROM clean();
-- Whoever reads it at that moment, such as autovacuum, is not waited for.
DO $$ BEGIN
	FOR i IN 1 .. 1000 LOOP
		EXIT WHEN (SELECT partition = 0 FROM there_is_partition);
		PERFORM pg_sleep(0.01), campaign_clean_up();
	END LOOP;
END $$;
TABLE there_is_partition;
SELECT campaign, erased, messages, chunks, events FROM there ORDER BY campaign COLLATE "C", 2, 3;
TABLE changed;
SELECT count(*) FROM campaign.run_progress p, campaign_verify(p.run_id);

-- At last the run goes, with its log and versions that nothing is of.
SELECT age('short', 21);
SELECT campaign_export('short', 1) IS NOT NULL AS version;
SELECT runs FROM clean();
SELECT campaign_export('short', 1) IS NOT NULL AS version;
SELECT count(*) FROM there WHERE campaign = 'short';
SELECT count(*) FROM campaign.log WHERE run_id = :short;
SELECT count(*) FROM campaign.report WHERE run_id = :short;

RESET SESSION AUTHORIZATION;
-- Lines of the log that are of no run.
INSERT INTO campaign.log (logged_at, role_name, owner, campaign, event) SELECT now() - interval '1831 days', 'regress_history', (SELECT oid FROM pg_roles WHERE rolname = 'regress_history'), 'gone', 'define' FROM generate_series(1, 5);
SET SESSION AUTHORIZATION regress_history_other;
SELECT lines FROM campaign_clean_up();
SET SESSION AUTHORIZATION regress_history;
SELECT lines FROM campaign_clean_up();
SELECT lines FROM campaign_clean_up();

-- Messages of test runs go like others, whether the test is repeated or not, and
-- are blanked for who is forgotten.
CREATE VIEW tests AS SELECT r.test, r.erased_at IS NOT NULL AS erased, (SELECT count(*) FROM campaign.message m WHERE m.run_id = r.run_id) AS messages,
	(SELECT count(*) FROM campaign.message m WHERE m.run_id = r.run_id AND address = '') AS blank
FROM campaign.run r JOIN campaign.campaign c USING (campaign_id) WHERE c.name = 'trial';
RESET SESSION AUTHORIZATION;
ALTER VIEW tests OWNER TO CURRENT_USER;
GRANT SELECT ON tests TO regress_history;
SELECT campaign_resume_all();
SET SESSION AUTHORIZATION regress_history;
SELECT make('trial', '{"history": {"messages": 10}}') AS trial \gset
SELECT campaign_wait(:trial);
SELECT campaign_test('trial') AS test \gset
SELECT campaign_wait(:test);
SELECT messages FROM campaign_forget('people', '11');
TABLE tests ORDER BY test;
RESET SESSION AUTHORIZATION;
SELECT campaign_hold_all('test of history');
SET SESSION AUTHORIZATION regress_history;
SELECT campaign_stop(:trial);
SELECT age('trial', 11);
SELECT erased FROM clean();
TABLE tests ORDER BY test;
RESET SESSION AUTHORIZATION;
SELECT campaign_resume_all();
SET SESSION AUTHORIZATION regress_history;
SELECT campaign_test('trial') AS again \gset
SELECT campaign_wait(:again);
TABLE tests ORDER BY test;
SELECT age('trial', 11);
SELECT erased FROM clean();
TABLE tests ORDER BY test;
SELECT count(*) FROM campaign.run_progress WHERE run_id = :test;

-- Counts that count no more: of limits, and of bounces.
RESET SESSION AUTHORIZATION;
SELECT campaign_hold_all('test of history');
INSERT INTO campaign.throttle SELECT format('history %s per 86400000000', age), (extract(epoch FROM now() - '2000-01-01 UTC') * 1000000)::bigint / 1440000000 - age, '{1}' FROM unnest('{0,59,64,100000}'::int[]) age;
INSERT INTO campaign.soft_bounce SELECT 'history', campaign.address_hash(age::text), 3, now() - age * interval '1 day' FROM unnest('{1,399,401}'::int[]) age;
CREATE VIEW history.counted AS SELECT bucket AS what FROM campaign.throttle WHERE bucket LIKE 'history %'
UNION ALL SELECT 'bounced ' || extract(day FROM now() - bounced_at) FROM campaign.soft_bounce WHERE channel = 'history';
BEGIN;
SELECT complete FROM campaign_clean_up();
SELECT count(*) FROM history.counted;
COMMIT;
SELECT complete FROM campaign_clean_up();
SELECT * FROM history.counted ORDER BY what;
DELETE FROM campaign.throttle WHERE bucket LIKE 'history %';
DELETE FROM campaign.soft_bounce WHERE channel = 'history';

SELECT campaign_resume_all();
SELECT campaign_drop(c) FROM unnest('{plain,short,always,kept,open,trial}'::text[]) c;
RESET SESSION AUTHORIZATION;
UPDATE campaign.epoch SET month = date_trunc('month', now() AT TIME ZONE 'UTC')::date WHERE month = '1999-01-01'
	AND NOT EXISTS (SELECT FROM campaign.epoch WHERE month = date_trunc('month', now() AT TIME ZONE 'UTC')::date);
DELETE FROM campaign.parked_event WHERE message_id = :old;
DROP SCHEMA history CASCADE;
DROP OWNED BY regress_history, regress_history_other;
DROP ROLE regress_history, regress_history_other;
