-- A file that is half there, that is written in a test, or that does not say what
-- the rows were is what extract_file must not leave.
\set VERBOSITY terse
\getenv abs_builddir PG_ABS_BUILDDIR
SELECT :'abs_builddir' || '/results/extract_file' AS root \gset
SELECT format('rm -rf %1$L; mkdir -p %1$L/out && ln -s /tmp %1$L/away', :'root') AS make \gset
COPY (SELECT) TO PROGRAM :'make';
CREATE ROLE regress_extract LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_extract;
CREATE SCHEMA extract_file AUTHORIZATION regress_extract;
SELECT format('ALTER ROLE regress_extract SET campaign.file_root = %L', :'root') AS set \gset
:set;
SET search_path = extract_file, public;
-- What a file has in it, and what is in the folder.
CREATE FUNCTION extract_file.show(name text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT encode(pg_read_binary_file(split_part(option, '=', 2) || '/out/' || name), 'escape')
	FROM pg_roles, unnest(rolconfig) option WHERE rolname = 'regress_extract' AND option LIKE 'campaign.file_root=%' $$;
CREATE FUNCTION extract_file.files() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT pg_ls_dir(split_part(option, '=', 2) || '/out')
	FROM pg_roles, unnest(rolconfig) option WHERE rolname = 'regress_extract' AND option LIKE 'campaign.file_root=%' ORDER BY 1 $$;

SET SESSION AUTHORIZATION regress_extract;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, city text, score numeric);
INSERT INTO customers VALUES (1, 'a@example.org', 'Paris', 10.50), (2, 'b,"c"@example.org', E'New\nYork', NULL), (3, NULL, 'Paris', 3), (4, '', E'Köln', 4), (5, 'e@example.org', '\.', 5);
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');

-- L1: files, as COPY writes them.
SELECT campaign_create('out', dimension => 'customers', settings => '{"variables": {"day": {"type": "text", "default": "monday"}}}');
SELECT campaign_add_audience('out', 'all_rows');
SELECT campaign_add_enrich('out', 'rich', after => 'all_rows', columns => '{"twice": "score * 2"}');
SELECT campaign_add_extract_file('out', 'plain', after => 'rich', file => 'out/{{ vars.day }}.csv', sort_by => 'id');
SELECT campaign_add_extract_file('out', 'named', after => 'plain', file => 'out/named.tsv', format => 'tsv', null_text => '-', encoding => 'LATIN1', sort_by => 'score DESC NULLS FIRST',
	columns => '[{"name": "E-Mail", "value": "upper(email)"}, {"name": "city"}, {"name": "a\"b", "value": "customers.score + twice"}]');
SELECT campaign_add_extract_file('out', 'sole', after => 'named', file => 'out/sole.csv', header => false, columns => '[{"name": "city"}]', sort_by => 'id');
SELECT campaign_add_extract_file('out', 'cities', after => 'sole', file => 'out/cities.csv', delimiter => ';', group_by => 'city', group_filter => 'count(*) > 1', sort_by => 'count(*) DESC, city',
	columns => '[{"name": "city"}, {"name": "n", "value": "count(*)"}, {"name": "sum", "value": "sum(score)"}]');
SELECT campaign_add_extract_file('out', 'in_table', after => 'cities', relation => 'extracted', columns => '[{"name": "Key", "value": "id"}, {"name": "city"}, {"name": "twice"}]');
SELECT campaign_add_extract_file('out', 'more', after => 'in_table', relation => 'extracted', mode => 'append', columns => '[{"name": "city", "value": "upper(city)"}]');
SELECT activity, code FROM campaign_check('out') WHERE code = 'no_file_right';
SELECT campaign_publish('out');
-- Without the right to write files: nothing.
SELECT campaign_start('out') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT files();
SELECT campaign_stop(:run);
RESET SESSION AUTHORIZATION;
GRANT pg_write_server_files TO regress_extract;
-- A test counts and writes nothing.
BEGIN;
SELECT campaign_start('out') AS run \gset
UPDATE campaign.run SET test = true WHERE run_id = :run;
COMMIT;
SET SESSION AUTHORIZATION regress_extract;
SELECT campaign_wait(:run);
SELECT activity, message FROM campaign.log WHERE run_id = :run AND event = 'effect' ORDER BY activity;
SELECT files();
SELECT to_regclass('extracted');
SELECT campaign_start('out') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT files();
SELECT show('monday.csv');
SELECT show('named.tsv');
SELECT show('sole.csv');
SELECT show('cities.csv');
SELECT * FROM extracted ORDER BY 1, 2;
SELECT relowner::regrole, relkind FROM pg_class WHERE oid = 'extracted'::regclass;
SELECT activity, message FROM campaign.log WHERE run_id = :run AND event = 'effect' ORDER BY activity;
SELECT source, rows FROM campaign.flow_counts WHERE run_id = :run AND outcome = 'result' ORDER BY 1;
SELECT count(*) FROM campaign_verify(:run);
-- What was written is read back.
RESET SESSION AUTHORIZATION;
CREATE TABLE extract_file.back (LIKE extract_file.customers, twice numeric);
SELECT format('COPY extract_file.back (id, twice) FROM %L (FORMAT csv, HEADER match)', :'root' || '/out/monday.csv') AS copy \gset
:copy;
SELECT id, twice FROM extract_file.back ORDER BY 1;

