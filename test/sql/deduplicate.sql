-- A wrong deduplication keeps the wrong row of a group, none, or two (D1).
\set VERBOSITY terse
CREATE ROLE regress_deduplicate LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_deduplicate;
CREATE SCHEMA deduplicate AUTHORIZATION regress_deduplicate;
SET search_path = deduplicate, public;
-- The rows that came out of an outcome, from its population.
CREATE FUNCTION deduplicate.rows_of(run bigint, activity text, outcome text DEFAULT 'result') RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT t.id::text FROM campaign_data.%I t', (
		SELECT f.population FROM campaign.flow f
		WHERE f.run_id = $1 AND f.source = $2 AND f.outcome = $3));
END $$;
-- The same with all columns.
CREATE FUNCTION deduplicate.whole_of(run bigint, activity text) RETURNS TABLE ("row" jsonb)
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT to_jsonb(t) FROM campaign_data.%I t', (
		SELECT f.population FROM campaign.flow f
		WHERE f.run_id = $1 AND f.source = $2 AND f.outcome = 'result'));
END $$;
SET SESSION AUTHORIZATION regress_deduplicate;

-- D1: by columns and expressions; the best n of each, drawn, ordered, non-empty
-- first, by a list of values; the complement.
-- Three customers per mailbox in different letters, some without one; the
-- score of every fifth is unknown.
CREATE TABLE customers (id bigint PRIMARY KEY, email text, country text, phone text, score int, note json, box point);
INSERT INTO customers
SELECT g, CASE WHEN g % 10 <> 0 THEN CASE WHEN g % 2 = 0 THEN 'BOX' ELSE 'box' END || g % 300 || '@example.com' END,
	(ARRAY['FR', 'DE', 'IT', NULL])[1 + g % 4], CASE WHEN g > 600 THEN '' WHEN g > 300 THEN '1' || g END,
	CASE WHEN g % 5 <> 0 THEN g % 7 END, '{}', '(0,0)'
FROM generate_series(1, 900) g;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');

