-- Would fail if campaigns over partitioned tables came to something else than
-- over whole ones, or read partitions that cannot have what they look for.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE partitioned_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO partitioned_owner;
GRANT CREATE ON SCHEMA public TO partitioned_owner;
SET SESSION AUTHORIZATION partitioned_owner;
\getenv source PG_ABS_SRCDIR
\set campaigns :source '/scenario/campaigns.sql'
\set results :source '/scenario/results.sql'
\set take_away :source '/scenario/drop.sql'
CREATE TABLE person (id bigint PRIMARY KEY, email text, phone text, opt_in boolean, town integer, score numeric, mark text) PARTITION BY RANGE (id);
CREATE TABLE purchase (person_id bigint NOT NULL, number integer NOT NULL, total numeric, PRIMARY KEY (person_id, number)) PARTITION BY HASH (person_id);
SELECT format('CREATE TABLE person_%s PARTITION OF person FOR VALUES FROM (%s) TO (%s)', i, i * 500, (i + 1) * 500) FROM generate_series(0, 6) i \gexec
SELECT format('CREATE TABLE purchase_%s PARTITION OF purchase FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i) FROM generate_series(0, 3) i \gexec

-- The results are those of test distributed.
\set ECHO none
\o /dev/null
\i :campaigns
\o
\i :results
\set ECHO all

-- Values of variables are known when the statement is planned, and so are the
-- partitions it need not read.
ANALYZE person, purchase;
SELECT campaign_create('pruned', 'person', settings => '{"variables": {"last": {"type": "bigint", "default": 100}}}');
SELECT campaign_add_audience('pruned', 'few', filter => 'id <= vars.last');
SELECT campaign_add_audience('pruned', 'all_of_them', filter => 'score > -1');
SELECT 3 * min(cost) < max(cost) AS pruned FROM campaign_explain('pruned') WHERE sql IS NOT NULL;
SELECT 3 * min(cost) < max(cost) AS pruned FROM campaign_explain('pruned', variables => '{"last": 100000}') WHERE sql IS NOT NULL;
SELECT campaign_drop('pruned');

-- A partition key that is not the key: either both are, or the key is not
-- proven to be unique, and who comes twice is counted.
CREATE TABLE guest (id bigint, region text, email text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE guest_north PARTITION OF guest FOR VALUES IN ('north');
CREATE TABLE guest_south PARTITION OF guest FOR VALUES IN ('south');
INSERT INTO guest SELECT i, r, i || '@' || r FROM generate_series(1, 10) i, unnest('{north,south}'::text[]) r WHERE r = 'north' OR i > 7;
SELECT campaign_dimension('guest'), campaign_dimension('guest', 'guest_by_number', key => 'id');
SELECT campaign_create('guests', 'guest'), campaign_create('numbers', 'guest_by_number');
SELECT campaign_add_audience(c, 'all_of_them') FROM unnest('{guests,numbers}'::text[]) c;
SELECT campaign_publish(c) FROM unnest('{guests,numbers}'::text[]) c;
SELECT campaign_start('guests') AS guests, campaign_start('numbers') AS numbers \gset
SELECT campaign_wait(:guests);
SELECT campaign_wait(:numbers);
SELECT run_id = :guests AS guests, outcome, rows FROM campaign.flow_counts WHERE run_id IN (:guests, :numbers) ORDER BY 1, 2;

-- A partition that comes or goes between two runs.
CREATE TABLE guest_west PARTITION OF guest FOR VALUES IN ('west');
INSERT INTO guest VALUES (1, 'west', '1@west');
ALTER TABLE guest DETACH PARTITION guest_south;
SELECT campaign_start('guests') AS guests \gset
SELECT campaign_wait(:guests);
SELECT outcome, rows FROM campaign.flow_counts WHERE run_id = :guests ORDER BY 1;

SELECT campaign_drop(c) FROM unnest('{guests,numbers}'::text[]) c;
DROP TABLE guest, guest_south;
\set ECHO none
\o /dev/null
\i :take_away
\o
\set ECHO all
RESET SESSION AUTHORIZATION;
DROP OWNED BY partitioned_owner;
DROP ROLE partitioned_owner;
