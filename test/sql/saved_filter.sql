-- Saved filters (B3): with parameters, within each other, in rules of
-- campaigns; frozen with what has been published.
CREATE ROLE regress_filter LOGIN;
CREATE ROLE regress_filter_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_filter, regress_filter_other;
CREATE SCHEMA saved_filter AUTHORIZATION regress_filter;
SET SESSION AUTHORIZATION regress_filter;
SET search_path = saved_filter, public;
SET client_min_messages = warning;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, score int, country text, referrer bigint REFERENCES customers);
INSERT INTO customers SELECT i, 'c' || i || '@example.com', nullif(i % 20, 3), (ARRAY['DE', 'AT', NULL])[1 + i % 3], nullif(i / 3, 0) FROM generate_series(1, 200) i;
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint REFERENCES customers, total numeric);
INSERT INTO orders SELECT i, 1 + i % 150, i % 40 FROM generate_series(1, 400) i;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}'), campaign_dimension('orders');

-- B3: parameters, typed, with and without a default
SELECT campaign_filter('loyal', 'customers', '{"attribute": "score", "operator": "at_least", "value": {"parameter": "points"}}',
	'{"points": {"type": "int", "default": 10}}', 'Those with many points');
SELECT campaign_filter('of_country', 'customers', $$country = params.country /* not params.place */ AND 'params.country' <> email$$, '{"country": {"type": "text"}}');
SELECT campaign_filter('large', 'orders', '{"attribute": "total", "operator": "greater", "value": {"parameter": "total"}}', '{"total": {"type": "numeric(6,2)"}}');
SELECT campaign_filter('german_loyal', 'customers',
	'{"and": [{"saved": "loyal", "parameters": {"points": {"parameter": "points"}}}, {"saved": "of_country", "parameters": {"country": "DE"}}, {"link": "orders", "where": {"saved": "large", "parameters": {"total": 30}}}]}',
	'{"points": {"type": "integer", "default": 12}}');
SELECT campaign_rule_sql('customers', '{"saved": "loyal"}');
SELECT campaign_rule_sql('customers', '{"except": [{"saved": "loyal", "parameters": {"points": 5}}, {"saved": "of_country", "parameters": {"country": "it''s"}}]}');
SELECT campaign_rule_sql('customers', '{"saved": "german_loyal"}');
SELECT campaign_rule_sql('customers', '{"and": [{"link": "referrer", "where": {"saved": "loyal", "parameters": {"points": 15}}}, {"link": "orders", "where": {"saved": "large", "parameters": {"total": 5}}}]}');
SELECT (campaign_count('customers', '{"saved": "german_loyal", "parameters": {"points": 15}}')).rows =
	(SELECT count(*) FROM customers c WHERE score >= 15 AND country = 'DE' AND EXISTS (SELECT FROM orders o WHERE o.customer = c.id AND o.total > 30)) AS same;
SELECT name, dimension, condition, parameters, description, used_by, owner FROM campaign.filters ORDER BY name;

