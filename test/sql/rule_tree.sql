-- Rule trees: what they become, what they are refused for, and that they are
-- true for the same rows as conditions that were written by hand.
CREATE ROLE regress_rule LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_rule;
CREATE SCHEMA rule_tree AUTHORIZATION regress_rule;
SET SESSION AUTHORIZATION regress_rule;
SET search_path = rule_tree, public;
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE DOMAIN points AS integer CHECK (value >= 0);
CREATE TYPE level AS ENUM ('low', 'middle', 'high');
CREATE TABLE cities (code text PRIMARY KEY, name text, country text);
CREATE TABLE people (
	id bigint PRIMARY KEY, name text NOT NULL, email varchar(80), code char(4), city text REFERENCES cities,
	score integer, points points, worth numeric(10, 2), ratio double precision, joined date, seen timestamptz,
	local timestamp, nap interval, opt boolean, tags text[], level level, token uuid, more jsonb, place point,
	"we""ird.name" text, boss bigint REFERENCES people);
CREATE TABLE orders (id bigint PRIMARY KEY, person bigint REFERENCES people, total numeric, status text, placed_at timestamptz);
CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders, product text, price numeric);
INSERT INTO cities VALUES ('B', 'Berlin', 'DE'), ('L', 'Linz', 'AT'), ('N', NULL, 'US'), ('E', '', 'US');
INSERT INTO people
SELECT i, 'n' || i % 7, CASE WHEN i % 5 = 0 THEN '' WHEN i % 7 <> 0 THEN 'e_' || i || '%@x\y' END, nullif(i % 4, 2)::text,
	(ARRAY['B', 'L', 'N', 'E', NULL])[1 + i % 5], nullif(i % 11, 4), nullif(i % 6, 5), nullif(i % 9, 3) / 2.0, nullif(i % 8, 1) / 4.0,
	CASE WHEN i % 6 > 0 THEN date '2024-01-01' + i % 60 END, CASE WHEN i % 4 > 0 THEN timestamptz '2024-01-01 12:00+00' + i * interval '1 hour' END,
	CASE WHEN i % 3 > 0 THEN timestamp '2024-01-01' + i * interval '6 hours' END, nullif(i % 5, 2) * interval '1 day', nullif(i % 3, 0) = 1,
	(ARRAY['{a,b}', '{}', '{b,NULL}', NULL])[1 + i % 4]::text[], (ARRAY['low', 'middle', 'high', NULL])[1 + i % 4]::level,
	CASE WHEN i % 2 = 0 THEN ('00000000-0000-0000-0000-00000000000' || i % 10)::uuid END, NULL, NULL,
	CASE WHEN i % 3 > 0 THEN 'it''s ' || i % 2 END, nullif(i / 2, 0)
FROM generate_series(1, 300) i;
INSERT INTO orders SELECT i, nullif(i % 200, 0), nullif(i % 30, 7), (ARRAY['new', 'paid', NULL])[1 + i % 3], timestamptz '2024-03-01 00:00+00' - i * interval '1 day' FROM generate_series(1, 700) i;
INSERT INTO items SELECT i, 1 + i % 650, 'p' || i % 6, nullif(i % 12, 5) FROM generate_series(1, 1500) i;
ANALYZE people, orders, items, cities;
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_dimension('orders');
SELECT name, cardinality FROM campaign.links WHERE source = 'people' ORDER BY 1;

-- B1: what a rule becomes
SELECT campaign_rule_sql('people', '{}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "at_least", "value": 3},
	{"or": [{"attribute": "city", "operator": "in", "value": ["B", "L"]}, {"attribute": "email", "operator": "not_empty"}]},
	{"except": [{"attribute": "name", "operator": "starts_with", "value": "n"}, {"attribute": "opt", "operator": "equal", "value": true}, {"sql": "score + points > 12"}]}]}');