-- Again: the file is replaced, the table emptied.
SET SESSION AUTHORIZATION regress_extract;
DELETE FROM customers WHERE id > 3;
SELECT campaign_start('out', '{"day": "tuesday"}') AS run \gset
SELECT campaign_wait(:run);
SELECT files();
SELECT show('sole.csv');
SELECT count(*) FROM extracted;

-- A failure leaves the old file whole and no other; so do errors of the system.
SELECT campaign_create('failing', dimension => 'customers', settings => '{"variables": {"name": {"type": "text"}, "floor": {"type": "int", "default": 2}}}');
SELECT campaign_add_audience('failing', 'all_rows');
SELECT campaign_add_extract_file('failing', 'write', after => 'all_rows', file => '{{ vars.name }}', columns => '[{"name": "x", "value": "1 / (id - vars.floor)"}]', sort_by => 'id');
SELECT campaign_publish('failing');
CREATE TABLE names (n int GENERATED ALWAYS AS IDENTITY, name text);
INSERT INTO names (name) VALUES ('out/sole.csv'), ('/tmp/x'), ('../x'), ('out/../x'), ('away/x'), ('nowhere/x'), ('out'), ('out/'), ('');
\set ECHO none
\o /dev/null
SELECT format('SELECT campaign_start(''failing'', %L)', jsonb_build_object('name', name, 'floor', CASE WHEN n = 1 THEN 2 ELSE 0 END)),
	$$SELECT campaign_wait(max(run_id)) FROM campaign.run_progress WHERE campaign = 'failing'$$,
	$$SELECT campaign_stop(max(run_id)) FROM campaign.run_progress WHERE campaign = 'failing'$$ FROM names ORDER BY n \gexec
\o
\set ECHO all
SELECT n.name, p.error FROM (SELECT *, row_number() OVER (ORDER BY run_id) AS n FROM campaign.run_progress WHERE campaign = 'failing' AND activity = 'write') p JOIN names n USING (n) ORDER BY n;
SELECT files();
SELECT show('sole.csv');
-- What somebody has put where the hidden file goes is not written to.
RESET SESSION AUTHORIZATION;
SELECT format('cat > /dev/null; echo kept > %1$L/out/kept && ln %1$L/out/kept %1$L/out/.linked.csv.campaign_part', :'root') AS link \gset
COPY (SELECT) TO PROGRAM :'link';
SET SESSION AUTHORIZATION regress_extract;
SELECT campaign_start('failing', '{"name": "out/linked.csv", "floor": 0}') AS run \gset
SELECT campaign_wait(:run);
SELECT error FROM campaign.run_progress WHERE run_id = :run AND activity = 'write';
SELECT show('kept');
SELECT campaign_stop(:run);
RESET SESSION AUTHORIZATION;
SELECT format('cat > /dev/null; rm %1$L/out/kept %1$L/out/.linked.csv.campaign_part', :'root') AS unlink \gset
COPY (SELECT) TO PROGRAM :'unlink';
SET SESSION AUTHORIZATION regress_extract;

-- Rejected lines of a file can be written, too; so can lines themselves.
CREATE TABLE arrivals (email text, score text);
INSERT INTO arrivals VALUES ('x@example.org', '1'), ('y@example.org', 'one');
SELECT campaign_create('lines', dimension => 'customers');
SELECT campaign_add_load_file('lines', 'load', relation => 'arrivals', columns => '[{"name": "email"}, {"name": "score", "type": "int"}]');
SELECT campaign_add_extract_file('lines', 'good', after => 'load', file => 'out/good.csv');
SELECT campaign_add_extract_file('lines', 'bad', after => 'load.rejected', file => 'out/bad.csv');
SELECT campaign_publish('lines');
SELECT campaign_start('lines') AS run \gset
SELECT campaign_wait(:run);
SELECT show('good.csv');
SELECT show('bad.csv');

-- What is refused.
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', relation => 'y');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', mode => 'append');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', relation => 'x', header => true);
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', columns => '[{"value": "id"}]');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', columns => '[{"name": "nothing"}]');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', columns => '[{"name": "n", "value": "count(*)"}]');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', group_by => 'city');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', group_by => 'city', columns => '[{"name": "score"}]');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', group_filter => 'count(*) > 1');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', delimiter => '"');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', null_text => 'a,b');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', encoding => 'ELVISH');
SELECT campaign_add_extract_file('out', 'wrong', after => 'rich', file => 'x', sort_by => 'id; SELECT 1');

SELECT campaign_drop(c) FROM unnest('{out,failing,lines}'::text[]) c;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_extract';
DROP SCHEMA extract_file CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_extract;
DROP ROLE regress_extract;
