-- Subscribers of five lists, two of which each has joined; as role shop.
\set ON_ERROR_STOP on
SET max_parallel_workers_per_gather = 0;
SELECT setseed(0.44) \g /dev/null
CREATE TABLE subscribers (
	id				bigint PRIMARY KEY,
	email			text NOT NULL UNIQUE,
	name			text NOT NULL,
	enabled			boolean NOT NULL
);
INSERT INTO subscribers SELECT n, 'reader' || n || '@example.com', 'Reader ' || n, random() < 0.98 FROM generate_series(1, :people) AS n;
CREATE TABLE subscriptions (
	subscriber_id	bigint NOT NULL REFERENCES subscribers,
	list_id			integer NOT NULL,
	unsubscribed	boolean NOT NULL,
	PRIMARY KEY (subscriber_id, list_id)
);
INSERT INTO subscriptions
SELECT n, (n + step) % 5, random() < 0.02 FROM generate_series(1, :people) AS n, generate_series(0, 3, 3) AS step;
CREATE INDEX ON subscriptions (list_id);
ANALYZE subscribers, subscriptions;

-- How long batches took: at how much of the whole, in ms.
CREATE TABLE latency (contender text, share numeric, ms numeric);

-- The mailer by batches: how far it has got, and nothing per person.
CREATE TABLE mailing (last_id bigint, most_id bigint, people bigint, sent bigint);
-- The mailer by members: a row per person of the segment, and one per message.
CREATE TABLE member (segment_id integer, subscriber_id bigint, added_at timestamptz, PRIMARY KEY (segment_id, subscriber_id));
CREATE TABLE sent (mailing_id integer, subscriber_id bigint, sent_at timestamptz);
CREATE INDEX ON sent (mailing_id);
CREATE INDEX ON sent (subscriber_id);

SELECT campaign_dimension('subscribers', addresses => '{"email": "email"}');
SELECT campaign_create('peers', dimension => 'subscribers');
SELECT campaign_add_audience('peers', 'readers', filter => $$ enabled AND EXISTS (SELECT FROM subscriptions s
	WHERE s.subscriber_id = subscribers.id AND s.list_id IN (0, 1, 2) AND NOT s.unsubscribed) $$);
SELECT campaign_add_email('peers', 'mail', after => 'readers', category => 'transactional', one_per_address => false,
	subject => 'Hello {{ name }}', body => '<p>News</p>');
SELECT campaign_publish('peers');
