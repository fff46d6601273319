-- A wrong audience reaches the wrong people: rows lost, doubled, or invented
-- at the start of a branch or in the middle of it.
\set VERBOSITY terse
CREATE ROLE regress_audience LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_audience;
-- Servers before November 2024 count parallel workers as of who has logged in.
GRANT pg_read_all_stats TO regress_audience;
CREATE SCHEMA audience AUTHORIZATION regress_audience;
SET search_path = audience, public;
-- The rows that came out of an outcome, from its population.
CREATE FUNCTION audience.rows_of(run bigint, activity text, outcome text DEFAULT 'result') RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT t.id::text FROM campaign_data.%I t', (
		SELECT f.population FROM campaign.flow f
		WHERE f.run_id = $1 AND f.source = $2 AND f.outcome = $3));
END $$;
SET SESSION AUTHORIZATION regress_audience;

CREATE TABLE people (id bigint PRIMARY KEY, score int, divisor int NOT NULL DEFAULT 1);
INSERT INTO people SELECT g, g % 10 FROM generate_series(1, 1000) g;
CREATE TABLE orders (id bigint PRIMARY KEY, person bigint REFERENCES people ON DELETE CASCADE);
INSERT INTO orders SELECT g, 1 + g % 500 FROM generate_series(1, 2000) g;
SELECT campaign_dimension('people'), campaign_dimension('orders');

