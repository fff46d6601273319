-- Would fail if a test run wrote, sent or told anything, if what it counts were
-- not what the live run counts, or if the next test left some of it behind.
-- F1: test mode.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE testing_owner LOGIN;
CREATE ROLE testing_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO testing_owner, testing_other;
GRANT CREATE ON SCHEMA public TO testing_owner;
SET SESSION AUTHORIZATION testing_owner;
CREATE TABLE testing_reader (id int PRIMARY KEY, name text, email text, opt_in boolean);
INSERT INTO testing_reader SELECT i, 'n' || i, CASE WHEN i % 10 <> 0 THEN i || '@x.org' END, i % 7 <> 0 FROM generate_series(1, 200) i;
SELECT campaign_dimension('testing_reader', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_rule('testing_once', 'pressure', '{"messages": 1, "per": "7 days"}');
SELECT campaign_create('tested', dimension => 'testing_reader',
	settings => '{"variables": {"discount": {"type": "integer", "default": 5}, "limit_id": {"type": "integer", "default": 100}}}');
SELECT campaign_add_audience('tested', 'some', filter => 'id <= vars.limit_id');
SELECT campaign_add_wait('tested', 'a_year', after => 'some', duration => '1 year', quiet_hours => '{"weekly": [{"from": "00:00", "until": "23:59"}]}');
SELECT campaign_add_approval('tested', 'boss', 'Go?', 'testing_other', after => 'a_year', answers => 'yes, no', timeout => '1 day', default_answer => 'no');
SELECT campaign_add_signal('tested', 'told', after => 'boss.yes', signal => 'ready', timeout => '1 day');
SELECT campaign_add_email('tested', 'mail', after => 'told.result', subject => '{{ name }}: {{ vars.discount }}', body => 'unsubscribe',
	options => '{"max_messages": 10, "rules": "testing_once", "send_at": "2100-01-01"}');
SELECT campaign_add_wait('tested', 'until_true', after => 'mail', until_condition => 'false', timeout => '1 day');
SELECT campaign_add_audience('tested', 'silent', after => 'until_true.result', feedback => '{"delivery": "mail", "not": "opened"}');
SELECT campaign_add_save_audience('tested', 'keep', after => 'silent', audience => 'testing_silent');
SELECT campaign_add_alert('tested', 'say', 'There are {{ rows }}', after => 'keep');
SELECT campaign_add_email('tested', 'again', after => 'say', subject => 's', body => 'unsubscribe', options => '{"rules": "testing_once"}');
SELECT campaign_add_fork('tested', 'both', after => 'some');
SELECT campaign_add_wait('tested', 'a_week', after => 'both', duration => '7 days');
SELECT campaign_add_join('tested', 'met', after => 'both, a_week', timeout => '1 hour');
SELECT campaign_add_end('tested', 'done', after => 'met.result', signal => 'ready', receiver => 'tested');

-- All of it, at once.
SELECT campaign_test('tested', '{"discount": 7}', answers => '{"boss": "yes"}', signals => '{"ready": {"discount": 9}}',
	events => '{"mail": {"opened": 30, "clicked": ["1", "2"]}}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out, test, error FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
SELECT activity, event, message FROM campaign.log WHERE run_id = :run AND event IN ('withheld', 'alert') ORDER BY activity;
-- Messages can be looked at, but are nowhere else.
SELECT activity, status, count(*) FROM campaign.message WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1;
SELECT activity, reason, count(*) FROM campaign.excluded WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1, 2;
SELECT address, reason, subject, body FROM campaign_read_message(:run, 'mail', '1');
SELECT address, reason, subject FROM campaign_read_message(:run, 'mail', '7');
\set VERBOSITY sqlstate
SELECT campaign_read_message(:run, 'mail', '150');
SELECT campaign_read_message(:run, 'some', '1');
SELECT campaign_read_message(:run, 'none', '1');
\set VERBOSITY terse
SELECT campaign_read_message(NULL, 'mail', '1');
SELECT count(*) FROM campaign_claim('email', 10);
SELECT (SELECT count(*) FROM campaign.report) AS report, (SELECT count(*) FROM campaign.report_by_hour) AS by_hour,
	(SELECT count(*) FROM campaign.report_by_domain) AS by_domain, (SELECT count(*) FROM campaign.report_by_link) AS by_link,
	(SELECT count(*) FROM campaign.event_counts) AS events, (SELECT count(*) FROM campaign.queue_status) AS queue,
	(SELECT count(*) FROM campaign.sent) AS sent, (SELECT count(*) FROM campaign.audiences) AS audiences,
	(SELECT count(*) FROM campaign.approvals) AS approvals, (SELECT count(*) FROM campaign.suppressed) AS suppressed;
SELECT parked FROM campaign_feedback((SELECT min(message_id) FROM campaign.message WHERE run_id = :run), 'unsubscribed');
SELECT fate, reason FROM campaign_why(:run, '1') WHERE activity = 'mail';

-- The live run: the same people, for the test counts nowhere.  It is not in the
-- way of a start, nor is it one.
SELECT campaign_alter('tested', 'boss', '{"default_answer": "yes"}');
SELECT campaign_test('tested', answers => '{"boss": "yes"}', until => 'mail') AS run \gset
SELECT campaign_wait(:run);
CREATE TEMP TABLE tested AS
	SELECT recipient, NULL AS reason FROM campaign.message WHERE run_id = :run
	UNION ALL SELECT recipient, reason FROM campaign.excluded WHERE run_id = :run;
SELECT campaign_alter('tested', 'a_year', '{"duration": null, "quiet_hours": null, "fixed_time": "2000-01-01"}');
SELECT campaign_alter('tested', 'boss', '{"timeout": "0"}');
SELECT campaign_alter('tested', 'told', '{"timeout": "0"}');
SELECT campaign_disconnect('tested', 'told.result', 'mail');
SELECT campaign_connect('tested', 'told.timeout', 'mail');
SELECT campaign_alter('tested', 'mail', '{"max_messages": null}');
SELECT campaign_publish('tested');
SELECT campaign_unpublish('tested');
SELECT campaign_publish('tested');
SELECT campaign_start('tested') AS live \gset
SELECT campaign_wait(:live);
SELECT reason, count(*) FROM tested GROUP BY 1 ORDER BY 1;
SELECT * FROM tested EXCEPT (SELECT recipient, NULL FROM campaign.message WHERE run_id = :live AND activity = 'mail'
	UNION ALL SELECT recipient, reason FROM campaign.excluded WHERE run_id = :live AND activity = 'mail');
-- A test beside a live run: it is counted by rules, and no signal reaches it.
SELECT state, test FROM campaign.run_progress WHERE run_id = :live AND activity = 'until_true';
SELECT campaign_test('tested', answers => '{"boss": "yes"}', until => 'mail', waits => true) AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_signal('tested', 'ready');
SELECT * FROM campaign_verify(:live);
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:live);

-- Parts: an activity and what is before it, some rows, some people.
SELECT campaign_test('tested', until => 'some', sample_rows => 10) AS run \gset
SELECT campaign_wait(:run);
SELECT activity, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT 'r' || :run || '_1_1' AS population \gset
CREATE TEMP TABLE ten AS SELECT * FROM campaign_data.:"population";
SELECT campaign_test('tested', until => 'some', sample_percent => 50) AS run \gset
SELECT campaign_wait(:run);
SELECT 'r' || :run || '_1_1' AS population \gset
SELECT count(*) BETWEEN 30 AND 70 AS half FROM campaign_data.:"population";
SELECT count(*) FROM ten WHERE id NOT IN (SELECT id FROM campaign_data.:"population");
SELECT campaign_test('tested', '{"limit_id": 200}', until => 'some', recipients => '{3,150,x}') AS run \gset
SELECT campaign_wait(:run);
SELECT rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);
-- One that somebody depends on stays; nothing else is left of those before.
SELECT 'r' || :run || '_1_1' AS population \gset
CREATE VIEW testing_view AS SELECT * FROM campaign_data.:"population";
SELECT campaign_test('tested');
DROP VIEW testing_view;
SELECT count(DISTINCT run_id) FROM campaign.run_progress WHERE test;
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relowner = 'testing_owner'::regrole AND relkind = 'r' AND relname ~ '^r' AND relname !~ ('^r' || :run || '_');

