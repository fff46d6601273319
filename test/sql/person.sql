-- Whoever asks why he got a message, or none, must be told the truth; and whoever
-- asks to be forgotten must be, without a message of others being lost.
\set VERBOSITY terse
CREATE ROLE regress_person LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_person;
CREATE SCHEMA person AUTHORIZATION regress_person;
SET search_path = person, public;
SET SESSION AUTHORIZATION regress_person;

CREATE TABLE people (id int PRIMARY KEY, name text, email text, ok boolean DEFAULT true);
INSERT INTO people SELECT n, format('Name %s', n), format('p%s@person.example', n) FROM generate_series(1, 3000) n;
UPDATE people SET ok = false WHERE id = 4;
UPDATE people SET email = NULL WHERE id = 5;
SELECT campaign_dimension('people', addresses => '{"email": "email"}', consent => '{"email": "ok"}');

SELECT campaign_create('path', dimension => 'people');
SELECT campaign_add_audience('path', 'most', filter => 'id <= 2500');
SELECT campaign_add_split('path', 'parts', '[{"name": "low", "filter": "id <= 1200"}, {"name": "high", "filter": "id > 1210"}, {"name": "rest"}]', after => 'most');
SELECT campaign_add_email('path', 'mail', subject => 'S {{ name }}', body => 'B', after => 'parts.low');
SELECT campaign_add_wait('path', 'pause', duration => '1 year', after => 'parts.high');
SELECT campaign_add_email('path', 'later', subject => 'S', body => 'B', after => 'pause');
SELECT campaign_publish('path');
SELECT campaign_start('path') AS run \gset
SELECT campaign_wait(:run);

-- In the population of the split's outcome, and on.
\pset null '-'
SELECT step, activity, kind, dimension, fate, outcome, reason, address, attempts FROM campaign_why(:run, '3');
-- Excluded, with the reason.
SELECT activity, fate, outcome, reason FROM campaign_why(:run, '4');
SELECT activity, fate, outcome, reason FROM campaign_why(:run, '5');
-- Waiting in the other branch.
SELECT activity, fate, outcome, reason FROM campaign_why(:run, '2000');
-- In an outcome that nothing follows, not in the audience, nowhere at all, not even a key.
SELECT activity, fate, outcome, reason FROM campaign_why(:run, '1205');
SELECT activity, fate, outcome, reason FROM campaign_why(:run, '2700');
SELECT activity, fate, outcome, reason FROM campaign_why(:run, '9999');
SELECT activity, fate, outcome, reason FROM campaign_why(:run, 'it''s nobody');

-- Sent, failed, to be tried again, withdrawn: as the view has it.
CREATE TEMP TABLE batch AS SELECT (campaign_claim('email', 600)).*;
SELECT (campaign_ack(lease, jsonb_agg(jsonb_build_object('message_id', message_id, 'reason', address || ' unknown', 'permanent', n % 2 = 0)) FILTER (WHERE n <= 4))).result
FROM (SELECT *, row_number() OVER (ORDER BY message_id DESC) AS n FROM batch) b GROUP BY lease;
SELECT campaign_suppress('email', 'p999@person.example', 'asked');
CREATE TEMP TABLE rest AS SELECT (campaign_claim('email', 1000)).*;
SELECT m.status, w.fate, count(*), bool_and(m.error IS NOT DISTINCT FROM w.reason AND m.attempts = w.attempts AND m.address = w.address
	AND m.message_id = w.message_id AND m.settled_at IS NOT DISTINCT FROM w.settled_at) AS same
FROM campaign.message m CROSS JOIN LATERAL campaign_why(m.run_id, m.recipient) w
WHERE m.run_id = :run AND w.activity = m.activity GROUP BY 1, 2 ORDER BY 1, 2;
SELECT activity, recipient, address, attempts, error FROM campaign.failed WHERE run_id = :run ORDER BY recipient COLLATE "C";
SELECT count(*) FROM campaign.message WHERE run_id = :run AND status = 'failed';

