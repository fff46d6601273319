-- Messages on rows that are no persons, such as orders, and reach theirs: whose row
-- joins theirs, and says what they do not say themselves.
\set VERBOSITY terse
CREATE ROLE regress_secondary LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_secondary;
CREATE SCHEMA secondary;
GRANT USAGE, CREATE ON SCHEMA secondary TO regress_secondary;
SET search_path = secondary, public;
SET SESSION AUTHORIZATION regress_secondary;

CREATE TABLE customers (id bigint PRIMARY KEY, first_name text, email text, phone text, ok boolean, lang text, zone text, status text);
INSERT INTO customers VALUES
	(1, 'Ann', 'ann@secondary.example', '+331', true, 'fr', 'Asia/Tokyo', 'gold'),
	(2, 'Bob', 'bob@secondary.example', '+332', false, 'en', NULL, 'new'),
	(3, 'Cid', NULL, '+333', true, NULL, NULL, 'new'),
	(4, 'Dee', 'dee@secondary.example', '+334', true, 'en', 'America/New_York', 'new');
CREATE TABLE orders (id int PRIMARY KEY, customer int, total numeric, status text, contact text);
INSERT INTO orders VALUES (10, 1, 5.50, 'open', 'desk@secondary.example'), (11, 1, 7, 'paid', NULL), (12, 2, 9, 'open', NULL), (13, 3, 1, 'open', NULL),
	(14, 9, 2, 'open', 'lost@secondary.example'), (15, NULL, 3, 'open', NULL), (16, 4, 4, 'open', NULL);
SELECT campaign_dimension('customers', addresses => '{"email": "email", "sms": "phone"}', consent => '{"email": "ok"}', language => 'lang', time_zone => 'zone');

-- What is refused at once.
SELECT campaign_dimension('orders', profile_dimension => 'customers');
SELECT campaign_dimension('orders', profile => 'customer', profile_dimension => 'clients');
SELECT campaign_dimension('orders', profile => 'customer', profile_dimension => 'orders');
SELECT campaign_dimension('orders', profile => 'status', profile_dimension => 'customers');
SELECT campaign_dimension('customers', 'two', 'id, email');
SELECT campaign_dimension('orders', profile => 'customer', profile_dimension => 'two');
SELECT campaign_dimension('customers', 'led', profile => 'id');
SELECT campaign_dimension('orders', profile => 'customer', profile_dimension => 'led');

-- Address, consent and language are the person's; texts have both, one by its name.
SELECT campaign_dimension('orders', profile => 'customer', profile_dimension => 'customers');
SELECT campaign_create('bills', dimension => 'orders');
SELECT campaign_add_audience('bills', 'all');
SELECT campaign_add_email('bills', 'bill', subject => 'Order {{ orders.id }} of {{ first_name }}',
	body => '{{ total }} {{ orders.status }} {{ customers.status }}{{#if customers.status = ''gold''}} thanks{{/if}}',
	languages => '{"en": {}, "fr": {"subject": "Commande {{ orders.id }} de {{ first_name }}"}}',
	options => '{"one_per_address": false}', after => 'all');
SELECT severity, code, message FROM campaign_check('bills');
SELECT campaign_publish('bills');
SELECT campaign_start('bills') AS run \gset
SELECT campaign_wait(:run);
SELECT address, subject, body FROM campaign_claim('email', 10) ORDER BY message_id;
SELECT campaign_verify(:run);

-- A preview sees the same, and why there is none.
SELECT key, p.address, reason, subject, language FROM unnest('{10,12,14}'::text[]) key, campaign_preview('bills', 'bill', key) p ORDER BY 1;

-- Each row has the key of its person, if there is one.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION persons(run bigint) RETURNS TABLE (activity text, recipient text, person text, address text, reason text) LANGUAGE sql SECURITY DEFINER
AS $$ SELECT d.activity, m.recipient, m.person, m.address, NULL FROM campaign.delivery d JOIN campaign.dispatch m USING (delivery_id) WHERE d.run_id = run
	UNION ALL SELECT d.activity, e.recipient, e.person, NULL, e.reason FROM campaign.delivery d JOIN campaign.exclusion e USING (delivery_id) WHERE d.run_id = run
	ORDER BY 1, 2 $$;
CREATE FUNCTION frozen(campaign text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
AS $$ SELECT jsonb_object_keys(dimensions) FROM campaign.version v JOIN campaign.campaign c USING (campaign_id) WHERE c.name = $1 AND v.published_at IS NOT NULL ORDER BY 1 $$;
SET SESSION AUTHORIZATION regress_secondary;
SELECT * FROM persons(:run);
-- The dimension of the persons is published as well, and so is what it refers to.
SELECT * FROM frozen('bills');
SELECT campaign_dimension('customers', addresses => '{"email": "''nobody@secondary.example''"}');
SELECT campaign_start('bills') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*), count(*) FILTER (WHERE address LIKE 'nobody%') AS nobody FROM persons(:run) WHERE reason IS NULL;
SELECT campaign_dimension('customers', addresses => '{"email": "email", "sms": "phone"}', consent => '{"email": "ok"}', language => 'lang', time_zone => 'zone');

