-- Rows that get lost between two dimensions are people who are never written
-- to: all that goes in is in the result, dropped, or counted as lost.
\set VERBOSITY terse
CREATE ROLE regress_change LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_change;
CREATE SCHEMA change AUTHORIZATION regress_change;
SET SESSION AUTHORIZATION regress_change;
SET search_path = change, public;
CREATE TABLE customers (id bigint PRIMARY KEY, name text, friend_id bigint REFERENCES customers);
CREATE TABLE orders (country text, number int, customer_id bigint REFERENCES customers, total numeric, PRIMARY KEY (country, number));
CREATE TABLE items (id int PRIMARY KEY, country text, number int, price numeric, FOREIGN KEY (country, number) REFERENCES orders);
CREATE TABLE products (id int PRIMARY KEY);
CREATE TABLE item_products (item_id int REFERENCES items, product_id int REFERENCES products);
INSERT INTO customers VALUES (1, 'Ann', 2), (2, 'Bob', 1), (3, 'Cyd', NULL), (4, 'Dan', 1);
INSERT INTO orders VALUES ('FR', 1, 1, 10), ('FR', 2, 1, 30), ('DE', 1, 1, 20), ('DE', 2, 2, 5), ('DE', 3, NULL, 7), ('IT', 1, 3, 50);
INSERT INTO items VALUES (1, 'FR', 1, 4), (2, 'FR', 1, 6), (3, 'DE', 2, 5), (4, NULL, NULL, 1), (5, 'DE', 3, 7), (6, 'FR', 2, 30);
INSERT INTO products VALUES (1), (2), (3);
INSERT INTO item_products VALUES (1, 1), (2, 1), (2, 2), (3, 2), (6, 2);
SELECT campaign_dimension('customers'), campaign_dimension('orders'), campaign_dimension('items'), campaign_dimension('products');
SELECT campaign_link('wares', 'items', 'products', 'EXISTS (SELECT FROM item_products p WHERE p.item_id = items.id AND p.product_id = products.id)');

-- Runs one activity behind an audience of all rows; shows what came out.
CREATE FUNCTION changed(dimension text, options jsonb, filter text DEFAULT NULL) RETURNS TABLE (outcome text, rows bigint, content text) LANGUAGE plpgsql AS $$
DECLARE
	run bigint;
	f record;
BEGIN
	PERFORM campaign_drop('change') WHERE EXISTS (SELECT FROM campaign.run_progress WHERE campaign = 'change');
	PERFORM campaign_create('change', changed.dimension, settings => '{"keep_populations": true}');
	PERFORM campaign_add_audience('change', 'all', filter => changed.filter);
	PERFORM campaign_add('change', 'it', 'change_dimension', changed.options, after => 'all');
	FOR f IN VALUES ('result'), ('dropped'), ('lost') LOOP
		PERFORM campaign_add_audience('change', 'after_' || f.column1, after => 'it.' || f.column1);
	END LOOP;
	PERFORM campaign_publish('change');
END $$;
-- What came out of the run, read from the populations.
CREATE FUNCTION came_out(run bigint) RETURNS TABLE (outcome text, rows bigint, content text) LANGUAGE plpgsql AS $$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT c.outcome, c.rows, p.relname FROM campaign.flow_counts c
		LEFT JOIN pg_class p ON p.relnamespace = 'campaign_data'::regnamespace AND p.relname = format('r%s_2_%s', run, CASE c.outcome WHEN 'result' THEN 1 WHEN 'dropped' THEN 2 ELSE 3 END)
		WHERE c.run_id = run AND c.source = 'it' ORDER BY p.relname
	LOOP
		outcome := f.outcome;
		rows := f.rows;
		EXECUTE format('SELECT string_agg(p::text, '' '' ORDER BY p::text COLLATE "C") FROM campaign_data.%I p', f.relname) INTO content;
		RETURN NEXT;
	END LOOP;
END $$;

-- X1: change of dimension along a foreign key; lost rows are counted.
SELECT changed('orders', '{"dimension": "customers"}');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- X1: the first by an order, n kept, columns of the row before, a collection.
SELECT changed('orders', '{"dimension": "customers", "link": "customer", "sort_by": "total DESC", "keep": 2, "columns": {"best": "total", "best_number": "orders.number"},
	"collection": "bought", "lines": {"total": "total", "where": "country"}}');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- X1: dropped rows as a collection.
SELECT changed('orders', '{"dimension": "customers", "sort_by": "total DESC", "collection": "others", "collect": "dropped"}');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
SELECT changed('orders', '{"dimension": "customers", "sort_by": "total DESC", "keep": 2, "collection": "kept", "collect": "kept", "lines": {"total": "total"}}');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- Two hops; back along a key to many; to the same dimension; many to many.
SELECT changed('items', '{"dimension": "customers", "link": "orders.customer", "sort_by": "price"}');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
SELECT changed('customers', '{"dimension": "items", "link": "orders.items", "columns": {"whose": "name"}}');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
SELECT changed('customers', '{"dimension": "customers", "link": "friend", "collection": "friends"}');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
SELECT changed('items', '{"dimension": "products", "link": "wares", "columns": {"price_paid": "price"}}');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- Nothing, and rows that are gone by then.
SELECT changed('orders', '{"dimension": "customers", "collection": "x"}', filter => 'false');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);

