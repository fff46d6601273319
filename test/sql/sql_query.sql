-- A query that reads other rows than those of the transitions it names, or whose
-- result is believed, breaks what comes behind it (F4).
\set VERBOSITY terse
CREATE ROLE regress_sql LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_sql;
CREATE SCHEMA sql_query AUTHORIZATION regress_sql;
SET search_path = sql_query, public;
SET SESSION AUTHORIZATION regress_sql;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, score int);
INSERT INTO customers SELECT g, 'c' || g || '@example.com', g * 10 FROM generate_series(1, 10) g;
CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint, total numeric);
INSERT INTO orders SELECT g, 1 + g % 5, g FROM generate_series(1, 20) g;
-- Of the same name as an activity: the transition is meant.
CREATE TABLE low (id bigint);
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');
SELECT campaign_dimension('orders', addresses => '{"email": "customer_id::text"}');

SELECT campaign_create('queries', dimension => 'customers', settings => '{"keep_populations": true, "variables": {"floor": {"type": "integer", "default": 3}}}');
SELECT campaign_add_audience('queries', 'low', filter => 'id <= 6');
SELECT campaign_add_enrich('queries', 'rich', after => 'low', columns => '{"twice": "score * 2"}');
SELECT campaign_add_split('queries', 'parts', after => 'rich', outcomes => '[{"name": "odd", "filter": "id % 2 = 1"}, {"name": "even"}]');
-- By name, with an outcome, with an alias, more than once, in a subquery and in WITH.
SELECT campaign_add_sql('queries', 'best', after => 'low, rich, parts.odd, parts.even', query => $$
	WITH totals AS (SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1)
	SELECT l.id, r.twice + 1 AS more, t.total, odd.id IS NOT NULL AS odd
	FROM low l JOIN rich AS r USING (id) JOIN totals t ON t.customer_id = l.id LEFT JOIN parts.odd ON odd.id = l.id
	WHERE l.id > vars.floor - 1 AND l.id NOT IN (SELECT e.id FROM parts.even AS e WHERE e.id = 4)
	ORDER BY t.total DESC$$);
SELECT campaign_add_email('queries', 'mail', after => 'best', subject => '{{ more }}', body => '{{ total }} {{ odd }} {{ score }}');
-- Keys of any type that can be converted; those that are NULL or twice are rejected.
SELECT campaign_add_sql('queries', 'bad_keys', query => $$SELECT x::int AS id FROM unnest('{1,2,2,NULL,3}'::text[]) x$$);
-- Another dimension, at the beginning and on the way; nothing at all.
SELECT campaign_add_sql('queries', 'their_orders', after => 'low', dimension => 'orders', query => 'SELECT o.id, o.customer_id AS who FROM orders o JOIN low ON low.id = o.customer_id');
SELECT campaign_add_audience('queries', 'big_orders', after => 'their_orders', filter => 'total > 15 AND who < 4');
SELECT campaign_add_sql('queries', 'none', query => 'SELECT id FROM customers WHERE false', skip_empty => true);
SELECT campaign_add_end('queries', 'never', after => 'none');
SELECT severity, activity, code, message FROM campaign_check('queries') WHERE severity = 'error';
SELECT campaign_publish('queries');
SELECT campaign_start('queries') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT DISTINCT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2;
SELECT subject, body FROM campaign_claim('email') ORDER BY subject;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- What is refused.
SELECT campaign_add_sql('queries', 'wrong', 'SELECT email FROM customers');
SELECT campaign_add_sql('queries', 'wrong', 'SELECT ''x''::point AS id');
SELECT campaign_add_sql('queries', 'wrong', 'SELECT id, score FROM customers');
SELECT campaign_add_sql('queries', 'wrong', 'SELECT id, 1 AS a, 2 AS a FROM customers');
SELECT campaign_add_sql('queries', 'wrong', 'SELECT id, c AS whole FROM customers c');
SELECT campaign_add_sql('queries', 'wrong', 'SELECT id FROM rich');
SELECT campaign_add_sql('queries', 'wrong', 'SELECT id, nothing FROM rich', after => 'rich');
SELECT campaign_add_sql('queries', 'wrong', 'DELETE FROM customers RETURNING id');
SELECT campaign_add_sql('queries', 'wrong', 'WITH d AS (DELETE FROM customers RETURNING id) SELECT id FROM d');
SELECT campaign_add_sql('queries', 'wrong', 'SELECT id FROM customers; SELECT 1');
SELECT campaign_add_sql('queries', 'wrong', '');
SELECT campaign_connect('queries', 'bad_keys.rejected', 'never');
SELECT code, activity, message FROM campaign_check('queries') WHERE activity = 'bad_keys';
SELECT campaign_disconnect('queries', 'bad_keys.rejected', 'never');
-- What it reads is what it read when it was published.
ALTER TABLE orders RENAME TO former_orders;
CREATE VIEW orders AS SELECT * FROM former_orders;
SELECT campaign_start('queries') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND activity = 'best';
SELECT campaign_stop(:run);

-- Clean up.
SELECT campaign_drop('queries');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_sql';
DROP SCHEMA sql_query CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_sql;
DROP ROLE regress_sql;
