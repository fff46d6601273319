-- Retargeting on what people did sends reminders to those who reacted, or to
-- those who never got the first message, if it is wrong (T1).
\set VERBOSITY terse
CREATE ROLE regress_retarget LOGIN;
CREATE ROLE regress_retarget_other LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_retarget, regress_retarget_other;
CREATE SCHEMA retarget AUTHORIZATION regress_retarget;
SET search_path = retarget, public;
SET SESSION AUTHORIZATION regress_retarget;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, email_opt_in boolean);
INSERT INTO customers SELECT g, 'c' || g || '@retarget.example', g <> 9 FROM generate_series(1, 10) g;
CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint);
INSERT INTO orders SELECT g * 100, g FROM generate_series(1, 10) g;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}', consent => '{"email": "email_opt_in"}');

-- Ten people: 9 is excluded, 8 failed, 10 is tried again later; 1 to 3 opened, 2 and
-- 3 clicked, 4 bounced.
SELECT campaign_create('sale', dimension => 'customers');
SELECT campaign_add_audience('sale', 'everybody');
SELECT campaign_add_email('sale', 'mail', after => 'everybody', subject => 's', body => 'b');
SELECT campaign_add_wait('sale', 'three_days', after => 'mail', duration => '3 days');
-- T1: sent and not opened, opened, opened only, delivered, bounced, clicked, a
-- link, not that link; of the delivery of this run.
SELECT campaign_add_audience('sale', 'silent', after => 'three_days', feedback => '{"delivery": "mail", "not": "opened"}');
SELECT campaign_add_audience('sale', 'opened', after => 'three_days', feedback => '{"delivery": "mail", "is": "opened"}');
SELECT campaign_add_audience('sale', 'only_opened', after => 'three_days', feedback => '{"delivery": "mail", "is": "opened", "not": ["clicked"]}');
SELECT campaign_add_audience('sale', 'sent', after => 'three_days', feedback => '{"delivery": "mail", "is": "sent"}');
SELECT campaign_add_audience('sale', 'bounced_or_clicked', feedback => '{"delivery": "mail", "is": ["bounced", "clicked"]}', filter => 'id <> 2', after => 'three_days');
SELECT campaign_add_audience('sale', 'clicked_shop', feedback => '{"delivery": "mail", "is": "clicked", "link": "https://shop.example.com/%"}', after => 'three_days');
SELECT campaign_add_audience('sale', 'not_shop', feedback => '{"delivery": "mail", "is": "clicked", "not": "clicked", "link": "https://shop.example.com/%"}', after => 'three_days');
SELECT campaign_add_audience('sale', 'lately', feedback => '{"delivery": "mail", "is": "sent", "since": "now() - interval ''1 hour''", "until": "now() + interval ''1 hour''"}', after => 'three_days');
SELECT campaign_add_audience('sale', 'delivered', feedback => '{"delivery": "mail", "is": "delivered"}', after => 'three_days');
SELECT campaign_add_audience('sale', 'not_delivered', feedback => '{"delivery": "mail", "not": ["delivered", "bounced"]}', after => 'three_days');
-- T1: opened and clicked is one audience behind another.
SELECT campaign_add_audience('sale', 'opened_and_clicked', feedback => '{"delivery": "mail", "is": "clicked"}', after => 'opened');
SELECT campaign_add_audience('sale', 'long_ago', feedback => '{"delivery": "mail", "is": "sent", "until": "now() - interval ''1 hour''"}', after => 'three_days');
-- The same within rules.
SELECT campaign_add_audience('sale', 'rule_silent', after => 'three_days', filter => '{"feedback": {"delivery": "mail", "not": "opened"}}');
SELECT campaign_add_audience('sale', 'rule_not_silent', after => 'three_days', filter => '{"except": [{}, {"feedback": {"delivery": "mail", "not": "opened"}}]}');
SELECT campaign_add_audience('sale', 'rule_only_opened', after => 'three_days', filter => '{"feedback": {"delivery": "mail", "is": "opened", "not": ["clicked"]}}');
SELECT campaign_add_audience('sale', 'rule_not_shop', after => 'three_days', filter => '{"and": [{"feedback": {"delivery": "mail", "is": "clicked"}}, {"not": {"feedback": {"delivery": "mail", "is": "clicked", "link": "https://shop.example.com/%"}}}]}');
SELECT campaign_add_audience('sale', 'rule_lately', after => 'three_days', filter => '{"feedback": {"delivery": "mail", "is": "sent", "since": "now() - interval ''1 hour''", "until": "now() + interval ''1 hour''"}}');
SELECT campaign_add_audience('sale', 'rule_long_ago', after => 'three_days', filter => '{"feedback": {"delivery": "mail", "is": "sent", "until": "now() - interval ''1 hour''"}}');
SELECT campaign_add_audience('sale', 'too_early', feedback => '{"delivery": "mail", "is": "sent"}');
SELECT severity, activity, code, message FROM campaign_check('sale') WHERE code <> 'no_unsubscribe';
SELECT campaign_publish('sale');
SELECT campaign_start('sale') AS run \gset
SELECT campaign_wait(:run);
CREATE TEMP TABLE claimed AS SELECT * FROM campaign_claim('email', 100);
SELECT result FROM (SELECT DISTINCT lease FROM claimed) l, campaign_ack(l.lease, (SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'reason', 'no', 'permanent', address ~ 'c8@', 'delay', CASE WHEN address ~ 'c10@' THEN '5 days' END)) FROM claimed WHERE address ~ 'c(8|10)@'));
SELECT recorded, parked FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', event, 'detail', e.detail::jsonb))
	FROM claimed JOIN (VALUES ('c1', 'opened', NULL), ('c2', 'opened', NULL), ('c2', 'opened', '{"id": "again"}'), ('c2', 'clicked', '{"link": "https://shop.example.com/a"}'), ('c3', 'opened', NULL),
		('c3', 'clicked', '{"link": "https://other.example.com/"}'), ('c3', 'clicked', '{"link": "https://other.example.com/2"}'), ('c4', 'bounced', '{"type": "soft"}'), ('c6', 'delivered', NULL)) e (who, event, detail) ON address ~ ('^' || who || '@')));
