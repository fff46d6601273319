-- A wrong delivery mails people who must not be mailed, leaves others out
-- without a reason, or computes values for people who get nothing.
\set VERBOSITY terse
CREATE ROLE regress_email LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_email;
CREATE SCHEMA email AUTHORIZATION regress_email;
SET search_path = email, public;
-- Counts of a delivery, and the person behind each message.
CREATE FUNCTION email.counts(run bigint) RETURNS TABLE (activity text, targeted bigint, excluded bigint, queued bigint, messages bigint, exclusions bigint)
LANGUAGE sql SECURITY DEFINER AS $$
	SELECT activity, targeted, excluded, queued,
		(SELECT count(*) FROM campaign.dispatch m WHERE m.delivery_id = d.delivery_id),
		(SELECT count(*) FROM campaign.exclusion e WHERE e.delivery_id = d.delivery_id)
	FROM campaign.delivery d WHERE run_id = $1 ORDER BY activity
$$;
CREATE FUNCTION email.persons(run bigint) RETURNS TABLE (activity text, recipient text, person text)
LANGUAGE sql SECURITY DEFINER AS $$
	SELECT d.activity, m.recipient, m.person
	FROM campaign.delivery d JOIN campaign.dispatch m USING (delivery_id)
	WHERE d.run_id = $1 ORDER BY d.activity, m.recipient COLLATE "C"
$$;
SET SESSION AUTHORIZATION regress_email;

CREATE TABLE people (id int PRIMARY KEY, name text, email text, work_email text, opt_in boolean, divisor int DEFAULT 1);
INSERT INTO people VALUES
	(1, 'plain', 'one@example.com', 'one@work.example', true),
	(2, 'no address', NULL, NULL, true),
	(3, 'empty address', '', ' ', true),
	(4, 'blank address', '   ', 'four@work.example', true),
	(5, 'line break', E'five@example.com\nBcc: all@example.com', NULL, true),
	(6, 'tab inside', E'six\t@example.com', NULL, true),
	(7, 'refuses', 'seven@example.com', 'seven@work.example', false),
	(8, 'never asked', 'eight@example.com', NULL, NULL),
	(9, 'suppressed', 'nine@example.com', 'nine@work.example', true),
	(10, 'same as one', 'one@example.com', NULL, true),
	(11, 'same in another case', 'ONE@Example.com', NULL, true),
	(12, 'same with blanks', '  one@example.com ', NULL, true),
	(13, 'goes', 'thirteen@example.com', NULL, true),
	(14, 'goes, and refuses', 'fourteen@example.com', NULL, false),
	(15, 'refuses and is suppressed', 'nine@example.com', NULL, false),
	(16, 'no address, refuses', NULL, NULL, false),
	(17, 'same address as who refuses', 'seven@example.com', NULL, true),
	(18, '<b>Grüße</b> & "more"', 'eighteen@example.com', NULL, true),
	(19, 'NULL in the template', 'nineteen@example.com', NULL, true);
SELECT campaign_suppress('email', ' Nine@Example.COM ', 'complained');
SELECT campaign_suppress('sms', 'one@example.com', 'another channel');

