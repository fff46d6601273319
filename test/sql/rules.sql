-- Would fail if somebody were sent more than a rule allows, if a rule excluded
-- anybody it must not, or if what was excluded were not counted once, with its
-- reason.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE rules_owner LOGIN;
CREATE ROLE rules_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO rules_owner, rules_other;
GRANT CREATE ON SCHEMA public TO rules_owner;
SET SESSION AUTHORIZATION rules_owner;
CREATE TABLE rules_people (id int PRIMARY KEY, email text, phone text, household int);
INSERT INTO rules_people SELECT i, i || '@example.com', '+1' || i, nullif((i + 1) / 2, 5) FROM generate_series(1, 10) i;
SELECT campaign_dimension('rules_people', addresses => '{"email": "email", "sms": "phone"}');

-- A campaign, executed to the end; what came of it.
CREATE FUNCTION rules_campaign(name text, VARIADIC options jsonb[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM campaign_create(name, dimension => 'rules_people');
	PERFORM campaign_add_audience(name, 'all');
	FOR i IN 1 .. cardinality(options) LOOP
		PERFORM campaign_add(name, 'mail' || i, coalesce(options[i] ->> 'kind', 'email'),
			jsonb_build_object('body', 'x') || CASE WHEN options[i] ? 'kind' THEN '{}'::jsonb ELSE '{"subject": "x"}' END || (options[i] - 'kind'),
			after => CASE WHEN i = 1 THEN 'all' ELSE 'mail' || i - 1 END);
	END LOOP;
	PERFORM campaign_publish(name);
END $$;
CREATE VIEW rules_result AS
SELECT d.activity, e.reason, count(*) AS rows, string_agg(e.recipient, ' ' ORDER BY e.recipient::int) AS recipients
FROM campaign.run_progress d
CROSS JOIN LATERAL (
	SELECT 'queued' || CASE WHEN send_at > now() THEN ' for later' ELSE '' END AS reason, recipient FROM campaign.message m WHERE m.run_id = d.run_id AND m.activity = d.activity
	UNION ALL SELECT reason, recipient FROM campaign.excluded x WHERE x.run_id = d.run_id AND x.activity = d.activity) e
WHERE d.run_id = (SELECT max(run_id) FROM campaign.run_progress)
GROUP BY 1, 2 ORDER BY 1, 2;

-- Pressure: two in a week, counted by the person.
SELECT campaign_rule('two_a_week', 'pressure', '{"messages": 2, "per": "7 days"}');
SELECT rules_campaign('news', '{"rules": "two_a_week"}', '{"rules": "two_a_week"}', '{"rules": "two_a_week", "kind": "sms"}');
SELECT campaign_start('news') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
TABLE rules_result;
SELECT * FROM campaign_verify(:run);
-- Only the owner sees what was counted, and nobody whom.
SELECT count(*), count(DISTINCT subject), min(weight) FROM campaign.contacted;
SET SESSION AUTHORIZATION rules_other;
SELECT count(*) FROM campaign.contacted;
TABLE campaign.rules;
SET SESSION AUTHORIZATION rules_owner;
TABLE campaign.rules;

-- What reached nobody counts no more: failed, withdrawn, of a stopped run.
CREATE TEMP TABLE got AS SELECT message_id, lease, attributes ->> 'recipient' AS recipient FROM campaign_claim('email', 100);
SELECT count(*) FROM got;
SELECT campaign_ack(lease, (SELECT jsonb_agg(jsonb_build_object('message_id', g.message_id, 'permanent', true, 'reason', 'x')) FROM got g WHERE g.recipient = '3' AND g.lease = l.lease))
FROM (SELECT DISTINCT lease FROM got) l;
SELECT subject = campaign.subject_hash('3') AS three, count(*), count(DISTINCT subject) FROM campaign.contacted GROUP BY 1;
SELECT campaign_start('news') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
TABLE rules_result;
SELECT rules_campaign('waits', '{"rules": "two_a_week", "category": "transactional"}');
SELECT campaign_add_wait('waits', 'long', after => 'mail1', duration => '1 year'), campaign_publish('waits');
INSERT INTO rules_people VALUES (11, '11@example.com', '+111', NULL);
SELECT campaign_start('waits') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
TABLE rules_result;
SELECT count(*) FROM campaign.contacted WHERE subject = campaign.subject_hash('11');
SELECT campaign_stop(:run);
SELECT count(*) FROM campaign.contacted WHERE subject = campaign.subject_hash('11');
DELETE FROM rules_people WHERE id = 11;

-- Weights, and nothing at all.
SELECT campaign_rule('heavy', 'pressure', '{"messages": 3, "per": "week", "time_zone": "Europe/Paris", "channels": ["email"]}');
SELECT rules_campaign('weights', '{"rules": "heavy", "weight": 0.1}', '{"rules": "heavy", "weight": 2.9}', '{"rules": "heavy", "weight": 0.01}', '{"rules": "heavy", "weight": 0}');
SELECT campaign_start('weights') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT activity, reason, rows FROM rules_result;
SELECT campaign_rule('silence', 'pressure', '{"messages": 0, "per": "day"}');
SELECT rules_campaign('silent', '{"rules": "silence"}');
SELECT campaign_start('silent') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT activity, reason, rows FROM rules_result;

-- Households: the first of one gets it; who has none is not counted.
SELECT campaign_rule('household', 'pressure', '{"messages": 1, "per": "month", "by": "household"}');
SELECT rules_campaign('home', '{"rules": "household"}');
SELECT campaign_start('home') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
TABLE rules_result;
SELECT campaign_start('home') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
TABLE rules_result;

-- Always: marketing by the rule's channels follows it, transactional does not.
SELECT campaign_rule('never_mail', 'pressure', '{"messages": 0, "per": "1 day", "always": true, "channels": ["email"]}');
SELECT rules_campaign('always', '{}', '{"category": "transactional"}', '{"kind": "sms"}');
SELECT campaign_start('always') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT activity, reason, rows FROM rules_result;
-- A version keeps a rule as it was when it was published, as long as it is there.
SELECT campaign_rule('never_mail', 'pressure', '{"messages": 100, "per": "1 day", "always": true}');
SELECT campaign_start('always') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT activity, reason, rows FROM rules_result;
SELECT campaign_rule_drop('never_mail');
SELECT campaign_start('always') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT activity, reason, rows FROM rules_result;

-- Capacity: what finds no room waits for the next period that has some.
SELECT campaign_rule('four_a_day', 'capacity', '{"messages": 4, "per": "1 day"}');
SELECT rules_campaign('small', '{"rules": "four_a_day"}');
SELECT campaign_start('small') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT (send_at AT TIME ZONE 'UTC')::date - (now() AT TIME ZONE 'UTC')::date AS day, send_at > now() AND send_at <> date_trunc('day', send_at, 'UTC') AS odd, count(*)
FROM campaign.message WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1;
SELECT * FROM campaign_verify(:run);
SELECT campaign_start('small') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT (send_at AT TIME ZONE 'UTC')::date - (now() AT TIME ZONE 'UTC')::date AS day, count(*)
FROM campaign.message WHERE run_id = :run GROUP BY 1 ORDER BY 1;
SELECT campaign_rule('four_in_all', 'capacity', '{"messages": 4, "per": "month", "excess": "exclude"}');
SELECT rules_campaign('smaller', '{"rules": "four_in_all"}', '{"rules": "four_in_all"}');
SELECT campaign_start('smaller') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT activity, reason, rows FROM rules_result;

-- Control groups: the same people each time, and in every delivery of a rule.
INSERT INTO rules_people SELECT i, i || '@example.com', '+1' || i FROM generate_series(11, 2000) i;
SELECT campaign_rule('control_2026', 'control', '{"percent": 5, "seed": "2026"}');
SELECT rules_campaign('compared', '{"rules": "control_2026"}', '{"rules": "control_2026", "kind": "sms"}', '{"control_percent": 12.5}', '{"control_percent": 12.5, "control_seed": "compared.mail3"}', '{"control_percent": 100}', '{"control_percent": 0}');
SELECT campaign_start('compared') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
SELECT activity, reason, rows, md5(recipients) = lag(md5(recipients), 2) OVER () AS as_before FROM rules_result;

-- Dropping a campaign forgets what was counted for it.
SELECT count(*) FROM campaign.contacted WHERE contacted_at > now() - interval '1 hour';
SELECT campaign_drop(c) FROM unnest('{news,waits,weights,silent,home,always,small,smaller,compared}'::text[]) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.contact;
SET SESSION AUTHORIZATION rules_owner;

-- Wrong rules.
\set VERBOSITY default
SELECT campaign_rule('Two', 'pressure', '{"messages": 2, "per": "day"}');
SELECT campaign_rule('x', 'pressur', '{}');
SELECT campaign_rule('x', 'pressure', '[]');
SELECT campaign_rule('x', 'pressure', '{"message": 2}');
SELECT campaign_rule('x', 'pressure', '{"per": "day"}');
SELECT campaign_rule('x', 'pressure', '{"messages": -1, "per": "day"}');
SELECT campaign_rule('x', 'pressure', '{"messages": 1.5, "per": "day"}');
SELECT campaign_rule('x', 'pressure', '{"messages": 2, "per": "year"}');
SELECT campaign_rule('x', 'pressure', '{"messages": 2, "per": "1 month"}');
SELECT campaign_rule('x', 'pressure', '{"messages": 2, "per": "0 days"}');
SELECT campaign_rule('x', 'pressure', '{"messages": 2, "per": "day", "time_zone": "Mars"}');
SELECT campaign_rule('x', 'pressure', '{"messages": 2, "per": "day", "by": "a, b"}');
SELECT campaign_rule('x', 'pressure', '{"messages": 2, "per": "day", "always": "yes"}');
SELECT campaign_rule('x', 'pressure', '{"messages": 2, "per": "day", "channels": []}');
SELECT campaign_rule('x', 'pressure', '{"messages": 2, "per": "day", "excess": "defer"}');
SELECT campaign_rule('x', 'capacity', '{"messages": 2, "per": "day", "excess": "later"}');
SELECT campaign_rule('x', 'control', '{"percent": 101}');
SELECT campaign_rule('x', 'quiet_hours', '{}');
SELECT campaign_rule('x', 'quiet_hours', '{"weekly": {}}');
SELECT campaign_rule('x', 'quiet_hours', '{"weekly": [{"from": "08:00", "to": "20:00"}]}');
SELECT campaign_rule('by_day', 'quiet_hours', '{"weekly": [{"from": "08:00", "until": "20:00"}]}');
SELECT campaign_rule('by_night', 'quiet_hours', '{"weekly": [{"from": "20:00", "until": "08:00"}]}');
SELECT campaign_rule('household', 'control', '{"percent": 1}');
SELECT campaign_rule_drop('houshold');
SET SESSION AUTHORIZATION rules_other;
SELECT campaign_rule_drop('household');
SET SESSION AUTHORIZATION rules_owner;
SELECT campaign_create('wrong', dimension => 'rules_people'), campaign_add_audience('wrong', 'all');
SELECT campaign_add_email('wrong', 'mail', after => 'all', subject => 'x', body => 'x', options => '{"rules": "houshold"}');
SELECT campaign_add_sms('wrong', 'mail', after => 'all', body => 'x', options => '{"rules": "household, heavy"}');
SELECT campaign_add_email('wrong', 'mail', after => 'all', subject => 'x', body => 'x', options => '{"rules": "by_day, by_night"}');
SELECT campaign_add_email('wrong', 'mail', after => 'all', subject => 'x', body => 'x', options => '{"weight": 0.001}');
SELECT campaign_add_email('wrong', 'mail', after => 'all', subject => 'x', body => 'x', options => '{"weight": -1}');
SELECT campaign_add_email('wrong', 'mail', after => 'all', subject => 'x', body => 'x', options => '{"control_percent": 101}');
SELECT campaign_rule('household', 'pressure', '{"messages": 1, "per": "month", "by": "no_such_column", "always": true}');
SELECT campaign_add_email('wrong', 'mail', after => 'all', subject => 'x', body => 'x');
SELECT campaign_drop('wrong');
SELECT campaign_rule_drop(name) FROM campaign.rules;
TABLE campaign.rules;
DROP TABLE got;
DROP VIEW rules_result;
DROP FUNCTION rules_campaign;
DROP TABLE rules_people;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE name = 'rules_people';
REVOKE ALL ON SCHEMA campaign FROM rules_owner, rules_other;
REVOKE CREATE ON SCHEMA public FROM rules_owner;
DROP ROLE rules_owner, rules_other;