SELECT campaign_rule_sql('people', '{"not": {"or": [{"attribute": "score", "operator": "<>", "value": 3}, {"and": []}, {"or": []}]}}');
SELECT campaign_rule_sql('people', '{"attribute": "joined", "operator": "between", "value": [{"preset": "start_of_month", "plus": "-2 months"}, {"preset": "today"}]}');
SELECT campaign_rule_sql('people', '{"attribute": "seen", "operator": "greater", "value": {"preset": "now", "plus": "-90 days"}}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "worth", "operator": "greater", "value": {"attribute": "score"}}, {"sql": "lower(name)", "operator": "equal", "value": {"sql": "split_part(email, ''_'', 1) -- a comment"}}, {"attribute": "score", "operator": "less", "value": {"parameter": "most"}}]}', '{"most": 9}');
-- B1: names and values that would like to be more than that
SELECT campaign_rule_sql('people', '{"attribute": "we\"ird.name", "operator": "equal", "value": "it''s 1\\"}');
SELECT campaign_rule_sql('people', '{"attribute": ["we\"ird.name"], "operator": "contains", "value": "50%_\\''; DROP TABLE people --"}');
SELECT rows FROM campaign_count('people', '{"attribute": "email", "operator": "starts_with", "value": "e_1%"}');
SELECT rows FROM campaign_count('people', '{"attribute": "email", "operator": "contains", "value": "x\\y"}');
SELECT rows FROM campaign_count('people', '{"attribute": "email", "operator": "like", "value": "e\\_1_\\%%"}');

-- B1: refused, with the place
SELECT campaign_rule_sql('people', '[]');
SELECT campaign_rule_sql('people', '{"and": {}}');
SELECT campaign_rule_sql('people', '{"and": [{}, 1]}');
SELECT campaign_rule_sql('people', '{"and": [{}, {"or": [{"nor": []}]}]}');
SELECT campaign_rule_sql('people', '{"and": [], "or": []}');
SELECT campaign_rule_sql('people', '{"except": []}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "scor", "operator": "equal", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "equals", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "equal"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "equal", "value": null}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "equal", "value": "x"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "equal", "value": true}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "name", "operator": "equal", "value": 7}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "equal", "value": [1]}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "in", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "in", "value": [1, null]}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "between", "value": [1, 2, 3]}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "empty", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "contains", "value": "1"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "place", "operator": "greater", "value": "(1,2)"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "seen", "operator": "less", "value": {"preset": "tomorow"}}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "less", "value": {"preset": "today"}}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "seen", "operator": "less", "value": {"preset": "today", "plus": "much"}}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "less", "value": {"parameter": "p"}}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "less", "value": {"variable": "v"}}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "less", "value": {}}]}');
SELECT campaign_rule_sql('people', '{"and": [{}, {"sql": "score) OR (true"}]}');
SELECT campaign_rule_sql('people', '{"and": [{}, {"sql": "score"}]}');
SELECT campaign_rule_sql('people', '{"and": [{}, {"sql": "{}"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "score", "operator": "equal", "value": 1}, {"attribute": "local", "operator": "equal", "value": {"attribute": "score"}}]}');
SELECT campaign_rule_sql('poeple', '{}');
SELECT rows FROM campaign_count('people', '{"and": [');
-- B1: nested without a limit but that of the stack, which is no crash
SELECT rows FROM campaign_count('people', repeat('{"not": ', 501) || '{}' || repeat('}', 501));
SELECT length(campaign_rule_sql('people', (repeat('{"and": [{"attribute": "score", "operator": "less", "value": 5}, {"or": [{"attribute": "opt", "operator": "empty"}, ', 200) || '{}' || repeat(']}]}', 200))::jsonb)) > 10000 AS long;
DO $$
BEGIN
	PERFORM rows FROM campaign_count('people', repeat('{"not":', 20000) || '{}' || repeat('}', 20000));
EXCEPTION WHEN statement_too_complex THEN
	RAISE WARNING 'too complex';
END;
$$;