-- At the root: all rows, some, those of another dimension; in the middle: a
-- part of what came in, whatever else the condition would find.
SELECT campaign_create('audience', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('audience', 'everybody');
SELECT campaign_add_audience('audience', 'buyers',
	filter => 'EXISTS (SELECT FROM orders o WHERE o.person = people.id)');
SELECT campaign_add_audience('audience', 'sales', dimension => 'orders', filter => 'orders.person <= 100');
SELECT campaign_add_audience('audience', 'good_buyers', filter => 'score >= 5', after => 'buyers');
SELECT campaign_add_audience('audience', 'even_better', filter => 'people.score = 9', after => 'good_buyers');
SELECT campaign_add_audience('audience', 'all_of_them', after => 'buyers');
SELECT campaign_add_audience('audience', 'big_sales', filter => 'id > 1900', after => 'sales');
SELECT * FROM campaign_check('audience');
SELECT campaign_publish('audience');
SELECT campaign_start('audience') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run
	ORDER BY 1, 2, 3;
SELECT count(*) FROM people WHERE EXISTS (SELECT FROM orders o WHERE o.person = people.id) AND score >= 5;
SELECT count(*), count(DISTINCT k), (SELECT array_agg(id::text ORDER BY id::text) FROM people WHERE score = 9 AND id <= 500) = array_agg(k ORDER BY k) AS same
FROM rows_of(:run, 'even_better') k;
SELECT count(*), count(DISTINCT k), (SELECT array_agg(id::text ORDER BY id::text) FROM orders WHERE person <= 100 AND id > 1900) = array_agg(k ORDER BY k) AS same
FROM rows_of(:run, 'big_sales') k;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Another dimension than what comes in is refused.
SELECT campaign_add_audience('audience', 'wrong', dimension => 'orders', after => 'buyers');
SELECT campaign_add_audience('audience', 'wrong', dimension => 'oders');
SELECT campaign_add_audience('audience', 'wrong', filter => 'scores > 1');
SELECT campaign_add_audience('audience', 'wrong', filter => 'score');

-- Nobody: the branch goes on with no rows, or ends there with skip_empty.
SELECT campaign_create('nobody', dimension => 'people');
SELECT campaign_add_audience('nobody', 'none', filter => 'false');
SELECT campaign_add_audience('nobody', 'none_either', after => 'none');
SELECT campaign_add_audience('nobody', 'skipping', filter => 'NULL', skip_empty => true);
SELECT campaign_add_audience('nobody', 'skipped', after => 'skipping');
SELECT campaign_add_audience('nobody', 'skipped_too', after => 'skipped');
SELECT campaign_add_audience('nobody', 'one', filter => 'id = 1', skip_empty => true);
SELECT campaign_add_audience('nobody', 'still_one', after => 'one', skip_empty => true);
SELECT campaign_publish('nobody');
SELECT campaign_start('nobody') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- A view promises nothing about its key: rows without one, and all but one of
-- those that share one, are rejected, counted, and written if somebody asks.
CREATE TABLE visits (visitor int, page text);
INSERT INTO visits SELECT g % 50, 'p' FROM generate_series(1, 100) g;
INSERT INTO visits SELECT NULL, 'p' FROM generate_series(1, 7) g;
CREATE VIEW visitors AS SELECT visitor::bigint AS id, page FROM visits;
SELECT campaign_dimension('visitors', key => 'id');
SELECT campaign_create('view', dimension => 'visitors');
SELECT campaign_add_audience('view', 'seen', filter => $$page = 'p'$$);
SELECT campaign_add_audience('view', 'few', filter => 'id < 10', after => 'seen');
SELECT campaign_publish('view');
SELECT campaign_start('view') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, target, rows FROM campaign.flow_counts WHERE run_id = :run
	ORDER BY 1, 2, 3;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_add_end('view', 'odd', after => 'seen.rejected');
SELECT campaign_define(jsonb_set(campaign_export('view'), '{settings}', '{"keep_populations": true}'));
SELECT campaign_publish('view');
SELECT campaign_start('view') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out, sqlstate, error FROM campaign.run_progress WHERE run_id = :run;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT count(*), count(DISTINCT k), min(k::int), max(k::int) FROM rows_of(:run, 'seen') k;
SELECT count(*), count(k), count(DISTINCT k) FROM rows_of(:run, 'seen', 'rejected') k;

-- Rows that are deleted, or changed, between two steps of a run: each step
-- sees the dimension as it is then.
UPDATE people SET divisor = 0 WHERE id = 7;
SELECT campaign_create('deleted', dimension => 'people');
SELECT campaign_add_audience('deleted', 'first', filter => 'id <= 20');
SELECT campaign_add_audience('deleted', 'second', filter => '10 / divisor > 1', after => 'first');
SELECT campaign_add_end('deleted', 'done', after => 'second');
SELECT campaign_publish('deleted');
SELECT campaign_start('deleted') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out, sqlstate, error FROM campaign.run_progress WHERE run_id = :run;
DELETE FROM people WHERE id IN (7, 8, 9);
UPDATE people SET divisor = 20 WHERE id = 10;
INSERT INTO people VALUES (0, 1, 1);
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out, sqlstate, error FROM campaign.run_progress WHERE run_id = :run;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- The plan of an audience is parallel where the server thinks so.  The leader
-- takes no part, and the condition is true in parallel workers only: all rows
-- come out if workers were launched, none if not.
CREATE FUNCTION in_parallel_worker() RETURNS boolean LANGUAGE plpgsql PARALLEL SAFE AS $$
BEGIN
	RETURN (SELECT leader_pid IS NOT NULL FROM pg_stat_activity WHERE pid = pg_backend_pid());
END $$;
SET parallel_leader_participation = off;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SELECT count(*) FROM people WHERE in_parallel_worker();
RESET ALL;
SET search_path = audience, public;
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_audience SET parallel_leader_participation = off;
ALTER ROLE regress_audience SET min_parallel_table_scan_size = 0;
ALTER ROLE regress_audience SET parallel_setup_cost = 0;
ALTER ROLE regress_audience SET parallel_tuple_cost = 0;
-- Each activity in a statement of its own.
ALTER ROLE regress_audience SET campaign.enable_fusion = off;
SET SESSION AUTHORIZATION regress_audience;
SELECT campaign_create('parallel', dimension => 'people');
SELECT campaign_add_audience('parallel', 'in_workers', filter => 'in_parallel_worker()');
SELECT campaign_add_audience('parallel', 'in_workers_again', filter => 'in_parallel_worker()', after => 'in_workers');
SELECT campaign_add_end('parallel', 'done', after => 'in_workers_again');
SELECT campaign_publish('parallel');
SELECT campaign_start('parallel') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows, rows = (SELECT count(*) FROM people) AS all
FROM campaign.flow_counts WHERE run_id = :run AND outcome = 'result' ORDER BY 1;

-- Nothing is left behind.
SELECT campaign_drop(c) FROM unnest(ARRAY['audience', 'nobody', 'view', 'deleted', 'parallel']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_audience';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_audience';
DELETE FROM campaign.log WHERE role_name = 'regress_audience';
SET client_min_messages = warning;
DROP SCHEMA audience CASCADE;
DROP OWNED BY regress_audience;
DROP ROLE regress_audience;
