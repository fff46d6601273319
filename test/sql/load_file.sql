-- A line that is lost without being counted, a value that is not what the file
-- says, or a file that is read though nobody may, is what load_file must not give.
\set VERBOSITY terse
\getenv abs_builddir PG_ABS_BUILDDIR
SELECT :'abs_builddir' || '/results/load_file' AS root \gset
SELECT format('rm -rf %1$L; mkdir -p %1$L/in %1$L/out', :'root') AS make \gset
COPY (SELECT) TO PROGRAM :'make';
CREATE ROLE regress_load LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_load;
CREATE SCHEMA load_file AUTHORIZATION regress_load;
-- Writes a file with any bytes.
CREATE FUNCTION load_file.write(name text, content bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	o oid := lo_from_bytea(0, content);
BEGIN
	PERFORM lo_export(o, current_setting('load_file.root') || '/in/' || name), lo_unlink(o);
END $$;
SELECT set_config('load_file.root', :'root', false) IS NOT NULL AS root;
SET search_path = load_file, public;

SET SESSION AUTHORIZATION regress_load;
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
INSERT INTO customers SELECT g, 'c' || g || '@example.org' FROM generate_series(1, 9) g;
CREATE DOMAIN percentage AS int CHECK (VALUE BETWEEN 0 AND 100);
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');

-- L1: load a file, rules per column.
SELECT campaign_create('rules', dimension => 'customers', settings => '{"keep_populations": true, "variables": {"day": {"type": "text"}}}');
SELECT campaign_add_load_file('rules', 'load', file => 'in/{{ vars.day }}.csv', time_zone => 'Europe/Paris', columns => '[
	{"name": "email", "header": "E-Mail", "trim": true, "letters": "lower", "nulls": "refused", "max_length": 20},
	{"name": "junk", "ignore": true},
	{"name": "total", "type": "numeric(8,2)", "decimal": ",", "thousands": "."},
	{"name": "count", "type": "int", "remap": {"three": "3", "none": null}, "nulls": "allowed"},
	{"name": "size", "remap": {"S": "small", "L": "large"}, "on_error": "fallback_unmapped", "fallback": "medium"},
	{"name": "born", "type": "date", "format": "DD/MM/YYYY", "on_error": "null"},
	{"name": "at", "type": "timestamptz"},
	{"name": "off", "type": "percentage", "nulls": "allowed"}]');
SELECT campaign_add_audience('rules', 'big', after => 'load', filter => 'total > 10 AND file.line < 100');
SELECT campaign_add_deduplicate('rules', 'once', after => 'big', by => 'email', keep => 'total DESC');
SELECT campaign_add_enrich('rules', 'rich', after => 'once', columns => '{"twice": "total * 2"}');
SELECT campaign_add_sql('rules', 'people', after => 'rich', dimension => 'customers', query => 'SELECT c.id, r.twice FROM customers c JOIN rich r USING (email)');
SELECT campaign_add_email('rules', 'mail', after => 'people', subject => '{{ twice }}', body => 'x');
SELECT campaign_add_audience('rules', 'late', after => 'load.rejected', filter => $$sqlstate = '22P04'$$);
SELECT activity, code, message FROM campaign_check('rules') WHERE code = 'no_file_right';
SELECT campaign_publish('rules');
RESET SESSION AUTHORIZATION;
SELECT load_file.write('monday.csv', convert_to($$E-Mail,junk,total,count,size,born,at,off
 C1@Example.org ,x,"1.234,50",three,S,31/12/1980,2026-07-01 12:00,10
c2@example.org,,"11,5",none,L,1/2/1999,2026-01-01 12:00+00,
"c3@example.org","a
b",15,4,X,31/02/1999,2026-01-01,100
c4@example.org,,20,5,,01/01/1970x,2026-01-01,
c4@example.org,,21,5,,,2026-01-01,
c5@example.org,,"12.34,5",5,S,,2026-01-01,
,,20,5,S,,2026-01-01,
much_too_long@example.org,,20,5,S,,2026-01-01,
c6@example.org,,,5,S,,2026-01-01,
c6@example.org,,1,five,S,,2026-01-01,
c6@example.org,,1,5,S,,2026-02-30,
c6@example.org,,1,5,S,,,101
c6@example.org,,1,5,S,,
c6@example.org,,1,5,S,,,,

c7@example.org,,"1,5",6,S,,,
$$, 'UTF8'));
SELECT format('ALTER ROLE regress_load SET campaign.file_root = %L', :'root') AS set \gset
:set;
GRANT pg_read_server_files TO regress_load;
SET SESSION AUTHORIZATION regress_load;
SELECT campaign_start('rules', '{"day": "monday"}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT DISTINCT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2;
SELECT max(relation) FILTER (WHERE outcome = 'result') AS rows, max(relation) FILTER (WHERE outcome = 'rejected') AS rejects FROM campaign.flow_counts WHERE run_id = :run AND source = 'load' \gset
SET timezone = 'UTC';
SELECT * FROM :rows ORDER BY line;
SELECT line, column_name, sqlstate, message FROM :rejects ORDER BY line;
SELECT raw FROM :rejects WHERE line = 10;
SELECT message FROM campaign.log WHERE campaign = 'rules' AND event = 'warning' ORDER BY 1;
SELECT subject FROM campaign_claim('email') ORDER BY subject;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Whatever a file may have in it.
SELECT campaign_create('any', dimension => 'customers', settings => '{"keep_populations": true, "variables": {"name": {"type": "text"}}}');
SELECT campaign_add_load_file('any', 'load', file => 'in/{{ vars.name }}', header => 'none', max_line => 100, columns => '[{"name": "a"}, {"name": "b", "type": "int"}]');
SELECT campaign_add_end('any', 'done', after => 'load');
SELECT campaign_publish('any');
RESET SESSION AUTHORIZATION;
CREATE TABLE load_file.hostile (name text PRIMARY KEY, content bytea);
GRANT SELECT ON load_file.hostile TO regress_load;
INSERT INTO load_file.hostile VALUES
	('01 empty', ''),
	('02 no end', 'x,1'),
	('03 byte order mark', '\xEFBBBF782C310A'),
	('04 ends mixed', E'a,1\nb,2\r\nc,3\rd,4\r\n\r\n\ne,5\r'::bytea),
	('05 end of copy', convert_to(E'a,1\n\\.\nb,2\n\\.,3\n"\\.",4\n', 'UTF8')),
	('06 bad bytes', '\x612C310AFF622C320A63C3282C330AC3'),
	('07 zero bytes', '\x612C310A62002C320A632C330A'),
	('08 unclosed quote', E'a,1\n"b,2\nc,3\nd,4\n'),
	('09 stray quotes', E'a,1\nb",2\nc,3\nd",4\ne,5\n'),
	('10 ends in quotes', E'"a\r\nb",1\n"c\n",2\n"d""\n""",3\n'),
	('11 long line', convert_to('a,1' || E'\n' || repeat('x', 500000) || E',2\nb,3\n', 'UTF8')),
	('12 long quoted', convert_to(E'a,1\n"' || repeat(E'y,2\n', 60) || E'"\nb,3\n', 'UTF8')),
	('13 fields', E'a\na,1,2\n,\n,,,\na,1\n'),
	('14 nothing but ends', E'\n\n\r\n\r\r\n'),
	('15 numbers', E'a,99999999999\nb,1.5\nc, 7 \nd,\n'),
	('16 binary', decode(repeat('00ff80c3220a', 5), 'hex')),
	('17 empty quotes', E'"",1\n"",\n');
SELECT count(load_file.write(name, content)) FROM load_file.hostile;
SET SESSION AUTHORIZATION regress_load;
\set ECHO none
\o /dev/null
SELECT format('SELECT campaign_start(''any'', %L) IS NULL', jsonb_build_object('name', name)),
	$$SELECT campaign_wait(max(run_id)) FROM campaign.run_progress WHERE campaign = 'any'$$ FROM hostile ORDER BY name \gexec
\o
\set ECHO all
CREATE TABLE found (run_id bigint, line bigint, column_name text, sqlstate text, message text, raw text);
\set ECHO none
SELECT format('INSERT INTO found SELECT %s, * FROM %s', run_id, relation) FROM campaign.flow_counts JOIN campaign.run_progress USING (run_id) WHERE campaign = 'any' AND activity = 'load' AND outcome = 'rejected' AND relation IS NOT NULL \gexec
\set ECHO all
SELECT h.name, p.state, f.rows, p.error FROM (SELECT *, row_number() OVER (ORDER BY run_id) AS n FROM campaign.run_progress WHERE campaign = 'any' AND activity = 'load') p
JOIN (SELECT *, row_number() OVER (ORDER BY name) AS n FROM hostile) h USING (n)
LEFT JOIN campaign.flow_counts f ON f.run_id = p.run_id AND f.outcome = 'result' AND f.source = 'load' ORDER BY 1;
SELECT dense_rank() OVER (ORDER BY run_id) AS file, line, column_name, sqlstate, message, left(replace(replace(raw, E'\r', '~'), E'\n', '|'), 20) AS raw FROM found ORDER BY run_id, line;
SELECT campaign_drop('any');
DROP TABLE found;

-- More rejected lines than are allowed: nothing is loaded. Rejected lines stay
-- until the campaign is started again.
SELECT campaign_create('few', dimension => 'customers', settings => '{"variables": {"name": {"type": "text"}}}');
SELECT campaign_add_load_file('few', 'load', file => 'in/{{ vars.name }}', header => 'none', max_errors => 2, multiline => false, skip_empty => true, columns => '[{"name": "a", "letters": "upper"}, {"name": "b", "type": "int"}]');
SELECT campaign_add_audience('few', 'bees', after => 'load', filter => $$a >= 'B'$$);
SELECT campaign_add_end('few', 'done', after => 'bees');
SELECT campaign_publish('few');
SELECT campaign_start('few', '{"name": "15 numbers"}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, error FROM campaign.run_progress WHERE run_id = :run ORDER BY activity;
SELECT count(*) FROM campaign.flow_counts WHERE run_id = :run;
SELECT campaign_stop(:run);
SELECT campaign_start('few', '{"name": "09 stray quotes"}') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows, relation IS NOT NULL AS there FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2;
SELECT campaign_start('few', '{"name": "01 empty"}') AS empty \gset
SELECT campaign_wait(:empty);
SELECT source, outcome, rows, relation IS NOT NULL AS there FROM campaign.flow_counts WHERE run_id IN (:run, :empty) ORDER BY run_id, 1, 2;
SELECT count(*) FROM campaign_verify(:run);

-- Names of files (S-17): none leads out of the folder, or to what is no file.
RESET SESSION AUTHORIZATION;
SELECT format('cd %1$L/in && ln -s /etc/passwd link && ln -s /etc far && ln -s "01 empty" near && mkfifo pipe && mkdir folder && ln -s %2$L data', :'root', current_setting('data_directory')) AS make \gset
COPY (SELECT) TO PROGRAM :'make';
CREATE TABLE load_file.names (n int GENERATED ALWAYS AS IDENTITY, name text);
INSERT INTO load_file.names (name) VALUES ('/etc/passwd'), ('../../etc/passwd'), ('..'), ('.'), ('../in/01 empty'), ('in/../in/01 empty'), ('./in/01 empty'),
	('in//01 empty'), ('in/'), ('/in/01 empty'), (''), ('in'), ('in/folder'), ('in/link'), ('in/far/passwd'), ('in/near'), ('in/pipe'), ('in/nothing'),
	('in/01 empty/x'), ('in/data/PG_VERSION'), (repeat('x', 300)), (repeat('x/', 600) || 'x'), ('~/x'), ('file:///etc/passwd'), ('in/*'), ('|id');
GRANT SELECT ON load_file.names TO regress_load;
SET SESSION AUTHORIZATION regress_load;
SELECT campaign_create('names', dimension => 'customers', settings => '{"variables": {"name": {"type": "text"}}}');
SELECT campaign_add_load_file('names', 'load', file => '{{ vars.name }}', header => 'none', columns => '[{"name": "a"}]');
SELECT campaign_add_end('names', 'done', after => 'load');
SELECT campaign_publish('names');
\set ECHO none
\o /dev/null
SELECT format('SELECT campaign_start(''names'', %L)', jsonb_build_object('name', name)),
	$$SELECT campaign_wait(max(run_id)) FROM campaign.run_progress WHERE campaign = 'names'$$,
	$$SELECT campaign_stop(max(run_id)) FROM campaign.run_progress WHERE campaign = 'names'$$ FROM names ORDER BY n \gexec
\o
\set ECHO all
SELECT left(n.name, 30) AS name, left(p.error, 80) AS error FROM (SELECT *, row_number() OVER (ORDER BY run_id) AS n FROM campaign.run_progress WHERE campaign = 'names' AND activity = 'load') p JOIN names n USING (n) ORDER BY n;
-- Neither without the right, nor with nothing set free, nor in the data directory.
RESET SESSION AUTHORIZATION;
REVOKE pg_read_server_files FROM regress_load;
SET SESSION AUTHORIZATION regress_load;
SELECT campaign_start('few', '{"name": "01 empty"}') AS run \gset
SELECT campaign_wait(:run);
SELECT error FROM campaign.run_progress WHERE run_id = :run AND activity = 'load';
SELECT campaign_stop(:run);
SET campaign.file_root = '/';
RESET SESSION AUTHORIZATION;
SET campaign.file_root = 'here';
GRANT pg_read_server_files TO regress_load;
SELECT format('ALTER ROLE regress_load SET campaign.file_root = %L', current_setting('data_directory') || '/base') AS set \gset
:set;
SET SESSION AUTHORIZATION regress_load;
SELECT campaign_start('names', '{"name": "1/1255"}') AS run \gset
SELECT campaign_wait(:run);
SELECT error FROM campaign.run_progress WHERE run_id = :run AND activity = 'load';
SELECT campaign_stop(:run);
RESET SESSION AUTHORIZATION;
SELECT format('ALTER ROLE regress_load SET campaign.file_root = %L', :'root') AS set \gset
:set;
SET SESSION AUTHORIZATION regress_load;

-- Headers, fixed width, encodings, other delimiters.
SELECT campaign_create('forms', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_load_file('forms', 'matched', file => 'in/latin.txt', format => 'tsv', encoding => 'LATIN1', null_text => '-', skip_lines => 2, columns => '[{"name": "name", "header": "Nom"}, {"name": "age", "type": "int"}]');
SELECT campaign_add_load_file('forms', 'named', file => 'in/latin.txt', format => 'tsv', encoding => 'LATIN1', null_text => '-', skip_lines => 2, header => 'by_name', columns => '[{"name": "age", "type": "int"}]');
SELECT campaign_add_load_file('forms', 'skipped', file => 'in/latin.txt', delimiter => E'\t', quote => '', encoding => 'LATIN1', skip_lines => 2, header => 'skip', columns => '[{"name": "a"}, {"name": "b"}]');
SELECT campaign_add_load_file('forms', 'escaped', file => 'in/escaped.txt', delimiter => '|', quote => '''', escape => E'\\', header => 'none', columns => '[{"name": "a"}, {"name": "b"}]');
SELECT campaign_add_load_file('forms', 'fixed', file => 'in/fixed.txt', format => 'fixed', columns => '[{"name": "code", "width": 3}, {"name": "name", "width": 6, "trim": true, "letters": "initcap"}, {"name": "n", "width": 4, "type": "numeric", "trim": true, "nulls": "allowed"}]');
SELECT campaign_add_load_file('forms', 'mismatch', file => 'in/latin.txt', skip_lines => 2, columns => '[{"name": "name"}, {"name": "age"}]');
SELECT campaign_publish('forms');
RESET SESSION AUTHORIZATION;
SELECT load_file.write('latin.txt', convert_to(E'a "comment"\n"\nNom\tage\nJos\u00e9\t7\n-\t8\n"-\t\"\t9\n', 'LATIN1'));
SELECT load_file.write('escaped.txt', convert_to(E'a|''b\\''|\\\\''\nc\\|''d''''e''\n', 'UTF8'));
SELECT load_file.write('fixed.txt', convert_to(E'A01\u00e9MILE   12\nB02bob\nC03\n\nD04long  1234more\n', 'UTF8'));
SET SESSION AUTHORIZATION regress_load;
SELECT campaign_start('forms') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL ORDER BY activity;
\set ECHO none
SELECT format('SELECT %L AS of, * FROM %s ORDER BY line', source || '.' || outcome, relation) FROM campaign.flow_counts WHERE run_id = :run AND rows > 0 ORDER BY source, outcome \gexec
\set ECHO all
SELECT campaign_stop(:run);

-- Rows that a client has copied; in a test they stay where they are.
CREATE TABLE arrivals (email text, score text, "Odd name" text);
COPY arrivals FROM STDIN;
c1@example.org	10	x
c2@example.org	many	y
c3@example.org	30	\N
\.
SELECT campaign_create('client', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_load_file('client', 'load', relation => 'arrivals', columns => '[{"name": "email"}, {"name": "score", "type": "int"}, {"name": "odd", "header": "Odd name"}]');
SELECT campaign_add_end('client', 'done', after => 'load');
SELECT campaign_publish('client');
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT campaign_start('client') AS run \gset
UPDATE campaign.run SET test = true WHERE run_id = :run;
COMMIT;
SET SESSION AUTHORIZATION regress_load;
SELECT campaign_wait(:run);
SELECT outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1;
SELECT count(*) FROM arrivals;
SELECT campaign_start('client') AS run \gset
SELECT campaign_wait(:run);
\set ECHO none
SELECT format('SELECT * FROM %s', relation) FROM campaign.flow_counts WHERE run_id = :run AND relation IS NOT NULL ORDER BY relation \gexec
\set ECHO all
SELECT count(*) FROM arrivals;
-- All its columns as they are, and left there.
CREATE TABLE typed (id int, at date);
INSERT INTO typed VALUES (1, '2026-01-02'), (NULL, NULL);
SELECT campaign_create('kept', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_load_file('kept', 'load', relation => 'typed', consume => false);
SELECT campaign_publish('kept');
SELECT campaign_start('kept') AS run \gset
SELECT campaign_wait(:run);
\set ECHO none
SELECT format('SELECT * FROM %s ORDER BY line', relation) FROM campaign.flow_counts WHERE run_id = :run AND outcome = 'result' \gexec
\set ECHO all
SELECT count(*) FROM typed;

-- What is refused.
SELECT campaign_add_load_file('few', 'wrong');
SELECT campaign_add_load_file('few', 'wrong', file => 'x');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', relation => 'typed');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"type": "int"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a"}, {"name": "a"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "line"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "type": "nothing"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "type": "record"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "letters": "loud"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "decimal": ","}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "type": "int", "decimal": ",", "thousands": ","}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "type": "int", "format": "YYYY"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "type": "timestamptz", "time_zone": "Mars"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "remap": [1]}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "on_error": "reject_unmapped"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "fallback": "b"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "type": "int", "on_error": "fallback", "fallback": "b"}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "width": 3}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a"}]', format => 'fixed');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a", "colour": 3}]');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a"}]', delimiter => '');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a"}]', delimiter => '"');
-- Code and words of this one are another's in each version of the server.
DO $$ BEGIN PERFORM campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a"}]', null_text => ',');
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN RAISE NOTICE 'refused'; END $$;
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a"}]', encoding => 'ELVISH');
SELECT campaign_add_load_file('few', 'wrong', file => 'x', columns => '[{"name": "a"}]', consume => true);
SELECT campaign_add_load_file('few', 'wrong', file => '{{ vars.nothing }}', columns => '[{"name": "a"}]');
SELECT campaign_add_load_file('few', 'wrong', relation => 'typed', header => 'none');
SELECT campaign_add_load_file('few', 'wrong', relation => 'nothing');
SELECT campaign_add_load_file('few', 'wrong', relation => 'SELECT 1 AS a');
SELECT campaign_add_load_file('few', 'wrong', relation => 'pg_views');
SELECT campaign_add_audience('few', 'wrong', dimension => 'file');
SELECT campaign_add_email('few', 'wrong', after => 'load', subject => 'x', body => 'x');
SELECT campaign_dimension('customers', name => 'file');

SELECT campaign_drop(c) FROM unnest('{rules,few,names,forms,client,kept}'::text[]) c;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_load';
DROP SCHEMA load_file CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_load;
DROP ROLE regress_load;
