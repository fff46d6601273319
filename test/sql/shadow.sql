-- If the extension looked a name up in the caller's search path, whoever can
-- create a function there would act as everybody who calls us.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_shadow_low LOGIN;
CREATE ROLE regress_shadow_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_shadow_owner;
CREATE SCHEMA evil AUTHORIZATION regress_shadow_low;
CREATE SCHEMA shadow AUTHORIZATION regress_shadow_owner;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
-- A trap: a function of the same signature as each of the server's, an operator
-- for each of the server's, a relation of each name of the server's and ours.
SET SESSION AUTHORIZATION regress_shadow_low;
CREATE TABLE evil.canary (caught text, session_role text, superuser text);
GRANT INSERT, SELECT ON evil.canary TO PUBLIC;
CREATE FUNCTION evil.trap(name text, arguments text, result text) RETURNS void LANGUAGE plpgsql AS $trap$
BEGIN
	EXECUTE format($$CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql PARALLEL SAFE AS %L$$, name, arguments, result,
		format($$BEGIN INSERT INTO evil.canary VALUES (%L, session_user, pg_catalog.current_setting('is_superuser')); RETURN NULL; END$$,
			name || '(' || arguments || ')'));
EXCEPTION WHEN OTHERS THEN
	NULL;
END $trap$;
SELECT count(*) > 1500 AS many FROM (
	SELECT evil.trap(proname, oidvectortypes(proargtypes), prorettype::regtype::text)
	FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND provariadic = 0 AND NOT proretset
		AND NOT EXISTS (SELECT FROM unnest(proargtypes::oid[] || prorettype) a JOIN pg_type t ON t.oid = a WHERE t.typtype = 'p')) t;
CREATE FUNCTION evil.trap_operator(name text, lefttype text, righttype text, result text) RETURNS void LANGUAGE plpgsql AS $trap$
BEGIN
	PERFORM evil.trap('operator ' || name, concat_ws(', ', nullif(lefttype, '-'), righttype), result);
	EXECUTE format('CREATE OPERATOR evil.%s (%s RIGHTARG = %s, FUNCTION = evil.%I)', name,
		'LEFTARG = ' || nullif(lefttype, '-') || ',', righttype, 'operator ' || name);
EXCEPTION WHEN OTHERS THEN
	NULL;
END $trap$;
SELECT count(*) > 700 AS many FROM (
	SELECT evil.trap_operator(oprname, oprleft::regtype::text, oprright::regtype::text, oprresult::regtype::text)
	FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft <> 0) t;
SELECT (SELECT count(*) > 1500 FROM pg_proc WHERE pronamespace = 'evil'::regnamespace) AS functions,
	(SELECT count(*) > 500 FROM pg_operator WHERE oprnamespace = 'evil'::regnamespace) AS operators;
DO $$
DECLARE
	name text;
BEGIN
	FOR name IN SELECT DISTINCT relname FROM pg_class
		WHERE relkind IN ('r', 'p', 'v') AND relnamespace IN ('pg_catalog'::regnamespace, 'campaign'::regnamespace)
	LOOP
		EXECUTE format('CREATE TABLE evil.%I (oid oid)', name);
		EXECUTE format('GRANT ALL ON evil.%I TO PUBLIC', name);
	END LOOP;
END $$;
-- It works: whoever has this path falls into it.
RESET SESSION AUTHORIZATION;
SET search_path = evil, pg_catalog, shadow, public;
SELECT lower('A'), 1 + 1 AS two;
SELECT caught, superuser FROM canary;
SET search_path = shadow, public;
DELETE FROM evil.canary;