SELECT campaign_create('spring sale', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('spring sale', 'buyers');
SELECT campaign_add_deduplicate('spring sale', 'one_per_mailbox', after => 'buyers', by => 'lower(email)', keep => 'score DESC');
SELECT campaign_add_deduplicate('spring sale', 'lowest', after => 'buyers', by => 'lower(email)', keep => 'customers.score NULLS FIRST, id DESC');
SELECT campaign_add_deduplicate('spring sale', 'two_of_each', after => 'buyers', by => 'lower(email)', keep => 'id', max_rows => 2);
SELECT campaign_add_deduplicate('spring sale', 'no_address_is_one', after => 'buyers', by => 'lower(email)', keep => 'id', match_nulls => true);
SELECT campaign_add_deduplicate('spring sale', 'by_two', after => 'buyers', by => 'lower(email), country', keep => 'id');
SELECT campaign_add_deduplicate('spring sale', 'drawn', after => 'buyers', by => 'lower(email)');
SELECT campaign_add_deduplicate('spring sale', 'drawn_again', after => 'buyers', by => 'lower(email)', seed => 'spring sale.drawn');
SELECT campaign_add_deduplicate('spring sale', 'drawn_otherwise', after => 'buyers', by => 'lower(email)', seed => 'x');
SELECT campaign_add_deduplicate('spring sale', 'with_phone', after => 'buyers', by => 'lower(email)',
	prefer => '[{"expression": "phone"}]', keep => 'id');
SELECT campaign_add_deduplicate('spring sale', 'by_country', after => 'buyers', by => 'id % 5',
	prefer => '[{"expression": "country", "among": ["DE", "IT"]}, {"expression": "score", "among": [3, 4]}]', keep => 'id');
SELECT campaign_add_deduplicate('spring sale', 'constant', after => 'buyers', by => '1', keep => 'id DESC');
SELECT campaign_add_deduplicate('spring sale', 'key', after => 'buyers', by => 'id', merge => true);
SELECT campaign_add_deduplicate('spring sale', 'numbers', after => 'buyers', by => '(SELECT sum(c.score) FROM customers c WHERE c.id = customers.id)', keep => 'id');
-- D1: 0 keeps all.
SELECT campaign_add_deduplicate('spring sale', 'all_stay', after => 'buyers', by => 'lower(email)', max_rows => 0);
-- D1: merged records: fields that belong together, from the best row that has them.
SELECT campaign_add_deduplicate('spring sale', 'merged', after => 'buyers', by => 'lower(email)', keep => 'id',
	records => $$[{"columns": {"best_phone": "phone"}, "sort_by": "id DESC"},
		{"columns": {"home": "country", "home_score": "score"}, "filter": "country <> 'FR'", "sort_by": "score DESC, id"},
		{"columns": {"never": "email"}, "filter": "NULL"}]$$);
SELECT campaign_add_audience('spring sale', 'with_home', filter => $$home = 'DE' AND best_phone IS NOT NULL$$, after => 'merged');
SELECT campaign_add_deduplicate('spring sale', 'merged_again', after => 'merged', by => 'country', match_nulls => true, merge => true,
	records => '[{"columns": {"any_phone": "best_phone"}}]');
SELECT campaign_add_audience('spring sale', 'nobody', filter => 'false');
SELECT campaign_add_deduplicate('spring sale', 'none', after => 'nobody', by => 'email');
SELECT campaign_add_audience('spring sale', 'after_it', after => 'one_per_mailbox.duplicates');
SELECT * FROM campaign_check('spring sale') WHERE severity = 'error';
SELECT campaign_publish('spring sale');
SELECT campaign_start('spring sale') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source <> 'buyers' ORDER BY 1, 2 DESC;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Each against plain SQL.
SELECT count(*) AS wrong FROM (
	SELECT DISTINCT ON (lower(email)) lower(email), score FROM customers WHERE email IS NOT NULL ORDER BY 1, score DESC NULLS LAST) best
JOIN (SELECT * FROM customers WHERE id::text IN (SELECT rows_of(:run, 'one_per_mailbox'))) kept ON lower(kept.email) = best.lower
WHERE kept.score IS DISTINCT FROM best.score;
SELECT count(*) AS lowest_wrong FROM (
	(SELECT DISTINCT ON (lower(email)) id::text FROM customers WHERE email IS NOT NULL ORDER BY lower(email), score NULLS FIRST, customers.id DESC)
	UNION ALL SELECT id::text FROM customers WHERE email IS NULL
	EXCEPT SELECT rows_of(:run, 'lowest')) d;
SELECT count(*) AS two_wrong FROM (
	SELECT id::text FROM (SELECT id, email, row_number() OVER (PARTITION BY lower(email) ORDER BY id) n FROM customers) r WHERE n <= 2 OR email IS NULL
	EXCEPT SELECT rows_of(:run, 'two_of_each')) d;
SELECT count(*) AS phone_wrong FROM (
	SELECT id::text FROM (SELECT id, email, row_number() OVER (PARTITION BY lower(email) ORDER BY coalesce(phone, '') = '', id) n FROM customers) r WHERE n = 1 OR email IS NULL
	EXCEPT SELECT rows_of(:run, 'with_phone')) d;
SELECT id, country, score FROM customers WHERE id::text IN (SELECT rows_of(:run, 'by_country')) ORDER BY id;
SELECT rows_of(:run, 'constant');
SELECT (SELECT array_agg(k ORDER BY k) FROM rows_of(:run, 'drawn') k) = (SELECT array_agg(k ORDER BY k) FROM rows_of(:run, 'drawn_again') k) AS same,
	(SELECT array_agg(k ORDER BY k) FROM rows_of(:run, 'drawn') k) = (SELECT array_agg(k ORDER BY k) FROM rows_of(:run, 'drawn_otherwise') k) AS same_for_another_seed;
CREATE TEMP TABLE merged AS SELECT * FROM whole_of(:run, 'merged');
SELECT count(*), count(m.row->>'never') AS never FROM merged m;
SELECT count(*) AS wrong FROM merged m JOIN customers c ON c.id = (m.row->>'id')::bigint
LEFT JOIN LATERAL (SELECT phone FROM customers d WHERE (lower(d.email) = lower(c.email) OR d.id = c.id) AND d.phone <> '' ORDER BY id DESC LIMIT 1) p ON true
LEFT JOIN LATERAL (SELECT country, score FROM customers d WHERE (lower(d.email) = lower(c.email) OR d.id = c.id) AND d.country <> 'FR' AND d.score IS NOT NULL
	ORDER BY score DESC, id LIMIT 1) h ON true
WHERE (m.row->>'best_phone', m.row->>'home', m.row->>'home_score') IS DISTINCT FROM (p.phone, h.country, h.score::text);
-- Nobody is in both outcomes.
SELECT count(*) FROM rows_of(:run, 'one_per_mailbox') k JOIN rows_of(:run, 'one_per_mailbox', 'duplicates') d ON d = k;

-- What is refused.
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => NULL);
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => '');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'emial');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email, *');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email ORDER BY id');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email); DROP TABLE customers; --');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'note');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', keep => 'box');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', keep => '');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', keep => 'score DESC LIMIT 1');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', keep => 'score USING <');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', keep => 'score, scroe DESC');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', keep => 'max(score)');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', keep => '$1');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', max_rows => -1);
SELECT campaign_add('spring sale', 'wrong', 'deduplicate', '{"by": "email", "max_rows": 1.5}', after => 'buyers');
SELECT campaign_add('spring sale', 'wrong', 'deduplicate', '{"by": "email", "max_rows": "1"}', after => 'buyers');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', max_rows => 9000000000000000000);
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', prefer => '{}');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', prefer => '[1]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', prefer => '[{}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', prefer => '[{"expression": "score", "amung": [1]}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', prefer => '[{"expression": "score", "among": [[1]]}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', prefer => '[{"expression": "scroe"}]');

SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', records => '[{}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', records => '[{"columns": {}}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', records => '[{"columns": {"x": "phone"}, "where": "true"}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', records => '[{"columns": {"phone": "phone"}}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', records => '[{"columns": {"x": "phone"}}, {"columns": {"x": "email"}}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', records => '[{"columns": {"x": "fone"}}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', records => '[{"columns": {"x": "phone"}, "filter": "score"}]');
SELECT campaign_add_deduplicate('spring sale', 'wrong', after => 'buyers', by => 'email', records => '[{"columns": {"x": "phone"}, "filter": 1}]');

-- A composite key; a view whose key nothing proves, with a row that is gone
-- when the deduplication comes to it: it has no address any more, and stays.
CREATE TABLE seats (hall text COLLATE "C", seat int, guest text, PRIMARY KEY (hall, seat));
INSERT INTO seats SELECT 'h' || g % 3, g, 'guest ' || g % 10 FROM generate_series(1, 60) g;
CREATE TABLE visits (visitor text, page text);
INSERT INTO visits SELECT 'v' || g % 50, 'p' || g % 5 FROM generate_series(1, 100) g;
INSERT INTO visits VALUES (NULL, 'p');
CREATE VIEW visitors AS SELECT visitor, page FROM visits;
CREATE TABLE gate (shut boolean);
SELECT campaign_dimension('seats'), campaign_dimension('visitors', key => 'visitor');
SELECT campaign_create('keys', dimension => 'seats');
SELECT campaign_add_audience('keys', 'all_seats');
SELECT campaign_add_deduplicate('keys', 'one_per_guest', by => 'guest', keep => 'hall DESC, seat', after => 'all_seats');
SELECT campaign_add_audience('keys', 'good_ones', filter => $$hall = 'h2'$$, after => 'one_per_guest');
SELECT campaign_add_audience('keys', 'all_visitors', dimension => 'visitors');
SELECT campaign_add_deduplicate('keys', 'one_per_page', by => 'left(page, 2 / (SELECT count(*)::int FROM gate))', after => 'all_visitors');
SELECT campaign_publish('keys');
SELECT campaign_start('keys') AS run \gset
SELECT campaign_wait(:run);
INSERT INTO gate VALUES (true);
DELETE FROM visits WHERE visitor = 'v1';
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2 DESC;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Nothing is left behind.
SELECT campaign_drop(c) FROM unnest(ARRAY['spring sale', 'keys']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_deduplicate';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_deduplicate';
DELETE FROM campaign.log WHERE role_name = 'regress_deduplicate';
SET client_min_messages = warning;
DROP SCHEMA deduplicate CASCADE;
DROP OWNED BY regress_deduplicate;
DROP ROLE regress_deduplicate;
