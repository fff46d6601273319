-- A wrong enrichment gives people the data of others, or loses rows that have
-- none; added columns must reach whatever comes behind (E1).
\set VERBOSITY terse
CREATE ROLE regress_enrich LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_enrich;
CREATE SCHEMA enrich AUTHORIZATION regress_enrich;
SET search_path = enrich, public;
-- The population of an outcome as JSON.
CREATE FUNCTION enrich.rows_of(run bigint, activity text, outcome text DEFAULT 'result') RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT to_jsonb(t) FROM campaign_data.%I t ORDER BY 1', (
		SELECT f.population FROM campaign.flow f
		WHERE f.run_id = $1 AND f.source = $2 AND f.outcome = $3));
END $$;
-- The names of its columns.
CREATE FUNCTION enrich.columns_of(run bigint, activity text, outcome text DEFAULT 'result') RETURNS text LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
	SELECT string_agg(a.attname, ' ' ORDER BY a.attnum) FROM campaign.flow f JOIN pg_attribute a ON a.attrelid = ('campaign_data.' || f.population)::regclass
	WHERE f.run_id = $1 AND f.source = $2 AND f.outcome = $3 AND a.attnum > 0;
END;
SET SESSION AUTHORIZATION regress_enrich;

CREATE TABLE customers (id bigint PRIMARY KEY, email text, score int, tags text[]);
INSERT INTO customers SELECT g, 'c' || g % 4 || '@example.com', g * 10, ARRAY['t' || g] FROM generate_series(1, 8) g;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, placed_at date, total numeric(10,2), items int[]);
INSERT INTO orders SELECT g, 1 + g % 6, '2025-01-01'::date + g, g, ARRAY[g, g + 1] FROM generate_series(1, 18) g;
CREATE TABLE tiers (low int, tier varchar(10));
INSERT INTO tiers VALUES (0, 'bronze'), (30, 'silver'), (60, 'gold');
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');

SELECT campaign_create('rich', dimension => 'customers', settings => '{"keep_populations": true, "variables": {"floor": {"type": "integer", "default": 3}}}');
SELECT campaign_add_audience('rich', 'all_of_them');
-- Attributes of any type, an aggregate in a subquery, a variable.
SELECT campaign_add_enrich('rich', 'attributes', after => 'all_of_them', columns => $${
	"twice": "customers.score * 2", "word": "'w' || id", "list": "tags || 'x'::text",
	"spent": "(SELECT sum(o.total) FROM orders o WHERE o.customer_id = customers.id)", "above": "id > vars.floor", "nothing": "NULL"}$$);
-- The expressions behind see what was added, and what was added to that.
SELECT campaign_add_enrich('rich', 'further', after => 'attributes', columns => '{"thrice": "twice + score", "known": "spent IS NOT NULL"}');
SELECT campaign_add_audience('rich', 'rich_ones', after => 'further', filter => 'thrice >= 120 AND customers.above');
SELECT campaign_add_split('rich', 'halves', after => 'further', outcomes => '[{"name": "low", "filter": "thrice < 150"}, {"name": "high"}]');
SELECT campaign_add_email('rich', 'mail', after => 'halves.high', one_per_address => false,
	subject => 'You spent {{ spent }}, {{ word }}', body => '<p>{{ thrice }}{{#each list}} {{ item }}{{/each}}</p>');
SELECT campaign_add_wait('rich', 'later', after => 'mail', duration => '0');
SELECT campaign_add_deduplicate('rich', 'once', after => 'further', by => 'email', keep => 'thrice DESC', merge => true);
-- Duplicates lend their values to those who stay; whoever is nobody's
-- duplicate gets none.
SELECT campaign_add_enrich('rich', 'phones', after => 'all_of_them', columns => $${
	"phone": "CASE WHEN id <= 4 THEN 'p' || id END", "labels": "CASE WHEN id IN (1, 5) THEN tags END"}$$);
