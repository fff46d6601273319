-- Would fail if an export, defined, were not the campaign it came from; if a
-- document with a part that means nothing were taken.
SET client_min_messages = warning;
CREATE ROLE regress_document LOGIN;
CREATE ROLE regress_document_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_document, regress_document_other;
CREATE SCHEMA document AUTHORIZATION regress_document;
SET SESSION AUTHORIZATION regress_document;
SET search_path = document, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text, score integer);
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_dimension('people', name => 'others'), campaign_link('twin', 'people', 'people', 'twin.email = people.email');

-- All kinds, with all their options.
SELECT campaign_create('inner document', dimension => 'people', settings => '{"variables": {"n": {"type": "bigint"}}}');
SELECT campaign_add_audience('inner document', 'everybody');
SELECT campaign_publish('inner document');
SELECT campaign_define($${
	"name": "document", "dimension": "people", "description": "Ünïcode \"quoted\"\nand more",
	"settings": {"keep_populations": true, "variables": {"floor": {"type": "integer", "default": 5}, "word": {"type": "text"}}},
	"activities": [
		{"name": "everybody", "kind": "audience", "options": {"filter": "score > vars.floor", "feedback": {"delivery": "mail", "is": ["opened"], "campaign": "another"}, "dimension": "people", "skip_empty": true}},
		{"name": "parts", "kind": "split", "options": {"seed": "s", "outcomes": [
			{"name": "low", "filter": "score < 10"}, {"name": "some", "percent": 33.3}, {"name": "few", "number": 7}, {"name": "rest"}]}},
		{"name": "once", "kind": "deduplicate", "options": {"by": "lower(email), score", "keep": "score DESC", "prefer": [{"expression": "score", "among": [1, 2]}], "max_rows": 2}},
		{"name": "sum", "kind": "combine", "options": {"operation": "union", "priority": "everybody, once.result", "by": "email", "max_rows": 9}},
		{"name": "more", "kind": "enrich", "options": {"columns": {"double": "score * 2"}, "links": [
			{"name": "o", "relation": "people", "condition": "o.email = people.email", "sort_by": "o.id", "number": 1, "columns": {"id": "o.id"}}]}},
		{"name": "twins", "kind": "change_dimension", "options": {"dimension": "people", "link": "twin", "sort_by": "score", "keep": 2, "columns": {"mark": "score"}, "collection": "met", "lines": {"mark": "score"}, "collect": "kept"}},
		{"name": "meant", "kind": "reconcile", "options": {"dimension": "others", "pairs": [{"source": "email", "target": "email"}], "match": "others.id > 0", "filter": "id > 0", "ambiguous": "all", "sort_by": "others.score", "columns": {"mark": "people.score"}}},
		{"name": "both", "kind": "fork"},
		{"name": "pause", "kind": "wait", "options": {"duration": "3 days"}},
		{"name": "date", "kind": "wait", "options": {"fixed_time": "2030-01-01 00:00+00"}},
		{"name": "again", "kind": "join", "options": {"primary_set": "date.result"}},
		{"name": "mail", "kind": "email", "options": {"subject": "{{ vars.word }}", "body": "{{{ score }}}", "address": "upper(email)", "category": "transactional", "one_per_address": false}},
		{"name": "words", "kind": "sms", "options": {"body": "{{ score }}", "max_segments": 2, "address": "email", "category": "transactional"}},
		{"name": "note", "kind": "push", "options": {"title": "t", "body": "b", "url": "u", "attributes": {"a b": "{{ id }}"}, "address": "email", "category": "transactional"}},
		{"name": "letter", "kind": "direct_mail", "options": {"attributes": {"city": "c"}, "address": "email", "category": "transactional"}},
		{"name": "call", "kind": "custom", "options": {"attributes": {"say": "c"}, "address": "email", "category": "transactional"}},
		{"name": "enough", "kind": "test", "options": {"outcomes": [{"name": "many", "condition": "rows > vars.floor"}], "default_outcome": "few"}},
		{"name": "tell", "kind": "alert", "options": {"message": "{{ rows }}", "channel": "c"}},
		{"name": "told", "kind": "signal", "options": {"signal": "go", "parameters": "word", "timeout": "2 days"}},
		{"name": "asked", "kind": "approval", "options": {"question": "{{ rows }}?", "roles": "pg_monitor", "answers": "yes, no", "all_answer": true, "timeout": "1 day", "default_answer": "no", "remind_every": "1 hour"}},
		{"name": "keep", "kind": "save_audience", "options": {"audience": "kept", "mode": "append", "columns": {"mark": "score"}, "versions": 2}},
		{"name": "read", "kind": "read_audience", "options": {"source": "SELECT 'a' AS mail", "match": "source.mail = email", "columns": {"mail": "source.mail"}, "sort_by": "mail", "dimension": "people", "skip_empty": true}},
		{"name": "ask", "kind": "sql", "options": {"query": "SELECT id, 1 AS one FROM once", "dimension": "people", "skip_empty": true}},
		{"name": "fresh", "kind": "incremental", "options": {"filter": "score > 1", "history_days": 2.5, "changed_by": "score, email", "date_field": "now()", "overlap": "2 days", "dimension": "people", "skip_empty": false}},
		{"name": "lines", "kind": "load_file", "options": {"relation": "people", "columns": [{"name": "mail", "header": "email", "remap": {"a": null}}], "consume": false, "time_zone": "Europe/Paris", "max_errors": 3, "skip_empty": true}},
		{"name": "out", "kind": "extract_file", "options": {"relation": "extracted", "mode": "append", "columns": [{"name": "n", "value": "count(*)"}], "sort_by": "count(*)", "group_by": "email", "group_filter": "count(*) > 1"}},
		{"name": "store", "kind": "update_data", "options": {"operation": "upsert", "target": "people", "by": {"id": "id"}, "fields": [{"column": "score", "value": "1", "if": "true", "only": "update"}], "auto_map": true, "nulls": "keep", "sort_by": "score DESC", "max_errors": 9}},
		{"name": "write", "kind": "sql", "options": {"query": "DELETE FROM people WHERE false", "effect": true}},
		{"name": "inner", "kind": "sub_campaign", "options": {"starts": "inner document", "parameters": {"n": "rows"}, "wait": true, "timeout": "1 day"}},
		{"name": "done", "kind": "end", "options": null}],
	"transitions": [
		{"source": "everybody", "outcome": "result", "target": "parts"},
		{"source": "parts", "outcome": "some", "target": "once"},
		{"source": "once", "outcome": "result", "target": "more"},
		{"source": "once", "outcome": "result", "target": "sum"},
		{"source": "everybody", "outcome": "result", "target": "sum"},
		{"source": "parts", "outcome": "rest", "target": "enough"},
		{"source": "enough", "outcome": "many", "target": "tell"},
		{"source": "enough", "outcome": "few", "target": "told"},
		{"source": "told", "outcome": "timeout", "target": "asked"},
		{"source": "parts", "outcome": "low", "target": "both"},
		{"source": "both", "outcome": "result", "target": "pause"},
		{"source": "both", "outcome": "result", "target": "date"},
		{"source": "pause", "outcome": "result", "target": "again"},
		{"source": "date", "outcome": "result", "target": "again"},
		{"source": "again", "outcome": "result", "target": "mail"},
		{"source": "mail", "outcome": "result", "target": "done"},
		{"source": "once", "outcome": "result", "target": "keep"},
		{"source": "once", "outcome": "result", "target": "ask"},
		{"source": "mail", "outcome": "result", "target": "store"},
		{"source": "mail", "outcome": "result", "target": "words"},
		{"source": "mail", "outcome": "result", "target": "note"},
		{"source": "mail", "outcome": "result", "target": "letter"},
		{"source": "mail", "outcome": "result", "target": "inner"},
		{"source": "mail", "outcome": "result", "target": "twins"},
		{"source": "twins", "outcome": "dropped", "target": "meant"},
		{"source": "mail", "outcome": "result", "target": "out"},
		{"source": "mail", "outcome": "result", "target": "call"}]}$$);
