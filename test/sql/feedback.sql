-- Would fail if an event were lost, counted twice or refused for coming out of
-- order, if an address stayed contactable that must not be, or if somebody
-- could speak of messages of others.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE feedback_owner LOGIN;
CREATE ROLE feedback_stranger LOGIN;
GRANT USAGE ON SCHEMA campaign TO feedback_owner, feedback_stranger;
GRANT CREATE ON SCHEMA public TO feedback_owner;
SET SESSION AUTHORIZATION feedback_owner;
CREATE TABLE feedback_reader (id integer PRIMARY KEY, email text);
INSERT INTO feedback_reader SELECT i, 'f' || i || '@x.org' FROM generate_series(1, 2500) i;
SELECT campaign_dimension('feedback_reader', addresses => '{"email": "email"}');
SELECT campaign_create('feedback', dimension => 'feedback_reader');
SELECT campaign_add_audience('feedback', 'everybody');
SELECT campaign_add_email('feedback', 'mail', after => 'everybody', category => 'transactional', subject => 's', body => 'b');
SELECT campaign_publish('feedback');
SELECT campaign_start('feedback') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);
CREATE TEMP TABLE sent AS SELECT * FROM campaign_claim('email', 2000);
SELECT campaign_ack((SELECT lease FROM sent LIMIT 1),
	(SELECT jsonb_build_array(jsonb_build_object('message_id', message_id, 'permanent', true)) FROM sent WHERE attributes ->> 'recipient' = '1004'));
-- What the same people get next, and have not got yet.
SELECT campaign_create('feedback again', dimension => 'feedback_reader');
SELECT campaign_add_audience('feedback again', 'everybody');
SELECT campaign_add_email('feedback again', 'again', after => 'everybody', category => 'transactional', subject => 's', body => 'b');
SELECT campaign_publish('feedback again');
SELECT campaign_start('feedback again') AS again \gset
CALL campaign_work();
SELECT campaign_wait(:again);
CREATE FUNCTION m(recipient text) RETURNS bigint LANGUAGE sql AS $$
	SELECT message_id FROM pg_temp.sent WHERE attributes ->> 'recipient' = recipient ORDER BY message_id LIMIT 1
$$;

-- Any order; what happens once is recorded once, whatever else is said.
SELECT campaign_feedback(m('1'), 'opened', '2026-01-02 10:00+00');
SELECT campaign_feedback(m('1'), 'delivered', '2026-01-02 09:00+00');
SELECT campaign_feedback(m('1'), 'delivered', '2026-01-02 09:00:01+00', '{"reason": "250 ok"}');
-- What people do again and again: the same instant and detail is the same.
SELECT campaign_feedback(m('1'), 'opened', '2026-01-02 10:00+00');
SELECT campaign_feedback(m('1'), 'opened', '2026-01-02 10:00:01+00');
SELECT campaign_feedback(m('1'), 'clicked', '2026-01-02 10:00+00', '{"link": "https://x.org/a"}');
SELECT campaign_feedback(m('1'), 'clicked', '2026-01-02 10:00+00', '{"link": "https://x.org/b"}');
SELECT campaign_feedback(m('1'), 'clicked', '2026-01-02 10:00+00', '{"link": "https://x.org/b"}');
-- The provider's id decides where there is one, as a text or a number.
SELECT campaign_feedback(m('1'), 'opened', '2026-01-03', '{"id": "e1"}');
SELECT campaign_feedback(m('1'), 'opened', '2026-01-04', '{"id": "e1"}');
SELECT campaign_feedback(m('1'), 'clicked', '2026-01-04', '{"id": "e1"}');
SELECT campaign_feedback(m('1'), 'converted', '2026-01-04', '{"id": 7, "value": 10.50}');
SELECT campaign_feedback(m('1'), 'converted', '2026-01-04', '{"id": 7, "value": 10.50}');
SELECT campaign_feedback(m('1'), 'converted', '2026-01-04', '{"id": 8, "value": 4.5}');
-- Without an instant it is now.
SELECT campaign_feedback(m('2'), 'opened');
SELECT now() - at < '1 day' FROM campaign_claim('sms', 1) RIGHT JOIN (SELECT last_at AS at FROM campaign.event_counts WHERE run_id = :run AND event = 'opened') c ON true;
SELECT activity, event, messages, events, first_at FROM campaign.event_counts WHERE run_id = :run ORDER BY 1, 2;