-- B2: links: rows that exist, attributes of the one row, aggregates
SELECT campaign_rule_sql('people', '{"link": "orders", "where": {"and": [{"attribute": "status", "operator": "equal", "value": "paid"}, {"link": "items", "operator": "not_exists", "where": {"attribute": "price", "operator": "greater", "value": 5}}]}}');
SELECT campaign_rule_sql('people', '{"link": "orders.items", "where": {"attribute": "product", "operator": "equal", "value": "p1"}}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "city.country", "operator": "not_equal", "value": "DE"}, {"attribute": "boss.city.name", "operator": "empty"}, {"attribute": "score", "operator": "greater", "value": {"attribute": "boss.score"}}]}');
SELECT campaign_rule_sql('people', '{"link": "orders", "aggregate": "sum", "attribute": "total", "where": {"attribute": "status", "operator": "equal", "value": "paid"}, "operator": "at_least", "value": 100}');
SELECT campaign_rule_sql('people', '{"link": "orders.items", "aggregate": "count_distinct", "attribute": "product", "operator": "less", "value": 3}');
SELECT campaign_rule_sql('people', '{"link": "orders", "aggregate": "avg", "sql": "total * 2", "operator": "greater", "value": {"attribute": "worth"}}');
SELECT campaign_rule_sql('people', '{"link": "orders", "aggregate": "max", "attribute": "placed_at", "operator": "less", "value": {"preset": "now", "plus": "-1 year"}}');
SELECT campaign_link('older', 'people', 'people', 'older.joined < people.joined AND older.city = people.city', 'many');
SELECT campaign_rule_sql('people', '{"link": "older", "where": {"link": "older", "where": {"attribute": "score", "operator": "equal", "value": 2}}}');
SELECT campaign_rule_sql('people', '{"link": "older", "aggregate": "count", "operator": "greater", "value": 2}');
-- B2: refused
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "orders.total", "operator": "equal", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "cyti.name", "operator": "equal", "value": "x"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"attribute": "city.nam", "operator": "equal", "value": "x"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"link": "ordres"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"link": "orders", "where": {"attribute": "totle", "operator": "equal", "value": 1}}]}');
SELECT campaign_rule_sql('people', '{"and": [{"link": "orders", "operator": "equal"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"link": "orders", "aggregate": "total", "operator": "equal", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"link": "orders", "aggregate": "sum", "attribute": "status", "operator": "equal", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"link": "orders", "aggregate": "sum", "operator": "equal", "value": 1}]}');
SELECT campaign_rule_sql('people', '{"and": [{"link": "orders", "aggregate": "count", "operator": "contains", "value": "1"}]}');
SELECT campaign_rule_sql('people', '{"and": [{"link": "orders", "where": {"or": [{"sql": "orders.totle > 3"}]}}]}');

-- B2: joins, and nothing that is executed row by row
CREATE FUNCTION joins(rule jsonb) RETURNS TABLE (node text) LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT id FROM people WHERE ' || campaign_rule_sql('people', rule) LOOP
		IF line ~ 'Join|Nested|SubPlan' THEN
			node := substring(line FROM '(Semi|Anti|SubPlan|Join)');
			RETURN NEXT;
		END IF;
	END LOOP;
END;
$$;
SET enable_nestloop = off; SET enable_mergejoin = off;
SELECT joins('{"link": "orders", "where": {"attribute": "status", "operator": "equal", "value": "paid"}}');
SELECT joins('{"except": [{}, {"link": "orders"}]}');
SELECT joins('{"except": [{"link": "orders"}, {"or": [{"link": "orders", "where": {"attribute": "status", "operator": "empty"}}, {"attribute": "score", "operator": "less", "value": 2}]}]}');
SELECT joins('{"link": "orders", "aggregate": "sum", "attribute": "total", "operator": "at_least", "value": 100}');
SELECT joins('{"link": "orders", "aggregate": "count", "operator": "equal", "value": 0}');
SELECT joins('{"attribute": "city.country", "operator": "not_equal", "value": "DE"}');
SELECT joins('{"link": "orders.items", "operator": "not_exists"}');
RESET enable_nestloop; RESET enable_mergejoin;

-- B1, B5: every operator by type, the complement of each, and random trees of
-- them, against conditions that were written by hand
CREATE TABLE leaf (n serial, rule jsonb, sql text);
INSERT INTO leaf (rule, sql)
SELECT jsonb_build_object('attribute', a, 'operator', o, 'value', v), format('%I %s %s', a, s, w)
FROM (VALUES ('score', '5', '5'), ('points', '3', '3'), ('worth', '2.5', '2.5'), ('ratio', '1.25', '1.25'), ('joined', '"2024-01-20"', 'date ''2024-01-20'''),
	('seen', '"2024-01-05 12:00+00"', 'timestamptz ''2024-01-05 12:00+00'''), ('local', '"2024-02-01 06:00"', 'timestamp ''2024-02-01 06:00'''),
	('nap', '"2 days"', 'interval ''2 days'''), ('name', '"n3"', '''n3'''), ('email', '"e_3%@x\\y"', 'E''e_3%@x\\y'''), ('code', '"1"', '''1'''),
	('level', '"middle"', '''middle'''), ('opt', 'true', 'true'), ('token', '"00000000-0000-0000-0000-000000000004"', '''00000000-0000-0000-0000-000000000004''')) AS t (a, j, w)