SELECT kind FROM campaign_kinds() EXCEPT
SELECT a ->> 'kind' FROM campaign_export('document') x, jsonb_array_elements(x -> 'activities') a;
SELECT * FROM campaign_check('document');
SELECT jsonb_pretty(campaign_export('document'));

-- Round trip: under the same name, another one, and another search_path.
CREATE TEMP TABLE kept AS SELECT campaign_export('document') AS document;
SET search_path = public;
SELECT campaign_define(document) FROM pg_temp.kept;
SELECT campaign_export('document') = document AS same FROM kept;
SELECT campaign_define(document || '{"name": "copy"}') FROM kept;
SELECT campaign_export('copy') = document || '{"name": "copy"}' AS same FROM kept;
SELECT * FROM campaign_check('copy');
SET search_path = document, public;

-- So it is with what was built by the functions.
SELECT campaign_create('built', 'people');
SELECT campaign_add_audience('built', 'a', after => NULL);
SELECT campaign_add_wait('built', 'w', '1 mon 2 days 03:04:05.5', after => 'a');
SET intervalstyle = 'sql_standard';
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Tokyo';
SELECT campaign_add_wait('built', 'v', fixed_time => '01/02/2030 09:00', after => 'a');
SELECT campaign_add_wait('built', 'u', '1 mon 2 days 03:04:05.5', after => 'v');
RESET intervalstyle;
RESET datestyle;
RESET timezone;
SELECT campaign_export('built') -> 'activities' AS activities \gset
SELECT a ->> 'name' AS name, a -> 'options' AS options FROM jsonb_array_elements(:'activities') a;
SELECT campaign_define(campaign_export('built'));
SELECT campaign_export('built') -> 'activities' = :'activities' AS same;