-- B3: refused
SELECT campaign_filter('Bad name', 'customers', 'true');
SELECT campaign_filter('bad', 'custmers', 'true');
SELECT campaign_filter('bad', 'customers', 'scor > 1');
SELECT campaign_filter('bad', 'customers', 'score > 1 FROM orders');
SELECT campaign_filter('bad', 'customers', '{"attribute": "scor", "operator": "empty"}');
SELECT campaign_filter('bad', 'customers', 'score > params.most');
SELECT campaign_filter('bad', 'customers', 'score > params.most', '{"most": {"type": "integr"}}');
SELECT campaign_filter('bad', 'customers', 'score > params.most', '{"most": {"type": "integer", "default": "much"}}');
SELECT campaign_filter('bad', 'customers', 'score > params.most', '{"most": {"type": "integer", "least": 1}}');
SELECT campaign_filter('bad', 'customers', 'score > params.most', '{"most": 7}');
SELECT campaign_filter('bad', 'customers', 'score > params.most', '{"most": {"type": "anyelement"}}');
SELECT campaign_filter('bad', 'customers', '{"saved": "loyal", "parameters": {"pionts": 1}}');
SELECT campaign_filter('bad', 'customers', '{"saved": "loyal", "parameters": {"points": "many"}}');
SELECT campaign_filter('bad', 'customers', '{"saved": "loyal", "parameters": {"points": {"attribute": "score"}}}');
SELECT campaign_filter('bad', 'customers', '{"saved": "loyl"}');
SELECT campaign_filter('bad', 'customers', '{"saved": "large", "parameters": {"total": 1}}');
SELECT campaign_filter('bad', 'customers', '{"saved": "bad"}');
SELECT campaign_filter('loyal', 'customers', '{"or": [{}, {"saved": "german_loyal"}]}');
SELECT campaign_rule_sql('customers', '{"saved": "of_country"}');
SELECT campaign_rule_sql('customers', '{"saved": "of_country", "parameters": {"country": null}}');
SELECT campaign_rule_sql('customers', '{"link": "referrer", "where": {"saved": "of_country", "parameters": {"country": "DE"}}}');
SELECT count(*) FROM campaign.filters WHERE name = 'bad';

-- B3: used by campaigns, and frozen when they are published
SELECT campaign_create('saved', 'customers');
SELECT campaign_add_audience('saved', 'picked', filter => '{"and": [{"saved": "german_loyal"}, {"attribute": "email", "operator": "not_empty"}]}');
SELECT campaign_add('saved', 'loyal', 'audience', '{"filter": {"saved": "loyal"}}');
SELECT campaign_publish('saved');
SELECT name, used_by FROM campaign.filters ORDER BY name;
SELECT campaign_unfilter('german_loyal');
SELECT campaign_unfilter('loyal');
SELECT campaign_unfilter('loyl');
SELECT campaign_start('saved') AS before \gset
SELECT campaign_wait(:before);
SELECT campaign_filter('loyal', 'customers', 'score >= params.points AND id > 100', '{"points": {"type": "int", "default": 10}}');
SELECT campaign_start('saved') AS same \gset
SELECT campaign_wait(:same);
SELECT campaign_publish('saved');
SELECT campaign_start('saved') AS after \gset
SELECT campaign_wait(:after);
SELECT run_id - :before + 1 AS run, source, rows FROM campaign.flow_counts WHERE run_id >= :before AND outcome = 'result' ORDER BY 1, 2;
-- Nothing uses it any more: not the draft, and the versions have copies.
SELECT campaign_alter('saved', 'picked', '{"filter": "true"}');
SELECT campaign_unfilter('german_loyal');
SELECT count(*) FROM campaign.filters;
-- B3: a column that goes
SELECT campaign_alter('saved', 'picked', '{"filter": {"saved": "of_country", "parameters": {"country": "AT"}}}');
SELECT campaign_publish('saved');
ALTER TABLE customers RENAME country TO nation;
SELECT activity, code, message FROM campaign_check('saved') WHERE severity = 'error';
SELECT campaign_start('saved') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, error FROM campaign.run_progress WHERE run_id = :run AND activity = 'picked';
ALTER TABLE customers RENAME nation TO country;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT source, rows FROM campaign.flow_counts WHERE run_id = :run AND source = 'picked' AND outcome = 'result';

-- Others have filters of their own.
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_filter_other;
SELECT count(*) FROM campaign.filters;
SELECT campaign_unfilter('loyal');
RESET SESSION AUTHORIZATION;

SELECT campaign_drop('saved');
DROP SCHEMA saved_filter CASCADE;
DELETE FROM campaign.filter WHERE owner_name LIKE 'regress_filter%';
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_filter%';
DELETE FROM campaign.log WHERE role_name LIKE 'regress_filter%';
DROP OWNED BY regress_filter, regress_filter_other;
DROP ROLE regress_filter, regress_filter_other;
