-- Would fail if a text could be more than one expression over the row, or if
-- what its names mean depended on who asks, or when.
SET client_min_messages = warning;
CREATE ROLE regress_expression LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_expression;
CREATE SCHEMA expression AUTHORIZATION regress_expression;
CREATE SCHEMA hostile AUTHORIZATION regress_expression;
CREATE TABLE public.bystander (id integer);
SET SESSION AUTHORIZATION regress_expression;
SET search_path = expression, public;
CREATE TABLE people (id bigint PRIMARY KEY, name text, email text, score integer, tags text[], info jsonb, born date);
CREATE TABLE orders (id bigint PRIMARY KEY, person bigint, total numeric);
INSERT INTO people SELECT i, 'n' || i, i || '@x.org', i, ARRAY['a', 'b'], '{"k": 1}', '2000-01-01' FROM generate_series(1, 10) i;
INSERT INTO orders SELECT i, i, i FROM generate_series(1, 5) i;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_create('expression', 'people');

-- What is not one expression is refused.  Filters:
CREATE FUNCTION attempt(kind text, option text, given text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	detail text;
BEGIN
	PERFORM campaign_add('expression', 'tried', kind, jsonb_build_object(option, given));
	PERFORM campaign_remove('expression', 'tried');
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	IF SQLSTATE LIKE 'XX%' THEN
		RAISE;
	END IF;
	-- The server says more of an unknown table since 16.
	RETURN SQLSTATE || ' ' || said || CASE WHEN SQLSTATE = '42P01' THEN '' ELSE coalesce(' / ' || nullif(detail, ''), '') END;
END $$;
SELECT left(replace(given, E'\n', '\n'), 60) AS given, attempt('audience', 'filter', given)
FROM unnest(ARRAY[
	'true) OR (true', 'true; DROP TABLE bystander', 'true;', ';', ';;', '', '   ', E'\n', '--', '/* */', 'true --', E'true --\n', 'true /*', 'true /* */',
	'/* */ true', 'true */', '''', 'name = ''x', '"', '"name', 'E''\', '$$', '$x$ a', 'U&"\', E'\\',
	'a FROM pg_authid', 'true FROM pg_authid', 'true WHERE true', 'true GROUP BY 1', 'true HAVING true', 'true WINDOW w AS ()', 'true ORDER BY 1',
	'true LIMIT 1', 'true OFFSET 1', 'true FETCH FIRST ROW ONLY', 'true FOR UPDATE', 'true INTO x', 'DISTINCT true', 'DISTINCT ON (id) true', 'ALL true',
	'true UNION SELECT true', 'true EXCEPT SELECT true', 'WITH x AS (SELECT 1) SELECT true', 'VALUES (true)', 'TABLE people', 'SELECT true', 'DELETE FROM people',
	'true, true', 'true AS x', 'true x', '*', 'people.*', '(people).*', 'people', 'ROW(true)', '(true, true)', '()', '(', ')', 'NOT', 'true AND',
	'1', 'name', 'NULL', '''true''', '''yes''::boolean', 'score', 'no_such', 'orders.id = 1', 'people.id = 1', 'expression.people.id = 1', 'other.people.id = 1',
	'$1', 'score > $1', 'EXISTS (SELECT $1)', ':x', 'score = ?', '@score', 'DEFAULT', 'CURRENT OF c', 'xmin IS NOT NULL', 'ctid IS NOT NULL', 'tableoid > 0', 'people IS NOT NULL', '(people).score > 1', 'row_to_json(people) IS NULL', '(SELECT count(people)) > 1', 'EXISTS (SELECT FROM orders people WHERE people IS NOT NULL)',
	'count(*) > 1', 'max(score) > 1', 'grouping(id) = 1', 'row_number() OVER () = 1', 'lag(score) OVER (ORDER BY id) > 1', 'generate_series(1, 2) > 1', 'unnest(tags) = ''a''',
	'(SELECT count(*) FROM orders o WHERE o.person = people.id) > 0', 'EXISTS (SELECT FROM orders o WHERE o.person = id AND total > score)',
	'score IN (SELECT id FROM orders)', 'EXISTS (SELECT FROM orders FOR UPDATE)', 'EXISTS (WITH x AS (SELECT 1) TABLE x)', 'EXISTS (WITH x AS (DELETE FROM orders RETURNING *) TABLE x)',
	'(SELECT true UNION ALL SELECT true)', '(SELECT id FROM orders)', '(SELECT true, true)', 'EXISTS (SELECT * FROM campaign.campaign)', 'EXISTS (SELECT * FROM pg_authid)',
	'vars.x = 1', 'vars.x', 'vars', 'vars.*', 'campaign.found', '"campaign.1" = 1', '"campaign.found"',
	'score BETWEEN 1 AND 3 OR name LIKE ''a%'' AND NOT born > now() - interval ''1 year''', 'info ->> ''k'' = ''1'' AND tags @> ARRAY[''a'']', 'info ? ''k''', 'CASE WHEN true THEN true END',
	'pg_sleep(0) IS NULL', 'nextval(''nothing'') > 1', 'lo_import(''/etc/passwd'') > 0', 'pg_read_file(''/etc/passwd'') = ''''', 'no_function(1)', 'now(', E'tr\tue',
	'true' || chr(160), 'naïve = 1', '"' || repeat('é', 40) || '" = 1', repeat('(', 10) || 'true' || repeat(')', 10), repeat('x', 300000), repeat('true AND ', 5000) || 'true']) WITH ORDINALITY AS t (given, n)
ORDER BY n;
SELECT attempt('audience', 'filter', repeat('x', 1048576)), attempt('audience', 'filter', repeat('(', 100000) || 'true' || repeat(')', 100000));

-- Values may be of any type, but are as strictly one.
SELECT given, attempt('audience', 'filter', given) AS filter, (
	SELECT attempt FROM (SELECT campaign_add_audience('expression', 'a'), campaign_add('expression', 'm', 'email', jsonb_build_object('subject', 's', 'body', 'b', 'address', given), 'a'), campaign_remove('expression', 'm'), campaign_remove('expression', 'a'), 'accepted' AS attempt) x) AS value
FROM unnest(ARRAY['NULL', '(SELECT email FROM people p WHERE p.id = people.id)']) given;
SELECT to_regclass('public.bystander') IS NOT NULL AS untouched;

-- Nothing in front of a search_path changes what the extension's own statements
-- mean: an operator, functions and tables named as the server's.
RESET SESSION AUTHORIZATION;
SET search_path = hostile, pg_catalog;
CREATE FUNCTION hostile.raise() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'captured'; END $$;
CREATE FUNCTION hostile.equal(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT hostile.raise()';
CREATE OPERATOR hostile.= (LEFTARG = text, RIGHTARG = text, FUNCTION = hostile.equal);
CREATE FUNCTION hostile.equal8(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT hostile.raise()';
CREATE OPERATOR hostile.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = hostile.equal8);
CREATE FUNCTION hostile.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT CASE WHEN hostile.raise() THEN pg_catalog.now() END $$;
CREATE FUNCTION hostile.coalesced(text) RETURNS text LANGUAGE sql AS $$ SELECT hostile.raise()::text $$;
CREATE FUNCTION hostile.count(anyelement) RETURNS bigint LANGUAGE sql AS $$ SELECT CASE WHEN hostile.raise() THEN 1 END $$;
CREATE FUNCTION hostile.btrim(text) RETURNS text LANGUAGE sql AS $$ SELECT hostile.raise()::text $$;
CREATE FUNCTION hostile.campaign_add(campaign text, activity text, kind text, options jsonb, after text) RETURNS text LANGUAGE sql AS $$ SELECT hostile.raise()::text $$;
CREATE FUNCTION hostile.jsonb_build_object(VARIADIC text[]) RETURNS jsonb LANGUAGE sql AS $$ SELECT to_jsonb(hostile.raise()) $$;
CREATE FUNCTION hostile.sample_position(text, text) RETURNS double precision LANGUAGE sql AS $$ SELECT hostile.raise()::int $$;
CREATE TABLE hostile.pg_class (oid oid);
CREATE TABLE hostile.campaign (name text);
GRANT USAGE ON SCHEMA hostile TO regress_expression;
SET SESSION AUTHORIZATION regress_expression;
SET search_path = hostile, pg_catalog, expression, public;
CREATE TEMP TABLE pg_class (oid oid);
CREATE TEMP TABLE campaign (name text);
CREATE TEMP TABLE people (id text);
CREATE TEMP TABLE dimension (name text);
SELECT public.campaign_create('hostile', 'people');
SELECT public.campaign_add_audience('hostile', 'everybody', filter => 'score > 2');
SELECT public.campaign_add_split('hostile', 'halves', '[{"name": "a", "percent": 50}, {"name": "b", "number": 2}]', after => 'everybody');
SELECT public.campaign_add_email('hostile', 'mail', '{{ name }}', 'x', after => 'everybody');
SELECT severity, activity, code, message FROM public.campaign_check('hostile');
SELECT public.campaign_publish('hostile');
SELECT public.campaign_start('hostile') AS run \gset
SELECT public.campaign_wait(:run);
SELECT activity, state, rows_in, rows_out, error FROM campaign.run_progress WHERE run_id OPERATOR(pg_catalog.=) :run;
SELECT code, detail FROM public.campaign_verify(:run);
-- An expression of the owner's own sees them, of course.
SELECT public.campaign_add_audience('hostile', 'captured', filter => 'name = ''n1''');
DROP TABLE pg_temp.pg_class, pg_temp.campaign, pg_temp.people, pg_temp.dimension;

-- An expression is read under the search_path of its definition.
SET search_path = expression, public;
CREATE FUNCTION verdict(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 4';
CREATE FUNCTION hostile.verdict(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 8';
SELECT campaign_add_audience('expression', 'chosen', filter => 'verdict(score)');
SELECT campaign_add_email('expression', 'mail', 's', 'b', after => 'chosen');
SET search_path = hostile, public;
SELECT * FROM campaign_check('expression');
SELECT campaign_publish('expression');
SELECT campaign_start('expression') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_out, error FROM campaign.run_progress WHERE run_id = :run;

-- What it refers to is fixed when it is published: another function of that
-- name earlier in the path, or another owner, is noticed; repaired, it goes on.
SET search_path = hostile, expression, public;
SELECT campaign_alter('expression', 'chosen', '{"filter": "verdict(score) AND opinion(score)"}');
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION expression.opinion(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 6';
SELECT campaign_alter('expression', 'chosen', '{"filter": "opinion(score)"}');
SELECT campaign_publish('expression');
CREATE FUNCTION hostile.opinion(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
SELECT campaign_start('expression') AS run \gset
SELECT campaign_wait(:run);
\x
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run AND activity = 'chosen';
\x
DROP FUNCTION hostile.opinion(integer);
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, rows_out, error FROM campaign.run_progress WHERE run_id = :run;
-- A new body under the same name and owner is the owner's business.
CREATE OR REPLACE FUNCTION expression.opinion(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 9';
SELECT campaign_start('expression') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_out, error FROM campaign.run_progress WHERE run_id = :run;
-- A dropped one is not; it comes back, and the run goes on.
DROP FUNCTION expression.opinion(integer);
SELECT campaign_start('expression') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run;
CREATE FUNCTION expression.opinion(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 6';
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, rows_out, error FROM campaign.run_progress WHERE run_id = :run;

-- Clean up.
RESET search_path;
SELECT public.campaign_drop('expression');
SELECT public.campaign_drop('hostile');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_expression';
DROP SCHEMA hostile CASCADE;
DROP SCHEMA expression CASCADE;
DROP TABLE public.bystander;
REVOKE USAGE ON SCHEMA campaign FROM regress_expression;
DROP ROLE regress_expression;