-- The draft is replaced; versions stay, and can be brought back.
SELECT campaign_publish('document');
SELECT campaign_define('{"name": "document", "dimension": "people"}');
SELECT campaign_export('document');
SELECT campaign_export('document', 1) = document AS same FROM kept;
SELECT campaign_define(campaign_export('document', 1));
SELECT campaign_export('document') = document AS same FROM kept;
SELECT campaign_export('document', 2);
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_export('document', -1);
\echo :LAST_ERROR_SQLSTATE

-- What is executed is the version: dimension and settings too.
INSERT INTO people VALUES (1, 'one@x.org', 4), (2, 'two@x.org', 6);
SELECT campaign_define('{"name": "frozen", "dimension": "people", "settings": {"variables": {"floor": {"type": "integer", "default": 5}}},
	"activities": [{"name": "everybody", "kind": "audience", "options": {"filter": "score > vars.floor"}},
		{"name": "mail", "kind": "email", "options": {"subject": "s", "body": "b"}}],
	"transitions": [{"source": "everybody", "outcome": "result", "target": "mail"}]}');
SELECT campaign_publish('frozen');
CREATE TABLE things (number integer PRIMARY KEY);
SELECT campaign_dimension('things');
SELECT campaign_define('{"name": "frozen", "dimension": "things"}');
SELECT campaign_start('frozen') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, error FROM campaign.run_progress WHERE run_id = :run;
SELECT recipient FROM campaign.message WHERE run_id = :run;

-- A document that is not right yet is taken, and checked later.
SELECT campaign_define('{"name": "early", "dimension": "nobody", "activities": [
	{"name": "a", "kind": "audience", "options": {"filter": "no_such_column"}}, {"name": "b", "kind": "fork"}, {"name": "c", "kind": "end"}],
	"transitions": [{"source": "b", "outcome": "result", "target": "b"}, {"source": "a", "outcome": "nothing", "target": "c"}]}');
SELECT severity, activity, code, message FROM campaign_check('early');

-- Refused.
DO $$
DECLARE
	given text;
	said text;
	advice text;
BEGIN
	FOREACH given IN ARRAY ARRAY['null', '1', '"x"', '[]', '{}', '{"name": "r"}', '{"dimension": "people"}', '{"name": null, "dimension": "people"}',
		'{"name": {}, "dimension": "people"}', '{"name": 1, "dimension": "people"}', '{"name": "", "dimension": "people"}', '{"name": "r", "dimension": "people", "activites": []}',
		'{"name": "r", "dimension": "people", "settings": []}', '{"name": "r", "dimension": "people", "settings": {"keep": true}}',
		'{"name": "r", "dimension": "people", "activities": {}}', '{"name": "r", "dimension": "people", "activities": 1}',
		'{"name": "r", "dimension": "people", "activities": [1]}', '{"name": "r", "dimension": "people", "activities": [[]]}',
		'{"name": "r", "dimension": "people", "activities": [{}]}', '{"name": "r", "dimension": "people", "activities": [{"name": "a"}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "x"}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "A", "kind": "end"}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "end", "option": {}}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "end", "options": []}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "end", "options": {"x": 1}}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "split", "options": {"outcomes": [{"name": "x"}, {"name": "x"}]}}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "wait", "options": {"duration": "soon"}}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "end"}, {"name": "a", "kind": "end"}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "end", "search_path": "1, 2,,"}]}',
		'{"name": "r", "dimension": "people", "transitions": [{"source": "a", "outcome": "result", "target": "b"}]}',
		'{"name": "r", "dimension": "people", "transitions": [{"source": "a", "target": "b"}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "fork"}], "transitions": [{"source": "a", "target": "a"}]}',
		'{"name": "r", "dimension": "people", "activities": [{"name": "a", "kind": "fork"}], "transitions": [{"from": "a", "outcome": "result", "target": "a"}]}']
	LOOP
		BEGIN
			PERFORM campaign_define(given::jsonb);
			RAISE WARNING '%: accepted', given;
			PERFORM campaign_drop('r');
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
			RAISE WARNING E'%\n\t% % / %', given, SQLSTATE, said, advice;
		END;
	END LOOP;
END $$;

-- Somebody else's campaign is not there.
SET SESSION AUTHORIZATION regress_document_other;
SELECT campaign_define('{"name": "document", "dimension": "people"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_export('document');
\echo :LAST_ERROR_SQLSTATE

-- Clean up.
SET SESSION AUTHORIZATION regress_document;
SELECT campaign_drop(c) FROM unnest(ARRAY['document', 'copy', 'built', 'frozen', 'early', 'inner document']) c \g /dev/null
DROP TABLE kept;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_document';
DROP SCHEMA document CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_document, regress_document_other;
DROP ROLE regress_document, regress_document_other;
