-- Would fail if a name of the user's were anything but a name: with quotes,
-- spaces, line breaks, format codes, reserved words, or 63 bytes of UTF-8.
SET client_min_messages = warning;
CREATE ROLE regress_names LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_names;
CREATE SCHEMA names AUTHORIZATION regress_names;
SET SESSION AUTHORIZATION regress_names;
SET search_path = names, public;
CREATE TABLE hostile (n integer PRIMARY KEY, name text);
INSERT INTO hostile VALUES
	(1, 'plain'), (2, 'with space'), (3, 'it''s'), (4, '"quoted"'), (5, 'back\slash'), (6, E'two\nlines'), (7, E'tab\there'), (8, 'semi;colon'), (9, '--'), (10, '/*'),
	(11, '$$'), (12, '$1'), (13, '%s %I %L'), (14, '{{ x }}'), (15, 'a.b'), (16, 'a,b'), (17, ' leading'), (18, 'trailing '), (19, 'UPPER'), (20, 'MiXeD'),
	(21, 'select'), (22, 'table'), (23, 'user'), (24, 'order'), (25, 'true'), (26, 'campaign'), (27, 'd'), (28, 'p'), (29, 'drawn'), (30, 's'), (31, 'h'), (32, 'pg_class'),
	(33, repeat('é', 31) || 'x'), (34, repeat('日', 21)), (35, repeat('x', 63)), (36, U&'\202Eright'), (37, '1st'), (38, 'campaign.address'), (39, 'campaign.1'),
	(40, ''');DROP TABLE hostile;--'), (41, 'E''\'''), (42, '*'), (43, '?'), (44, ':x'), (45, '::text'), (46, 'row'), (47, 'excluded'), (48, 'n'), (49, '🙂'), (50, E'a\r\nb');

-- A schema, a table with such a key and such columns, a dimension, a campaign of
-- that name: a whole run for each.
CREATE TABLE run_of (n integer PRIMARY KEY, run bigint);
CREATE FUNCTION build(n integer, name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	i text := quote_ident(build.name);
	other text := quote_ident(CASE build.name WHEN 'plain' THEN 'other' ELSE 'plain' END);
BEGIN
	EXECUTE format('CREATE TABLE names.%s (%s integer, %s text, "e mail" text, opt_in boolean, PRIMARY KEY (%s))', i, i, other, i);
	EXECUTE format('INSERT INTO names.%s SELECT g, g::text, g || ''@x.org'', g %% 10 <> 0 FROM generate_series(1, 100) g', i);
	PERFORM campaign_dimension(('names.' || i)::regclass, addresses => '{"email": "\"e mail\""}', consent => '{"email": "opt_in"}', key => i);
	PERFORM campaign_create(build.name, build.name, settings => '{"keep_populations": true}');
	PERFORM campaign_add_audience(build.name, 'everybody', filter => format('%s > 20 AND %s.%s <= 100', i, i, i));
	PERFORM campaign_add_split(build.name, 'parts', jsonb_build_array(jsonb_build_object('name', 'low', 'filter', i || ' <= 40'), '{"name": "some", "number": 5}'::jsonb, '{"name": "rest"}'::jsonb), seed => 'one', after => 'everybody');
	PERFORM campaign_add_audience(build.name, 'again', filter => format('length(%s) > 0 AND %s > 0', other, i), after => 'parts.rest');
	PERFORM campaign_add_email(build.name, 'mail', format('{{ %s }}', i), format('{{ %s }} {{ %s.%s }}', other, i, i), after => 'again');
	PERFORM campaign_add_end(build.name, 'done', after => 'mail');
	PERFORM campaign_publish(build.name);
END $$;
DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM hostile ORDER BY n LOOP
		BEGIN
			PERFORM names.build(r.n, r.name);
			INSERT INTO names.run_of VALUES (r.n);
		EXCEPTION WHEN OTHERS THEN
			RAISE WARNING '% %: % %', r.n, r.name, SQLSTATE, SQLERRM;
		END;
	END LOOP;
END $$;
DELETE FROM hostile WHERE n NOT IN (SELECT n FROM run_of);
UPDATE run_of SET run = campaign_start((SELECT name FROM hostile h WHERE h.n = run_of.n));
CREATE TABLE ended AS SELECT n, run, campaign_wait(run) AS state FROM run_of;
SELECT state, count(*) FROM ended GROUP BY state;
SELECT n, p.activity, p.sqlstate, p.error FROM ended JOIN campaign.run_progress p ON run_id = run WHERE p.error IS NOT NULL ORDER BY n;

-- The counts are those of the plain name, in flows, messages and exclusions.
CREATE VIEW counts AS
SELECT n, source || '.' || outcome AS what, rows FROM run_of JOIN campaign.flow_counts ON run_id = run
UNION ALL SELECT n, 'messages', count(*) FROM run_of JOIN campaign.message ON run_id = run GROUP BY n
UNION ALL SELECT n, reason, count(*) FROM run_of JOIN campaign.excluded ON run_id = run GROUP BY n, reason;
SELECT what, rows FROM counts WHERE n = 1 ORDER BY what COLLATE "C";
SELECT n, what, c.rows, p.rows AS plain FROM counts c FULL JOIN (SELECT what, rows, n FROM hostile h, LATERAL (SELECT what, rows FROM counts WHERE n = 1) x WHERE h.n IN (SELECT n FROM run_of)) p USING (n, what)
WHERE c.rows IS DISTINCT FROM p.rows ORDER BY n, what;
SELECT n, v.* FROM run_of, campaign_verify(run) v;
SELECT n FROM run_of JOIN hostile USING (n) JOIN campaign.run_progress p ON run_id = run WHERE p.campaign <> name;

-- Exported, drawn, checked; and what is sent is the row's.
SELECT h.n FROM hostile h JOIN run_of USING (n) WHERE campaign_export(name) ->> 'name' <> name OR campaign_export(name) ->> 'dimension' <> name;
SELECT h.n, c.* FROM hostile h JOIN run_of USING (n), campaign_check(name) c WHERE code <> 'no_unsubscribe';
SELECT h.n FROM hostile h JOIN run_of USING (n) WHERE regexp_count(campaign_graph(name, 'text', run), E'\n') <> (SELECT regexp_count(campaign_graph('plain', 'text', run), E'\n') FROM run_of WHERE n = 1);
CREATE TABLE claimed AS SELECT * FROM campaign_claim('email', 100000);
SELECT count(*) = (SELECT sum(rows) FROM counts WHERE what = 'messages') AS all_claimed,
	bool_and(subject || '@x.org' = address AND body = subject || ' ' || subject) AS right_ones FROM claimed;

-- Renamed in place, or swapped for another table: the name decides.
ALTER TABLE "it's" RENAME TO "it isn't";
SELECT campaign_start('it''s') AS run \gset
SELECT campaign_wait(:run);
SELECT sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
ALTER TABLE "it isn't" RENAME TO "it's";
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);

-- Names of the extension's own have one shape, and say so.
SELECT campaign_add('plain', given, 'end') FROM unnest(ARRAY['é']) given;
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_add_split('plain', 'x', '[{"name": "a b"}]', after => 'everybody');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_create(repeat('é', 100), 'plain') = repeat('é', 100) AS longest;
SELECT campaign_drop(repeat('é', 100));
SELECT campaign_create(repeat('é', 100) || 'x', 'plain');
\echo :LAST_ERROR_SQLSTATE

-- Clean up.
SELECT count(*) FROM (SELECT DISTINCT lease FROM claimed) l, campaign_ack(lease);
SELECT campaign_drop(name) FROM hostile JOIN run_of USING (n) \g /dev/null
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relowner = 'regress_names'::regrole;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_names';
DROP SCHEMA names CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_names;
DROP ROLE regress_names;
