-- Would fail if a variable's value had another type than declared, came from
-- nowhere, or changed the meaning of an expression.
SET client_min_messages = warning;
CREATE ROLE regress_variables LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_variables;
CREATE SCHEMA variables AUTHORIZATION regress_variables;
SET SESSION AUTHORIZATION regress_variables;
SET search_path = variables, public;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN small AS integer CHECK (VALUE < 100);
CREATE TABLE people (id bigint PRIMARY KEY, name text, email text, score integer);
INSERT INTO people SELECT i, 'n' || i, i || '@x.org', i FROM generate_series(1, 10) i;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');

-- Declared.
SELECT campaign_create('variables', 'people', settings => $${"variables": {
	"floor": {"type": "integer", "default": 5},
	"rate": {"type": "numeric(5,2)", "default": "0.1"},
	"word": {"type": "text", "default": "it's \"quoted\" \\ $1 {{ x }}"},
	"nothing": {"type": "text"},
	"day": {"type": "date", "default": "2024-02-29"},
	"since": {"type": "timestamptz", "default": "2024-01-01 00:00+00"},
	"span": {"type": "interval", "default": "1 day"},
	"yes": {"type": "boolean", "default": true},
	"ids": {"type": "bigint[]", "default": "{1,2,3}"},
	"document": {"type": "jsonb", "default": {"a": [1, "x"], "b": null}},
	"list": {"type": "json", "default": "a string"},
	"mood": {"type": "mood", "default": "good"},
	"little": {"type": "small", "default": 7}}}$$);
SELECT campaign_export('variables') -> 'settings' -> 'variables' -> 'mood' AS mood;

-- In a filter, a split and templates; as themselves, whatever is in them.
SELECT campaign_add_audience('variables', 'chosen', filter => 'score > vars.floor AND vars.nothing IS NULL AND vars.yes AND NOT id = ANY (vars.ids) AND vars.mood = ''good''');
SELECT campaign_add_split('variables', 'parts', '[{"name": "low", "filter": "score < vars.little AND (vars.document -> ''a'' ->> 1) = ''x''"}, {"name": "high"}]', after => 'chosen');
SELECT campaign_add_email('variables', 'mail', after => 'parts.high', subject => '{{ vars.word }} {{ vars.rate }} {{ vars.day }} {{ vars.span }}',
	body => '{{ vars.nothing }}[{{ vars.word }}]{{ vars.document }}{{ vars.list }}{{ vars.since AT TIME ZONE ''UTC'' }}{{ pg_typeof(vars.rate) }}{{ pg_typeof(vars.mood) }}{{ (SELECT count(*) FROM people p WHERE p.score > vars.floor) }}');
-- A subquery that has something called vars means that.
SELECT campaign_add_audience('variables', 'shadowed', filter => 'EXISTS (SELECT FROM (SELECT 1 AS floor) AS vars WHERE vars.floor = 1)', after => 'parts.low');
SELECT severity, activity, code, message FROM campaign_check('variables');
SELECT campaign_publish('variables');
SET search_path = public;
SELECT campaign_start('variables') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, error FROM campaign.run_progress WHERE run_id = :run;
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY source, outcome;
SELECT subject, body FROM campaign_claim('email', 1);

-- Given.
SELECT campaign_start('variables', '{"floor": 8, "word": "x''; DROP TABLE people; --", "rate": 1.005, "list": [1], "nothing": null, "little": "10"}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, error FROM campaign.run_progress WHERE run_id = :run;
SELECT subject, body FROM campaign.message m JOIN LATERAL campaign_claim('email', 1000) c USING (message_id) WHERE run_id = :run ORDER BY recipient LIMIT 1;
SELECT campaign_start('variables', '{"nothing": "something"}') AS run \gset
SELECT campaign_wait(:run);
SELECT rows_out FROM campaign.run_progress WHERE run_id = :run AND activity = 'chosen';
SELECT campaign_start('variables', '{"floor": null}') AS run \gset
SELECT campaign_wait(:run);
SELECT rows_out FROM campaign.run_progress WHERE run_id = :run AND activity = 'chosen';
SELECT campaign_start('variables', '{}') AS run \gset
SELECT campaign_wait(:run);

-- Refused values, declarations and uses.
SET search_path = variables, public;
CREATE FUNCTION attempt(what text, given jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	advice text;
BEGIN
	CASE what
		WHEN 'start' THEN PERFORM campaign_start('variables', given);
		WHEN 'declare' THEN PERFORM campaign_create('other', 'people', settings => jsonb_build_object('variables', given));
		WHEN 'use' THEN PERFORM campaign_add('variables', 'x', 'audience', jsonb_build_object('filter', given #>> '{}'));
	END CASE;
	RAISE EXCEPTION 'accepted' USING HINT = '';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
	RETURN CASE WHEN said = 'accepted' THEN said ELSE SQLSTATE || ' ' || said || ' / ' || advice END;
END $$;
\pset format unaligned
SELECT given, attempt('start', given) FROM unnest(ARRAY['{"flor": 1}', '{"other": 1}', '{"floor": "x"}', '{"floor": 1.5}', '{"floor": 99999999999}', '{"floor": [1]}', '{"floor": true}',
	'{"day": "2024-02-30"}', '{"yes": "perhaps"}', '{"ids": [1, 2]}', '{"ids": "{1,x}"}', '{"mood": "strange"}', '{"little": 100}', '{"rate": 12345}', '[]', '1', 'null', '"floor"']::jsonb[]) given;
SELECT given, attempt('declare', given) FROM unnest(ARRAY['{}', '[]', '1', 'null', '{"a": 1}', '{"a": "integer"}', '{"a": {}}', '{"a": {"type": 1}}', '{"a": {"type": "integr"}}', '{"a": {"type": ""}}',
	'{"a": {"type": "integer; DROP TABLE people"}}', '{"a": {"type": "record"}}', '{"a": {"type": "anyelement"}}', '{"a": {"type": "setof integer"}}', '{"a": {"type": "people"}}', '{"a": {"type": "integer", "defualt": 1}}',
	'{"a": {"type": "integer", "default": "x"}}', '{"a": {"type": "integer", "default": null}}', '{"a": {"type": "small", "default": 100}}', '{"A": {"type": "text"}}', '{"": {"type": "text"}}', '{"a.b": {"type": "text"}}']::jsonb[]) given;
SELECT given, attempt('use', given) FROM unnest(ARRAY['"vars.flor > 1"', '"vars.something"', '"vars.floor"', '"vars.word > 1"', '"vars.mood = ''strange''"', '"vars = 1"', '"vars.floor.x = 1"', '"(vars.document).x = 1"', '"VARS.Floor > 1"', '"\"vars\".\"floor\" > 1"', '"people.vars.floor > 1"']::jsonb[]) given;

-- Clean up.
RESET search_path;
SELECT public.campaign_drop('variables');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_variables';
DROP SCHEMA variables CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_variables;
DROP ROLE regress_variables;