SELECT campaign_add_deduplicate('rich', 'merged', after => 'phones', by => 'nullif(email, ''c0@example.com'')', keep => 'id DESC', merge => true);
-- Lines of a linked table, its aggregates, one row of it; each in one join.
SELECT campaign_add_enrich('rich', 'linked', after => 'rich_ones', links => $$[
	{"name": "purchases", "relation": "orders", "condition": "purchases.customer_id = customers.id", "sort_by": "placed_at DESC", "number": 2,
	 "columns": {"price": "purchases.total", "day": "placed_at", "items": "items"}},
	{"name": "o", "relation": "enrich.orders", "condition": "o.customer_id = customers.id AND o.total > vars.floor", "aggregate": true,
	 "columns": {"number_of": "count(*)", "total_of": "sum(o.total)", "weighted": "sum(o.total * customers.score)"}},
	{"name": "t", "relation": "tiers", "condition": "t.low <= score", "sort_by": "t.low DESC", "columns": {"tier": "t.tier"}}]$$);
SELECT campaign_add_email('rich', 'receipts', after => 'linked', one_per_address => false,
	subject => '{{ number_of }} for {{ tier }}', body => '<p>{{#each purchases}}{{ item.price }} {{/each}}</p><p>{{ purchases_1_price }}, {{ purchases_2_day }}</p>');
-- Another inbound transition: the row of the same mailbox that was kept.
SELECT campaign_add_enrich('rich', 'with_kept', after => 'further, once', links => $$[
	{"name": "kept", "transition": "once", "condition": "kept.email = customers.email", "columns": {"kept_id": "kept.id", "kept_thrice": "kept.thrice"}}]$$);
SELECT campaign_add_audience('rich', 'nobody', filter => 'false');
SELECT campaign_add_enrich('rich', 'none', after => 'nobody, nobody.rejected', primary_set => 'nobody.rejected', columns => '{"one": "1"}');
-- Columns of several sets come together.
SELECT campaign_add_combine('rich', 'together', operation => 'union', after => 'all_of_them, linked, once', by => 'email, tier');
SELECT campaign_add_combine('rich', 'without', operation => 'exclusion', primary_set => 'once', after => 'linked, once');
SELECT severity, activity, code, message FROM campaign_check('rich') WHERE severity = 'error';
SELECT campaign_publish('rich');
SELECT campaign_start('rich') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, error, detail FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT rows_of(:run, 'attributes') LIMIT 3;
SELECT rows_of(:run, 'further') - '{word,list,above,nothing,known}'::text[] AS row LIMIT 3;
SELECT rows_of(:run, 'once') ->> 'id' AS once, rows_of(:run, 'once', 'duplicates') ->> 'id' AS duplicates;
SELECT rows_of(:run, 'merged');
SELECT rows_of(:run, 'merged', 'duplicates');
SELECT rows_of(:run, 'linked') - '{twice,word,list,spent,above,nothing,thrice,known}'::text[] AS row;
SELECT r ->> 'id' AS id, r ->> 'kept_id' AS kept_id, r ->> 'kept_thrice' AS kept_thrice FROM rows_of(:run, 'with_kept') r;
SELECT r ->> 'id' AS id, r ->> 'thrice' AS thrice, r ->> 'tier' AS tier FROM rows_of(:run, 'together') r;
SELECT subject, body FROM campaign_claim('email') ORDER BY subject, body;
-- A preview shows one row of the dimension, of which nothing was added.
SELECT subject, body FROM campaign_preview('rich', 'mail', '5');
SELECT jsonb_path_query_array(jsonb_agg(c.attname ORDER BY c.attnum), '$') AS columns FROM campaign.flow_counts f, pg_attribute c
WHERE f.run_id = :run AND f.source = 'without' AND f.outcome = 'result' AND c.attnum > 0
	AND c.attrelid = format('campaign_data.r%s_%s_1', :run, (SELECT ordinality FROM jsonb_array_elements(campaign_export('rich') -> 'activities') WITH ORDINALITY a WHERE a.value ->> 'name' = 'without'))::regclass;

-- What is refused.
SELECT campaign_add_enrich('rich', 'wrong', after => 'further');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"score": "1"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"thrice": "1"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"ctid": "1"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"order": "1"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"campaign.found": "1"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"a": 1}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '[]');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"a": "(SELECT o FROM orders o LIMIT 1)"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"a": "ROW(1, 2)"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"a": "fourth"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'all_of_them', columns => '{"a": "thrice"}');
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', columns => '{"a": "count(*)"}');
CREATE FUNCTION pg_temp.link(more jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_array(jsonb_strip_nulls('{"name": "o", "relation": "orders", "condition": "o.customer_id = customers.id", "columns": {"c": "o.total"}}' || more))
$$;
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link(m)) FROM (VALUES ('{"relation": "oders"}'::jsonb)) v (m);
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"name": null}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"name": "customers"}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"relation": null}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"transition": "further"}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"relation": null, "transition": "once"}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"condition": null}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"condition": "o.total"}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"condition": "o.totl > 1"}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"columns": null}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"columns": {"c": "o"}}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"columns": {"c": "sum(o.total)"}}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"aggregate": true}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"aggregate": "yes"}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"aggregate": true, "number": 2}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"number": 101}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"sort_by": "o.items[1], o"}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{"order_by": "1"}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link('{}') || pg_temp.link('{}'));
SELECT campaign_add_enrich('rich', 'wrong', after => 'further', links => pg_temp.link(jsonb_build_object('number', 100,
	'columns', (SELECT jsonb_object_agg('c' || g, '1') FROM generate_series(1, 6) g))));
