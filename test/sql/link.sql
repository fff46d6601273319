-- A link that leads elsewhere than its condition or its key says takes people
-- to the wrong orders; every way to name, to declare and to derive one.
\set VERBOSITY terse
CREATE ROLE regress_link LOGIN;
CREATE ROLE regress_link_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_link, regress_link_other;
CREATE SCHEMA link AUTHORIZATION regress_link;
CREATE SCHEMA "Second" AUTHORIZATION regress_link;
SET SESSION AUTHORIZATION regress_link;
SET search_path = link, public;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, referrer_id bigint REFERENCES customers);
CREATE TABLE orders (country text, number int, customer_id bigint NOT NULL REFERENCES customers, payer bigint REFERENCES customers,
	PRIMARY KEY (country, number)) PARTITION BY RANGE (number);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (1000);
CREATE TABLE items (id int PRIMARY KEY, country text NOT NULL, number int, FOREIGN KEY (country, number) REFERENCES orders);
CREATE TABLE cards (customer_id bigint UNIQUE REFERENCES customers, id int, loose_id bigint);
ALTER TABLE cards ADD CONSTRAINT loose FOREIGN KEY (loose_id) REFERENCES customers NOT VALID;
CREATE TABLE "Odd %s names" ("the ""id" int PRIMARY KEY, "50% of" bigint NOT NULL REFERENCES customers);
CREATE TABLE "Second".items (id bigint PRIMARY KEY REFERENCES customers);
SELECT campaign_dimension('customers'), campaign_dimension('orders', name => 'purchases'), campaign_dimension('items'),
	campaign_dimension('"Odd %s names"', name => 'odd');

-- What foreign keys give.
SELECT source, name, target, relation, cardinality, condition FROM campaign.links ORDER BY source, name;

-- Declared ones; they come before those of keys.
SELECT campaign_link('late', 'customers', 'purchases', 'customer_id = customers.id AND number > 100');
SELECT campaign_link('friend', 'customers', 'customers', 'friend.email = customers.email', 'zero or one');
SELECT campaign_link('referrer', 'customers', 'customers', 'referrer.id = customers.referrer_id AND referrer.email IS NOT NULL', 'zero or one');
SELECT campaign_link('late', 'purchases', 'items', 'items.number = purchases.number', 'one');
SELECT source, name, target, cardinality, condition FROM campaign.links WHERE declared;
SELECT name, declared FROM campaign.links WHERE name = 'referrer';
SELECT campaign_link('late', 'customers', 'purchases', 'customer_id = customers.id', 'many');
SELECT source, condition FROM campaign.links WHERE name = 'late';

-- Wrong ones.
SELECT campaign_link('Late', 'customers', 'purchases', 'true');
SELECT campaign_link('vars', 'customers', 'purchases', 'true');
SELECT campaign_link('customers', 'customers', 'customers', 'true');
SELECT campaign_link('x', 'customer', 'purchases', 'true');
SELECT campaign_link('x', 'customers', 'orders', 'true');
SELECT campaign_link('x', 'customers', 'purchases', 'true', 'two');
SELECT campaign_link('x', 'customers', 'purchases', 'purchases.number');
SELECT campaign_link('x', 'customers', 'purchases', 'orders.number = 1');
SELECT campaign_link('x', 'customers', 'purchases', 'true) OR (true');
SELECT campaign_link('x', 'customers', 'purchases', 'true; DROP TABLE customers');
SELECT campaign_link('x', 'customers', 'purchases', 'count(*) > 1');
SELECT campaign_link('x', 'customers', 'purchases', 'vars.x');
SELECT campaign_link('x', 'customers', 'purchases', NULL);

-- Nobody else's, and gone.
SELECT campaign_unlink('late');
SELECT campaign_unlink('late', 'items');
SELECT campaign_unlink('orders_by_payer');
SET SESSION AUTHORIZATION regress_link_other;
TABLE campaign.links;
SELECT campaign_unlink('friend');
SELECT campaign_link('x', 'customers', 'customers', 'true');
SET SESSION AUTHORIZATION regress_link;
SELECT campaign_unlink('late', 'items');
SELECT campaign_unlink('late', 'purchases');
SELECT campaign_unlink('late');
SELECT campaign_unlink('friend'), campaign_unlink('referrer');
SELECT count(*) FROM campaign.links WHERE declared;

RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP SCHEMA link, "Second" CASCADE;
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_link%';
DROP OWNED BY regress_link, regress_link_other;
DROP ROLE regress_link, regress_link_other;