CROSS JOIN (VALUES ('equal', '='), ('greater', '>'), ('at_least', '>='), ('less', '<'), ('at_most', '<=')) AS o (o, s)
CROSS JOIN LATERAL (SELECT j::jsonb) AS v (v);
INSERT INTO leaf (rule, sql) VALUES
('{"attribute": "score", "operator": "in", "value": [1, 5, 9]}', 'score = 1 OR score = 5 OR score = 9'),
('{"attribute": "score", "operator": "in", "value": []}', 'false'),
('{"attribute": "name", "operator": "in", "value": ["n1", "n2"]}', 'name = ANY (''{n1,n2}'')'),
('{"attribute": "level", "operator": "in", "value": ["low", "high"]}', 'level = ''low'' OR level = ''high'''),
('{"attribute": "score", "operator": "between", "value": [2, 6]}', 'score >= 2 AND score <= 6'),
('{"attribute": "joined", "operator": "between", "value": ["2024-01-10", "2024-01-20"]}', 'joined BETWEEN ''2024-01-10'' AND ''2024-01-20'''),
('{"attribute": "score", "operator": "empty"}', 'score IS NULL'),
('{"attribute": "email", "operator": "empty"}', 'email IS NULL OR email = '''''),
('{"attribute": "tags", "operator": "empty"}', 'tags IS NULL OR cardinality(tags) = 0'),
('{"attribute": "opt", "operator": "empty"}', 'opt IS NULL'),
('{"attribute": "place", "operator": "empty"}', 'place IS NULL'),
('{"attribute": "more", "operator": "empty"}', 'more IS NULL'),
('{"sql": "score % 3", "operator": "empty"}', 'score IS NULL'),
('{"attribute": "email", "operator": "starts_with", "value": "e_1"}', 'left(email, 3) = ''e_1'''),
('{"attribute": "email", "operator": "contains", "value": "1%@"}', 'strpos(email, ''1%@'') > 0'),
('{"attribute": "email", "operator": "like", "value": "e_1_\\%%"}', 'email LIKE E''e_1_\\%%'''),
('{"attribute": "code", "operator": "starts_with", "value": "1"}', 'left(code, 1) = ''1'''),
('{"attribute": "email", "operator": "starts_with", "value": {"sql": "''e_'' || id"}}', 'left(email, length(''e_'' || id)) = ''e_'' || id'),
('{"attribute": "email", "operator": "contains", "value": {"attribute": "code"}}', 'strpos(email, code) > 0'),
('{"attribute": "email", "operator": "like", "value": {"sql": "''%'' || code || ''%''"}}', 'email LIKE ''%'' || code || ''%'''),
('{"attribute": "tags", "operator": "contains", "value": "b"}', 'tags @> ''{b}'''),
('{"attribute": "score", "operator": "greater", "value": {"attribute": "points"}}', 'score > points'),
('{"attribute": "worth", "operator": "equal", "value": {"attribute": "ratio"}}', 'worth = ratio'),
('{"attribute": "joined", "operator": "less", "value": {"attribute": "seen"}}', 'joined < seen'),
('{"attribute": "seen", "operator": "less", "value": {"preset": "start_of_year", "plus": "-1 year"}}', 'seen < date_trunc(''year'', now()) - interval ''1 year'''),
('{"sql": "score + points > 8"}', 'score + points > 8'),
('{"sql": "score + points", "operator": "at_least", "value": 8}', 'score + points >= 8'),
('{"attribute": "we\"ird.name", "operator": "equal", "value": "it''s 1"}', '"we""ird.name" = ''it''''s 1'''),
-- B2: links
('{"attribute": "city.country", "operator": "equal", "value": "US"}', '(SELECT c.country FROM cities c WHERE c.code = city) = ''US'''),
('{"attribute": "city.name", "operator": "empty"}', 'coalesce((SELECT c.name FROM cities c WHERE c.code = city), '''') = '''''),
('{"attribute": "boss.city.name", "operator": "starts_with", "value": "B"}', '(SELECT c.name FROM people b JOIN cities c ON c.code = b.city WHERE b.id = people.boss) LIKE ''B%'''),
('{"attribute": "score", "operator": "greater", "value": {"attribute": "boss.score"}}', 'score > (SELECT b.score FROM people b WHERE b.id = people.boss)'),
('{"link": "orders"}', 'id IN (SELECT person FROM orders)'),
('{"link": "orders", "where": {"attribute": "status", "operator": "not_equal", "value": "paid"}}', 'id IN (SELECT person FROM orders WHERE status IS DISTINCT FROM ''paid'')'),
('{"link": "orders.items", "where": {"attribute": "price", "operator": "greater", "value": 10}}', 'EXISTS (SELECT FROM orders o JOIN items i ON i.order_id = o.id WHERE o.person = people.id AND i.price > 10)'),
('{"link": "orders", "where": {"link": "items", "operator": "not_exists"}}', 'EXISTS (SELECT FROM orders o WHERE o.person = people.id AND NOT EXISTS (SELECT FROM items i WHERE i.order_id = o.id))'),
('{"link": "orders", "where": {"link": "items", "aggregate": "count", "operator": "greater", "value": 2}}', 'EXISTS (SELECT FROM orders o WHERE o.person = people.id AND (SELECT count(*) FROM items i WHERE i.order_id = o.id) > 2)'),
('{"link": "orders", "aggregate": "count", "operator": "equal", "value": 0}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) = 0'),
('{"link": "orders", "aggregate": "count", "operator": "less", "value": 4}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) < 4'),
('{"link": "orders", "aggregate": "count", "operator": "at_least", "value": 4}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) >= 4'),
('{"link": "orders", "aggregate": "count", "operator": "at_most", "value": 3.5}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) <= 3.5'),
('{"link": "orders", "aggregate": "count", "operator": "greater", "value": -1}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) > -1'),
('{"link": "orders", "aggregate": "count", "operator": "in", "value": [0, 3]}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) IN (0, 3)'),
('{"link": "orders", "aggregate": "count", "operator": "between", "value": [0, 3]}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) BETWEEN 0 AND 3'),
('{"link": "orders", "aggregate": "count", "operator": "between", "value": [3, 4]}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) BETWEEN 3 AND 4'),
('{"link": "orders", "aggregate": "count", "operator": "empty"}', 'false'),
('{"link": "orders", "aggregate": "count", "operator": "greater", "value": {"attribute": "points"}}', '(SELECT count(*) FROM orders o WHERE o.person = people.id) > points'),
('{"link": "orders", "aggregate": "count_distinct", "attribute": "status", "operator": "equal", "value": 1}', '(SELECT count(DISTINCT o.status) FROM orders o WHERE o.person = people.id) = 1'),
('{"link": "orders", "aggregate": "sum", "attribute": "total", "operator": "greater", "value": 40}', '(SELECT sum(o.total) FROM orders o WHERE o.person = people.id) > 40'),
('{"link": "orders", "aggregate": "sum", "attribute": "total", "operator": "not_greater", "value": 40}', 'coalesce((SELECT sum(o.total) FROM orders o WHERE o.person = people.id), 0) <= 40'),
('{"link": "orders", "aggregate": "avg", "attribute": "total", "where": {"attribute": "status", "operator": "equal", "value": "paid"}, "operator": "less", "value": 12}', '(SELECT avg(o.total) FROM orders o WHERE o.person = people.id AND o.status = ''paid'') < 12'),
('{"link": "orders", "aggregate": "min", "attribute": "status", "operator": "equal", "value": "paid"}', '(SELECT min(o.status) FROM orders o WHERE o.person = people.id) = ''paid'''),
('{"link": "orders", "aggregate": "max", "attribute": "total", "operator": "empty"}', '(SELECT max(o.total) FROM orders o WHERE o.person = people.id) IS NULL'),
('{"link": "orders", "aggregate": "max", "attribute": "placed_at", "operator": "less", "value": "2023-06-01 00:00+00"}', '(SELECT max(o.placed_at) FROM orders o WHERE o.person = people.id) < ''2023-06-01 00:00+00'''),
('{"link": "orders.items", "aggregate": "sum", "attribute": "price", "operator": "greater", "value": 30}', '(SELECT sum(i.price) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.person = people.id) > 30'),
('{"link": "older", "aggregate": "count", "operator": "less", "value": 9}', '(SELECT count(*) FROM people o WHERE o.joined < people.joined AND o.city = people.city) < 9');

