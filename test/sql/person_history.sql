-- All messages of a person over all campaigns: none missing, none of another's,
-- none of a campaign that the caller may not look at.
\set VERBOSITY terse
\pset null '-'
CREATE ROLE regress_history_ann LOGIN;
CREATE ROLE regress_history_bob LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_history_ann, regress_history_bob;
CREATE SCHEMA person_history;
GRANT ALL ON SCHEMA person_history TO regress_history_ann, regress_history_bob;
SET search_path = person_history, public;
SET SESSION AUTHORIZATION regress_history_ann;
CREATE TABLE customers (id int PRIMARY KEY, email text, ok boolean DEFAULT true);
INSERT INTO customers SELECT n, format('p%s@history.example', n) FROM generate_series(1, 2500) n;
UPDATE customers SET ok = false WHERE id = 4;
CREATE TABLE orders (number int PRIMARY KEY, customer int);
INSERT INTO orders SELECT n, 3 + n % 2 FROM generate_series(1, 6) n;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}', consent => '{"email": "ok"}');
SELECT campaign_dimension('orders', addresses => '{"email": "(SELECT email FROM person_history.customers c WHERE c.id = orders.customer)"}',
	consent => '{"email": "number < 6"}', profile => 'customer', profile_dimension => 'customers');
SELECT campaign_create(c, 'customers') FROM unnest('{first,second}'::text[]) c;
SELECT campaign_add_audience(c, 'everybody') FROM unnest('{first,second}'::text[]) c;
SELECT campaign_add_email(c, 'mail', 's', '{{ id }}', after => 'everybody') FROM unnest('{first,second}'::text[]) c;
SELECT campaign_create('bought', 'orders');
SELECT campaign_add_audience('bought', 'all_orders');
SELECT campaign_add_email('bought', 'thanks', 's', '{{ number }}', category => 'marketing', one_per_address => false, after => 'all_orders');
SELECT campaign_publish(c) FROM unnest('{first,second,bought}'::text[]) c;
SELECT campaign_start('first') AS first \gset
SELECT campaign_wait(:first);
CREATE TEMP TABLE batch AS SELECT (campaign_claim('email', 3000)).*;
SELECT count(campaign_ack(lease, NULL)) FROM (SELECT DISTINCT lease FROM batch) b;
SELECT recorded FROM campaign_feedback((SELECT message_id FROM campaign.message WHERE run_id = :first AND recipient = '3'), 'opened', '2100-01-01 12:00+00');
SELECT recorded FROM campaign_feedback((SELECT message_id FROM campaign.message WHERE run_id = :first AND recipient = '3'), 'clicked', '2100-01-01 12:01+00', '{"link": "https://history.example/"}');
SELECT campaign_start('second') AS second \gset
SELECT campaign_wait(:second);
SELECT campaign_start('bought') AS bought \gset
SELECT campaign_wait(:bought);

-- Newest first, of one instant what came of it first.
SELECT what, campaign, activity, channel, recipient, address, detail FROM campaign_history('customers', '3');
SELECT what, campaign, recipient, detail FROM campaign_history('customers', '4');
SELECT what, campaign, recipient FROM campaign_history('customers', '3', related => false);
SELECT what, campaign FROM campaign_history('customers', '3', 2);
SELECT count(*) FROM campaign_history('customers', '3', 0);
SELECT count(*), bool_and(at <= before) FROM (SELECT at, lag(at) OVER () AS before FROM campaign_history('customers', '3', NULL)) h;
SELECT what, campaign, recipient FROM campaign_history('orders', '3');
SELECT count(*) FROM campaign_history('customers', '99999');
SELECT count(*) FROM campaign_history('customers', 'it''s nobody');
-- Every message of the view, once, with its status; every exclusion.
SELECT count(*), count(*) FILTER (WHERE h.message_id IS NULL) FROM campaign.message m
LEFT JOIN LATERAL (SELECT h.message_id FROM campaign_history('customers', m.recipient, NULL, false) h WHERE h.message_id = m.message_id AND h.what = m.status AND h.address = m.address) h ON true
WHERE m.run_id IN (:first, :second) AND m.recipient::int % 100 = 3;

-- Others see what they were given, and nothing of a dimension of their own.
SET SESSION AUTHORIZATION regress_history_bob;
SELECT * FROM campaign_history('customers', '3');
CREATE TABLE customers_of_bob (id int PRIMARY KEY, email text);
INSERT INTO customers_of_bob VALUES (3, 'bob@history.example');
SELECT campaign_dimension('customers_of_bob', 'customers', addresses => '{"email": "email"}');
SELECT count(*) FROM campaign_history('customers', '3');
SET SESSION AUTHORIZATION regress_history_ann;
SELECT campaign_grant('second', 'regress_history_bob', 'view');
SET SESSION AUTHORIZATION regress_history_bob;
SELECT campaign_create('mine', 'customers'), campaign_add_audience('mine', 'everybody'), campaign_add_email('mine', 'mail', 's', 'b', after => 'everybody'), campaign_publish('mine');
SELECT campaign_start('mine') AS mine \gset
SELECT campaign_wait(:mine);
SELECT what, owner, campaign, address FROM campaign_history('customers', '3');
-- A forgotten person has keys left, and no address.
SET SESSION AUTHORIZATION regress_history_ann;
SELECT messages FROM campaign_forget('customers', '3');
SELECT what, campaign, recipient, address, detail FROM campaign_history('customers', '3');
SELECT * FROM campaign_history('custmers', '3');
SELECT * FROM campaign_history(NULL, '3');
SELECT * FROM campaign_history('customers', NULL);
SELECT * FROM campaign_history('customers', '3', related => NULL);
SELECT * FROM campaign_history('customers', '3', -1);

SELECT count(campaign_stop(run_id)) FROM (SELECT DISTINCT run_id FROM campaign.run_progress WHERE run_state NOT IN ('stopped', 'succeeded')) r;
SELECT campaign_drop(c) FROM unnest('{first,second,bought}'::text[]) c;
SET SESSION AUTHORIZATION regress_history_bob;
SELECT campaign_drop('mine');
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DELETE FROM campaign.suppression WHERE role_name LIKE 'regress_history%';
DROP SCHEMA person_history CASCADE;
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_history%';
DELETE FROM campaign.log WHERE role_name LIKE 'regress_history%';
DROP OWNED BY regress_history_ann, regress_history_bob;
DROP ROLE regress_history_ann, regress_history_bob;