-- Forgetting: what waits, what was sent, what a sender has, what was excluded.
SELECT campaign_create('facts', dimension => 'people');
SELECT campaign_add_audience('facts', 'everybody', filter => 'id <= 10');
SELECT campaign_add_email('facts', 'mail', subject => 'S {{ name }}', body => 'B', after => 'everybody');
SELECT campaign_publish('facts');
SELECT campaign_start('facts') AS facts \gset
SELECT campaign_wait(:facts);
-- Nothing of a person is left where it could be read.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION traces(word text) RETURNS TABLE (place text, n bigint) LANGUAGE sql SECURITY DEFINER AS $$
	SELECT 'dispatch', count(*) FROM campaign.dispatch d WHERE d::text LIKE '%' || word || '%' HAVING count(*) > 0
	UNION ALL SELECT 'outcome', count(*) FROM campaign.outcome d WHERE d::text LIKE '%' || word || '%' HAVING count(*) > 0
	UNION ALL SELECT 'event', count(*) FROM campaign.event d WHERE d::text LIKE '%' || word || '%' HAVING count(*) > 0
	UNION ALL SELECT 'suppression', count(*) FROM campaign.suppression d WHERE d::text LIKE '%' || word || '%' HAVING count(*) > 0
$$;
SET SESSION AUTHORIZATION regress_person;
-- 601: failed for good, its reason has the address; 600: retried.
SELECT * FROM traces('p601@');
SELECT * FROM campaign_forget('people', '601');
SELECT * FROM traces('p601@');
SELECT * FROM campaign_forget('people', '601');
SELECT activity, fate, reason, address FROM campaign_why(:run, '601') WHERE activity = 'mail';
SELECT campaign_feedback(message_id, 'clicked', detail => '{"link": "https://a.example/?u=p600@person.example", "agent": "Name 600"}')
FROM campaign.message WHERE run_id = :run AND recipient = '600';
SELECT * FROM traces('p600@');
SELECT * FROM campaign_forget('people', '600');
SELECT * FROM traces('p600@');
SELECT * FROM traces('Name 600"');
-- 8: waits, with other runs to come; 9: sent to nobody yet, claimed now.
SELECT * FROM campaign_forget('people', '8');
SELECT status, error, address FROM campaign.message WHERE run_id = :facts AND recipient = '8';
CREATE TEMP TABLE held AS SELECT (campaign_claim('email', 1000)).*;
SELECT count(*) FROM held WHERE attributes ->> 'recipient' = '8' OR address = '';
SELECT * FROM campaign_forget('people', '9');
SELECT status, error, address FROM campaign.message WHERE run_id = :facts AND recipient = '9';
-- Rechecked, it is not sent; given back, it is not handed out again.
SELECT r.reason FROM (SELECT DISTINCT lease FROM held) h CROSS JOIN LATERAL campaign_recheck(lease) r;
SELECT sum(campaign_release(lease)) > 0 FROM (SELECT DISTINCT lease FROM held) h;
CREATE TEMP TABLE again AS SELECT (campaign_claim('email', 1000)).*;
SELECT count(*) FILTER (WHERE attributes ->> 'recipient' IN ('8', '9') OR address = ''), count(*) > 0 FROM again;
SELECT status, error, address FROM campaign.message WHERE run_id = :facts AND recipient IN ('8', '9') ORDER BY recipient;
-- What is said of a forgotten message later says nothing of an address.
SELECT campaign_feedback(message_id, 'bounced', '2026-02-01', jsonb_build_object('type', type)) FROM campaign.message CROSS JOIN unnest('{hard,soft}'::text[]) AS type
WHERE run_id = :run AND recipient = '600';
SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('');
-- An excluded one has nothing to be blanked; an unknown one neither.
SELECT * FROM campaign_forget('people', '5');
SELECT * FROM campaign_forget('people', 'it''s nobody');
SELECT v.* FROM unnest(ARRAY[:run, :facts]) r, campaign_verify(r) v;
-- The address stays suppressed, without being readable; a later run leaves it out.
SELECT campaign_suppress('email', 'p8@person.example');
SELECT campaign_stop(:facts);
SELECT campaign_start('facts') AS later \gset
SELECT campaign_wait(:later);
SELECT recipient, reason FROM campaign.excluded WHERE run_id = :later ORDER BY recipient COLLATE "C";
RESET SESSION AUTHORIZATION;
SELECT channel, address, reason, role_name FROM campaign.suppression WHERE role_name = 'regress_person' ORDER BY address, reason, address_hash;
SET SESSION AUTHORIZATION regress_person;

