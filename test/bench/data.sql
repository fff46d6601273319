-- What the campaigns of the bench are about, beside the shop of the demo: hotel
-- bookings, addresses nobody may write to, and what the contenders write to.
-- Run as the owner of the shop; variable: people.
\set ON_ERROR_STOP on
SET max_parallel_workers_per_gather = 0;
SELECT setseed(0.43) \g /dev/null

-- The day of all campaigns, so that every contender means the same instant.
CREATE FUNCTION today() RETURNS timestamptz IMMUTABLE LANGUAGE sql
RETURN :'today'::timestamptz;

-- As many bookings as people; some have several and a third has none.
CREATE TABLE bookings (
	id				bigint NOT NULL,
	customer_id		bigint NOT NULL,
	hotel			text NOT NULL,
	arrival			date NOT NULL,
	nights			integer NOT NULL,
	price			numeric(10,2) NOT NULL,
	cancelled		boolean NOT NULL
);
INSERT INTO bookings
SELECT n,
	10000001 + floor(:people * random())::bigint,
	('{Alpenhof,Bellevue,Central,Dune,Esplanade}'::text[])[1 + n % 5],
	today()::date - 300 + floor(365 * random())::integer,
	1 + floor(14 * random() * random())::integer,
	40 + 900 * random() * random(),
	random() < 0.08
FROM generate_series(1, :people) AS n;
ALTER TABLE bookings ADD PRIMARY KEY (id);
ALTER TABLE bookings ADD FOREIGN KEY (customer_id) REFERENCES customers;
CREATE INDEX ON bookings (arrival);
CREATE INDEX ON bookings (customer_id);

-- Whom nobody may write to: the extension's list, and that of the others.
CREATE TABLE unsubscribed (address text PRIMARY KEY);
INSERT INTO unsubscribed
SELECT DISTINCT lower(btrim(email)) FROM customers WHERE id % 199 = 0 AND email IS NOT NULL;
SELECT count(campaign_suppress('email', address, 'unsubscribed')) FROM unsubscribed;
RESET max_parallel_workers_per_gather;
ANALYZE bookings, unsubscribed;

SELECT campaign_dimension('customers', addresses => '{"email": "email"}', consent => '{"email": "email_opt_in"}');
SELECT campaign_dimension('bookings', profile => 'customer_id', profile_dimension => 'customers');

-- Tables of the same shape for the two others; the key makes a repeated insert
-- fail, as the queue does.
CREATE SCHEMA script;
CREATE TABLE script.jobs (
	mailing			text NOT NULL,
	recipient		bigint NOT NULL,
	address			text NOT NULL,
	variables		text[],
	status			text NOT NULL DEFAULT 'queued',
	attempts		integer NOT NULL DEFAULT 0,
	lease			bigint,
	leased_until	timestamptz,
	PRIMARY KEY (mailing, recipient)
);
CREATE TABLE script.left_out (mailing text, recipient bigint, reason text);
CREATE SCHEMA single;
CREATE TABLE single.jobs (LIKE script.jobs INCLUDING ALL);
CREATE TABLE single.left_out (LIKE script.left_out);
