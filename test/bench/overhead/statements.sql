-- What the ten rows' run asks of the database, as statements of a session: each
-- activity that makes rows in a transaction of its own, flushed at the end, into
-- tables that are dropped behind it.  Prints the milliseconds it took.
\set ON_ERROR_STOP on
SELECT clock_timestamp() AS began \gset
SET synchronous_commit = off;
CREATE TABLE t_everybody AS SELECT id FROM ten WHERE email_opt_in;
CREATE TABLE t_spending AS
SELECT p.id, coalesce(o.spent, 0) AS spent
FROM t_everybody p LEFT JOIN (SELECT customer_id, sum(total) AS spent FROM ten_orders GROUP BY customer_id) AS o ON o.customer_id = p.id;
CREATE TABLE t_spenders AS SELECT p.* FROM t_spending p JOIN ten USING (id) WHERE spent >= 0;
CREATE TABLE t_three AS
SELECT p.*, CASE WHEN at < 0.33 THEN 'a' WHEN at < 0.66 THEN 'b' ELSE 'c' END AS outcome
FROM t_spenders p, LATERAL campaign.sample_position(p.id::text, 'ten') AS at;
CREATE TABLE t_one_per_mailbox AS
SELECT DISTINCT ON (lower(email)) p.id, p.spent FROM t_three p JOIN ten USING (id) WHERE outcome = 'a' ORDER BY lower(email), score DESC;
CREATE TABLE t_with_phone AS SELECT p.id, p.spent FROM t_three p JOIN ten USING (id) WHERE outcome = 'b' AND (phone IS NOT NULL OR true);
SELECT count(*) >= 0 FROM t_three WHERE outcome = 'c';
SELECT now() >= '2020-01-01';
CREATE TABLE t_a_or_b AS TABLE t_one_per_mailbox UNION TABLE t_with_phone;
CREATE TABLE t_all_three AS TABLE t_a_or_b UNION SELECT id, spent FROM t_three WHERE outcome = 'c';
CREATE TABLE t_best AS
SELECT p.*, row_number() OVER (ORDER BY score DESC, id) <= 5 AS first FROM t_all_three p JOIN ten USING (id);
CREATE TABLE t_loud AS SELECT p.*, upper(first_name) AS shouted FROM t_best p JOIN ten USING (id) WHERE first;
INSERT INTO script.jobs (mailing, recipient, address, variables)
SELECT 'mail_1', id, email, ARRAY[shouted, score::text] FROM t_loud JOIN ten USING (id) ORDER BY id;
INSERT INTO script.jobs (mailing, recipient, address, variables)
SELECT 'mail_2', id, email, ARRAY[first_name, score::text] FROM t_best JOIN ten USING (id) WHERE NOT first ORDER BY id;
CREATE TABLE t_rich AS SELECT p.* FROM t_best p JOIN ten USING (id) WHERE NOT first AND score >= 0;
INSERT INTO script.jobs (mailing, recipient, address, variables)
SELECT 'mail_3', id, email, ARRAY[first_name, tz] FROM t_rich JOIN ten USING (id) ORDER BY id;
SELECT pg_notify('campaign', count(*) || ' rows') FROM t_best;
DROP TABLE t_everybody, t_spending, t_spenders, t_three, t_one_per_mailbox, t_with_phone, t_a_or_b, t_all_three, t_best, t_loud;
SET synchronous_commit = on;
DROP TABLE t_rich;
SELECT 1000 * extract(epoch FROM clock_timestamp() - :'began')::numeric;
TRUNCATE script.jobs;
