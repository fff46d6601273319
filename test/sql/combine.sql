-- A wrong combination reaches people twice, or those who were to be left out (C1).
\set VERBOSITY terse
CREATE ROLE regress_combine LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_combine;
CREATE SCHEMA combine AUTHORIZATION regress_combine;
SET search_path = combine, public;
-- The rows that came out of an outcome, from its population.
CREATE FUNCTION combine.rows_of(run bigint, activity text, outcome text DEFAULT 'result') RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT t.id FROM campaign_data.%I t', (
		SELECT f.population FROM campaign.flow f
		WHERE f.run_id = $1 AND f.source = $2 AND f.outcome = $3));
END $$;
SET SESSION AUTHORIZATION regress_combine;

CREATE TABLE people (id bigint PRIMARY KEY, mail text, house int);
INSERT INTO people SELECT g, CASE WHEN g % 50 <> 0 THEN 'Mail' || g % 400 END, g / 10 FROM generate_series(1, 1000) g;
SELECT campaign_dimension('people');
SELECT campaign_create('sets', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('sets', 'low', filter => 'id <= 600');
SELECT campaign_add_audience('sets', 'even', filter => 'id % 2 = 0');
SELECT campaign_add_audience('sets', 'third', filter => 'id % 3 = 0');
SELECT campaign_add_audience('sets', 'nobody', filter => 'false');
SELECT campaign_add_fork('sets', 'same', after => 'low');
SELECT campaign_add_fork('sets', 'again', after => 'low');

SELECT campaign_add_combine('sets', 'any', operation => 'union', after => 'low, even, third');
SELECT campaign_add_combine('sets', 'every', operation => 'intersection', after => 'low, even, third');
SELECT campaign_add_combine('sets', 'only_low', operation => 'exclusion', after => 'low, even, third');
SELECT campaign_add_combine('sets', 'only_even', operation => 'exclusion', primary_set => 'even', after => 'low, even, third');
SELECT campaign_add_combine('sets', 'with_nobody', operation => 'union', after => 'low, nobody');
SELECT campaign_add_combine('sets', 'and_nobody', operation => 'intersection', after => 'low, nobody');
SELECT campaign_add_combine('sets', 'but_nobody', operation => 'exclusion', after => 'low, nobody');
SELECT campaign_add_combine('sets', 'nobody_but', operation => 'exclusion', after => 'nobody, low');
-- The same population twice, by two ways.
SELECT campaign_add_combine('sets', 'twice', operation => 'union', after => 'same, again');
SELECT campaign_add_combine('sets', 'twice_too', operation => 'intersection', after => 'same, again');
SELECT campaign_add_combine('sets', 'not_twice', operation => 'exclusion', after => 'same, again, low');
-- At most so many: first those of one set, then those of the next.
SELECT campaign_add_combine('sets', 'first_250', operation => 'union', priority => 'third, even', max_rows => 250, after => 'low, even, third');
SELECT campaign_add_combine('sets', 'first_600', operation => 'union', priority => 'third.result, even', max_rows => 600, after => 'low, even, third');
SELECT campaign_add_combine('sets', 'again_600', operation => 'union', priority => 'third, even, low', max_rows => 600, seed => 'sets.first_600', after => 'low, even, third');
SELECT campaign_add_combine('sets', 'ten_of_every', operation => 'intersection', max_rows => 10, after => 'low, even, third');
SELECT campaign_add_combine('sets', 'ten_only', operation => 'exclusion', max_rows => 10, after => 'low, even');
-- By something else than the key.
SELECT campaign_add_combine('sets', 'any_mail', operation => 'union', by => 'lower(mail)', after => 'low, even');
SELECT campaign_add_combine('sets', 'every_mail', operation => 'intersection', by => 'lower(mail)', after => 'low, even');
SELECT campaign_add_combine('sets', 'other_mail', operation => 'exclusion', by => 'lower(mail)', after => 'low, third');
SELECT campaign_add_combine('sets', 'other_house', operation => 'exclusion', by => 'house, mail IS NULL', primary_set => 'even', max_rows => 20, after => 'third, even');
SELECT campaign_add_audience('sets', 'behind', filter => 'id > 100', after => 'any_mail');
SELECT * FROM campaign_check('sets') WHERE severity = 'error';
SELECT campaign_publish('sets');
SELECT campaign_start('sets') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run
	AND source IN (SELECT activity FROM campaign.overlap) ORDER BY 1, 2 DESC;
SELECT activity, sets, rows FROM campaign.overlap WHERE run_id = :run AND activity IN ('any', 'only_low', 'every_mail') ORDER BY 1, 2;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Each against plain SQL; missing and too many.
CREATE TEMP VIEW expected AS
SELECT id, lower(mail) AS mail, house, id <= 600 AS low, id % 2 = 0 AS even, id % 3 = 0 AS third FROM people;
CREATE TEMP VIEW wanted (activity, outcome, id) AS
SELECT 'any', 'result', id FROM expected WHERE low OR even OR third
UNION ALL SELECT 'every', 'result', id FROM expected WHERE low AND even AND third
UNION ALL SELECT 'every', 'complement', id FROM expected WHERE (low OR even OR third) AND NOT (low AND even AND third)
UNION ALL SELECT 'only_low', 'result', id FROM expected WHERE low AND NOT even AND NOT third
UNION ALL SELECT 'only_low', 'complement', id FROM expected WHERE low AND (even OR third)
UNION ALL SELECT 'only_even', 'result', id FROM expected WHERE even AND NOT low AND NOT third
UNION ALL SELECT 'any_mail', 'result', id FROM expected e WHERE low OR even AND NOT EXISTS (SELECT FROM expected o WHERE o.mail = e.mail AND o.low)
UNION ALL SELECT 'any_mail', 'complement', id FROM expected e WHERE NOT low AND even AND EXISTS (SELECT FROM expected o WHERE o.mail = e.mail AND o.low)
UNION ALL SELECT 'every_mail', 'result', id FROM expected e WHERE low AND (even OR EXISTS (SELECT FROM expected o WHERE o.mail = e.mail AND o.even))
UNION ALL SELECT 'other_mail', 'result', id FROM expected e WHERE low AND NOT third AND NOT EXISTS (SELECT FROM expected o WHERE o.mail = e.mail AND o.third)
UNION ALL SELECT 'other_mail', 'complement', id FROM expected e WHERE low AND (third OR EXISTS (SELECT FROM expected o WHERE o.mail = e.mail AND o.third));
SELECT activity, outcome, count(*) AS rows,
	count(*) FILTER (WHERE w.id NOT IN (SELECT rows_of(:run, w.activity, w.outcome))) AS missing,
	(SELECT count(*) FROM rows_of(:run, w.activity, w.outcome)) - count(*) AS too_many
FROM wanted w GROUP BY 1, 2 ORDER BY 1, 2 DESC;
SELECT count(*) FILTER (WHERE id % 3 = 0) AS third, count(*) FILTER (WHERE id % 3 <> 0 AND id % 2 = 0) AS even,
	count(*) FILTER (WHERE id % 3 <> 0 AND id % 2 <> 0) AS low, count(DISTINCT id)
FROM rows_of(:run, 'first_600') id;
SELECT count(*) FILTER (WHERE id % 3 = 0) AS third, count(*) FROM rows_of(:run, 'first_250') id;
SELECT count(*) AS differences FROM (SELECT rows_of(:run, 'first_600') EXCEPT SELECT rows_of(:run, 'again_600')) d;

-- What is refused, or found by a check.
CREATE TABLE orders (id bigint PRIMARY KEY, person bigint);
SELECT campaign_dimension('orders');
SELECT campaign_add_audience('sets', 'sales', dimension => 'orders');
SELECT campaign_add_combine('sets', 'wrong', operation => 'sum', after => 'low, even');
SELECT campaign_add_combine('sets', 'wrong', operation => NULL, after => 'low, even');
SELECT campaign_add_combine('sets', 'wrong', operation => 'union', primary_set => 'third', after => 'low, even');
SELECT campaign_add_combine('sets', 'wrong', operation => 'union', priority => 'even, lov', after => 'low, even');
SELECT campaign_add_combine('sets', 'wrong', operation => 'union', by => 'emial', after => 'low, even');
SELECT campaign_add_combine('sets', 'wrong', operation => 'union', max_rows => -1, after => 'low, even');
SELECT campaign_add_combine('sets', 'wrong', operation => 'exclusion', after => 'low, sales');
SELECT campaign_add_combine('sets', 'one', operation => 'union', after => 'low');
SELECT campaign_add_combine('sets', 'none', operation => 'union');
SELECT activity, message, hint FROM campaign_check('sets') WHERE severity = 'error';
-- Names of activities are followed when they change.
SELECT campaign_alter('sets', 'first_600', '{"primary_set": "third"}');
SELECT campaign_rename('sets', 'third', 'every_third');
SELECT a -> 'options' ->> 'priority' AS priority, a -> 'options' ->> 'primary_set' AS primary_set FROM jsonb_array_elements(campaign_export('sets') -> 'activities') a WHERE a ->> 'name' LIKE '%600' ORDER BY 1;

-- A composite key; a view with keys that are NULL or there twice, rejected
-- ones among the sets.
CREATE TABLE seats (hall text, seat int, PRIMARY KEY (hall, seat));
INSERT INTO seats SELECT 'h' || g % 3, g FROM generate_series(1, 60) g;
CREATE TABLE visits (visitor text, page text);
INSERT INTO visits SELECT 'v' || g % 50, 'p' || g % 5 FROM generate_series(1, 200) g;
INSERT INTO visits SELECT NULL, 'p' FROM generate_series(1, 3);
CREATE VIEW visitors AS SELECT visitor, page FROM visits;
SELECT campaign_dimension('seats'), campaign_dimension('visitors', key => 'visitor');
SELECT campaign_create('keys', dimension => 'seats');
SELECT campaign_add_audience('keys', 'h0', filter => $$hall = 'h0'$$);
SELECT campaign_add_audience('keys', 'small', filter => $$seat <= 30$$);
SELECT campaign_add_combine('keys', 'h0_or_small', operation => 'union', after => 'h0, small');
SELECT campaign_add_combine('keys', 'h0_not_small', operation => 'exclusion', after => 'h0, small');
SELECT campaign_add_combine('keys', 'by_hall', operation => 'exclusion', by => 'hall', primary_set => 'small', after => 'h0, small');
SELECT campaign_add_audience('keys', 'visitors', dimension => 'visitors');
SELECT campaign_add_audience('keys', 'few', filter => $$visitor < 'v2'$$, after => 'visitors');
SELECT campaign_add_combine('keys', 'all_visitors', operation => 'union', after => 'visitors, visitors.rejected, few');
SELECT campaign_add_combine('keys', 'not_rejected', operation => 'exclusion', after => 'visitors, visitors.rejected, few');
SELECT campaign_add_combine('keys', 'rejected', operation => 'exclusion', after => 'visitors.rejected, few');
SELECT campaign_publish('keys');
SELECT campaign_start('keys') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC;
SELECT activity, sets, rows FROM campaign.overlap WHERE run_id = :run AND activity = 'all_visitors' ORDER BY 1, 2;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Sixty sets at once; one more is refused.
SELECT campaign_create('many', dimension => 'people');
SELECT count(campaign_add_audience('many', 's' || g, filter => format('id %% 60 < %s', g))) FROM generate_series(1, 61) g;
SELECT campaign_add_combine('many', 'all_of_them', operation => 'union', after => string_agg('s' || g, ',')) FROM generate_series(1, 60) g;
SELECT campaign_add_combine('many', 'wrong', operation => 'union', after => string_agg('s' || g, ',')) FROM generate_series(1, 61) g;
SELECT campaign_add_combine('many', 'every', operation => 'intersection', after => string_agg('s' || g, ',')) FROM generate_series(1, 60) g;
SELECT campaign_add_combine('many', 'rest', operation => 'exclusion', primary_set => 's60', after => string_agg('s' || g, ',')) FROM generate_series(51, 60) g;
SELECT campaign_publish('many');
SELECT campaign_start('many') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source IN ('all_of_them', 'every', 'rest') ORDER BY 1, 2 DESC;
SELECT activity, count(*), sum(rows), max(cardinality(sets)) FROM campaign.overlap WHERE run_id = :run GROUP BY 1 ORDER BY 1;

-- C1: sets of other dimensions, brought to the main one by a link or by a
-- condition; what leads nowhere is counted.
CREATE TABLE buys (shop int, number int, buyer bigint REFERENCES people, amount int, PRIMARY KEY (shop, number));
INSERT INTO buys SELECT g % 3, g, CASE WHEN g % 10 <> 0 THEN g % 200 + 1 END, g FROM generate_series(1, 900) g;
SELECT campaign_dimension('buys');
SELECT campaign_create('brought', dimension => 'people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('brought', 'low', filter => 'id <= 100');
SELECT campaign_add_audience('brought', 'bought', dimension => 'buys', filter => 'amount % 7 = 0');
SELECT campaign_add_enrich('brought', 'dear', columns => '{"dear": "amount * 2"}', after => 'bought');
SELECT campaign_add_combine('brought', 'any', operation => 'union', after => 'low, bought', rules => '[{"transition": "bought", "link": "buyer"}]');
SELECT campaign_add_combine('brought', 'every', operation => 'intersection', after => 'bought, low', primary_set => 'low', rules => '[{"transition": "bought", "link": "buyer"}]');
SELECT campaign_add_combine('brought', 'but', operation => 'exclusion', after => 'low, dear', rules => '[{"transition": "dear", "condition": "people.id = buys.buyer AND dear > 1000"}]');
SELECT campaign_add_combine('brought', 'by_house', operation => 'exclusion', by => 'house', after => 'low, bought', rules => '[{"transition": "bought.result", "link": "buyer"}]');
SELECT campaign_add_combine('brought', 'few', operation => 'union', max_rows => 120, after => 'low, bought', rules => '[{"transition": "bought", "link": "buyer"}]');
SELECT campaign_publish('brought');
SELECT campaign_start('brought') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND source NOT IN ('low', 'bought', 'dear') ORDER BY 1, 2;
SELECT activity, sets, rows FROM campaign.overlap WHERE run_id = :run AND activity IN ('any', 'but') ORDER BY 1, 2;
CREATE VIEW led AS SELECT buyer AS id, amount FROM buys WHERE amount % 7 = 0;
SELECT count(*) FROM led WHERE id IS NULL;
SELECT (SELECT count(*) FROM (SELECT id FROM combine.rows_of(:run, 'any') id EXCEPT (SELECT id FROM people WHERE id <= 100 UNION SELECT id FROM led)) x) AS any,
	(SELECT count(*) FROM (SELECT id FROM combine.rows_of(:run, 'every') id EXCEPT (SELECT id FROM people WHERE id <= 100 INTERSECT SELECT id FROM led)) x) AS every,
	(SELECT count(*) FROM (SELECT id FROM combine.rows_of(:run, 'but') id EXCEPT (SELECT id FROM people WHERE id <= 100 EXCEPT SELECT id FROM led WHERE amount > 500)) x) AS but,
	(SELECT count(*) FROM (SELECT id FROM combine.rows_of(:run, 'by_house') id EXCEPT (SELECT id FROM people p WHERE id <= 100 AND NOT EXISTS (SELECT FROM led JOIN people q USING (id) WHERE q.house = p.house))) x) AS by_house;
-- What is refused.
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought');
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought', rules => '[{"transition": "bought"}]');
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought', rules => '[{"transition": "bought", "link": "buyer", "condition": "true"}]');
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought', rules => '[{"link": "buyer"}]');
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought', rules => '[{"transition": "low", "link": "buys"}]');
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought', rules => '[{"transition": "bought", "link": "buyers"}]');
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought', rules => '[{"transition": "bought", "condition": "buyer"}]');
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought', rules => '[{"transition": "nobody", "link": "buyer"}]');
SELECT campaign_add_combine('brought', 'x', operation => 'union', after => 'low, bought', rules => '[{"transition": "bought", "link": "buyer"}, {"transition": "bought.result", "link": "buyer"}]');
SELECT campaign_connect('brought', 'any.lost', 'few');
SELECT severity, activity, code, message FROM campaign_check('brought');

-- Nothing is left behind.
SELECT campaign_drop(c) FROM unnest(ARRAY['sets', 'keys', 'many', 'brought']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_combine';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_combine';
DELETE FROM campaign.log WHERE role_name = 'regress_combine';
SET client_min_messages = warning;
DROP SCHEMA combine CASCADE;
DROP OWNED BY regress_combine;
DROP ROLE regress_combine;