SELECT campaign_hurry(:run, 'three_days');
SELECT campaign_wait(:run);
SELECT activity, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT source, rows FROM campaign.flow_counts WHERE run_id = :run AND outcome = 'result' AND (target IS NULL OR source = 'opened') ORDER BY 1;
SELECT recipient, events, links FROM campaign.sent WHERE run_id = :run ORDER BY recipient COLLATE "C";
-- Nothing of it is left.
SELECT count(*) FROM pg_class WHERE relnamespace = 'campaign_data'::regnamespace AND relname ~ 'feedback$';

-- T1: of another campaign, in any run, in any run of a period.
-- Of another campaign, over all its runs: whoever opened one of the messages
-- opened; rows that lead to a person reacted if the person did.
SELECT campaign_dimension('orders', addresses => '{"email": "(SELECT c.email FROM customers c WHERE c.id = customer_id)"}', profile => 'customer_id');
SELECT campaign_start('sale') AS second \gset
SELECT campaign_wait(:second);
SELECT result FROM (SELECT DISTINCT lease FROM campaign_claim('email', 100)) l, campaign_ack(l.lease);
SELECT campaign_create('by order', dimension => 'orders');
SELECT campaign_add_audience('by order', 'some', filter => 'id IN (100, 500, 900)');
SELECT campaign_add_email('by order', 'note', after => 'some', subject => 's', body => 'b', category => 'transactional');
SELECT campaign_publish('by order');
SELECT campaign_start('by order') AS orders \gset
SELECT campaign_wait(:orders);
CREATE TEMP TABLE claimed_orders AS SELECT * FROM campaign_claim('email', 8);
SELECT result FROM (SELECT DISTINCT lease FROM claimed_orders) l, campaign_ack(l.lease);
SELECT recorded FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', 'opened')) FROM claimed_orders WHERE address ~ 'c5@'));
SELECT campaign_create('later', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('later', 'opened_any', feedback => '{"campaign": "sale", "delivery": "mail", "is": "opened"}');
SELECT campaign_add_audience('later', 'opened_none', feedback => '{"campaign": "sale", "delivery": "mail", "not": "opened"}');
SELECT campaign_add_audience('later', 'silent_orders', feedback => '{"campaign": "by order", "delivery": "note", "not": "opened"}');
SELECT campaign_add_audience('later', 'rule_opened_none', filter => '{"feedback": {"campaign": "sale", "delivery": "mail", "not": "opened"}}');
SELECT campaign_add_audience('later', 'rule_silent_orders', filter => '{"feedback": {"campaign": "by order", "delivery": "note", "not": "opened"}}');
SELECT campaign_add_audience('later', 'nobody', feedback => '{"campaign": "no such", "delivery": "mail", "is": "sent"}', skip_empty => true);
SELECT campaign_add_audience('later', 'in_period', feedback => '{"campaign": "sale", "delivery": "mail", "is": "sent", "since": "now() - interval ''1 day''", "until": "now()"}');
SELECT campaign_add_audience('later', 'before_it', feedback => '{"campaign": "sale", "delivery": "mail", "is": "sent", "until": "now() - interval ''1 day''"}');
SELECT campaign_publish('later');
SELECT campaign_start('later') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT source, rows FROM campaign.flow_counts WHERE run_id = :run AND outcome = 'result' ORDER BY 1;
SELECT format('SELECT array_agg(id ORDER BY id) FROM campaign_data.r%s_2_1', :run) AS read \gset
:read;
SELECT format('SELECT array_agg(id ORDER BY id) FROM campaign_data.r%s_3_1', :run) AS read \gset
:read;

-- What is refused.
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mial", "is": "opened"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "everybody", "is": "opened"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"is": "opened"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mail"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mail", "is": "open"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mail", "is": []}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mail", "is": [["opened"]]}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mail", "not": "sent"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mail", "is": "opened", "link": "x"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mail", "is": "opened", "since": "1"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '{"delivery": "mail", "is": "opened", "because": "1"}');
SELECT campaign_add_audience('sale', 'wrong', feedback => '[]');
SELECT campaign_add_audience('sale', 'wrong', filter => '{"or": [{"feedback": {"delivery": "mial", "is": "opened"}}]}');
SELECT campaign_add_audience('sale', 'wrong', filter => '{"or": [{"feedback": {"delivery": "mail"}}]}');
SELECT campaign_add_audience('sale', 'wrong', filter => '{"or": [{"feedback": {"delivery": "mail", "is": "opened", "because": "1"}}]}');
SELECT campaign_add_audience('sale', 'wrong', filter => '{"or": [{"feedback": []}]}');

-- What others sent is not there.
SET SESSION AUTHORIZATION regress_retarget_other;
SELECT count(*) FROM campaign.sent;
SET SESSION AUTHORIZATION regress_retarget;

-- Clean up.
DROP TABLE claimed, claimed_orders;
SELECT campaign_stop(:second);
SELECT campaign_drop('sale'), campaign_drop('by order'), campaign_drop('later');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_retarget';
DROP SCHEMA retarget CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_retarget, regress_retarget_other;
DROP ROLE regress_retarget, regress_retarget_other;
