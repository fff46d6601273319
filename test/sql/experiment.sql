-- Would fail if somebody got two variants or none, if a variant's share were
-- not what it says, or the rest did not get the winner once and no earlier.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE experiment_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO experiment_owner;
GRANT CREATE ON SCHEMA public TO experiment_owner;
SET SESSION AUTHORIZATION experiment_owner;
CREATE TABLE experiment_reader (id int PRIMARY KEY, email text, opt_in boolean, lang text, points int);
INSERT INTO experiment_reader SELECT i, i || '@x.org', true, CASE WHEN i % 3 = 0 THEN 'fr' END, i * 10 FROM generate_series(1, 3000) i;
SELECT campaign_dimension('experiment_reader', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}', language => 'lang');

-- Shares: everybody gets one variant, and what a variant leaves out the
-- activity says.
SELECT campaign_create('shares', dimension => 'experiment_reader');
SELECT campaign_add_audience('shares', 'all');
SELECT campaign_add_email('shares', 'mail', after => 'all', subject => 'S {{ id }}', body => 'common', options => '{"variants": [
	{"name": "a", "percent": 20}, {"name": "b", "subject": "B {{ id }} {{ points }}", "percent": 30}, {"name": "c", "body": "{{ points }}"}],
	"languages": {"fr": {"body": "{{ id }} en {{ email }}"}}}');
SELECT campaign_publish('shares');
SELECT campaign_start('shares') AS run \gset
SELECT campaign_wait(:run);
CREATE TEMP TABLE got AS SELECT * FROM campaign_claim('email', 5000);
SELECT regexp_replace(subject, '[0-9]+', '#', 'g') AS subject, regexp_replace(body, '[0-9]+', '#', 'g') AS body, count(*), count(DISTINCT address)
FROM got GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*), count(DISTINCT address) FROM got;
SELECT campaign_ack(lease) IS NOT NULL FROM (SELECT DISTINCT lease FROM got) l;
SELECT * FROM campaign_verify(:run);
-- The same people get the same variant the next time.
SELECT campaign_start('shares') AS again \gset
SELECT campaign_wait(:again);
SELECT count(*) FROM got JOIN campaign_claim('email', 5000) c USING (address, subject, body);
SELECT campaign_stop(:again);

-- A winner: the rest is kept back and gets what did best.
SELECT campaign_create('winner', dimension => 'experiment_reader');
SELECT campaign_add_audience('winner', 'all');
SELECT campaign_add_email('winner', 'mail', after => 'all', subject => 'A {{ id }}', body => 'a', options => '{"variants": [
	{"name": "a", "percent": 20}, {"name": "b", "subject": "B {{ points }}", "percent": 20}],
	"winner": {"by": "opened", "after": "1 hour"}}');
SELECT campaign_publish('winner');
SELECT campaign_start('winner') AS run \gset
SELECT campaign_wait(:run);
DELETE FROM got;
INSERT INTO got SELECT * FROM campaign_claim('email', 5000);
SELECT left(subject, 1), count(*) FROM got GROUP BY 1 ORDER BY 1;
SELECT campaign_ack(lease) IS NOT NULL FROM (SELECT DISTINCT lease FROM got) l;
SELECT status, count(*) FROM campaign.message WHERE run_id = :run GROUP BY 1 ORDER BY 1;
SELECT recorded FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', 'opened', 'at', now())) FROM got
	WHERE (subject ~ '^A' AND message_id % 10 = 0) OR (subject ~ '^B' AND message_id % 3 = 0)));