-- Two sets with columns of one name and two types.
SELECT campaign_add_enrich('rich', 'other_word', after => 'all_of_them', columns => '{"word": "id"}');
SELECT campaign_add_combine('rich', 'wrong', operation => 'union', after => 'further, other_word');
-- Links follow the new name of an activity.
SELECT campaign_rename('rich', 'once', 'best_of_each');
SELECT a #>> '{options,links,0,transition}' AS transition FROM jsonb_array_elements(campaign_export('rich') -> 'activities') a WHERE a ->> 'name' = 'with_kept';
-- What stands behind a column that is gone is found by the check.
SELECT campaign_alter('rich', 'attributes', '{"columns": {"word": "email"}}');
SELECT activity, code, message FROM campaign_check('rich') WHERE severity = 'error';

-- The owner's rights count: a table he may not read cannot be linked, and an
-- added column of a dimension of which he may read a part works.
RESET SESSION AUTHORIZATION;
CREATE TABLE enrich.secret (customer_id bigint, amount int);
CREATE TABLE enrich.partly (id bigint PRIMARY KEY, name text, password text);
INSERT INTO enrich.partly VALUES (1, 'n', 'p');
GRANT SELECT (id, name) ON enrich.partly TO regress_enrich;
SET SESSION AUTHORIZATION regress_enrich;
SELECT campaign_dimension('partly');
SELECT campaign_create('rights', dimension => 'partly', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('rights', 'all_of_them');
SELECT campaign_add_enrich('rights', 'added', after => 'all_of_them', columns => '{"greeting": "''Hi '' || name"}');
SELECT campaign_add_audience('rights', 'behind', after => 'added', filter => $$greeting = 'Hi n'$$);
SELECT campaign_add_enrich('rights', 'hidden', after => 'behind', columns => '{"stolen": "password"}');
SELECT campaign_add_enrich('rights', 'secret', after => 'behind', links => '[{"name": "s", "relation": "secret", "condition": "s.customer_id = partly.id", "columns": {"amount": "amount"}}]');
SELECT activity, code, message FROM campaign_check('rights') WHERE severity = 'error';
SELECT campaign_remove('rights', 'secret');
SELECT campaign_publish('rights');
SELECT campaign_start('rights') AS run \gset
SELECT campaign_wait(:run);
SELECT rows_of(:run, 'behind');

-- A composite key; a view whose keys are there twice and NULL; rows that are
-- rejected or gone get columns as well.
CREATE TABLE seats (hall text, seat int, guest text, PRIMARY KEY (hall, seat));
INSERT INTO seats SELECT 'h' || g % 2, g, 'g' || g FROM generate_series(1, 4) g;
CREATE TABLE visits (visitor text, page text);
INSERT INTO visits VALUES ('a', 'p1'), ('a', 'p2'), ('b', 'p3'), (NULL, 'p4');
CREATE VIEW visitors AS SELECT visitor, 'site' AS site FROM visits;
SELECT campaign_dimension('seats'), campaign_dimension('visitors', key => 'visitor');
SELECT campaign_create('keys', dimension => 'seats', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('keys', 'all_seats');
SELECT campaign_add_enrich('keys', 'neighbours', after => 'all_seats', links => '[{"name": "n", "relation": "seats", "condition": "n.hall = seats.hall AND n.seat <> seats.seat",
	"number": 2, "sort_by": "n.seat", "columns": {"who": "n.guest"}}]');
SELECT campaign_add_audience('keys', 'all_visitors', dimension => 'visitors');
SELECT campaign_add_enrich('keys', 'pages', after => 'all_visitors', links => '[{"name": "v", "relation": "visits", "condition": "v.visitor = visitors.visitor", "aggregate": true, "columns": {"pages": "string_agg(page, '','' ORDER BY page)"}}]');
SELECT campaign_add_enrich('keys', 'rejected', after => 'all_visitors.rejected', columns => '{"at": "site"}', links => '[{"name": "v", "relation": "visits", "condition": "v.visitor = visitors.visitor", "aggregate": true, "columns": {"pages": "count(*)"}}]');
SELECT campaign_publish('keys');
SELECT campaign_start('keys') AS run \gset
SELECT campaign_wait(:run);
SELECT rows_of(:run, 'neighbours');
SELECT rows_of(:run, 'pages');
SELECT rows_of(:run, 'rejected');
SELECT count(*) AS violations FROM campaign_verify(:run);

-- E1: through links, several hops deep, with filters and orders on the lines.
CREATE TABLE e1_shops (id int PRIMARY KEY, town text);
CREATE TABLE e1_people (id int PRIMARY KEY, shop_id int REFERENCES e1_shops);
CREATE TABLE e1_buys (id int PRIMARY KEY, person_id int REFERENCES e1_people, total int);
CREATE TABLE e1_parts (id int PRIMARY KEY, buy_id int REFERENCES e1_buys, price int);
INSERT INTO e1_shops VALUES (1, 'Lyon'), (2, 'Bonn');
INSERT INTO e1_people VALUES (1, 1), (2, 2), (3, NULL);
INSERT INTO e1_buys VALUES (1, 1, 10), (2, 1, 30), (3, 2, 20), (4, 1, 5);
INSERT INTO e1_parts VALUES (1, 1, 4), (2, 1, 6), (3, 2, 30), (4, 3, 20);
SELECT campaign_dimension('e1_people');
SELECT campaign_create('e1', 'e1_people', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('e1', 'all');
SELECT campaign_add_enrich('e1', 'more', after => 'all', links => $$[
	{"name": "s", "link": "shop", "columns": {"town": "s.town"}, "cardinality": "zero or one"},
	{"name": "b", "link": "e1_buys", "filter": "b.total >= 10", "sort_by": "total DESC", "number": 2, "columns": {"total": "total"}},
	{"name": "p", "link": "e1_buys.e1_parts", "aggregate": true, "columns": {"parts": "count(*)", "dearest": "max(p.price)"}},
	{"name": "t", "relation": "e1_buys", "condition": "t.person_id = e1_people.id", "filter": "t.total < 10", "cardinality": "many", "columns": {"cheap": "t.total"}}]$$);
SELECT campaign_publish('e1');
SELECT campaign_start('e1') AS run \gset
SELECT campaign_wait(:run);
SELECT format('SELECT * FROM campaign_data.r%s_2_1 ORDER BY 1', :run) AS look \gset
:look;
-- E1: a cardinality that is not kept names a key.
SELECT campaign_alter('e1', 'more', '{"links": [{"name": "b", "link": "e1_buys", "columns": {"total": "total"}, "cardinality": "zero or one"}]}');
SELECT campaign_publish('e1');
SELECT campaign_start('e1') AS run \gset
SELECT campaign_wait(:run);
SELECT error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT campaign_stop(:run);
SELECT campaign_alter('e1', 'more', '{"links": [{"name": "s", "link": "shop", "columns": {"town": "town"}, "cardinality": "one"}]}');
SELECT campaign_publish('e1');
SELECT campaign_start('e1') AS run \gset
SELECT campaign_wait(:run);
SELECT error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT campaign_stop(:run);
SELECT campaign_alter('e1', 'more', '{"links": [{"name": "b", "link": "shop", "condition": "true", "columns": {"x": "town"}}]}');
SELECT campaign_alter('e1', 'more', '{"links": [{"name": "b", "link": "shops", "columns": {"x": "town"}}]}');
SELECT campaign_alter('e1', 'more', '{"links": [{"name": "b", "link": "shop", "columns": {"x": "town"}, "cardinality": "two"}]}');
SELECT campaign_alter('e1', 'more', '{"links": [{"name": "b", "link": "shop", "columns": {"x": "town"}, "cardinality": "one", "number": 2}]}');
SELECT campaign_alter('e1', 'more', '{"links": [{"name": "b", "link": "shop", "columns": {"x": "town"}, "filter": "town"}]}');
SELECT campaign_drop('e1');

-- Of many rows, linked rows are aggregated before they are joined, if the
-- condition is about the key alone; the results are the same.
CREATE TABLE many (id bigint PRIMARY KEY, score int);
INSERT INTO many SELECT g, g % 7 FROM generate_series(1, 3000) g;
CREATE TABLE bought (person int, amount numeric, divisor int, kind text);
INSERT INTO bought SELECT NULLIF(g % 2500, 0), g % 100, CASE WHEN g % 2500 = 2400 THEN 0 ELSE 1 END, 'k' || g % 3 FROM generate_series(1, 12000) g;
ANALYZE many, bought;
SELECT campaign_dimension('many');
SELECT campaign_create('many', dimension => 'many', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('many', 'some', filter => 'id <> 2400 AND id > 100');
SELECT campaign_add_wait('many', 'pause', after => 'some', duration => '1 year');
SELECT campaign_add_enrich('many', 'sums', after => 'pause', links => $$[
	{"name": "a", "relation": "bought", "condition": "a.person = many.id", "aggregate": true, "columns": {"n": "count(*)", "total": "sum(a.amount)"}},
	{"name": "b", "relation": "bought", "condition": "many.id = b.person", "filter": "b.kind = 'k1'", "aggregate": true,
	 "columns": {"risky": "sum(b.amount / b.divisor)", "kinds": "string_agg(b.kind, ',')"}},
	{"name": "c", "relation": "bought", "condition": "c.person = many.id AND c.amount > 50", "aggregate": true, "columns": {"large": "count(*)"}},
	{"name": "d", "relation": "bought", "condition": "d.person = many.id", "aggregate": true, "columns": {"weighted": "sum(d.amount * score)"}}]$$);
SELECT count(*) FILTER (WHERE sql ~ 'GROUP BY a.person') AS a, count(*) FILTER (WHERE sql ~ 'GROUP BY b.person') AS b,
	count(*) FILTER (WHERE sql ~ 'GROUP BY [cd].person') AS others
FROM campaign_explain('many', analyzed => true) WHERE activity = 'sums';
SELECT campaign_publish('many');
SELECT campaign_start('many') AS run \gset
SELECT campaign_wait(:run);
DELETE FROM many WHERE id BETWEEN 200 AND 210;
SELECT campaign_hurry(:run, 'pause');
SELECT campaign_wait(:run);
SELECT error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT count(*) AS rows, count(*) FILTER (WHERE (r ->> 'id')::int BETWEEN 200 AND 210) AS gone FROM rows_of(:run, 'sums') r;
CREATE TEMPORARY VIEW by_hand AS
SELECT k AS id, (SELECT count(*) FROM bought WHERE person = m.id) AS n, (SELECT sum(amount) FROM bought WHERE person = m.id) AS total,
	(SELECT sum(amount / divisor) FROM bought WHERE person = m.id AND kind = 'k1') AS risky,
	(SELECT count(kind) FROM bought WHERE person = m.id AND kind = 'k1') AS kinds,
	(SELECT count(*) FROM bought WHERE person = m.id AND amount > 50) AS large,
	(SELECT sum(amount * score) FROM bought WHERE person = m.id) AS weighted
FROM generate_series(101, 3000) k LEFT JOIN many m ON m.id = k WHERE k <> 2400;
SELECT count(*) AS differences FROM by_hand h FULL JOIN rows_of(:run, 'sums') r ON h.id = (r ->> 'id')::bigint
WHERE (to_jsonb(h) - 'kinds') IS DISTINCT FROM (r - 'kinds')
	OR h.kinds IS DISTINCT FROM coalesce(length(replace(r ->> 'kinds', 'k1', '')) + 1, 0);
DROP VIEW by_hand;
SELECT campaign_drop('many');

-- Where a foreign key says that no row is linked to one that is gone, the
-- dimension is not asked who is there; the results are the same.
CREATE TABLE paid (person bigint, amount numeric);
INSERT INTO paid SELECT id, id % 100 FROM many, generate_series(1, 3) AS n WHERE id % n = 0;
ANALYZE paid;
SELECT campaign_create('held', dimension => 'many', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('held', 'some', filter => 'id > 100');
SELECT campaign_add_enrich('held', 'sums', after => 'some', links => $$[
	{"name": "p", "relation": "paid", "condition": "p.person = many.id", "aggregate": true, "columns": {"n": "count(*)", "total": "sum(p.amount)"}}]$$);
CREATE FUNCTION asks() RETURNS boolean LANGUAGE sql
RETURN (SELECT bool_or(sql ~ 'JOIN (enrich\.)?many d') FROM campaign_explain('held', analyzed => true) WHERE activity = 'sums');
SELECT asks() AS no_key;
ALTER TABLE paid ADD CONSTRAINT paid_person FOREIGN KEY (person) REFERENCES many NOT VALID;
SELECT asks() AS not_valid;
ALTER TABLE paid VALIDATE CONSTRAINT paid_person;
SELECT asks() AS valid;
ALTER TABLE many ENABLE ROW LEVEL SECURITY;
SELECT asks() AS row_security;
ALTER TABLE many DISABLE ROW LEVEL SECURITY;
CREATE TABLE paid_too () INHERITS (paid);
SELECT asks() AS inherited;
DROP TABLE paid_too;
SELECT campaign_alter('held', 'sums', '{"columns": {"twice": "2 * score"}}');
SELECT asks() AS other_columns;
SELECT campaign_publish('held');
SELECT campaign_start('held') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*) AS rows, count(*) FILTER (WHERE row(r ->> 'n', r ->> 'total', r ->> 'twice') IS DISTINCT FROM
	row(h.n::text, h.total::text, (2 * h.score)::text)) AS differences
FROM rows_of(:run, 'sums') r JOIN (SELECT m.id, m.score, count(p.person) AS n, sum(p.amount) AS total FROM many m LEFT JOIN paid p ON p.person = m.id
	GROUP BY m.id) AS h ON h.id = (r ->> 'id')::bigint;
SELECT campaign_alter('held', 'sums', '{"columns": null}');
SELECT campaign_publish('held');
SELECT campaign_start('held') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*) AS rows, count(*) FILTER (WHERE row(r ->> 'n', r ->> 'total') IS DISTINCT FROM row(h.n::text, h.total::text)) AS differences
FROM rows_of(:run, 'sums') r JOIN (SELECT m.id, count(p.person) AS n, sum(p.amount) AS total FROM many m LEFT JOIN paid p ON p.person = m.id
	GROUP BY m.id) AS h ON h.id = (r ->> 'id')::bigint;
SELECT campaign_drop('held');

-- A population has the added columns that somebody behind reads, and no others;
-- what nobody reads is not evaluated, unless that may do more than give a value.
CREATE TABLE noted (what text);
CREATE FUNCTION note(what text) RETURNS text LANGUAGE sql AS 'INSERT INTO noted VALUES ($1) RETURNING what';
SELECT campaign_create('lean', dimension => 'many');
SELECT campaign_add_audience('lean', 'some', filter => 'id <= 10');
SELECT campaign_add_enrich('lean', 'add', after => 'some',
	columns => '{"a": "1", "b": "id + 1", "c": "score", "wrong": "1 / (id - id)", "done": "note(''done'')", "late": "id * 2"}', links => $$[
	{"name": "p", "relation": "paid", "condition": "p.person = many.id", "aggregate": true, "columns": {"n": "count(*)", "sums": "sum(amount)", "bad": "sum(1 / (amount - amount))"}},
	{"name": "l", "relation": "paid", "condition": "l.person = many.id", "number": 2, "sort_by": "1 / (amount - amount)", "columns": {"amount": "amount"}}]$$);
SELECT campaign_add_wait('lean', 'one', after => 'add', duration => '1 year');
SELECT campaign_add_enrich('lean', 'more', after => 'one', columns => '{"e": "a + 1", "f": "b", "g": "id", "h": "id"}');
SELECT campaign_add_split('lean', 'parts', after => 'more', outcomes => '[{"name": "x", "filter": "c > 1"}, {"name": "y"}]');
SELECT campaign_add_wait('lean', 'two', after => 'parts.x', duration => '1 year');
SELECT campaign_add_wait('lean', 'three', after => 'parts.y', duration => '1 year');
SELECT campaign_add_audience('lean', 'last_x', after => 'two', filter => 'many.late > (SELECT e + v FROM (VALUES (0)) AS t (v))');
SELECT campaign_add_audience('lean', 'last_y', after => 'three', filter => 'n > 0 AND (many).g > 0 AND h(many) > 0');
SELECT campaign_publish('lean');
SELECT campaign_start('lean') AS run \gset
SELECT campaign_wait(:run);
SELECT columns_of(:run, 'add');
SELECT count(*) FROM noted;
SELECT campaign_hurry(:run, 'one');
SELECT campaign_wait(:run);
SELECT columns_of(:run, 'parts', 'x') AS x, columns_of(:run, 'parts', 'y') AS y;
SELECT campaign_hurry(:run, 'two'), campaign_hurry(:run, 'three');
SELECT campaign_wait(:run);
SELECT source, outcome, rows FROM campaign.flow_counts WHERE run_id = :run ORDER BY 1, 2;
-- Rules, and kinds that read more than expressions, have all of them.
SELECT campaign_add_audience('lean', 'ruled', after => 'two', filter => '{"attribute": "e", "operator": "equal", "value": 2}');
SELECT campaign_add_save_audience('lean', 'saved', 'lean', after => 'three');
SELECT campaign_alter('lean', 'add', '{"columns": {"a": "1", "b": "id + 1", "c": "score", "late": "id * 2"}, "links": null}');
SELECT campaign_alter('lean', 'last_y', '{"filter": "true"}');
SELECT campaign_publish('lean');
SELECT campaign_start('lean') AS run \gset
SELECT campaign_wait(:run);
SELECT columns_of(:run, 'add');
SELECT campaign_hurry(:run, 'one');
SELECT campaign_wait(:run);
SELECT columns_of(:run, 'parts', 'x') AS x, columns_of(:run, 'parts', 'y') AS y;
SELECT campaign_stop(:run);
SELECT campaign_drop('lean');

-- Nor is anything added up that can be too much, of who is not asked about.
CREATE TABLE heavy (person bigint, weight float8, paid money, lasts interval);
INSERT INTO heavy SELECT id, id, id::text::money, '1 day' FROM many, generate_series(1, 3);
UPDATE heavy SET weight = 1e308, paid = '90000000000000000', lasts = '170000000 years' WHERE person = 1;
ANALYZE heavy;
SELECT campaign_create('heavy', dimension => 'many', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('heavy', 'some', filter => 'id > 1');
SELECT campaign_add_enrich('heavy', 'sums', after => 'some', links => $$[
	{"name": "h", "relation": "heavy", "condition": "h.person = many.id", "aggregate": true,
	"columns": {"sum": "sum(h.weight)", "money": "sum(h.paid)", "mean": "avg(h.lasts)"}}]$$);
SELECT campaign_publish('heavy');
SELECT campaign_start('heavy') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*) AS rows, count(*) FILTER (WHERE (r ->> 'sum')::float8 IS DISTINCT FROM (r ->> 'id')::bigint * 3) AS differences FROM rows_of(:run, 'sums') r;
SELECT campaign_drop('heavy');

-- Nor where the column's own type finds more to be equal than the condition.
RESET SESSION AUTHORIZATION;
CREATE EXTENSION citext SCHEMA enrich;
SET SESSION AUTHORIZATION regress_enrich;
CREATE TABLE boxes (email text PRIMARY KEY);
INSERT INTO boxes SELECT CASE WHEN g % 2 = 0 THEN 'BOX' ELSE 'box' END || g / 2 FROM generate_series(2, 4001) g;
CREATE TABLE letters (email citext);
INSERT INTO letters SELECT b.email FROM boxes b, generate_series(1, 5);
ANALYZE boxes, letters;
SELECT campaign_dimension('boxes');
SELECT campaign_create('boxes', dimension => 'boxes', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('boxes', 'all');
SELECT campaign_add_enrich('boxes', 'counted', after => 'all', links => $$[
	{"name": "l", "relation": "letters", "condition": "l.email = boxes.email", "aggregate": true, "columns": {"n": "count(*)"}}]$$);
SELECT campaign_publish('boxes');
SELECT campaign_start('boxes') AS run \gset
SELECT campaign_wait(:run);
SELECT r ->> 'n' AS n, count(*) FROM rows_of(:run, 'counted') r GROUP BY 1;
SELECT campaign_drop('boxes');

-- Nothing is left behind.
SELECT campaign_drop(c) FROM unnest(ARRAY['rich', 'rights', 'keys']) c;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_enrich';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_enrich';
DELETE FROM campaign.log WHERE role_name = 'regress_enrich';
SET client_min_messages = warning;
DROP SCHEMA enrich CASCADE;
DROP OWNED BY regress_enrich;
DROP ROLE regress_enrich;
