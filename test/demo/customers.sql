-- Customers and orders of a shop, :people and three times as many.
--
-- The same figures on every run: one session, one seed, no parallel plans.
-- Spending is skewed (random() * random() prefers some customers: a quarter
-- never ordered, a few did forty times); totals are close to log-normal.

SET max_parallel_workers_per_gather = 0;
SELECT setseed(0.42) \g /dev/null

-- Numbers have eight digits.  Of a hundred customers two have no address,
-- three share a household's mailbox (some write it in capitals), nine said no
-- to e-mail and four were never asked.
CREATE TABLE customers (
	id				bigint PRIMARY KEY,
	first_name		text,
	email			text,
	phone			text,
	email_opt_in	boolean,
	tz				text NOT NULL,
	score			integer NOT NULL
);
INSERT INTO customers
SELECT 10000000 + n,
	CASE WHEN a >= 0.01 THEN
		('{Anna,Ben,Chloé,Dmitri,Emma,Fatima,Güneş,Henry,Inés,"Jean & Marie",
		Kenji,Lena,Mia,Noah,O''Hara,Paul,Quynh,Rosa,Søren,Tom}'::text[])[1 + floor(20 * a * b)::integer] END,
	CASE WHEN c < 0.02 THEN NULL
		WHEN c < 0.03 THEN 'HOUSEHOLD' || n % (1 + :people / 25) || '@example.com'
		WHEN c < 0.05 THEN 'household' || n % (1 + :people / 25) || '@example.com'
		WHEN c < 0.06 THEN 'c' || n || '@closed.example.org'
		ELSE 'c' || n || '@example.' || ('{com,net,org}'::text[])[1 + n % 3] END,
	CASE WHEN b < 0.6 THEN '+49' || 1500000000 + n END,
	CASE WHEN d < 0.09 THEN false WHEN d >= 0.13 THEN true END,
	('{Europe/Berlin,America/New_York,Asia/Tokyo,America/Sao_Paulo,Asia/Kolkata,
	Australia/Sydney,Africa/Lagos,Pacific/Auckland}'::text[])[1 + floor(8 * b * d)::integer],
	floor(1000 * a * b * c)
FROM (SELECT n, random() AS a, random() AS b, random() AS c, random() AS d
	FROM generate_series(1, :people) AS n) AS person;

-- Two years back from now, every hour alike.  The multiplication spreads the
-- frequent buyers over the whole table.
CREATE TABLE orders (
	id				bigint NOT NULL,
	customer_id		bigint NOT NULL,
	placed_at		timestamptz NOT NULL,
	total			numeric(10,2) NOT NULL
);
INSERT INTO orders
SELECT n,
	10000001 + floor(:people * random() * random())::bigint * 15485863 % :people,
	now() - random() * interval '730 days',
	exp(2 + 3 * (random() + random() + random()) / 2)
FROM generate_series(1, 3 * :people) AS n;

RESET max_parallel_workers_per_gather;
ALTER TABLE orders ADD PRIMARY KEY (id);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
CREATE INDEX ON orders (customer_id, placed_at);
ANALYZE customers, orders;