-- What the row's dimension declares comes first, and its bare names are the row's
-- though the person has such columns; the option sees both.
SELECT campaign_dimension('orders', profile => 'customer', profile_dimension => 'customers', addresses => '{"email": "contact"}', consent => '{"email": "status = ''open''"}');
SELECT campaign_create('own', dimension => 'orders');
SELECT campaign_add_audience('own', 'all');
SELECT campaign_add_email('own', 'declared', subject => '{{ orders.id }}', body => '{{ coalesce(first_name, ''nobody'') }}', after => 'all');
SELECT campaign_add_email('own', 'mixed', subject => '{{ orders.id }}', body => '{{ coalesce(first_name, ''nobody'') }}', after => 'all',
	address => 'coalesce(contact, email)', category => 'transactional', options => '{"one_per_person": true}');
SELECT campaign_add_sms('own', 'text', body => '{{ first_name }}: {{ total }}', category => 'transactional', after => 'all', one_per_address => false);
SELECT campaign_publish('own');
SELECT campaign_start('own') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM persons(:run);
SELECT subject, body FROM campaign_claim('email', 10) WHERE address LIKE 'lost%' ORDER BY 2, 1;
SELECT body FROM campaign_claim('sms', 10) ORDER BY 1;
SELECT campaign_verify(:run);

-- Names that both have, names that neither has, and the row as a whole.
SELECT campaign_add_email('own', 'bad', subject => '{{ id }}', body => 'B', after => 'all');
SELECT campaign_add_email('own', 'bad', subject => '{{ customers.surname }}', body => 'B', after => 'all');
SELECT campaign_add_email('own', 'bad', subject => '{{ to_jsonb(customers) }}', body => 'B', after => 'all');
SELECT campaign_add_email('own', 'bad', subject => 'S', body => 'B', address => 'status', after => 'all');
SELECT campaign_add_email('own', 'bad', subject => 'S', body => 'B', options => '{"send_at": "id"}', after => 'all');
-- Activities that send nothing see the row alone.
SELECT campaign_add_split('own', 'bad', '[{"name": "open", "filter": "customers.status = ''gold''"}]', after => 'all');
SELECT campaign_add_split('own', 'good', '[{"name": "open", "filter": "status = ''open''"}]', after => 'all');
SELECT campaign_drop('own');

-- Without the dimension of persons nothing of theirs is seen.
SELECT campaign_dimension('orders', profile => 'customer', addresses => '{"email": "contact"}');
SELECT campaign_create('apart', dimension => 'orders');
SELECT campaign_add_audience('apart', 'all');
SELECT campaign_add_email('apart', 'bad', subject => '{{ first_name }}', body => 'B', after => 'all');
SELECT campaign_add_sms('apart', 'bad', body => 'B', after => 'all');
SELECT campaign_add_email('apart', 'good', subject => '{{ id }}', body => '{{ status }}', options => '{"one_per_person": true}', after => 'all');
SELECT campaign_publish('apart');
SELECT campaign_start('apart') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM persons(:run);

-- Pressure counts people, and what people have; nobody is not a person.
SELECT campaign_dimension('orders', profile => 'customer', profile_dimension => 'customers', addresses => '{"email": "''box@secondary.example''"}', consent => '{"email": "true"}');
INSERT INTO customers VALUES (15, 'Eve', 'eve@secondary.example', NULL, true, NULL, NULL, NULL);
INSERT INTO orders VALUES (17, 15, 8, 'open', NULL), (18, 15, 8, 'open', NULL);
SELECT campaign_rule('seldom', 'pressure', '{"messages": 1, "per": "7 days"}');
SELECT campaign_rule('by_zone', 'pressure', '{"messages": 1, "per": "7 days", "by": "customers.zone IS NULL"}');
SELECT campaign_create('pressed', dimension => 'orders');
SELECT campaign_add_audience('pressed', 'all');
SELECT campaign_add_email('pressed', 'people', subject => '{{ orders.id }}', body => 'B', one_per_address => false, options => '{"rules": "seldom"}', after => 'all');
SELECT campaign_add_email('pressed', 'zones', subject => '{{ orders.id }}', body => 'B', one_per_address => false, options => '{"rules": "by_zone"}', after => 'all');
SELECT campaign_publish('pressed');
SELECT campaign_start('pressed') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, recipient, person, reason FROM persons(:run);
SELECT campaign_verify(:run);

-- By the clock of the person; who has taken back consent by then gets nothing.
SELECT campaign_dimension('orders', profile => 'customer', profile_dimension => 'customers');
SELECT campaign_create('later', dimension => 'orders');
SELECT campaign_add_audience('later', 'all', filter => 'total > 3');
SELECT campaign_add_email('later', 'mail', subject => '{{ first_name }}', body => '{{ total }}', one_per_address => false, after => 'all',
	options => '{"send_at": "''2040-01-01 12:00''::timestamp", "time_zone": "UTC"}');