-- Rows that lead to a person, and what activities have added to populations.
CREATE TABLE orders (number int PRIMARY KEY, customer int, note text);
INSERT INTO orders SELECT n, 2900 + n / 3, format('order of %s', 2900 + n / 3) FROM generate_series(0, 30) n;
SELECT campaign_dimension('orders', addresses => '{"email": "(SELECT email FROM person.people p WHERE p.id = orders.customer)"}', profile => 'customer');
SELECT campaign_create('orders', dimension => 'orders', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('orders', 'all');
SELECT campaign_add_email('orders', 'mail', subject => '{{ note }}', body => 'B', category => 'transactional', one_per_address => false, after => 'all');
SELECT campaign_publish('orders');
SELECT campaign_start('orders') AS orders \gset
SELECT campaign_wait(:orders);
SELECT * FROM traces('order of 2905');
SELECT * FROM campaign_forget('people', '2905');
SELECT * FROM traces('order of 2905');
SELECT recipient, status, error FROM campaign.message WHERE run_id = :orders AND address = '' ORDER BY recipient COLLATE "C";
-- One order alone; what was added to a population goes, keys and counts stay.
SELECT format('r%s_1_1', :orders) AS population \gset
ALTER TABLE campaign_data.:"population" ADD note text DEFAULT 'private';
SELECT * FROM campaign_forget('orders', '3');
SELECT number, note FROM campaign_data.:"population" WHERE number < 5 ORDER BY number;
SELECT count(*) FROM campaign.message WHERE run_id = :orders AND address = '';
SELECT * FROM campaign_verify(:orders);

-- What runs were told: payloads, variables and comments that name him; others stay.
SELECT campaign_create('told', dimension => 'people', settings => '{"variables": {"who": {"type": "text"}, "n": {"type": "int"}}}');
SELECT campaign_add_audience('told', 'some', filter => 'id BETWEEN 2870 AND 2872');
SELECT campaign_add_email('told', 'mail', subject => 'S', body => 'B', after => 'some');
SELECT campaign_add_signal('told', 'word', after => 'mail');
SELECT campaign_add_approval('told', 'ask', question => '?', roles => 'regress_person', after => 'word');
SELECT campaign_publish('told');
SELECT campaign_start('told', '{"who": "nobody", "n": 2871}') AS told \gset
SELECT campaign_wait(:told);
SELECT campaign_signal('told', 'word', '{"who": "p2871@person.example"}');
SELECT campaign_wait(:told);
SELECT approval_id AS ask FROM campaign.approvals WHERE run_id = :told \gset
SELECT campaign_decide(:ask, 'approved', 'asked by P2871@person.example, not 28710');
SELECT campaign_wait(:told);
RESET SESSION AUTHORIZATION;
SELECT payload FROM campaign.signal WHERE run_id = :told;
SET SESSION AUTHORIZATION regress_person;
SELECT rows FROM campaign_forget('people', '2870');
RESET SESSION AUTHORIZATION;
SELECT payload FROM campaign.signal WHERE run_id = :told;
SET SESSION AUTHORIZATION regress_person;
SELECT rows FROM campaign_forget('people', '2871');
RESET SESSION AUTHORIZATION;
SELECT payload FROM campaign.signal WHERE run_id = :told;
SELECT variables FROM campaign.run WHERE run_id = :told;
SELECT votes -> 0 ->> 'comment' AS comment, votes -> 0 ->> 'answer' AS answer FROM campaign.approval WHERE run_id = :told;
SET SESSION AUTHORIZATION regress_person;
SELECT rows FROM campaign_forget('people', '2871');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_person;

-- Variables that say whose keys they hold, also while the run goes on; a number
-- that is the key by chance stays where something is computed with it.
SELECT campaign_create('keys', dimension => 'people', settings => '{"variables": {"who": {"type": "int", "key_of": "people"},
	"all_of_them": {"type": "jsonb", "key_of": "people"}, "number": {"type": "int", "key_of": "orders"}, "n": {"type": "int"}, "mail": {"type": "text"}}}');