-- A function that leaves a trace of each call, and one that fails once.
CREATE SEQUENCE calls;
CREATE FUNCTION counted(value text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM nextval('email.calls');
	RETURN value;
END $$;

SELECT campaign_dimension('people', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_create('email', dimension => 'people');
SELECT campaign_add_audience('email', 'everybody');
SELECT campaign_add_email('email', 'marketing', after => 'everybody',
	subject => 'To {{ counted(name) }}', body => '<p title="{{ name }}">{{ id + 1 }} <a href="https://example.com/unsubscribe">no more</a></p>');
SELECT campaign_add_audience('email', 'gate', filter => '1 / divisor = 1', after => 'marketing');
SELECT campaign_add_join('email', 'then', primary_set => 'everybody', after => 'gate, everybody');
SELECT campaign_add_email('email', 'transactional', category => 'transactional', after => 'then',
	subject => 'To {{ name }}', body => '<p>{{ CASE WHEN id <> 19 THEN ''x'' END }}</p>');
SELECT campaign_add_email('email', 'at_work', address => 'work_email', after => 'then',
	subject => 'No variables', body => '<p>None.</p>');
SELECT campaign_add_email('email', 'each', one_per_address => false, after => 'then',
	subject => 'To {{ name }}', body => '<p></p>');
SELECT activity, severity, code FROM campaign_check('email');
SELECT campaign_publish('email');
UPDATE people SET divisor = 0 WHERE id IN (13, 14);
SELECT campaign_start('email') AS run \gset
SELECT campaign_wait(:run);
-- The first delivery has its messages though what follows it has failed.
SELECT activity, state, rows_in, rows_out, sqlstate FROM campaign.run_progress WHERE run_id = :run;
SELECT activity, recipient, reason FROM campaign.excluded WHERE run_id = :run ORDER BY activity, recipient::int;
SELECT activity, recipient, channel, address, status, attempts FROM campaign.message WHERE run_id = :run ORDER BY activity, recipient::int;
-- The template was evaluated for those who got a message, once for each.
SELECT last_value, (SELECT count(*) FROM campaign.message WHERE run_id = :run) AS messages FROM calls;

-- Rows that are gone when the message is due have a reason, too.
DELETE FROM people WHERE id IN (13, 14);
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT activity, state, rows_in, rows_out FROM campaign.run_progress WHERE run_id = :run;
SELECT activity, reason, string_agg(recipient, ' ' ORDER BY recipient::int) AS recipients
FROM campaign.excluded WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1, 2;
SELECT activity, string_agg(recipient, ' ' ORDER BY recipient::int) AS recipients
FROM campaign.message WHERE run_id = :run GROUP BY 1 ORDER BY 1;
SELECT activity, recipient, '[' || address || ']' AS address FROM campaign.message
WHERE run_id = :run AND activity IN ('at_work', 'each') ORDER BY 1, recipient::int;
SELECT *, targeted = excluded + queued AND excluded = exclusions AND queued = messages AS sum FROM counts(:run);
SELECT count(*) AS violations FROM campaign_verify(:run);

-- What a sender gets: escaped where it stands, and nothing for NULL.
CREATE TEMP TABLE claimed AS SELECT * FROM campaign_claim('email', 1000);
SELECT address, subject, body FROM claimed
WHERE address IN ('eighteen@example.com', 'nineteen@example.com', 'seven@work.example') ORDER BY 1, 2, 3;
SELECT count(*), count(DISTINCT message_id), count(DISTINCT idempotency_key) FROM claimed;
SELECT (campaign_ack(lease)).sent FROM (SELECT DISTINCT lease FROM claimed) l ORDER BY 1;
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_drop('email');

-- A dimension that is not of persons: a message per order, each knowing whose
-- it is; consent and address come from the person.
CREATE TABLE orders (id text PRIMARY KEY, customer int, total numeric);
INSERT INTO orders SELECT 'o' || g, 1 + g % 4 * 6, g * 1.5 FROM generate_series(1, 12) g;
SELECT campaign_dimension('orders', profile => 'customer',
	addresses => '{"email": "(SELECT p.email FROM people p WHERE p.id = orders.customer)"}',
	consent => '{"email": "(SELECT p.opt_in FROM people p WHERE p.id = orders.customer)"}');
SELECT campaign_create('per order', dimension => 'orders');
SELECT campaign_add_audience('per order', 'ordered');
SELECT campaign_add_email('per order', 'receipt', one_per_address => false, after => 'ordered',
	subject => 'Order {{ id }}', body => '<p>{{ total }} for {{ (SELECT p.name FROM people p WHERE p.id = customer) }}</p>');
SELECT campaign_add_email('per order', 'once', after => 'ordered', subject => 'You have ordered', body => '<p></p>');
SELECT campaign_publish('per order');
SELECT campaign_start('per order') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM counts(:run);
SELECT activity, reason, string_agg(recipient, ' ' ORDER BY recipient COLLATE "C") AS recipients
FROM campaign.excluded WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1, 2;
SELECT activity, person, string_agg(recipient, ' ') AS recipients FROM persons(:run) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT subject, body FROM campaign_claim('email', 1000) WHERE subject = 'Order o12';
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_drop('per order');

-- Values that cannot be computed for too many rows fail the task, and nothing is
-- enqueued.
SELECT campaign_create('fails', dimension => 'people');
SELECT campaign_add_audience('fails', 'everybody');
SELECT campaign_add_email('fails', 'mail', after => 'everybody', subject => '{{ 1 / divisor }}', body => '<p></p>', options => '{"max_errors": 1}');
SELECT campaign_publish('fails');
UPDATE people SET divisor = 0 WHERE id IN (18, 19);
SELECT campaign_start('fails') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, state, sqlstate, error FROM campaign.run_progress WHERE run_id = :run;
SELECT * FROM counts(:run);
UPDATE people SET divisor = 1;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT * FROM counts(:run);
SELECT count(*) AS violations FROM campaign_verify(:run);
SELECT campaign_drop('fails');

-- What is refused.
\set VERBOSITY default
CREATE TABLE nameless (id int PRIMARY KEY, email text);
SELECT campaign_dimension('nameless');
SELECT campaign_create('refused', dimension => 'nameless');
SELECT campaign_add_audience('refused', 'everybody');
SELECT campaign_add_email('refused', 'mail', after => 'everybody', subject => 'a', body => 'b');
SELECT campaign_add_email('refused', 'mail', after => 'everybody', address => 'mail', subject => 'a', body => 'b');
SELECT campaign_add_email('refused', 'mail', after => 'everybody', address => 'email', subject => NULL, body => 'b');
SELECT campaign_add_email('refused', 'mail', after => 'everybody', address => 'email', subject => E'a\nb', body => 'b');
SELECT campaign_add_email('refused', 'mail', after => 'everybody', address => 'email', subject => '{{ nothing }}', body => 'b');
SELECT campaign_add_email('refused', 'mail', after => 'everybody', address => 'email', subject => '{{ id', body => 'b');
SELECT campaign_add_email('refused', 'mail', after => 'everybody', address => 'email', category => 'spam', subject => 'a', body => 'b');

-- Nothing is left behind.
SELECT campaign_drop('refused');
SELECT campaign_unsuppress('email', 'nine@example.com'), campaign_unsuppress('sms', 'one@example.com');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM pg_tables WHERE schemaname = 'campaign_data' AND tableowner = 'regress_email';
DELETE FROM campaign.dimension WHERE owner_name = 'regress_email';
DELETE FROM campaign.log WHERE role_name = 'regress_email';
SET client_min_messages = warning;
DROP SCHEMA email CASCADE;
DROP OWNED BY regress_email;
DROP ROLE regress_email;