-- What is wrong is refused, and the test before stays.
SELECT campaign_test('tested', '{"nothing": 1}');
SELECT campaign_test('tested', until => 'sme');
SELECT campaign_test('tested', sample_rows => -1);
SELECT campaign_test('tested', sample_percent => 101);
SELECT campaign_test('tested', recipients => '{}');
SELECT campaign_test('tested', recipients => '{1,NULL}');
SELECT campaign_test('tested', waits => NULL);
SELECT campaign_test('tested', answers => '{"boss": "perhaps"}');
SELECT campaign_test('tested', answers => '{"some": "yes"}');
SELECT campaign_test('tested', answers => '1');
SELECT campaign_test('tested', answers => '[1]');
SELECT campaign_test('tested', signals => '{"redy": {}}');
SELECT campaign_test('tested', signals => '{"ready": 1}');
SELECT campaign_test('tested', signals => '{"ready": {"discount": "x"}}');
SELECT campaign_test('tested', events => '{"some": {"opened": 1}}');
SELECT campaign_test('tested', events => '{"mail": {"opned": 1}}');
SELECT campaign_test('tested', events => '{"mail": {"opened": 101}}');
SELECT campaign_test('tested', events => '{"mail": {"opened": {}}}');
SELECT campaign_test('tested', events => '{"mail": 3}');
SELECT campaign_test('nothing');
SELECT campaign_test(NULL);
SELECT count(*) FROM campaign.run_progress WHERE test;
-- A draft with errors is not tested, but the part without them is.
SELECT campaign_add_split('tested', 'wrong', '[{"name": "x", "percent": 10}]');
SELECT campaign_test('tested');
SELECT campaign_test('tested', until => 'some') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_remove('tested', 'wrong');

