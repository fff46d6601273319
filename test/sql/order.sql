-- Messages in another order than keys, duplicates that are not seen as such, or
-- somebody else who gets the message when memory is short.
\set VERBOSITY terse
CREATE ROLE regress_order LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_order;
CREATE SCHEMA "order" AUTHORIZATION regress_order;
SET search_path = "order", public;
-- Neighbours in the queue, and whether chunks have the ranges they say.
CREATE FUNCTION "order".messages(run bigint, OUT n bigint, OUT recipient text) RETURNS SETOF record
LANGUAGE sql SECURITY DEFINER AS $$
	SELECT row_number() OVER (ORDER BY message_id), recipient
	FROM campaign.delivery d JOIN campaign.dispatch m USING (delivery_id) WHERE d.run_id = $1
$$;
CREATE FUNCTION "order".outside(run bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER AS $$
	SELECT count(*) FROM campaign.delivery d JOIN campaign.chunk c USING (delivery_id)
		JOIN campaign.dispatch m ON m.message_id BETWEEN c.first_id AND c.last_id
	WHERE d.run_id = $1 AND m.recipient NOT BETWEEN c.first_recipient AND c.last_recipient
$$;
SET SESSION AUTHORIZATION regress_order;

-- One of four shares an address with the one before; written in an order of no key.
CREATE TABLE numbered (id bigint PRIMARY KEY, email text);
INSERT INTO numbered SELECT g, 'n' || (g + 5000) - (g + 5000) % 4 / 3 || '@x.org' FROM generate_series(-2000, 17999) AS g ORDER BY md5(g::text);
CREATE TABLE named (id text PRIMARY KEY, email text);
INSERT INTO named SELECT id, email FROM numbered;
CREATE TABLE marked (id uuid PRIMARY KEY, email text);
INSERT INTO marked SELECT md5(id::text)::uuid, email FROM numbered;
CREATE TABLE paired (a int, b bigint, email text, PRIMARY KEY (b, a));
INSERT INTO paired SELECT id % 7, id, email FROM numbered;
ANALYZE numbered, named, marked, paired;
SELECT count(campaign_dimension(name, addresses => '{"email": "email"}')) FROM unnest('{numbered,named,marked,paired}'::text[]) AS name;

-- What is right, said in another way.
CREATE FUNCTION expected(name text) RETURNS TABLE (n bigint, recipient text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT row_number() OVER (ORDER BY key), recipient FROM (SELECT DISTINCT ON (email) email, %1$s AS key, %2$s AS recipient FROM %3$I ORDER BY email, %1$s) AS f',
		CASE name WHEN 'named' THEN 'id COLLATE "C"' WHEN 'paired' THEN '(b, a)' ELSE 'id' END,
		CASE name WHEN 'paired' THEN 'b || '','' || a' ELSE 'id::text' END, name);
END $$;

SELECT count((campaign_create('order ' || name, dimension => name),
	campaign_add_audience('order ' || name, 'all', filter => 'true'),
	campaign_add_email('order ' || name, 'mail', 'Hello', '<p>{{ email }}</p>', category => 'transactional', after => 'all'),
	campaign_publish('order ' || name)))
FROM unnest('{numbered,named,marked,paired}'::text[]) AS name;
CREATE TABLE runs (memory text, name text, run bigint);
-- Enough memory for all addresses, and too little.
INSERT INTO runs SELECT 'much', name, campaign_start('order ' || name) FROM unnest('{numbered,named,marked,paired}'::text[]) AS name;
CALL campaign_work();
SELECT name, campaign_wait(run) FROM runs ORDER BY name COLLATE "C";
ALTER ROLE regress_order SET work_mem = '64kB';
ALTER ROLE regress_order SET campaign.work_mem = '64kB';
SET work_mem = '64kB';
SET campaign.work_mem = '64kB';
INSERT INTO runs SELECT 'little', name, campaign_start('order ' || name) FROM unnest('{numbered,named,marked,paired}'::text[]) AS name;
CALL campaign_work();
SELECT count(campaign_wait(run)) FROM runs WHERE memory = 'little';
-- What would fit by statistics, and does not.
RESET SESSION AUTHORIZATION;
UPDATE pg_class SET reltuples = 5000 WHERE oid = ANY ('{numbered,named,marked,paired}'::regclass[]);
SET SESSION AUTHORIZATION regress_order;
INSERT INTO runs SELECT 'lied', name, campaign_start('order ' || name) FROM unnest('{numbered,named,marked,paired}'::text[]) AS name;
CALL campaign_work();
SELECT count(campaign_wait(run)) FROM runs WHERE memory = 'lied';
RESET campaign.work_mem;
RESET work_mem;
SELECT memory, name, campaign_wait(run), (SELECT count(*) FROM "order".messages(run)) AS messages, "order".outside(run),
	(SELECT count(*) FROM (SELECT * FROM "order".messages(run) EXCEPT SELECT * FROM expected(name)) AS d) AS wrong,
	(SELECT count(*) FROM campaign_verify(run)) AS found
FROM runs ORDER BY memory, name COLLATE "C";

-- In one statement, if memory allows it.
RESET SESSION AUTHORIZATION;
SELECT memory, count(*) AS tasks, count(DISTINCT (run, started_at)) AS statements
FROM "order".runs JOIN campaign.task ON run_id = run GROUP BY memory ORDER BY memory;
SET SESSION AUTHORIZATION regress_order;

-- A place that calls it remembers for itself, and everything it was given.
SELECT count(*), count(*) FILTER (WHERE f), count(*) FILTER (WHERE f <> g)
FROM (SELECT campaign.address_first(md5((g % 3000)::text)::uuid) AS f, campaign.address_first(md5((g % 3000)::text)::uuid) AS g
	FROM generate_series(1, 10000) AS g) AS x;
SELECT campaign.address_first(h) FROM unnest('{00000000-0000-0000-0000-000000000000,00000000-0000-0000-0000-000000000001,
	00000000-0000-0000-0000-000000000000,00000000-0000-0000-0000-000000000001,NULL}'::uuid[]) AS h;
-- As many as are expected, fewer and more; for each delivery by itself; and
-- uuids that are no hashes and differ in one half only.
SELECT format($$
	SELECT %s AS expected, count(*) FILTER (WHERE campaign.address_first(md5((g %% 50000)::text)::uuid, g / 60000, %1$s)) AS first,
		count(*) FILTER (WHERE campaign.address_first(('00000000-0000-0000-0000-' || lpad(to_hex(g %% 50000), 12, '0'))::uuid, 0, %1$s)) AS last,
		count(*) FILTER (WHERE campaign.address_first((lpad(to_hex(g %% 50000), 8, '0') || '-0000-0000-0000-000000000000')::uuid, -1, %1$s)) AS halves
	FROM generate_series(1, 101001) AS g$$, expected)
FROM unnest('{0,1000,50000,400000}'::int[]) AS expected \gexec
-- Many deliveries of the same few addresses.
SELECT count(*) FILTER (WHERE campaign.address_first(md5((g % 500)::text)::uuid, g / 500 % 200, 100000)) FROM generate_series(0, 199999) AS g;
SET work_mem = '64kB';
SET campaign.work_mem = '64kB';
SELECT count(*) FROM generate_series(1, 13000) AS g WHERE campaign.address_first(md5(g::text)::uuid);
SELECT count(*) FROM generate_series(1, 20000) AS g WHERE campaign.address_first(md5((g % 13000)::text)::uuid);
SELECT count(*) FROM generate_series(1, 15000) AS g WHERE campaign.address_first(md5(g::text)::uuid);
SELECT count(*) FROM generate_series(1, 15000) AS g WHERE campaign.address_first(md5(g::text)::uuid, 0, 15000);
RESET campaign.work_mem;
RESET work_mem;

-- Exclusions come in the order of keys too, and are found by their texts.
SELECT count(*) > 0 AS some, count(*) FILTER (WHERE w.fate <> 'excluded') AS missed
FROM (SELECT run_id, recipient FROM campaign.excluded WHERE run_id = (SELECT min(run) FROM runs WHERE name = 'numbered')
	ORDER BY recipient DESC LIMIT 200) AS e, campaign_why(e.run_id, e.recipient) AS w WHERE w.activity = 'mail';

-- Without an address nobody is anybody's duplicate, and spaces and letters make
-- no difference, for one delivery and for several of one statement, which have
-- addresses of their own, whatever memory there is.
CREATE TABLE blank (id bigint PRIMARY KEY, email text);
INSERT INTO blank SELECT g, CASE g % 8 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN '   ' WHEN 3 THEN 'All@X.org' WHEN 4 THEN ' all@x.ORG ' WHEN 5 THEN E'bad\t@x.org' ELSE 'b' || g || '@x.org' END
FROM generate_series(1, 16000) AS g;
ANALYZE blank;
SELECT campaign_dimension('blank', addresses => '{"email": "email"}');
SELECT count((campaign_create('order ' || name, dimension => 'blank'), campaign_add_audience('order ' || name, 'all', filter => 'true')))
FROM unnest('{blank,blanks}'::text[]) AS name;
SELECT campaign_add_email('order blank', 'mail', 'Hello', 'there', category => 'transactional', after => 'all');
SELECT campaign_add_split('order blanks', 'parted', outcomes => '[{"name": "a", "filter": "id % 3 = 0"}, {"name": "b", "filter": "id % 3 = 1"}, {"name": "c"}]', after => 'all');
SELECT count(campaign_add_email('order blanks', 'mail_' || o, 'Hello', 'there', one_per_address => o <> 'c', category => 'transactional', after => 'parted.' || o))
FROM unnest('{a,b,c}'::text[]) AS o;
SELECT count(campaign_publish('order ' || name)) FROM unnest('{blank,blanks}'::text[]) AS name;
ALTER ROLE regress_order RESET work_mem;
ALTER ROLE regress_order RESET campaign.work_mem;
INSERT INTO runs SELECT 'much', name, campaign_start('order ' || name) FROM unnest('{blank,blanks}'::text[]) AS name;
CALL campaign_work();
SELECT name, campaign_wait(run) FROM runs WHERE memory = 'much' AND name LIKE 'blank%' ORDER BY name;
ALTER ROLE regress_order SET work_mem = '64kB';
ALTER ROLE regress_order SET campaign.work_mem = '64kB';
SET work_mem = '64kB';
SET campaign.work_mem = '64kB';
INSERT INTO runs SELECT 'little', name, campaign_start('order ' || name) FROM unnest('{blank,blanks}'::text[]) AS name;
CALL campaign_work();
SELECT name, campaign_wait(run) FROM runs WHERE memory = 'little' AND name LIKE 'blank%' ORDER BY name;
RESET campaign.work_mem;
RESET work_mem;
CREATE TABLE fates AS
SELECT memory, activity, reason, recipient FROM runs JOIN campaign.excluded ON run_id = run WHERE name LIKE 'blank%'
UNION ALL SELECT memory, activity, 'message to ' || CASE WHEN lower(address) = 'all@x.org' THEN address ELSE 'own' END, recipient
FROM runs JOIN campaign.message ON run_id = run WHERE name LIKE 'blank%';
SELECT activity, reason, count(*), min(recipient::bigint) FROM fates WHERE memory = 'much' GROUP BY activity, reason ORDER BY activity, reason;
SELECT count(*) FROM fates AS f FULL JOIN fates AS g ON g.activity = f.activity AND g.recipient = f.recipient AND g.memory = 'little'
WHERE f.memory = 'much' AND f.reason IS DISTINCT FROM g.reason;
SELECT count(*) FILTER (WHERE memory = 'much') = count(*) FILTER (WHERE memory = 'little') AS same FROM fates;
RESET SESSION AUTHORIZATION;
SELECT memory, count(*) AS tasks, count(DISTINCT (run, started_at)) AS statements
FROM "order".runs JOIN campaign.task ON run_id = run WHERE name LIKE 'blank%' GROUP BY memory ORDER BY memory;
SET SESSION AUTHORIZATION regress_order;

SELECT count(campaign_drop('order ' || name)) FROM unnest('{numbered,named,marked,paired,blank,blanks}'::text[]) AS name;
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_order';
DELETE FROM campaign.log WHERE role_name = 'regress_order';
SET client_min_messages = warning;
DROP SCHEMA "order" CASCADE;
DROP OWNED BY regress_order;
DROP ROLE regress_order;