SELECT campaign_add_wait('keys', 'day', after => 'some', duration => '1 day') FROM (SELECT campaign_add_audience('keys', 'some', filter => 'id = vars.who')) a;
SELECT campaign_add_audience('keys', 'least', filter => 'id = vars.n');
SELECT campaign_add_email('keys', 'mail', subject => 'S', body => 'B', after => 'least');
SELECT campaign_publish('keys');
SELECT campaign_start('keys', '{"who": 2873, "all_of_them": [1, 2873], "number": 2873, "n": 2873, "mail": "p2873@person.example"}') AS keys \gset
SELECT campaign_wait(:keys);
SELECT rows FROM campaign_forget('people', '2873');
RESET SESSION AUTHORIZATION;
SELECT state, variables FROM campaign.run WHERE run_id = :keys;
SET SESSION AUTHORIZATION regress_person;
SELECT campaign_hurry(:keys);
SELECT campaign_wait(:keys);
SELECT rows FROM campaign_forget('people', '2873');
RESET SESSION AUTHORIZATION;
SELECT state, variables FROM campaign.run WHERE run_id = :keys;
SET SESSION AUTHORIZATION regress_person;
SELECT * FROM campaign_check('keys');
SELECT campaign_define('{"name": "keys", "dimension": "people", "settings": {"variables": {"who": {"type": "int", "key_of": 1}}}}');
SELECT campaign_define('{"name": "no keys", "dimension": "people", "settings": {"variables": {"who": {"type": "int", "key_of": "peopel"}}}, "activities": [{"name": "a", "kind": "audience"}]}');
SELECT severity, code, message, hint FROM campaign_check('no keys');
SELECT campaign_drop('no keys');

-- Rules count nobody for what was sent to him.
SELECT campaign_rule('twice', 'pressure', '{"messages": 2, "per": "day"}');
SELECT campaign_create('counted', dimension => 'people');
SELECT campaign_add_audience('counted', 'some', filter => 'id BETWEEN 2874 AND 2876');
SELECT campaign_add_email('counted', 'mail', subject => 'S', body => 'B', after => 'some', options => '{"rules": "twice"}');
SELECT campaign_publish('counted');
SELECT campaign_start('counted') AS counted \gset
SELECT campaign_wait(:counted);
RESET SESSION AUTHORIZATION;
SELECT cardinality(subjects) AS messages, cardinality(array_remove(subjects, 0)) AS counted FROM campaign.contact k JOIN campaign.delivery d USING (delivery_id) WHERE d.run_id = :counted;
SET SESSION AUTHORIZATION regress_person;
SELECT messages FROM campaign_forget('people', '2875');
RESET SESSION AUTHORIZATION;
SELECT cardinality(subjects) AS messages, array_position(subjects, 0) AS place FROM campaign.contact k JOIN campaign.delivery d USING (delivery_id) WHERE d.run_id = :counted;
SET SESSION AUTHORIZATION regress_person;
SELECT * FROM campaign_verify(:counted);

-- Whose it is.
SELECT * FROM campaign_forget('peple', '1');
SELECT * FROM campaign_forget(NULL, '1');
SELECT * FROM campaign_forget('people', NULL);
SELECT * FROM campaign_why(:run, NULL);
SELECT * FROM campaign_why(0, '1');
RESET SESSION AUTHORIZATION;
CREATE ROLE regress_person_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_person_other;
GRANT USAGE ON SCHEMA person TO regress_person_other;
SET SESSION AUTHORIZATION regress_person_other;
SELECT * FROM campaign_forget('people', '1');
\set VERBOSITY sqlstate
SELECT * FROM campaign_why(:run, '1');
\set VERBOSITY terse
SELECT count(*) FROM campaign.failed;
RESET SESSION AUTHORIZATION;
GRANT regress_person TO regress_person_other;
SET SESSION AUTHORIZATION regress_person_other;
SELECT * FROM campaign_forget('people', '7');
SET SESSION AUTHORIZATION regress_person;

SELECT count(campaign_stop(run_id)) FROM (SELECT DISTINCT run_id FROM campaign.run_progress WHERE run_state NOT IN ('stopped', 'succeeded')) r;
SELECT campaign_drop(c) FROM unnest('{path,facts,orders,told,keys,counted}'::text[]) c;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DELETE FROM campaign.suppression WHERE role_name LIKE 'regress_person%';
DROP SCHEMA person CASCADE;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_person';
DELETE FROM campaign.log WHERE role_name = 'regress_person';
DROP OWNED BY regress_person, regress_person_other;
DROP ROLE regress_person, regress_person_other;
