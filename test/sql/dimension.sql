-- Would fail if something that has rows could not be targeted, or if something
-- without rows or without a key could; if declaring again did not replace, or
-- changed what was published.
SET client_min_messages = warning;
CREATE EXTENSION file_fdw;
CREATE ROLE regress_dim LOGIN;
CREATE ROLE regress_dim_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_dim, regress_dim_other;
CREATE SCHEMA dim AUTHORIZATION regress_dim;
CREATE SERVER dim_files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE dim.foreign_people (id bigint, email text) SERVER dim_files
	OPTIONS (program $$printf '1,f1@x.org\n2,f2@x.org\n3,\n'$$, format 'csv');
GRANT SELECT ON dim.foreign_people TO regress_dim;
CREATE TABLE public.dim_secret (id bigint PRIMARY KEY);
CREATE TABLE public.dim_partly (id bigint PRIMARY KEY, email text, salary numeric);
GRANT SELECT (id, email) ON public.dim_partly TO regress_dim;
INSERT INTO public.dim_partly VALUES (1, 'p1@x.org', 1);
SET SESSION AUTHORIZATION regress_dim;
SET search_path = dim, public;

CREATE DOMAIN person_number AS bigint CHECK (VALUE > 0);
CREATE TABLE by_bigint (id bigint PRIMARY KEY, email text, opt_in boolean DEFAULT true, tz text);
CREATE TABLE by_uuid (id uuid PRIMARY KEY, email text);
CREATE TABLE by_text (code text PRIMARY KEY, email text);
CREATE TABLE by_domain (number person_number PRIMARY KEY, email text);
CREATE TABLE by_two (country text, number integer, email text, PRIMARY KEY (country, number));
CREATE TABLE by_index (id bigint NOT NULL UNIQUE, maybe bigint UNIQUE, email text);
CREATE TABLE by_partition (id bigint, region text, email text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE by_partition_a PARTITION OF by_partition FOR VALUES IN ('a');
CREATE TABLE by_partition_b PARTITION OF by_partition FOR VALUES IN ('b');
CREATE VIEW by_view AS SELECT id, email FROM by_bigint;
CREATE TABLE keyless (id bigint, email text);
INSERT INTO by_bigint SELECT i, i || '@x.org' FROM generate_series(1, 4) i;
INSERT INTO by_uuid SELECT ('00000000-0000-0000-0000-00000000000' || i)::uuid, 'u' || i || '@x.org' FROM generate_series(1, 4) i;
INSERT INTO by_text VALUES ('a', 'a@x.org'), ('B', 'b@x.org'), ('', 'empty@x.org'), ('it''s "q" \ ,()', 'odd@x.org');
INSERT INTO by_domain SELECT i, 'd' || i || '@x.org' FROM generate_series(1, 4) i;
INSERT INTO by_two VALUES ('at', 1, 't1@x.org'), ('at', 2, 't2@x.org'), ('ch', 1, 't3@x.org'), ('c,h', 1, 't4@x.org');
INSERT INTO by_index VALUES (1, 1, 'i1@x.org'), (2, NULL, 'i2@x.org');
INSERT INTO by_partition VALUES (1, 'a', 'pa@x.org'), (1, 'b', 'pb@x.org');
INSERT INTO keyless VALUES (1, 'k1@x.org'), (2, 'k2@x.org'), (2, 'k3@x.org'), (NULL, 'k4@x.org');
CREATE MATERIALIZED VIEW by_matview AS SELECT id, email FROM by_bigint;

-- The key is the relation's own unless one is given.
\set addresses '{"email": "email"}'
SELECT campaign_dimension('by_bigint', addresses => :'addresses', consent => '{"email": "opt_in"}', time_zone => 'tz');
SELECT campaign_dimension('by_uuid', addresses => :'addresses');
SELECT campaign_dimension('by_text', addresses => :'addresses');
SELECT campaign_dimension('by_domain', addresses => :'addresses');
SELECT campaign_dimension('by_two', addresses => :'addresses');
SELECT campaign_dimension('by_index', addresses => :'addresses');
SELECT campaign_dimension('by_partition', addresses => :'addresses');
SELECT campaign_dimension('by_view', key => 'id', addresses => :'addresses');
SELECT campaign_dimension('by_matview', key => 'id', addresses => :'addresses');
SELECT campaign_dimension('foreign_people', key => 'id', addresses => :'addresses');
SELECT campaign_dimension('dim_partly', addresses => :'addresses');
SELECT campaign_dimension('keyless', 'people', 'id', :'addresses');
SELECT campaign_dimension('by_two', 'two, turned', ' number , "country" ', :'addresses');
RESET SESSION AUTHORIZATION;
SELECT name, relation_name, key, addresses, consent, time_zone, search_path FROM campaign.dimension
WHERE owner_name = 'regress_dim' ORDER BY name;
SET SESSION AUTHORIZATION regress_dim;
SET search_path = dim, public;

-- A run over each of them: everybody once, recipients as text.
CREATE TABLE runs AS
SELECT d AS dimension, 'over ' || d AS campaign, NULL::bigint AS run
FROM unnest(ARRAY['by_bigint', 'by_uuid', 'by_text', 'by_domain', 'by_two', 'by_index', 'by_partition', 'by_view',
	'by_matview', 'foreign_people', 'dim_partly', 'people', 'two, turned']) d;
DO $$
DECLARE r record;
BEGIN
	FOR r IN SELECT * FROM runs LOOP
		PERFORM campaign_create(r.campaign, r.dimension);
		PERFORM campaign_add_audience(r.campaign, 'everybody', filter => 'true');
		PERFORM campaign_add_email(r.campaign, 'mail', 'Dear {{ email }}', 'x', after => 'everybody');
		PERFORM campaign_publish(r.campaign);
	END LOOP;
END $$;
UPDATE runs SET run = campaign_start(campaign);
SELECT dimension, campaign_wait(run) FROM runs;
SELECT dimension, outcome, rows FROM runs JOIN campaign.flow_counts ON run_id = run
WHERE source = 'everybody' ORDER BY dimension, outcome DESC;
SELECT dimension, recipient, address, NULL AS excluded FROM runs JOIN campaign.message ON run_id = run
UNION ALL
SELECT dimension, recipient, NULL, reason FROM runs JOIN campaign.excluded ON run_id = run
ORDER BY dimension, recipient;
SELECT dimension, v.* FROM runs, campaign_verify(run) v;

-- Declared again it is replaced; what was published keeps the frozen copy.
SELECT campaign_dimension('by_bigint', key => 'id', addresses => '{"email": "upper(email)", "sms": "tz"}');
RESET SESSION AUTHORIZATION;
SELECT count(*), min(addresses::text), min(consent::text), min(time_zone) FROM campaign.dimension
WHERE owner_name = 'regress_dim' AND name = 'by_bigint';
SET SESSION AUTHORIZATION regress_dim;
SELECT campaign_start('over by_bigint') AS run \gset
SELECT campaign_wait(:run);
SELECT max(address) FROM campaign.message WHERE run_id = :run;
SELECT campaign_publish('over by_bigint');
SELECT campaign_start('over by_bigint') AS run \gset
SELECT campaign_wait(:run);
SELECT max(address) FROM campaign.message WHERE run_id = :run;

-- A rebuilt table of the same name is found again; a missing one is an error
-- that a retry survives.
DROP TABLE by_text;
SELECT campaign_start('over by_text') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error, hint FROM campaign.run_progress WHERE run_id = :run;
CREATE TABLE by_text (code text PRIMARY KEY, email text);
INSERT INTO by_text VALUES ('z', 'z@x.org');
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT recipient, address FROM campaign.message WHERE run_id = :run;

-- Names: of the caller, within the owner, apart from other owners'.
SET SESSION AUTHORIZATION regress_dim_other;
SELECT campaign_create('not mine', 'by_text');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('dim.by_text');
\echo :LAST_ERROR_SQLSTATE
SET SESSION AUTHORIZATION regress_dim;
SET search_path = dim, public;

-- Refused.
\pset null (null)
SELECT campaign_dimension('keyless');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_view');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('no_such_table');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension(0);
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension(4294967295);
\echo :LAST_ERROR_SQLSTATE
CREATE TEMP TABLE fleeting (id bigint PRIMARY KEY);
SELECT campaign_dimension('fleeting');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE fleeting;
CREATE SEQUENCE counter;
SELECT campaign_dimension('counter', key => 'last_value');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint_pkey', key => 'id');
\echo :LAST_ERROR_SQLSTATE
CREATE TYPE pair AS (a int, b int);
SELECT campaign_dimension('pair', key => 'a');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('public.dim_secret');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('dim_partly', key => 'salary');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('pg_authid', key => 'oid');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_two', key => 'country, numbr');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_two', key => 'country, country');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_two', key => 'country number');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_two', key => '');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_two', key => 'ctid');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', name => 'vars');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', name => '');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', name => repeat('n', 64));
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', name => 'campaign.address');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE reserved (id bigint PRIMARY KEY, "campaign.address" text);
SELECT campaign_dimension('reserved');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', addresses => '["email"]');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', addresses => '{"email": null}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', addresses => '{"email": {"a": 1}}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', addresses => '{"E-Mail": "email"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', addresses => '{"email": "mail"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', addresses => '{"email": "email) OR (true"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', addresses => '{"email": "max(email)"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', addresses => '{"email": "vars.address"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', consent => '{"email": "email"}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', consent => '{"email": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', time_zone => 'zone');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', language => '');
\echo :LAST_ERROR_SQLSTATE
SELECT campaign_dimension('by_bigint', profile => 'generate_series(1, 2)');
\echo :LAST_ERROR_SQLSTATE

-- Clean up.
RESET SESSION AUTHORIZATION;
RESET search_path;
SELECT campaign_drop(campaign) FROM dim.runs \g /dev/null
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_dim%';
DROP SCHEMA dim CASCADE;
DROP TABLE public.dim_secret, public.dim_partly;
DROP EXTENSION file_fdw CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_dim, regress_dim_other;
DROP ROLE regress_dim, regress_dim_other;