SET SESSION AUTHORIZATION regress_shadow_owner;
CREATE TABLE people (id bigint PRIMARY KEY, name text, email text, opt_in boolean);
INSERT INTO people SELECT g, 'N' || g, g || '@example.com', g > 3 FROM generate_series(1, 20) g;
SELECT campaign_dimension('people', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
-- Expressions mean what they mean in the session that gave them.
SELECT campaign_create('shadow', dimension => 'people', settings => '{"keep_populations": true, "variables": {"least": {"type": "integer", "default": 2}}}');
SELECT campaign_add_audience('shadow', 'some', filter => 'id >= vars.least AND lower(name) <> ''n20''');
SELECT campaign_add_split('shadow', 'ab', after => 'some', outcomes => '[{"name": "a", "percent": 50}, {"name": "b", "number": 3, "filter": "id % 2 = 0"}]');
SELECT campaign_add_email('shadow', 'mail', after => 'ab.a', subject => '{{ upper(name) }}', body => '<p>{{ id + 1 }}</p>');
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_shadow_owner SET search_path = evil, pg_catalog, shadow, public;

-- Every function under that path, by the owner and by a superuser.  Statements
-- here have no operators and no functions of the server's.
CREATE TEMP TABLE runs (run bigint);
GRANT ALL ON runs TO PUBLIC;
SET search_path = evil, pg_catalog, shadow, public;
SET SESSION AUTHORIZATION regress_shadow_owner;
SELECT campaign_dimension('shadow.people', 'again', 'id', '{"email": "email"}', '{"email": "opt_in"}', 'NULL', 'NULL', 'NULL');
SELECT campaign_create('under', 'again');
SELECT campaign_add('under', 'all', 'audience');
SELECT campaign_add_audience('under', 'more', skip_empty => true);
SELECT campaign_add_split('under', 'half', '[{"name": "a", "percent": 50}]', after => 'all');
SELECT campaign_add_fork('under', 'fork', after => 'half.a');
SELECT campaign_add_join('under', 'join', primary_set => 'fork', after => 'fork, half.remainder');
SELECT campaign_add_wait('under', 'wait', duration => '0', after => 'join');
SELECT campaign_add_email('under', 'mail', 'subject', '<p>body</p>', after => 'wait');
SELECT campaign_add_end('under', 'end', after => 'mail');
SELECT campaign_add_end('under', 'odd');
SELECT campaign_connect('under', 'more', 'odd');
SELECT campaign_disconnect('under', 'more', 'odd');
SELECT campaign_rename('under', 'odd', 'even');
SELECT campaign_remove('under', 'even');
SELECT campaign_alter('under', 'more', '{"skip_empty": false}');
SELECT campaign_define(campaign_export('under'));
SELECT severity, code, message FROM campaign_check('shadow');
SELECT severity, code, message FROM campaign_check('under');
SELECT campaign_publish('shadow'), campaign_publish('under');
SELECT campaign_export('under', 1) IS NULL AS missing;
SELECT campaign_graph('shadow') IS NULL AS missing;
INSERT INTO runs SELECT campaign_start('shadow', '{"least": 3}');
SELECT campaign_wait(run) FROM runs;
SELECT campaign_pause(NULL);
SELECT campaign_graph('shadow', 'text', run) IS NULL AS missing FROM runs;
SELECT code, detail FROM runs, campaign_verify(run);
CREATE TEMP TABLE progress AS TABLE campaign.run_progress;
CREATE TEMP TABLE flow AS TABLE campaign.flow_counts;
CREATE TEMP TABLE message AS TABLE campaign.message;
CREATE TEMP TABLE excluded AS TABLE campaign.excluded;
CREATE TEMP TABLE suppressed AS TABLE campaign.suppressed;
CREATE TEMP TABLE log AS TABLE campaign.log;
SELECT campaign_suppress('email', '4@example.com', 'asked'), campaign_unsuppress('email', '4@example.com');
CREATE TEMP TABLE claimed AS SELECT * FROM campaign_claim('email', 3);
SELECT campaign_extend(lease, '1 hour'), campaign_release(lease) FROM claimed LIMIT 1;
CREATE TEMP TABLE claimed_again AS SELECT * FROM campaign_claim('email', 3);
SELECT campaign_ack(lease, '[]') FROM claimed_again LIMIT 1;
TRUNCATE runs;
INSERT INTO runs SELECT campaign_start('under');
SELECT campaign_wait(run) FROM runs;
SELECT code, detail FROM runs, campaign_verify(run);
SELECT campaign_adopt();
CALL campaign_work();
RESET SESSION AUTHORIZATION;
SET search_path = evil, pg_catalog, shadow, public;
SELECT campaign_wait(run) FROM runs;
SELECT code, detail FROM runs, campaign_verify(run);
SELECT campaign_graph('under', 'text', run) IS NULL AS missing FROM runs;
CREATE TEMP TABLE boss_progress AS TABLE campaign.run_progress;
CREATE TEMP TABLE boss_message AS TABLE campaign.message;
CREATE TEMP TABLE boss_claimed AS SELECT * FROM campaign_claim('email', 3);
SELECT campaign_ack(lease, '[]') FROM boss_claimed LIMIT 1;
SELECT campaign_stop(campaign_start('under'));
SELECT min(kind) FROM campaign_kinds();
-- Relations of ours in the temporary schema are no better.
CREATE TEMP TABLE campaign AS SELECT 1 AS campaign_id;
CREATE TEMP TABLE run AS SELECT 1 AS run_id;
CREATE TEMP TABLE pg_class AS SELECT 1 AS oid;
CREATE TEMP TABLE pg_proc AS SELECT 1 AS oid;
CREATE TEMP TABLE pg_roles AS SELECT 1 AS oid;
SET search_path = pg_temp, evil, pg_catalog, shadow, public;
SELECT campaign_wait(run) FROM runs;
SELECT severity, code, message FROM campaign_check('under');
SELECT campaign_drop('under');
SET search_path = shadow, public;
DROP TABLE pg_temp.campaign, pg_temp.run, pg_temp.pg_class, pg_temp.pg_proc, pg_temp.pg_roles;

-- Nobody fell into it.
SELECT DISTINCT caught, session_role, superuser FROM evil.canary ORDER BY 1;

-- Nothing is left behind.
SELECT campaign_drop('shadow');
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner ~ 'regress_shadow';
DELETE FROM campaign.dimension WHERE owner_name ~ 'regress_shadow';
DELETE FROM campaign.log WHERE role_name ~ 'regress_shadow' OR campaign IN ('shadow', 'under');
DROP SCHEMA evil CASCADE;
DROP SCHEMA shadow CASCADE;
DROP OWNED BY regress_shadow_low, regress_shadow_owner;
DROP ROLE regress_shadow_low, regress_shadow_owner;