-- Many: recorded, repeated, parked; a repetition may stand in the same array.
SELECT * FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', 'delivered')) FROM sent));
SELECT * FROM campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', 'delivered')) FROM sent));
SELECT * FROM campaign_feedback(jsonb_build_array(
	jsonb_build_object('message_id', m('3'), 'event', 'opened', 'at', '2026-01-02', 'detail', NULL),
	jsonb_build_object('message_id', m('3'), 'event', 'opened', 'at', '2026-01-02'),
	jsonb_build_object('message_id', 1, 'event', 'opened', 'at', '2026-01-02', 'detail', jsonb_build_object('id', 'x')),
	jsonb_build_object('message_id', 9223372036854775807, 'event', 'bounced', 'at', '2026-01-02')));
SELECT * FROM campaign_feedback('[]');
SELECT message_id, event, at, detail FROM campaign.parked_event ORDER BY 1;

-- Consequences: what must not be contacted is suppressed, once and for all.
SELECT campaign_feedback(m('10'), 'bounced', detail => '{"reason": "550 no such user"}');
SELECT campaign_feedback(m('1012'), 'complained');
SELECT campaign_feedback(m('11'), 'unsubscribed');
SELECT campaign_feedback(jsonb_build_array(jsonb_build_object('message_id', m('12'), 'event', 'bounced'),
	jsonb_build_object('message_id', m('12'), 'event', 'unsubscribed'), jsonb_build_object('message_id', m('12'), 'event', 'opened')));
SELECT campaign_suppress('email', 'F10@x.org');
SELECT count(*) FROM campaign.suppressed s JOIN feedback_reader r ON s.channel = 'email' AND s.address_hash = campaign.address_hash(r.email);
-- Only news has consequences: an address that was let in again stays so.
SELECT campaign_unsuppress('email', 'f11@x.org');
SELECT campaign_feedback(m('11'), 'unsubscribed');
SELECT campaign_suppress('email', 'f11@x.org');

-- Soft bounces: the fifth suppresses; a hard one of the same message counts.
SELECT campaign_feedback(m('20'), 'bounced', detail => '{"type": "soft"}');
SELECT campaign_feedback(m('20'), 'bounced', detail => '{"type": "soft", "reason": "said again"}');
SELECT campaign_feedback(m('20'), 'bounced', detail => '{"type": "hard"}');
SELECT campaign_feedback(m('21'), 'bounced', detail => jsonb_build_object('type', 'soft', 'id', i)) FROM generate_series(1, 4) i;
SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('f21@x.org');
SELECT campaign_feedback(m('21'), 'bounced', detail => '{"type": "soft", "id": 5}');
SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('f21@x.org');
-- Let in again, it is counted anew.
SELECT campaign_unsuppress('email', 'f21@x.org');
SELECT campaign_feedback(m('21'), 'bounced', detail => '{"type": "soft", "id": 6}');
SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('f21@x.org');
SELECT campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', m('21'), 'event', 'bounced',
	'detail', jsonb_build_object('type', 'soft', 'id', 10 + i))) FROM generate_series(1, 4) i));
SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('f21@x.org');

-- A channel says how many it takes; of all that are reported at once, too.
SELECT campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', m(r), 'event', 'bounced',
	'detail', jsonb_build_object('type', 'soft', 'id', i))) FROM unnest('{22,23}'::text[]) r, generate_series(1, 2) i WHERE r = '22' OR i = 1));
RESET SESSION AUTHORIZATION;
SELECT campaign_channel('email', settings => '{"soft_bounces": 2}');
SET SESSION AUTHORIZATION feedback_owner;
SELECT campaign_feedback(m(r), 'bounced', detail => '{"type": "soft", "id": 3}') FROM unnest('{22,23}'::text[]) r;
SELECT r, (SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('f' || r || '@x.org')) FROM unnest('{22,23}'::text[]) r;
RESET SESSION AUTHORIZATION;
SELECT campaign_channel('email', settings => '{"soft_bounces": 0}');
SELECT campaign_channel('email', settings => '{"soft_bounces": "2"}');
SELECT campaign_channel('email', settings => '{"soft_bounces": 2.5}');
SELECT campaign_channel_drop('email');
SET SESSION AUTHORIZATION feedback_owner;

-- The next claim gives nothing to them.
SELECT count(*) FROM campaign_claim('email', 5000);
SELECT activity, recipient, status, error FROM campaign.message WHERE run_id IN (:run, :again) AND status = 'withdrawn' ORDER BY 1, 2;

-- The report: people once per event, rates of what was sent.
SELECT campaign, activity, channel, targeted, excluded, queued, sent, delivered, bounced, opened, clicked, unsubscribed, complained
FROM campaign.report WHERE run_id = :run ORDER BY activity;
SELECT activity, delivered_rate, bounced_rate, opened_rate, clicked_rate, unsubscribed_rate, complained_rate, converted, converted_value
FROM campaign.report WHERE run_id = :run ORDER BY activity;
SELECT * FROM campaign_verify(:run);

