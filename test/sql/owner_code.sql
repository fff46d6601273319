-- Broken if code of a campaign's owner could act as anybody else, or leave
-- anything behind that changes what the engine does next.
\set VERBOSITY terse
CREATE ROLE code_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO code_owner;
CREATE SCHEMA code AUTHORIZATION code_owner;
SET SESSION AUTHORIZATION code_owner;
SET search_path = code, public;

CREATE TABLE person (id bigint PRIMARY KEY, email text);
INSERT INTO person SELECT g, 'p' || g || '@example.com' FROM generate_series(1, 5) g;
-- What the owner's code saw of itself.
CREATE TABLE canary (place text, who name, session name, super text, note text);

CREATE FUNCTION attempt(place text, statement text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	note text := 'done';
BEGIN
	BEGIN
		EXECUTE statement;
	EXCEPTION WHEN OTHERS THEN
		note := SQLSTATE;
	END;
	INSERT INTO code.canary
	SELECT place, current_user, session_user, current_setting('is_superuser'), note;
	RETURN true;
END $$;

CREATE FUNCTION filter_of(place text, statement text) RETURNS text
LANGUAGE sql AS $$ SELECT format('id <> 1 OR code.attempt(%L, %L)', place, statement) $$;

SELECT campaign_dimension('person', addresses => '{"email": "email"}');

-- One campaign per attempt: the attempt, then activities that would notice.
CREATE PROCEDURE try(place text, statement text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM public.campaign_create(place, 'person');
	PERFORM public.campaign_add_audience(place, 'tries', filter => code.filter_of(place, statement));
	PERFORM public.campaign_add_split(place, 'parts', '[{"name": "one", "number": 2}]', after => 'tries');
	PERFORM public.campaign_add_email(place, 'mail', 'Hi', '<p>{{ id }}</p>', after => 'parts.one');
	PERFORM public.campaign_add_audience(place, 'rest', filter => 'email LIKE ''p%''', after => 'parts.remainder');
	PERFORM public.campaign_publish(place);
END $$;

CALL try('reset role', 'RESET ROLE');
CALL try('reset session', 'RESET SESSION AUTHORIZATION');
CALL try('set role', 'SET ROLE postgres');
CALL try('set session', 'SET SESSION AUTHORIZATION postgres');
CALL try('role by setting', $$SELECT set_config('role', 'none', false)$$);
CALL try('program', $$COPY code.canary TO PROGRAM 'true'$$);
CALL try('settings', $$SELECT set_config(n, v, false) FROM (VALUES ('search_path', 'code'), ('synchronous_commit', 'on'),
	('DateStyle', 'German'), ('row_security', 'off'), ('TimeZone', 'Asia/Tokyo'), ('statement_timeout', '1'),
	('standard_conforming_strings', 'off'), ('bytea_output', 'escape'), ('client_min_messages', 'error'),
	('enable_seqscan', 'off'), ('work_mem', '64')) s(n, v)$$);
CALL try('read only', $$SELECT set_config('default_transaction_read_only', 'on', false)$$);
CALL try('temporary', $$CREATE TEMP TABLE pg_class (relname name)$$);
CALL try('temporary run', $$CREATE TEMP TABLE run AS SELECT 1 AS run_id, 'stopped'::text AS state$$);
CALL try('locks', 'SELECT pg_advisory_unlock_all()');
CALL try('commit', 'COMMIT');
CALL try('with hold', 'DECLARE kept CURSOR WITH HOLD FOR SELECT code.attempt(''at commit'', ''SELECT 1'')');
CALL try('fails at commit', 'DECLARE failing CURSOR WITH HOLD FOR SELECT 1 / (count(*) - count(*)) FROM code.person');

-- A trigger that fires at the end of the transaction, as whoever is then in force.
CREATE TABLE late (id int);
CREATE FUNCTION fire_late() RETURNS trigger
LANGUAGE plpgsql AS $$ BEGIN PERFORM code.attempt('deferred trigger', 'SELECT 1'); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER fires_late AFTER INSERT ON late
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fire_late();
CALL try('late', 'INSERT INTO code.late VALUES (1)');

CREATE TEMP TABLE started AS
SELECT name, campaign_start(name) AS run FROM unnest(ARRAY['reset role', 'reset session', 'set role', 'set session',
	'role by setting', 'program', 'settings', 'read only', 'temporary', 'temporary run', 'locks', 'commit', 'with hold',
	'fails at commit', 'late']) name;
SELECT name, campaign_wait(run) FROM started ORDER BY name COLLATE "C";
SELECT count(*) AS violations FROM started, LATERAL campaign_verify(run);
-- What the activities after the attempt did: always the same.
SELECT DISTINCT source, outcome, rows FROM campaign.flow_counts JOIN started ON run = run_id ORDER BY 1, 2;
-- Everything ran as the owner, and as nobody else.
SELECT place, who, session, super, note FROM canary ORDER BY place COLLATE "C", note;

-- A deferred trigger that refuses fails the activity, not the worker.
CREATE OR REPLACE FUNCTION fire_late() RETURNS trigger
LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'too late' USING ERRCODE = 'ZZ001'; END $$;
SELECT campaign_start('late') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
DROP TRIGGER fires_late ON late;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);

-- Whoever starts or verifies a campaign of his lends him no rights; checking
-- it executes nothing.
CREATE FUNCTION tell(number integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO code.canary
	SELECT 'tell', current_user, session_user, current_setting('is_superuser'), 'told';
	RETURN true;
END $$;
CREATE DOMAIN telling AS integer CHECK (code.tell(VALUE));
SELECT campaign_create('telling', 'person',
	settings => '{"keep_populations": true, "variables": {"number": {"type": "telling", "default": 1}}}');
SELECT campaign_add_audience('telling', 'told', filter => $$CAST(text '{1}' AS code.telling[]) IS NOT NULL AND vars.number = 1$$);
SELECT campaign_publish('telling');
TRUNCATE canary;
RESET SESSION AUTHORIZATION;
SELECT count(*) AS problems FROM campaign_check('telling') WHERE severity = 'error';
SELECT campaign_publish('telling');
SELECT campaign_start('telling') AS run \gset
SELECT campaign_wait(:run);
SELECT population FROM campaign.flow WHERE run_id = :run AND outcome = 'result' \gset
ALTER TABLE campaign_data.:population ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign_data.:population FORCE ROW LEVEL SECURITY;
CREATE POLICY told ON campaign_data.:population USING (code.tell(1));
SELECT * FROM campaign_verify(:run);
SELECT DISTINCT who FROM code.canary;
-- Nor does he who has taken the owner's role: his own is out of reach.
CREATE OR REPLACE FUNCTION code.tell(number integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('role', 'none', true);
	INSERT INTO code.canary
	SELECT 'tell', current_user, session_user, current_setting('is_superuser'), 'taken';
	RETURN true;
END $$;
SET ROLE code_owner;
SELECT * FROM campaign_verify(:run);
SELECT count(*) FROM campaign_check('telling') WHERE message ~ 'cannot set parameter';
RESET ROLE;
SELECT count(*) AS taken FROM code.canary WHERE note = 'taken';
CREATE OR REPLACE FUNCTION code.tell(number integer) RETURNS boolean LANGUAGE sql AS 'SELECT true';

-- A tablespace in which the owner may not create anything stays closed to him.
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_closed LOCATION '';
ALTER ROLE code_owner SET default_tablespace = 'regress_closed';
SELECT campaign_start('telling') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, attempts FROM campaign.run_progress WHERE run_id = :run;
-- What is tried again is counted anew.
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT state, attempts FROM campaign.run_progress WHERE run_id = :run;
GRANT CREATE ON TABLESPACE regress_closed TO code_owner;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT count(*) AS tables FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace
WHERE spcname = 'regress_closed' AND relname LIKE 'r' || :run || '\_%';
SELECT campaign_drop('telling');
REVOKE CREATE ON TABLESPACE regress_closed FROM code_owner;
DROP TABLESPACE regress_closed;
SET SESSION AUTHORIZATION code_owner;

-- What one run sets for the session the next one does not find, not even empty.
CREATE FUNCTION code.invent() RETURNS boolean LANGUAGE sql AS $$ SELECT set_config('invented.here', 'x', false) = 'x' $$;
SELECT campaign_create(name, 'person') FROM unnest('{invents,misses}'::text[]) AS name;
SELECT campaign_add_audience('invents', 'all', filter => 'code.invent()');
SELECT campaign_add_audience('misses', 'all', filter => 'current_setting(''invented.here'', true) IS NOT NULL');
SELECT campaign_publish(name) FROM unnest('{invents,misses}'::text[]) AS name;
SELECT campaign_start('invents') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_start('misses') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_start('misses') AS again \gset
SELECT campaign_wait(:again);
SELECT outcome, rows FROM campaign.flow_counts WHERE run_id IN (:run, :again) ORDER BY 1, 2;
SELECT campaign_drop(name) FROM unnest('{invents,misses}'::text[]) AS name;

SELECT campaign_drop(name) FROM started;
RESET SESSION AUTHORIZATION;
RESET search_path;
DROP OWNED BY code_owner CASCADE;
DROP ROLE code_owner;