-- Rows for which the two are not the same; nobody is counted as neither.
CREATE FUNCTION differ(rule jsonb, sql text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM people WHERE ((%s) IS TRUE) <> ((%s) IS TRUE)', campaign_rule_sql('people', rule), sql) INTO found;
	RETURN found;
END;
$$;
SELECT rule, sql FROM leaf WHERE differ(rule, sql) > 0;
SELECT rule, sql FROM leaf WHERE differ(jsonb_build_object('not', rule), format('(%s) IS NOT TRUE', sql)) > 0;
SELECT rule FROM leaf WHERE rule ? 'operator' AND differ(rule || jsonb_build_object('operator', CASE WHEN rule ->> 'operator' LIKE 'not_%' THEN substr(rule ->> 'operator', 5) ELSE 'not_' || (rule ->> 'operator') END), format('(%s) IS NOT TRUE', sql)) > 0;
SELECT count(*) AS leaves FROM leaf;
CREATE FUNCTION grow(depth integer, OUT rule jsonb, OUT sql text) LANGUAGE plpgsql AS $$
DECLARE
	kind integer := floor(random() * 6);
	children jsonb := '[]';
	texts text[] := '{}';
	child record;
BEGIN
	IF depth = 0 OR kind = 0 THEN
		SELECT l.rule, format('((%s) IS TRUE)', l.sql) INTO rule, sql FROM leaf l WHERE l.n = (SELECT 1 + floor(random() * count(*)) FROM leaf);
		RETURN;
	END IF;
	FOR i IN 1 .. CASE WHEN kind = 5 THEN 1 ELSE 1 + floor(random() * 3)::integer END LOOP
		SELECT * INTO child FROM grow(depth - 1);
		children := children || child.rule;
		texts := texts || child.sql;
	END LOOP;
	IF kind = 5 THEN
		rule := jsonb_build_object('not', children -> 0);
		sql := format('(NOT %s)', texts[1]);
	ELSIF kind IN (1, 2) THEN
		rule := jsonb_build_object('and', children);
		sql := '(' || array_to_string(texts, ' AND ') || ')';
	ELSIF kind = 3 THEN
		rule := jsonb_build_object('or', children);
		sql := '(' || array_to_string(texts, ' OR ') || ')';
	ELSE
		rule := jsonb_build_object('except', children);
		sql := '(' || array_to_string(texts, ' AND NOT ') || ')';
	END IF;
END;
$$;
SELECT setseed(0.25);
CREATE TABLE tree AS SELECT i, g.* FROM generate_series(1, 60) i CROSS JOIN LATERAL (SELECT * FROM grow(3 + 0 * i)) g;
SELECT i, rule FROM tree WHERE differ(rule, sql) > 0;
-- What is executed is what is shown.
CREATE FUNCTION counted(sql text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
	EXECUTE 'SELECT count(*) FROM people WHERE ' || sql INTO found;
	RETURN found;
END;
$$;
SELECT i, rule FROM tree WHERE (campaign_count('people', rule::text)).rows <> counted(sql);

-- Wherever a condition stands, a rule may stand.
SELECT campaign_create('ruled', 'people', settings => '{"variables": {"least": {"type": "integer", "default": 8}}}');
SELECT campaign_add_audience('ruled', 'best', filter => '{"and": [{"attribute": "score", "operator": "at_least", "value": {"variable": "least"}}, {"link": "orders"}]}');
SELECT campaign_add('ruled', 'rest', 'audience', '{"filter": {"not": {"and": [{"attribute": "score", "operator": "at_least", "value": {"variable": "least"}}, {"link": "orders"}]}}}');
SELECT campaign_add_split('ruled', 'by_city', after => 'best', outcomes => '[{"name": "german", "filter": {"attribute": "city.country", "operator": "equal", "value": "DE"}}, {"name": "others"}]');
SELECT campaign_add_enrich('ruled', 'lines', after => 'by_city.german', columns => '{"country": "{\"attribute\": \"city.country\"}"}', links => '[{"name": "o", "relation": "orders", "condition": {"and": [{"sql": "o.person = people.id"}, {"attribute": "o.total", "operator": "greater", "value": 20}]}, "columns": {"largest": "o.total"}, "sort_by": "o.total DESC"}]');
SELECT campaign_add_audience('ruled', 'large', after => 'lines', filter => '{"and": [{"attribute": "largest", "operator": "at_least", "value": 25}, {"attribute": "country", "operator": "equal", "value": "DE"}]}');
SELECT campaign_add_audience('ruled', 'wrong', filter => '{"attribute": "score", "operator": "at_least", "value": {"variable": "most"}}');
SELECT campaign_add('ruled', 'wrong', 'audience', '{"filter": ["score > 1"]}');
SELECT campaign_add_test('ruled', 'wrong', after => 'best', outcomes => '[{"name": "a", "condition": "{\"and\": []}"}]');
SELECT severity, code, message FROM campaign_check('ruled') WHERE code <> 'superuser_owner';
-- What the parser refuses is named by its place in the tree.
ALTER TABLE orders RENAME total TO sum;
SELECT campaign_create('broken', 'people');
SELECT campaign_define('{"name": "broken", "dimension": "people", "activities": [{"name": "deep", "kind": "audience",
	"options": {"filter": {"and": [{"link": "orders", "where": {"or": [{"sql": "orders.id > 1"}, {"sql": "orders.total > 1"}]}}]}}}]}');