SELECT variant, event, sent, people > 0 AS people, rate > 0 AS rate, lift > 1 AS lift, p_value, winner FROM campaign.experiment
WHERE run_id = :run AND event = 'opened' ORDER BY variant;
-- Some change their minds meanwhile.
UPDATE experiment_reader SET opt_in = false WHERE id % 100 = 0;
RESET SESSION AUTHORIZATION;
UPDATE campaign.delivery SET decide_at = now() WHERE run_id = :run;
UPDATE campaign.task SET follow_at = now() WHERE run_id = :run AND activity = 'mail';
SET SESSION AUTHORIZATION experiment_owner;
CALL campaign_work();
CREATE FUNCTION decided(run bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	WHILE EXISTS (SELECT FROM campaign.message m WHERE m.run_id = run AND m.status = 'pending' AND m.send_at > now()) OR
		NOT EXISTS (SELECT FROM campaign.log l WHERE l.run_id = run AND l.event = 'winner')
	LOOP
		PERFORM pg_stat_clear_snapshot();
	END LOOP;
	RETURN true;
END $$;
SELECT decided(:run);
SELECT regexp_replace(message, '[0-9.]+', '#', 'g') FROM campaign.log WHERE run_id = :run AND event = 'winner';
DELETE FROM got;
INSERT INTO got SELECT * FROM campaign_claim('email', 5000);
SELECT left(subject, 1), bool_and(subject = 'B ' || 10 * split_part(address, '@', 1)::int) AS right_values, count(*) FROM got GROUP BY 1;
SELECT status, error, count(*) FROM campaign.message WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1;
SELECT * FROM campaign_verify(:run);

-- The test of two proportions, against known values.
SELECT round(campaign.two_proportions(15, 100, 30, 100)::numeric, 4), round(campaign.two_proportions(50, 500, 52, 500)::numeric, 4),
	campaign.two_proportions(0, 0, 3, 10), campaign.two_proportions(0, 10, 0, 10), campaign.two_proportions(11, 10, 1, 10);

-- Wrong options.
\set VERBOSITY default
SELECT campaign_create('wrong', dimension => 'experiment_reader');
SELECT campaign_add_audience('wrong', 'all');
CREATE FUNCTION try(options jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT campaign_add_email('wrong', 'mail', after => 'all', subject => 's', body => 'b', options => options) $$;
SELECT try('{"variants": {}}');
SELECT try('{"variants": [{"name": "a"}]}');
SELECT try('{"variants": [{"name": "a"}, {"name": "a"}]}');
SELECT try('{"variants": [{"name": "a"}, {"name": "B!"}]}');
SELECT try('{"variants": [{"name": "a"}, {"name": "b", "subjekt": "x"}]}');
SELECT try('{"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 60}]}');
SELECT try('{"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 40}]}');
SELECT try('{"variants": [{"name": "a", "percent": 0}, {"name": "b"}]}');
SELECT try('{"variants": [{"name": "a", "percent": "x"}, {"name": "b"}]}');
SELECT try('{"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}], "winner": {"by": "opened", "after": "1 day"}}');
SELECT try('{"variants": [{"name": "a", "percent": 5}, {"name": "b", "percent": 5}], "winner": {"by": "liked", "after": "1 day"}}');
SELECT try('{"variants": [{"name": "a", "percent": 5}, {"name": "b", "percent": 5}], "winner": {"by": "opened"}}');
SELECT try('{"variants": [{"name": "a", "percent": 5}, {"name": "b", "percent": 5}], "winner": {"by": "opened", "after": "soon"}}');
SELECT try('{"variants": [{"name": "a", "percent": 5}, {"name": "b", "percent": 5}], "winner": {"by": "opened", "after": "1 day", "otherwise": "c"}}');
SELECT try('{"variants": [{"name": "a", "percent": 5}, {"name": "b", "percent": 5}], "winner": {"by": "opened", "after": "1 day", "confidence": 95}}');
SELECT try('{"winner": {"by": "opened", "after": "1 day"}}');
SELECT try('{"variants": [{"name": "a", "subject": "{{ nothing }}"}, {"name": "b"}]}');

SELECT campaign_drop(c) FROM unnest('{shares,winner,wrong}'::text[]) c;
DROP TABLE experiment_reader, got;
DROP FUNCTION decided(bigint), try(jsonb);
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'experiment_owner';
REVOKE CREATE ON SCHEMA public FROM experiment_owner;
REVOKE USAGE ON SCHEMA campaign FROM experiment_owner;
DROP ROLE experiment_owner;