-- What is published keeps its links; what is gone by then is an error.
SELECT changed('items', '{"dimension": "products"}');
SELECT campaign_unlink('wares');
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
SELECT severity, activity, code, message FROM campaign_check('change') ORDER BY activity;

-- Afterwards rows have the columns of the new dimension and the new ones alone.
SELECT campaign_create('columns', 'orders');
SELECT campaign_add_audience('columns', 'all');
SELECT campaign_add_enrich('columns', 'more', columns => '{"double": "total * 2"}', after => 'all');
SELECT campaign_add_change_dimension('columns', 'people', 'customers', columns => '{"sum": "double"}', after => 'more');
SELECT campaign_add_audience('columns', 'seen', filter => 'sum > 20 AND name <> ''''', after => 'people');
SELECT campaign_add_audience('columns', 'unseen', filter => 'double > 20', after => 'people');
SELECT campaign_add_audience('columns', 'lost', filter => 'double > 2 AND number = 3', after => 'people.lost');
SELECT severity, activity, code, message FROM campaign_check('columns');

-- A row that a foreign key leads to is there and need not be asked for; unless
-- the column is of another type than the key, not all rows have been compared
-- with it, or not all rows led to may be seen.
CREATE TABLE shops (id int PRIMARY KEY, owner_id int REFERENCES customers, guest_id bigint REFERENCES customers);
INSERT INTO shops VALUES (1, 1, 2), (2, 1, NULL), (3, NULL, 2), (4, 4, 3);
SELECT campaign_dimension('shops');
SELECT campaign_link('inviter', 'shops', 'customers', 'shops.guest_id = customers.id');
CREATE FUNCTION asks() RETURNS boolean LANGUAGE sql
AS $$ SELECT sql LIKE '%FROM customers%' FROM campaign_explain('change') WHERE activity = 'it' AND sql IS NOT NULL $$;
SELECT changed('shops', '{"dimension": "customers", "link": "owner", "columns": {"shop": "shops.id"}}');
SELECT asks();
SELECT campaign_drop('change');
SELECT changed('shops', '{"dimension": "customers", "link": "inviter"}');
SELECT asks();
SELECT campaign_drop('change');
SELECT changed('shops', '{"dimension": "customers", "link": "guest", "columns": {"shop": "shops.id"}}');
SELECT asks();
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
ALTER TABLE shops DROP CONSTRAINT shops_guest_id_fkey;
INSERT INTO shops VALUES (5, NULL, 99);
ALTER TABLE shops ADD FOREIGN KEY (guest_id) REFERENCES customers NOT VALID;
SELECT asks();
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
DELETE FROM shops WHERE id = 5;
ALTER TABLE shops VALIDATE CONSTRAINT shops_guest_id_fkey;
SELECT asks();
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
SELECT asks();
ALTER TABLE customers DISABLE ROW LEVEL SECURITY;
-- What leads to a table leads to one of its partitions, and nobody knows which.
CREATE TABLE guests (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE guests_1 PARTITION OF guests FOR VALUES FROM (0) TO (10);
CREATE TABLE guests_2 PARTITION OF guests FOR VALUES FROM (10) TO (20);
INSERT INTO guests VALUES (1), (11);
CREATE TABLE visits (id int PRIMARY KEY, guest_id bigint REFERENCES guests);
INSERT INTO visits VALUES (1, 1), (2, 11), (3, NULL);
SELECT campaign_dimension('guests'), campaign_dimension('guests_1'), campaign_dimension('visits');
SELECT campaign_link('first', 'visits', 'guests_1', 'visits.guest_id = guests_1.id');
SELECT changed('visits', '{"dimension": "guests", "link": "guest"}');
SELECT sql LIKE '%FROM guests%' AS asks FROM campaign_explain('change') WHERE activity = 'it' AND sql IS NOT NULL;
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
SELECT changed('visits', '{"dimension": "guests_1", "link": "first"}');
SELECT sql LIKE '%FROM guests%' AS asks FROM campaign_explain('change') WHERE activity = 'it' AND sql IS NOT NULL;
SELECT campaign_start('change') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);

-- Wrong options.
SELECT campaign_create('wrong', 'customers');
SELECT campaign_add_audience('wrong', 'all');
SELECT campaign_add_change_dimension('wrong', 'a', 'nobody', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'b', 'customers', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'c', 'products', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'd', 'orders', link => 'friend', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'e', 'orders', link => 'order', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'f', 'orders', link => 'orders.', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'g', 'orders', lines => '{"a": "name"}', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'h', 'orders', columns => '{"total": "name"}', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'i', 'orders', columns => '{"x": "total"}', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'j', 'orders', columns => '{"x": "name"}', collection => 'x', after => 'all');
SELECT campaign_add_change_dimension('wrong', 'k', 'file', after => 'all');
SELECT severity, activity, code, message FROM campaign_check('wrong') ORDER BY activity;

SELECT campaign_drop('change'), campaign_drop('columns'), campaign_drop('wrong');
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP SCHEMA change CASCADE;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_change';
DELETE FROM campaign.link WHERE owner_name = 'regress_change';
DROP OWNED BY regress_change;
DROP ROLE regress_change;
