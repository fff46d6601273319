-- What the bench needs beyond the shop of the demo, as its owner: the
-- campaign, and the tables of what it is compared with.  Variable: since.
\set ON_ERROR_STOP on

-- Whom nobody may write to: the extension's list, and the script's own.
CREATE TABLE unsubscribed (address text PRIMARY KEY);
INSERT INTO unsubscribed
SELECT DISTINCT lower(btrim(email)) FROM customers WHERE id % 199 = 0 AND email IS NOT NULL;
ANALYZE unsubscribed;
SELECT count(campaign_suppress('email', address, 'unsubscribed')) FROM unsubscribed;

-- One table per contender, of the same shape; the key makes a repeated insert
-- fail.  What finds queued jobs is an index added before the claims are timed.
CREATE TABLE jobs (
	round			integer NOT NULL,
	mailing			text NOT NULL,
	recipient		bigint NOT NULL,
	address			text NOT NULL,
	variables		text[],
	status			text NOT NULL DEFAULT 'queued',
	attempts		integer NOT NULL DEFAULT 0,
	lease			bigint,
	leased_until	timestamptz,
	PRIMARY KEY (round, mailing, recipient)
);
CREATE TABLE left_out (round integer, mailing text, recipient bigint, reason text);
CREATE TABLE single_jobs (LIKE jobs INCLUDING ALL);
CREATE TABLE single_left_out (LIKE left_out);

SELECT campaign_dimension('customers', addresses => '{"email": "email"}', consent => '{"email": "email_opt_in"}');
SELECT campaign_create('newsletter', dimension => 'customers');
SELECT campaign_add_audience('newsletter', 'buyers', filter => format(
	'EXISTS (SELECT FROM orders o WHERE o.customer_id = customers.id AND o.placed_at > %L)', :'since'));
SELECT campaign_add_split('newsletter', 'ab', after => 'buyers', seed => 'newsletter',
	outcomes => '[{"name": "control", "percent": 10}, {"name": "a", "percent": 45}, {"name": "b"}]');
SELECT campaign_add_email('newsletter', 'mail_a', after => 'ab.a',
	subject => 'Hello {{ first_name }}', body => '<p>You have {{ score }} points.</p>');
SELECT campaign_add_email('newsletter', 'mail_b', after => 'ab.b',
	subject => '{{ first_name }}, a word', body => '<p>Your points: {{ score }}</p>');
SELECT campaign_publish('newsletter');
