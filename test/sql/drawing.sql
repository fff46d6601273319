-- Would fail if a drawing showed something else than the graph, or a run's
-- drawing other counts than the views.
SET client_min_messages = warning;
CREATE ROLE regress_drawing LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_drawing;
CREATE SCHEMA drawing AUTHORIZATION regress_drawing;
SET SESSION AUTHORIZATION regress_drawing;
SET search_path = drawing, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text, score integer);
INSERT INTO people SELECT i, i || '@x.org', i % 10 FROM generate_series(1, 1234) i;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
CREATE FUNCTION draw(name text, activities text[], transitions text[]) RETURNS text LANGUAGE sql AS $$
	SELECT campaign_define(jsonb_build_object('name', $1, 'dimension', 'people',
		'activities', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', split_part(a, ' ', 1), 'kind', split_part(a, ' ', 2),
			'options', coalesce(nullif(substr(a, length(split_part(a, ' ', 1)) + length(split_part(a, ' ', 2)) + 3), ''), '{}')::jsonb)), '[]') FROM unnest($2) a),
		'transitions', (SELECT coalesce(jsonb_agg(jsonb_build_object('source', split_part(t, ' ', 1), 'outcome', split_part(t, ' ', 2), 'target', split_part(t, ' ', 3))), '[]') FROM unnest($3) t)))
$$;
\pset format unaligned
\pset tuples_only on

-- Nothing, one, a line, two that have nothing to do with each other.
SELECT draw('empty', '{}', '{}') AS c \gset
SELECT campaign_graph('empty');
SELECT draw('one', '{a audience}', '{}') AS c \gset
SELECT campaign_graph('one');
SELECT draw('line', '{a audience,b fork,c end}', '{a result b,b result c}') AS c \gset
SELECT campaign_graph('line', 'text');
SELECT draw('apart', '{a audience,b audience,c end,d end}', '{a result c,b result d}') AS c \gset
SELECT campaign_graph('apart', run => NULL);

-- A diamond, a fan, outcomes that meet again, a join of distant branches.
SELECT draw('diamond', ARRAY['a audience', 'f fork', 'l wait {"duration":"1 hour"}', 'r wait {"duration":"2 days"}', 'j join {"primary_set":"l"}', 'e end'],
	'{a result f,f result l,f result r,l result j,r result j,j result e}') AS c \gset
SELECT campaign_graph('diamond');
SELECT draw('fan', ARRAY['a audience', 's split {"outcomes":[{"name":"one","percent":10},{"name":"two","percent":10},{"name":"three","percent":10},{"name":"four"}]}', 'm1 end', 'm2 end', 'm3 end'],
	'{a result s,s one m1,s two m2,s three m3}') AS c \gset
SELECT campaign_graph('fan');
SELECT draw('meeting', ARRAY['a audience', 's split {"outcomes":[{"name":"x","percent":10},{"name":"y"}]}', 'j join', 'e end', 'r fork'],
	'{a result s,s x j,s y j,j result e,a rejected r}') AS c \gset
SELECT campaign_graph('meeting');
SELECT draw('ladder', ARRAY['a audience', 'b fork', 'c fork', 'd fork', 'j join', 'k join', 'l join', 'e end'],
	'{a result b,a result j,b result c,b result k,c result d,c result l,d result j,j result k,k result l,l result e}') AS c \gset
SELECT campaign_graph('ladder');

-- What cannot run is drawn too: cycles, loose ends, outcomes that are not there.
SELECT draw('cycle', '{a audience,b fork,c fork,e end}', '{a result b,b result c,c result b,c result e}') AS c \gset
SELECT campaign_graph('cycle');
SELECT draw('wrong', ARRAY['a audience', 's split {"outcomes":[{"name":"x"}]}', 'e end', 'lost end'], '{a result s,s nothing e}') AS c \gset
SELECT campaign_graph('wrong');