-- Somebody else's messages are as unknown as those that are not there.
SELECT m('30') AS theirs \gset
SET SESSION AUTHORIZATION feedback_stranger;
SELECT campaign_feedback(:theirs, 'complained');
SELECT (campaign_feedback(jsonb_build_array(jsonb_build_object('message_id', :theirs, 'event', 'complained')))).parked;
SELECT count(*), min(message_id) = :theirs FROM campaign.parked_event;
SELECT count(*) FROM campaign.report;
SELECT count(*) FROM campaign.event_counts;
SELECT * FROM campaign.event;
SET SESSION AUTHORIZATION feedback_owner;
SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('f30@x.org');
SELECT count(*) FROM campaign.parked_event;
-- Parked events are forgotten after a week, whoever's they are.
RESET SESSION AUTHORIZATION;
UPDATE campaign.parked_event SET parked_at = parked_at - interval '8 days' WHERE message_id < 10;
SELECT campaign_feedback(2, 'opened');
SELECT count(*) FILTER (WHERE message_id = 1), count(*) FILTER (WHERE message_id = 2) FROM campaign.parked_event;
DELETE FROM campaign.parked_event;
SET SESSION AUTHORIZATION feedback_owner;

-- What is wrong is said, and nothing is recorded.
\set VERBOSITY default
SELECT campaign_feedback(m('40'), 'read');
SELECT campaign_feedback(0, 'opened');
SELECT campaign_feedback(m('40'), 'opened', 'infinity');
SELECT campaign_feedback(m('40'), 'opened', detail => '[]');
SELECT campaign_feedback(m('40'), 'bounced', detail => '{"type": "medium"}');
SELECT campaign_feedback(m('40'), 'bounced', detail => '{"type": 1}');
SELECT campaign_feedback(m('40'), 'clicked', detail => '{"link": 1}');
SELECT campaign_feedback(m('40'), 'converted', detail => '{"value": "1"}');
SELECT campaign_feedback(m('40'), 'opened', detail => '{"id": {}}');
\set VERBOSITY terse
SELECT campaign_feedback(NULL);
SELECT campaign_feedback(NULL, 'opened');
SELECT campaign_feedback(m('40'), NULL);
SELECT campaign_feedback('{}');
SELECT campaign_feedback('1');
\set VERBOSITY default
SELECT campaign_feedback('[1]');
\set SHOW_CONTEXT never
SELECT campaign_feedback('[{"event": "opened"}]');
SELECT campaign_feedback('[{"message_id": 1}]');
SELECT campaign_feedback('[{"message_id": "1", "event": "opened"}]');
SELECT campaign_feedback('[{"message_id": 1.5, "event": "opened"}]');
SELECT campaign_feedback('[{"message_id": 1e30, "event": "opened"}]');
SELECT campaign_feedback('[{"message_id": 1, "event": 2}]');
SELECT campaign_feedback('[{"message_id": 1, "event": "opened", "at": 1}]');
SELECT campaign_feedback('[{"message_id": 1, "event": "opened", "at": "yesterday noon or so"}]');
SELECT campaign_feedback('[{"message_id": 1, "event": "opened", "link": "x"}]');
\set VERBOSITY terse
SELECT campaign_feedback(jsonb_build_array(jsonb_build_object('message_id', m('40'), 'event', 'opened'), 1));
SELECT count(*) FROM campaign.parked_event;
SELECT opened FROM campaign.report WHERE run_id = :run AND activity = 'mail';

-- Verification finds events without a message; a drop erases them all.
RESET SESSION AUTHORIZATION;
BEGIN;
UPDATE campaign.event SET message_id = message_id + 500000 WHERE message_id = m('3') AND event = 'opened';
SELECT code, regexp_replace(detail, '\d{6,}', 'N') FROM campaign_verify(:run);
ROLLBACK;
SELECT (SELECT array_agg(delivery_id) FROM campaign.delivery WHERE run_id = :run) AS deliveries \gset
SELECT count(*) > 2000 FROM campaign.event WHERE delivery_id = ANY (:'deliveries');
SET SESSION AUTHORIZATION feedback_owner;
SELECT campaign_stop(:run);
SELECT campaign_drop('feedback');
SELECT campaign_stop(:again);
SELECT campaign_drop('feedback again');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign.event WHERE delivery_id = ANY (:'deliveries');

DELETE FROM campaign.suppression WHERE role_name LIKE 'feedback%';
DELETE FROM campaign.soft_bounce;
DELETE FROM campaign.parked_event;
DELETE FROM campaign.dimension WHERE name = 'feedback_reader';
DROP FUNCTION m;
DROP TABLE feedback_reader;
DROP OWNED BY feedback_owner, feedback_stranger;
DROP ROLE feedback_owner, feedback_stranger;
