-- Would fail if a variable could not be used where it is promised, if a count
-- were another than the rows that came out, if a query ran at another time or
-- with other rights, or if a signal without its parameters were taken.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_sources LOGIN;
CREATE ROLE regress_sources_friend LOGIN IN ROLE regress_sources;
GRANT USAGE ON SCHEMA campaign TO regress_sources, regress_sources_friend;
CREATE SCHEMA sources AUTHORIZATION regress_sources;
SET SESSION AUTHORIZATION regress_sources;
SET search_path = sources, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int, email text);
INSERT INTO people SELECT g, g % 10, g || '@x.org' FROM generate_series(1, 100) g;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
CREATE FUNCTION finish(run bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
BEGIN
	FOR i IN 1..600 LOOP
		state := campaign_wait(run);
		EXIT WHEN state <> 'waiting';
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN state;
END $$;

-- F1, F2: variables from the start, of queries and of counts, in filters,
-- tests, waits, templates and alerts.
CREATE TABLE settings (pause interval, broken boolean);
INSERT INTO settings VALUES ('0.1 seconds', false);
CREATE FUNCTION pause() RETURNS interval LANGUAGE plpgsql AS $$ BEGIN
	IF (SELECT broken FROM settings) THEN RAISE EXCEPTION 'broken'; END IF;
	RETURN (SELECT pause FROM settings);
END $$;
SELECT campaign_create('sources', dimension => 'people', settings => $${"variables": {
	"least": {"type": "integer", "required": true},
	"pause": {"type": "interval", "query": "SELECT pause()"},
	"who": {"type": "text", "query": "SELECT current_user"},
	"many": {"type": "bigint", "query": "SELECT count(*) FROM people WHERE score >= vars.least -- all"},
	"first": {"type": "jsonb", "query": "SELECT jsonb_agg(id ORDER BY id) FROM people WHERE id BETWEEN 5 AND 6"},
	"none": {"type": "date", "query": "SELECT now()::date WHERE false"}}}$$);
SELECT campaign_export('sources') #> '{settings,variables,pause}' AS stored;
SELECT campaign_add_audience('sources', 'buyers', filter => 'score >= vars.least AND vars.none IS NULL');
SELECT campaign_add_split('sources', 'ab', '[{"name": "control", "number": 10}, {"name": "a"}]', after => 'buyers');
SELECT campaign_add_wait('sources', 'moment', until_time => 'clock_timestamp() + vars.pause * (vars.ab_control_count / 10)', after => 'ab.a');
SELECT campaign_add_test('sources', 'enough', '[{"name": "yes", "condition": "vars.buyers_count = vars.many AND vars.ab_a_count + vars.ab_control_count = buyers.result"}]', after => 'moment');
SELECT campaign_add_audience('sources', 'some', filter => 'id <= vars.moment_result_count AND id = ANY (ARRAY(SELECT jsonb_array_elements_text(vars.first)::int))', after => 'enough.yes');
SELECT campaign_add_email('sources', 'mail', after => 'some', subject => '{{ vars.who }} {{ vars.some_count }} of {{ vars.buyers_count }}', body => '{{ vars.least }}', category => 'transactional');
SELECT campaign_add_alert('sources', 'tell', 'sent {{ vars.mail_count }}, {{ vars.buyers_rejected_count }} rejected, {{ vars.first }}', after => 'mail');
SELECT severity, activity, code, message FROM campaign_check('sources');
SELECT campaign_publish('sources');
SELECT campaign_start('sources');
SELECT campaign_start('sources', '{"least": null}');
-- The owner's rights count, whoever starts it.
SET SESSION AUTHORIZATION regress_sources_friend;
SELECT campaign_start('sources', '{"least": 5}') AS run \gset
SET SESSION AUTHORIZATION regress_sources;
SELECT finish(:run);
SELECT activity, state, rows_in, rows_out, error FROM campaign.run_progress WHERE run_id = :run;
SELECT subject, body FROM campaign_claim('email', 1000) ORDER BY 1, 2;
SELECT message FROM campaign.log WHERE run_id = :run AND event = 'alert';
-- Given, a query's variable is that.
SELECT campaign_start('sources', '{"least": 5, "many": 1, "who": "me"}') AS run \gset
SELECT finish(:run);
SELECT activity, state FROM campaign.run_progress WHERE run_id = :run AND activity IN ('enough', 'some');
-- One that fails fails the run before anything is executed; a retry is one of it.
UPDATE settings SET broken = true;
SELECT campaign_start('sources', '{"least": 5}') AS run \gset
SELECT finish(:run);
SELECT DISTINCT state FROM campaign.run_progress WHERE run_id = :run ORDER BY 1;
SELECT event, message FROM campaign.log WHERE run_id = :run AND (event = 'error' OR new_state = 'failed') ORDER BY log_id;
UPDATE settings SET broken = false;
SELECT campaign_retry(:run);
SELECT finish(:run);
SELECT count(*) FROM campaign.run_progress WHERE run_id = :run AND state = 'succeeded';
SELECT * FROM campaign_verify(:run);
-- In a simulation, and where a value is needed to look.
SELECT campaign_simulate('sources');
SELECT subject FROM campaign_preview('sources', 'mail', '1', variables => '{"least": 1}');

-- A declared variable hides a count; only activities before are counted.
SELECT campaign_create('hidden', dimension => 'people', settings => '{"variables": {"buyers_count": {"type": "text", "default": "mine"}}}');
SELECT campaign_add_audience('hidden', 'buyers');
SELECT campaign_add_audience('hidden', 'other', filter => 'vars.buyers_count = ''mine''', after => 'buyers');
SELECT campaign_add_audience('hidden', 'wrong', filter => 'id < vars.other_count', after => 'buyers');
SELECT campaign_add_audience('hidden', 'wrong', filter => 'id < vars.wrong_count', after => 'buyers');
SELECT campaign_add_audience('hidden', 'wrong', filter => 'id < vars.buyers_nothing_count', after => 'buyers');

-- F2: a signal brings its parameters, all and no others.
SELECT campaign_create('told', dimension => 'people', settings => '{"variables": {"least": {"type": "integer", "default": 0}, "day": {"type": "date"}, "must": {"type": "text", "required": true}}}');
SELECT campaign_add_audience('told', 'everybody');
SELECT campaign_add_signal('told', 'go', parameters => 'least, day', after => 'everybody');
SELECT campaign_add_audience('told', 'chosen', filter => 'score >= vars.least AND vars.day > date ''2026-01-01'' AND vars.must = ''x''', after => 'go');
SELECT campaign_add_signal('told', 'any', after => 'chosen');
SELECT campaign_add_signal('told', 'wrong', parameters => 'least, dya', after => 'everybody');
SELECT campaign_publish('told');
SELECT campaign_start('told', '{"must": "x"}') AS run \gset
SELECT campaign_wait(:run);
\set VERBOSITY default
SELECT campaign_signal('told', 'go');
SELECT campaign_signal('told', 'go', '{"least": 1}');
SELECT campaign_signal('told', 'go', '{"least": 1, "day": "2026-02-03", "must": "y"}');
SELECT campaign_signal('told', 'go', '{"least": "x", "day": "2026-02-03"}');
\set VERBOSITY terse
SELECT campaign_signal('told', 'go', '{"least": 7, "day": "2026-02-03"}');
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_signal('told', 'any', '{"must": "y"}');
SELECT finish(:run);
-- An end takes along what the signal may bring.
SELECT campaign_create('teller', dimension => 'people', settings => '{"variables": {"least": {"type": "integer", "default": 8}, "day": {"type": "date", "default": "2026-03-04"}, "must": {"type": "text", "default": "z"}}}');
SELECT campaign_add_audience('teller', 'everybody');
SELECT campaign_add_end('teller', 'tell', signal => 'go', receiver => 'told', after => 'everybody');
SELECT campaign_publish('teller');
SELECT campaign_start('told', '{"must": "x"}') AS told \gset
SELECT campaign_wait(:told);
SELECT campaign_start('teller') AS run \gset
SELECT finish(:run);
SELECT campaign_wait(:told);
SELECT activity, state, rows_out FROM campaign.run_progress WHERE run_id = :told AND activity = 'chosen';
SELECT campaign_stop(:told);

-- What is refused.
CREATE FUNCTION attempt(given jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	advice text;
BEGIN
	PERFORM campaign_create('refused', 'people', settings => jsonb_build_object('variables', given));
	PERFORM campaign_add_audience('refused', 'everybody');
	said := (SELECT string_agg(code || ': ' || message, ' / ') FROM campaign_check('refused') WHERE severity = 'error');
	PERFORM campaign_drop('refused');
	RETURN coalesce(said, 'accepted');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || said || ' / ' || advice;
END $$;
\pset format unaligned
SELECT given, attempt(given) FROM unnest(ARRAY['{"a": {"type": "integer", "required": "yes"}}', '{"a": {"type": "integer", "query": 1}}',
	'{"a": {"type": "integer", "query": "SELECT 1", "default": 1}}', '{"a": {"type": "integer", "query": "SELECT 1", "required": true}}', '{"a": {"type": "integer", "search_path": "x"}}',
	'{"a": {"type": "integer", "required": false}}', '{"a": {"type": "integer", "required": true, "default": 1}}', '{"a": {"type": "integer", "query": "SELECT 1"}}',
	'{"a": {"type": "integer", "query": "SELECT 1, 2"}}', '{"a": {"type": "integer", "query": "SELECT 1; SELECT 2"}}', '{"a": {"type": "integer", "query": "DELETE FROM people"}}',
	'{"a": {"type": "integer", "query": "SELECT 1) OR (2 = 2"}}', '{"a": {"type": "integer", "query": ""}}', '{"a": {"type": "integer", "query": "SELECT x FROM nowhere"}}',
	'{"a": {"type": "integer", "query": "SELECT vars.b"}}', '{"a": {"type": "integer", "query": "SELECT passwd FROM pg_shadow"}}']::jsonb[]) given;
\pset format aligned

SELECT campaign_drop(c) FROM unnest(ARRAY['sources', 'hidden', 'told', 'teller']) c;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_sources%';
DELETE FROM campaign.log WHERE role_name LIKE 'regress_sources%';
DROP SCHEMA sources CASCADE;
DROP OWNED BY regress_sources, regress_sources_friend;
DROP ROLE regress_sources_friend, regress_sources;