SELECT campaign_publish('later');
SELECT campaign_start('later') AS run \gset
SELECT campaign_wait(:run);
SELECT recipient, status, send_at AT TIME ZONE 'UTC' AS send_at FROM campaign.message WHERE run_id = :run ORDER BY 1;
UPDATE customers SET ok = false WHERE id = 4;
DELETE FROM customers WHERE id = 15;
RESET SESSION AUTHORIZATION;
UPDATE campaign.chunk SET send_at = now() FROM campaign.delivery d WHERE chunk.delivery_id = d.delivery_id AND d.run_id = :run;
UPDATE campaign.task SET follow_at = now() WHERE run_id = :run AND activity = 'mail';
SET SESSION AUTHORIZATION regress_secondary;
CALL campaign_work();
CREATE FUNCTION judged(run bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	WHILE (SELECT count(*) FROM campaign.message m WHERE m.run_id = run AND m.status = 'withdrawn') < 3 LOOP
		PERFORM pg_stat_clear_snapshot();
	END LOOP;
	RETURN true;
END $$;
SELECT judged(:run);
SELECT recipient, status, error FROM campaign.message WHERE run_id = :run ORDER BY 1;

-- The owner needs to read both, but columns are enough.
RESET SESSION AUTHORIZATION;
CREATE TABLE guests (id text COLLATE "C" PRIMARY KEY, email text, secret text);
CREATE TABLE stays (id int PRIMARY KEY, guest text, secret text);
INSERT INTO guests VALUES ('a', 'a@secondary.example', 'sa'), ('b', 'b@secondary.example', 'sb');
INSERT INTO stays VALUES (1, 'a', 's1'), (2, 'b', 's2'), (3, 'c', 's3');
GRANT SELECT (id, guest) ON stays TO regress_secondary;
SET SESSION AUTHORIZATION regress_secondary;
SELECT campaign_dimension('guests', addresses => '{"email": "email"}');
RESET SESSION AUTHORIZATION;
GRANT SELECT (id, email) ON guests TO regress_secondary;
SET SESSION AUTHORIZATION regress_secondary;
SELECT campaign_dimension('guests', addresses => '{"email": "email"}');
SELECT campaign_dimension('stays', profile => 'guest', profile_dimension => 'guests');
SELECT campaign_create('stays', dimension => 'stays');
SELECT campaign_add_audience('stays', 'all');
SELECT campaign_add_email('stays', 'mail', subject => '{{ stays.id }}', body => '{{ guest }} {{ email }}', category => 'transactional', after => 'all');
SELECT campaign_add_email('stays', 'leak', subject => '{{ guests.secret }}', body => 'B', category => 'transactional', after => 'all');
SELECT severity, activity, code, message FROM campaign_check('stays');
SELECT campaign_remove('stays', 'leak');
SELECT campaign_publish('stays');
SELECT campaign_start('stays') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM persons(:run);
RESET SESSION AUTHORIZATION;
REVOKE ALL ON guests FROM regress_secondary;
SET SESSION AUTHORIZATION regress_secondary;
SELECT severity, code, message FROM campaign_check('stays');

-- Persons without a unique key are read once each, and a forgotten one is
-- found behind the rows.
RESET SESSION AUTHORIZATION;
CREATE VIEW visits AS SELECT id, email FROM (SELECT * FROM guests UNION ALL SELECT * FROM guests) g;
GRANT SELECT ON visits TO regress_secondary;
SET SESSION AUTHORIZATION regress_secondary;
SELECT campaign_dimension('visits', key => 'id', addresses => '{"email": "email"}');
SELECT campaign_dimension('stays', profile => 'guest', profile_dimension => 'visits');
SELECT campaign_alter('stays', 'mail', '{"body": "{{ guest }} {{ visits.email }}"}');
SELECT campaign_publish('stays');
SELECT campaign_start('stays') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM persons(:run);
SELECT messages FROM campaign_forget('guests', 'a');
SELECT messages FROM campaign_forget('visits', 'b');
SELECT * FROM persons(:run);
-- What stands behind the person's name is what it was published with.
RESET SESSION AUTHORIZATION;
DROP VIEW visits;
CREATE TABLE visits (id text PRIMARY KEY, email text);
GRANT SELECT ON visits TO regress_secondary;
SET SESSION AUTHORIZATION regress_secondary;
SELECT campaign_start('stays') AS run \gset
SELECT campaign_wait(:run);
SELECT message FROM campaign.log WHERE run_id = :run AND activity = 'mail' AND sqlstate IS NOT NULL;

SELECT count(campaign_stop(run_id)) FROM (SELECT DISTINCT run_id FROM campaign.run_progress WHERE run_state NOT IN ('stopped', 'succeeded')) r;
SELECT campaign_drop(c) FROM unnest('{bills,apart,pressed,later,stays}'::text[]) c;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP SCHEMA secondary CASCADE;
DELETE FROM campaign.rule WHERE owner_name = 'regress_secondary';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_secondary';
DELETE FROM campaign.log WHERE role_name = 'regress_secondary';
DROP OWNED BY regress_secondary;
DROP ROLE regress_secondary;