-- Texts: long, of several lines, wide, with control characters; no line is
-- longer than 80 columns.
SELECT draw('texts', ARRAY[format('%s audience %s', repeat('n', 63), jsonb_build_object('filter', E'score > 1\n\tAND  true -- ' || repeat('x', 200))),
	format('b email %s', jsonb_build_object('subject', 'Größe: 日本語 ' || repeat('日', 60), 'body', '')), format('c email %s', jsonb_build_object('subject', E'\u0007\u202e', 'body', '')), 'd end'],
	ARRAY[repeat('n', 63) || ' result b', 'b result c', 'c result d']) AS c \gset
SELECT campaign_graph('texts');
SELECT c, max(char_length(line)) <= 80 AS fits FROM unnest('{diamond,fan,meeting,ladder,cycle}'::text[]) c, regexp_split_to_table(campaign_graph(c), E'\n') line GROUP BY c HAVING max(char_length(line)) > 80;
SELECT draw(E'a "name"\nof 2 lines', '{a audience}', '{}') AS c \gset
SELECT campaign_graph(E'a "name"\nof 2 lines');

-- A thousand in a row.
SELECT draw('thousand', ARRAY(SELECT format('a%s %s', i, CASE i WHEN 1 THEN 'audience' ELSE 'fork' END) FROM generate_series(1, 1000) i), ARRAY(SELECT format('a%s result a%s', i, i + 1) FROM generate_series(1, 999) i)) AS c \gset
SELECT count(*) FROM regexp_split_to_table(campaign_graph('thousand'), E'\n');

-- A run, with its counts.
SELECT draw('run', ARRAY['everybody audience', 'parts split {"outcomes":[{"name":"low","filter":"score < 2"},{"name":"high","filter":"score > 6"}]}',
	'mail email {"subject":"Hello {{ id }}","body":"x"}', 'f fork', 'pause wait {"duration":"1 hour"}', 'both join', 'done end'],
	'{everybody result parts,parts low mail,parts high f,f result pause,mail result both,pause result both,both result done}') AS c \gset
SELECT campaign_publish('run') \g /dev/null
SELECT campaign_start('run') AS run \gset
SELECT campaign_wait(:run);
SELECT regexp_replace(campaign_graph('run', 'text', :run), 'run \d+', 'run N');
SELECT campaign_remove('run', 'parts') \g /dev/null
SELECT campaign_graph('run');
SELECT regexp_replace(campaign_graph('run', 'text', :run), 'run \d+', 'run N') LIKE '%parts%' AS still_as_published;
SELECT campaign_stop(:run);
SELECT regexp_replace(campaign_graph('run', 'text', :run), 'run \d+', 'run N');

-- A run that failed.
SELECT draw('failing', ARRAY['everybody audience', 'broken audience {"filter":"1 / (score - score) > 0"}', 'after_broken end'], '{everybody result broken,broken result after_broken}') AS c \gset
SELECT campaign_publish('failing') \g /dev/null
SELECT campaign_start('failing') AS run \gset
SELECT campaign_wait(:run);
SELECT regexp_replace(campaign_graph('failing', 'text', :run), 'run \d+', 'run N');
SELECT campaign_stop(:run);

-- Refused.
SELECT campaign_graph('run', 'png');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_graph('run', 'TEXT');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_graph('rum');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_graph('run', 'text', 0);
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_graph('run', 'text', -1);
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_graph('run', 'text', 9223372036854775807);
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY sqlstate
SELECT campaign_graph('line', 'text', :run);
\set VERBOSITY default

-- Clean up.
SELECT campaign_drop(c) FROM unnest(ARRAY['empty', 'one', 'line', 'apart', 'diamond', 'fan', 'meeting', 'ladder', 'cycle', 'wrong', 'texts', E'a "name"\nof 2 lines', 'thousand', 'run', 'failing']) c \g /dev/null
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_drawing';
DROP SCHEMA drawing CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_drawing;
DROP ROLE regress_drawing;
