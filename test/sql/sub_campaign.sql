-- Would fail if a campaign that runs another one did not wait for its end, did
-- not see how it ended, started it twice, or left it behind.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_sub LOGIN;
CREATE ROLE regress_sub_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_sub, regress_sub_other;
CREATE SCHEMA sub AUTHORIZATION regress_sub;
SET SESSION AUTHORIZATION regress_sub;
SET search_path = sub, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 100) g;
SELECT campaign_dimension('people');
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
-- The runs below a run, as their parent's activities see them.
CREATE FUNCTION family(run bigint) RETURNS TABLE (depth integer, campaign text, by text, state text) LANGUAGE sql AS $$
WITH RECURSIVE f AS (
	SELECT DISTINCT p.run_id, p.depth, p.campaign, p.parent_activity, p.run_state FROM campaign.run_progress p WHERE p.run_id = run
	UNION SELECT p.run_id, p.depth, p.campaign, p.parent_activity, p.run_state FROM f JOIN campaign.run_progress p ON p.parent_run = f.run_id)
SELECT depth, campaign, parent_activity, run_state FROM f ORDER BY run_id $$;

-- F4: another campaign is run with parameters, and what became of it is known.
SELECT campaign_create('child', dimension => 'people', settings => '{"variables": {"least": {"type": "integer"},
	"note": {"type": "jsonb"}, "words": {"type": "text[]"}, "nothing": {"type": "date", "default": "2026-01-01"}}}');
SELECT campaign_add_audience('child', 'chosen', filter => 'score >= vars.least AND vars.nothing IS NULL AND vars.words[2] = ''b,''''"''');
SELECT campaign_create('parent', dimension => 'people', settings => '{"variables": {"n": {"type": "integer", "default": 3}, "told": {"type": "jsonb"}}}');
SELECT campaign_add_audience('parent', 'everybody');
SELECT campaign_add_sub_campaign('parent', 'inner', starts => 'child', report => 'told', after => 'everybody', parameters => $${
	"least": "vars.n + everybody.result / 100", "note": "jsonb_build_object('n', vars.n)", "words": "ARRAY['a', 'b,''\"']", "nothing": "NULL"}$$);