SELECT severity, code, message FROM campaign_check('broken') WHERE code <> 'superuser_owner';
SELECT severity, code, message FROM campaign_check('ruled') WHERE code <> 'superuser_owner';
SELECT campaign_drop('broken');
ALTER TABLE orders RENAME sum TO total;
SELECT campaign_publish('ruled');
SELECT campaign_start('ruled') AS run \gset
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run AND outcome <> 'rejected' ORDER BY 1, 2;
SELECT count(*) FILTER (WHERE score >= 8 AND o) AS best, count(*) FILTER (WHERE (score >= 8 AND o) IS NOT TRUE) AS rest FROM (SELECT *, EXISTS (SELECT FROM orders WHERE person = people.id) AS o FROM people) p;
SELECT campaign_export('ruled') #> '{activities,1,options}';
-- B4: counts, samples and values of a condition before it is used
SELECT rows FROM campaign_count('people');
SELECT rows, jsonb_array_length(sampled), sampled #> '{0,score}' AS score FROM campaign_count('people', '{"attribute": "score", "operator": "equal", "value": 7}', sample => 5);
SELECT rows FROM campaign_count('people', 'score = 7');
SELECT rows FROM campaign_count('people', '{"attribute": "score", "operator": "equal", "value": {"parameter": "s"}}', '{"s": 7}');
SELECT * FROM campaign_values('people', 'city');
SELECT * FROM campaign_values('people', 'city', estimated => true);
SELECT value, rows FROM campaign_values('people', 'to_char(joined, ''YYYY-MM'')', '{"link": "orders"}');
SELECT value, rows FROM campaign_values('people', '{"attribute": "city.country"}');
SELECT value, rows FROM campaign_values('people', '{"attribute": "orders.total"}');
SELECT value, rows FROM campaign_values('people', '{"link": "orders"}');
SELECT count(*), sum(rows), max(share) FROM campaign_values('people', 'id', max_values => NULL);
SELECT count(*), sum(rows) FROM campaign_values('people', 'id', max_values => 3);
SELECT * FROM campaign_values('people', 'sum(score)');
SELECT * FROM campaign_values('people', 'cyti');
SELECT * FROM campaign_values('people', 'lower(name)', estimated => true);
SELECT * FROM campaign_values('people', 'city', 'true', estimated => true);
-- A dimension's own rules know the foreign keys before it is declared.
SELECT campaign_dimension('people', name => 'consenting', consent => '{"email": "{\"link\": \"orders\"}"}');
-- as the caller may read
RESET SESSION AUTHORIZATION;
CREATE ROLE regress_rule_reader LOGIN;
GRANT USAGE ON SCHEMA campaign, rule_tree TO regress_rule_reader;
GRANT SELECT (id, name) ON people TO regress_rule_reader;
SET SESSION AUTHORIZATION regress_rule_reader;
SELECT campaign_dimension('people', key => 'id');
SELECT count(*) FROM campaign_values('people', 'name', estimated => true);
SELECT count(*) FROM campaign_values('people', 'city', estimated => true);
SELECT count(*) FROM campaign_values('people', 'name');
SELECT count(*) FROM campaign_values('people', 'city');
SELECT rows FROM campaign_count('people', '{"attribute": "score", "operator": "equal", "value": 7}');

RESET SESSION AUTHORIZATION;
SELECT campaign_drop('ruled');
DROP SCHEMA rule_tree CASCADE;
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_rule%';
DELETE FROM campaign.link WHERE owner_name LIKE 'regress_rule%';
DELETE FROM campaign.log WHERE role_name LIKE 'regress_rule%';
DROP OWNED BY regress_rule, regress_rule_reader;
DROP ROLE regress_rule, regress_rule_reader;