-- An error of the owner's stops it as it would stop the run.
SELECT campaign_alter('tested', 'some', '{"filter": "1 / (id - 5) > 0"}');
SELECT campaign_test('tested') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, sqlstate FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT campaign_stop(:run);
-- Only who acts for the owner tests, and reads.
SET SESSION AUTHORIZATION testing_other;
SELECT campaign_test('tested');
\set VERBOSITY sqlstate
SELECT campaign_read_message(:run, 'mail', '1');
\set VERBOSITY terse
SET SESSION AUTHORIZATION testing_owner;

-- The next test, and a drop, wait for the executor of the one before, also when
-- that goes on with another activity meanwhile, and nobody is in a deadlock.
CREATE FUNCTION testing_awaited() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
	FOR i IN 1..1000 LOOP
		EXIT WHEN EXISTS (SELECT FROM pg_locks l WHERE NOT l.granted AND pg_backend_pid() = ANY (pg_blocking_pids(l.pid)));
		PERFORM pg_sleep(0.01);
	END LOOP;
	RETURN true; END $$;
SELECT campaign_create('awaited', dimension => 'testing_reader');
SELECT campaign_add_audience('awaited', 'first', filter => 'id = 1 AND testing_awaited()');
SELECT campaign_add_test('awaited', 'second', '[{"name": "yes", "condition": "testing_awaited()"}]', after => 'first');
SELECT campaign_add_test('awaited', 'third', '[{"name": "yes", "condition": "testing_awaited()"}]', after => 'second.yes');
SELECT campaign_test('awaited') IS NOT NULL AS tested;
DO $$ BEGIN
	WHILE NOT EXISTS (SELECT FROM campaign.run_progress WHERE campaign = 'awaited' AND state = 'running') LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;
SELECT campaign_test('awaited') IS NOT NULL AS tested;
SELECT campaign_drop('awaited');
DROP FUNCTION testing_awaited();
SELECT campaign_archive('tested');
SELECT campaign_test('tested');
SELECT campaign_drop('tested');
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relowner = 'testing_owner'::regrole;
SELECT campaign_rule_drop('testing_once');
DROP TABLE testing_reader, tested, ten;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.version WHERE number = -1;
DELETE FROM campaign.parked_event WHERE role = 'testing_owner'::regrole;
DROP OWNED BY testing_owner, testing_other;
DROP ROLE testing_owner, testing_other;
