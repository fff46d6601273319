-- Would fail if somebody but the owner saw who is on a transition, if rows were
-- called otherwise than in messages, or if one that is gone looked like an
-- empty one.

SET client_min_messages = warning;
\set VERBOSITY terse
CREATE ROLE regress_population LOGIN;
CREATE ROLE regress_population_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_population, regress_population_other;
CREATE SCHEMA population AUTHORIZATION regress_population;
SET SESSION AUTHORIZATION regress_population;
SET search_path = population, public;
CREATE TABLE people (id bigint PRIMARY KEY, score int, email text);
INSERT INTO people SELECT g, g % 10, g || '@x.org' FROM generate_series(1, 100) g;
CREATE TABLE "Odd, key" ("a,b" text, "campaign" int, n numeric(6,2), PRIMARY KEY ("a,b", "campaign"));
INSERT INTO "Odd, key" VALUES ('x,y', 1, 1.5), (E'back\\slash', 2, NULL), ('"q"', 3, 2);
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_dimension('"Odd, key"', name => 'odd');

-- Kept, because the campaign says so.
SELECT campaign_create('kept', 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('kept', 'some', filter => 'id <= 20');
SELECT campaign_add_enrich('kept', 'more', after => 'some', columns => '{"double": "score * 2", "nothing": "NULL::date"}');
SELECT campaign_add_split('kept', 'half', after => 'more', outcomes => '[{"name": "low", "filter": "score < 5"}, {"name": "high", "filter": "score >= 5"}]');
SELECT campaign_add_email('kept', 'mail', after => 'half.low', subject => 'x', body => 'y');
SELECT campaign_publish('kept');
SELECT campaign_start('kept') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM campaign_population(:run, 'more') ORDER BY key::bigint LIMIT 3;
SELECT * FROM campaign_population_columns(:run, 'more');
SELECT count(*), min(key::bigint) FROM campaign_population(:run, 'half', 'low');
SELECT count(*) FROM campaign_population(:run, 'half', 'high', max_rows => 4);
SELECT count(*) FROM campaign_population(:run, 'half', 'high', max_rows => 0);
-- Rows are called what messages call them.
SELECT count(*) FROM campaign_population(:run, 'half', 'low') p JOIN campaign.message m ON m.recipient = p.key WHERE m.run_id = :run;
-- A sample is the same each time, and part of a larger one.
SELECT count(*), bool_and(key IN (SELECT key FROM campaign_population(:run, 'more', max_rows => 10, sample => true))) AS contained,
	array_agg(key) = (SELECT array_agg(key) FROM campaign_population(:run, 'more', 'result', 5, true)) AS same
FROM campaign_population(:run, 'more', max_rows => 5, sample => true);
-- What is asked for must be there.
SELECT count(*) FROM campaign_population(:run, 'half');
DO $$ BEGIN PERFORM campaign_population((SELECT min(run_id) FROM campaign.run_progress), 'half', 'middle'); EXCEPTION WHEN OTHERS THEN RAISE WARNING '% %', SQLSTATE, regexp_replace(SQLERRM, '\d+', 'N'); END $$;
DO $$ BEGIN PERFORM campaign_population((SELECT min(run_id) FROM campaign.run_progress), 'nobody'); EXCEPTION WHEN OTHERS THEN RAISE WARNING '% %', SQLSTATE, regexp_replace(SQLERRM, '\d+', 'N'); END $$;
SELECT count(*) FROM campaign_population(0, 'more');

-- Keys of several columns, and names with anything in them.
SELECT campaign_create('odd', 'odd', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('odd', 'all');
SELECT campaign_add_enrich('odd', 'more', after => 'all', columns => '{"n2": "n * 2"}');
SELECT campaign_publish('odd');
SELECT campaign_start('odd') AS odd \gset
SELECT campaign_wait(:odd);
SELECT * FROM campaign_population(:odd, 'more') ORDER BY data ->> 'campaign';
SELECT * FROM campaign_population_columns(:odd, 'more');

-- Dropped, because nothing needs it any more.
SELECT campaign_create('dropped', 'people');
SELECT campaign_add_audience('dropped', 'all');
SELECT campaign_add_signal('dropped', 'go', after => 'all');
SELECT campaign_add_audience('dropped', 'later', after => 'go');
SELECT campaign_publish('dropped');
SELECT campaign_start('dropped') AS dropped \gset
SELECT campaign_wait(:dropped);
SELECT count(*) FROM campaign_population(:dropped, 'all', 'result');
SELECT campaign_signal('dropped', 'go');
SELECT campaign_wait(:dropped);
\set SHOW_CONTEXT never
DO $$ BEGIN
	PERFORM campaign_population((SELECT max(run_id) FROM campaign.run_progress), 'all', 'result');
EXCEPTION WHEN OTHERS THEN
	RAISE WARNING '% %', SQLSTATE, regexp_replace(SQLERRM, 'run \d+', 'run N');
END $$;
SELECT source, relation IS NULL AS gone FROM campaign.flow_counts WHERE run_id = :dropped AND outcome = 'result' ORDER BY 1;
-- The owner may drop the table himself.
DO $$ BEGIN EXECUTE (SELECT DISTINCT 'DROP TABLE ' || relation FROM campaign.flow_counts WHERE source = 'more' AND run_id = (SELECT min(run_id) FROM campaign.run_progress)); END $$;
DO $$ BEGIN
	PERFORM campaign_population_columns((SELECT min(run_id) FROM campaign.run_progress WHERE campaign = 'kept'), 'more');
EXCEPTION WHEN OTHERS THEN
	RAISE WARNING '% %', SQLSTATE, regexp_replace(SQLERRM, 'run \d+', 'run N');
END $$;

-- His code has his rights alone, whoever looks.
CREATE FUNCTION told() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'as %', current_user; RETURN true; END $$;
DO $$ DECLARE r text; BEGIN
	SELECT relation INTO r FROM campaign.flow_counts f WHERE source = 'more' AND run_id = (SELECT max(p.run_id) FROM campaign.run_progress p WHERE campaign = 'odd');
	EXECUTE 'ALTER TABLE ' || r || ' ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY';
	EXECUTE 'CREATE POLICY p ON ' || r || ' USING (population.told())';
END $$;
RESET SESSION AUTHORIZATION;
SELECT key FROM campaign_population(:odd, 'more', max_rows => 1);

-- Nobody else sees them, with a right to look at the campaign or without.
SET SESSION AUTHORIZATION regress_population_other;
SELECT count(*) FROM campaign.run_progress WHERE run_id = :run;
CREATE FUNCTION pg_temp.attempt(what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE what;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || regexp_replace(SQLERRM, '\d+', 'N');
END $$;
SELECT pg_temp.attempt(format('SELECT * FROM campaign_population(%s, ''half'', ''low'')', :run));
SET SESSION AUTHORIZATION regress_population;
SELECT campaign_grant('kept', 'regress_population_other', 'view');
SELECT campaign_grant('kept', 'regress_population_other', 'run');
SET SESSION AUTHORIZATION regress_population_other;
SELECT count(*) FROM campaign.run_progress WHERE run_id = :run;
SELECT pg_temp.attempt(format('SELECT * FROM campaign_population(%s, ''half'', ''low'')', :run));
SELECT pg_temp.attempt(format('SELECT * FROM campaign_population_columns(%s, ''half'', ''low'')', :run));

RESET SESSION AUTHORIZATION;
SELECT campaign_drop(name) FROM campaign.campaign WHERE owner = 'regress_population'::regrole ORDER BY name;
DELETE FROM campaign.dimension WHERE owner = 'regress_population'::regrole;
SET client_min_messages = error;
DROP SCHEMA population CASCADE;
DROP OWNED BY regress_population, regress_population_other;
DROP ROLE regress_population, regress_population_other;