SELECT campaign_add_audience('parent', 'behind', filter => 'score < (vars.told #>> ''{counts,chosen,result}'')::int / 10', after => 'inner');
SELECT severity, activity, code, message, hint FROM campaign_check('parent');
SELECT campaign_publish('child');
SELECT campaign_publish('parent');
SELECT campaign_start('parent') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM family(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
RESET SESSION AUTHORIZATION;
SELECT variables - 'told' AS variables, (variables -> 'told') - 'run' AS told FROM campaign.run WHERE run_id = :run;
SET SESSION AUTHORIZATION regress_sub;
SELECT * FROM campaign_verify(:run);

-- F4: one that fails takes the activity along; a retry is one of both, and
-- starts no other.
CREATE TABLE broken ();
CREATE FUNCTION broken() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
	IF to_regclass('sub.broken') IS NULL THEN RETURN false; END IF;
	RAISE 'it is broken'; END $$;
SELECT campaign_alter('child', 'chosen', '{"filter": "score >= vars.least AND NOT broken()"}');
SELECT campaign_publish('child');
SELECT campaign_start('parent') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM family(:run);
SELECT activity, state, regexp_replace(error, '\d+', 'N') AS error, detail, regexp_replace(hint, '\d+', 'N') AS hint FROM campaign.run_progress WHERE run_id = :run;
DROP TABLE broken;
SELECT campaign_retry(:run);
SELECT finish(:run);
SELECT * FROM family(:run);
SELECT * FROM campaign_verify(:run);

-- F4: outcomes by how it ended, where they lead somewhere.
CREATE TABLE broken ();
SELECT campaign_add_end('parent', 'if_failed', after => 'inner.failed');
SELECT campaign_add_end('parent', 'if_stopped', after => 'inner.stopped');
SELECT campaign_publish('parent');
SELECT campaign_start('parent') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM family(:run);
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(:run);
SELECT * FROM family(:run);
DROP TABLE broken;
SELECT campaign_add_wait('child', 'long', duration => '1 day', after => 'chosen');
SELECT campaign_publish('child');
SELECT campaign_start('parent') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM family(:run);
SELECT run_id AS child FROM campaign.run_progress WHERE parent_run = :run LIMIT 1 \gset
SELECT campaign_stop(:child);
SELECT finish(:run);
SELECT activity, state, rows_in FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM campaign_verify(:run);

-- O2: what is done to the parent is done to the child.
SELECT campaign_start('parent') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_pause(:run), campaign_pause(:run);
SELECT * FROM family(:run);
SELECT campaign_resume(:run), campaign_resume(:run);
SELECT * FROM family(:run);
SELECT run_id AS child FROM campaign.run_progress WHERE parent_run = :run LIMIT 1 \gset
-- One that is paused has not ended; its end comes to a parent that is paused.
SELECT campaign_pause(:child), campaign_hurry(:child);
SELECT campaign_wait(:run);
SELECT campaign_pause(:run), campaign_resume(:child);
SELECT finish(:child);
SELECT * FROM family(:run);
SELECT campaign_resume(:run) IN ('running', 'waiting') AS resumed;
SELECT finish(:run);
SELECT activity, state, rows_in FROM campaign.run_progress WHERE run_id = :run;
SELECT campaign_start('parent') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_stop(:run), campaign_stop(:run);
SELECT * FROM family(:run);
SELECT DISTINCT p.state FROM campaign.run_progress p WHERE p.run_id = :run OR p.parent_run = :run ORDER BY 1;
SELECT * FROM campaign_verify(:run);

-- F4: a time-out lets it go, who does not wait goes on at once, and an end
-- starts one too; none of them is stopped with the parent.
SELECT campaign_create('loose', dimension => 'people', settings => '{"variables": {"n": {"type": "integer", "default": 3}}}');
SELECT campaign_add_audience('loose', 'everybody');
SELECT campaign_add_sub_campaign('loose', 'in_time', starts => 'child', timeout => '0.1 seconds', after => 'everybody', parameters => '{"least": "1"}');
SELECT campaign_add_sub_campaign('loose', 'at_once', starts => 'child', wait => false, after => 'in_time.timeout', parameters => '{"least": 2}');
SELECT campaign_add_end('loose', 'last', starts => 'child', parameters => '{"least": "vars.n"}', after => 'at_once');
SELECT campaign_publish('loose');
SELECT campaign_start('loose') AS run \gset
SELECT finish(:run);
SELECT campaign_wait(run_id) FROM (SELECT DISTINCT run_id FROM campaign.run_progress WHERE parent_run = :run) r;
SELECT activity, state, rows_in FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM family(:run);
SELECT p.parent_activity, p.rows_out FROM campaign.run_progress p WHERE p.parent_run = :run AND p.activity = 'chosen' ORDER BY p.run_id;
SELECT campaign_stop(:run);
SELECT * FROM family(:run);
SELECT * FROM campaign_verify(:run);
SELECT campaign_stop(run_id) FROM (SELECT DISTINCT run_id FROM campaign.run_progress WHERE parent_run = :run) r;

-- F4: campaigns that would start each other are refused when they are
-- published, and where that could not be seen when they are started.
SELECT campaign_create('a', dimension => 'people');
SELECT campaign_create('b', dimension => 'people');
SELECT campaign_add_audience(c, 'everybody') FROM unnest(ARRAY['a', 'b']) c;
SELECT campaign_publish('b');
SELECT campaign_add_sub_campaign('a', 'calls_b', starts => 'b', after => 'everybody');
SELECT campaign_publish('a');
SELECT campaign_add_end('b', 'calls_a', starts => 'a', after => 'everybody');
SELECT code, message, hint FROM campaign_check('b') WHERE severity = 'error';
SELECT campaign_publish('b');
SELECT campaign_alter('b', 'calls_a', '{"starts": "b"}');
SELECT campaign_publish('b');
RESET SESSION AUTHORIZATION;
-- Two that were published at the same time.
UPDATE campaign.activity SET options = jsonb_set(options, '{starts}', '"a"') WHERE name = 'calls_a';
INSERT INTO campaign.activity SELECT v.version_id, a.name, a.position, a.kind, a.options, a.search_path, '{}'
	FROM campaign.activity a, campaign.version v JOIN campaign.campaign c USING (campaign_id) WHERE a.name = 'calls_a' AND c.name = 'b' AND v.number = 1;
SET SESSION AUTHORIZATION regress_sub;
SELECT campaign_start('a');
SELECT campaign_start('b');

-- F4: not deeper than allowed.
SELECT campaign_create('depth' || i, dimension => 'people') FROM generate_series(0, 3) i;
SELECT campaign_add_audience('depth' || i, 'everybody') FROM generate_series(0, 3) i;
SELECT campaign_add_sub_campaign('depth' || i, 'deeper', starts => 'depth' || i - 1, after => 'everybody') FROM generate_series(1, 3) i;
SELECT campaign_publish('depth' || i) FROM generate_series(0, 3) i;
SELECT campaign_start('depth3') AS run \gset
SELECT finish(:run);
SELECT * FROM family(:run);
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_sub SET campaign.max_depth = 2;
GRANT SET ON PARAMETER campaign.max_depth TO regress_sub;
ALTER ROLE regress_sub SET campaign.max_depth = 2;
SET SESSION AUTHORIZATION regress_sub;
SELECT campaign_start('depth3') AS run \gset
SELECT finish(:run);
SELECT * FROM family(:run);
SELECT DISTINCT sqlstate, error, hint FROM campaign.run_progress WHERE campaign = 'depth1' AND error IS NOT NULL;
SELECT campaign_stop(:run);
SELECT * FROM family(:run);

-- F4: a test runs tests of the others; nobody gets anything.
SELECT campaign_create('writes', dimension => 'people', settings => '{"variables": {"must": {"type": "integer", "required": true}}}');
SELECT campaign_add_audience('writes', 'few', filter => 'id <= vars.must');
SELECT campaign_add_sms('writes', 'words', body => 'b', address => '''+1''', category => 'transactional', after => 'few');
SELECT campaign_publish('writes');
SELECT campaign_create('tested', dimension => 'people');
SELECT campaign_add_audience('tested', 'everybody');
SELECT campaign_add_sub_campaign('tested', 'inner', starts => 'writes', parameters => '{"must": 2}', after => 'everybody');
SELECT campaign_test('tested') AS run \gset
SELECT finish(:run);
SELECT campaign, activity, state, rows_out, test FROM campaign.run_progress WHERE :run IN (run_id, parent_run);
SELECT count(*) FROM campaign_claim('sms', 1000);
SELECT campaign_drop('tested'), campaign_drop('writes');

-- What is refused.
\set VERBOSITY default
SELECT campaign_create('refused', dimension => 'people', settings => '{"variables": {"n": {"type": "integer"}}}');
SELECT campaign_add_audience('refused', 'everybody');
SELECT campaign_add('refused', 'x', 'sub_campaign', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'x', 'child', parameters => '[]', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'x', 'child', parameters => '{"Least": "1"}', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'x', 'child', parameters => '{"least": "1; DROP TABLE people"}', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'x', 'child', parameters => '{"least": ["1"]}', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'x', 'child', parameters => '{"least": "vars.m"}', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'x', 'child', wait => false, timeout => '1 day', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'x', 'child', report => 'n', after => 'everybody');
SELECT campaign_add_end('refused', 'x', parameters => '{"least": "1"}', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'x', 'child', parameters => '{"other": "1"}', after => 'everybody');
SELECT campaign_add_sub_campaign('refused', 'y', 'nowhere', after => 'everybody');
SELECT code, activity, message, hint FROM campaign_check('refused') WHERE severity = 'error';
-- A value that is none of the variable's type fails the activity.
SELECT campaign_remove('refused', 'y');
SELECT campaign_alter('refused', 'x', '{"parameters": {"least": "''many''"}}');
SELECT campaign_publish('refused');
SELECT campaign_start('refused') AS run \gset
SELECT finish(:run);
SELECT activity, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT count(*) FROM campaign.run_progress WHERE parent_run = :run;
SELECT campaign_stop(:run);
-- Somebody else's campaign does not exist.
SET SESSION AUTHORIZATION regress_sub_other;
SET search_path = sub, public;
RESET SESSION AUTHORIZATION;
GRANT USAGE ON SCHEMA sub TO regress_sub_other;
GRANT SELECT ON sub.people TO regress_sub_other;
SET SESSION AUTHORIZATION regress_sub_other;
SELECT campaign_dimension('people');
SELECT campaign_create('of another', dimension => 'people');
SELECT campaign_add_audience('of another', 'everybody');
SELECT campaign_add_sub_campaign('of another', 'x', 'child', after => 'everybody');
SELECT code, message FROM campaign_check('of another') WHERE severity = 'error';
SELECT campaign_drop('of another');
SET SESSION AUTHORIZATION regress_sub;

-- The runs that a run has started stay for as long as it does, for it may ask.
SELECT campaign_create('short', dimension => 'people', settings => '{"history": {"messages": 0, "runs": 0, "populations": 0}}');
SELECT campaign_add_audience('short', 'everybody');
SELECT campaign_publish('short');
SELECT campaign_create('long', dimension => 'people');
SELECT campaign_add_audience('long', 'everybody');
SELECT campaign_add_sub_campaign('long', 'inner', 'short', after => 'everybody');
SELECT campaign_publish('long');
SELECT campaign_start('long') AS run \gset
SELECT finish(:run);
SELECT erased, runs FROM campaign_clean_up();
SELECT campaign, state FROM family(:run);
SELECT campaign_drop('long');
SELECT runs FROM campaign_clean_up();
SELECT campaign_drop('short');

-- The parent can be dropped before the child.
\set VERBOSITY terse
SELECT campaign_drop(c) FROM unnest(ARRAY['parent', 'loose', 'refused', 'child', 'a', 'b', 'depth0', 'depth1', 'depth2', 'depth3']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_sub';
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_sub%';
DELETE FROM campaign.log WHERE role_name LIKE 'regress_sub%';
REVOKE SET ON PARAMETER campaign.max_depth FROM regress_sub;
DROP SCHEMA sub CASCADE;
DROP OWNED BY regress_sub, regress_sub_other;
DROP ROLE regress_sub, regress_sub_other;
