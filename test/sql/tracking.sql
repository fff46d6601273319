-- Would fail if a tracking URL could be forged, led elsewhere than its message
-- did, or made a message fail that can be sent without.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE tracking_owner LOGIN;
CREATE ROLE tracking_endpoint LOGIN;
CREATE ROLE tracking_outsider LOGIN;
GRANT USAGE ON SCHEMA campaign TO tracking_owner, tracking_endpoint;
GRANT CREATE ON SCHEMA public TO tracking_owner;
-- The setting is a superuser's, and a URL or nothing.
SET campaign.tracking_url = 'ftp://x.org';
SET campaign.tracking_url = 'https://x.org/?a=b';
SET campaign.tracking_url = 'https://x.org/ y';
SELECT set_config('campaign.tracking_url', 'https://' || repeat('x', 500), false);
SET SESSION AUTHORIZATION tracking_owner;
SET campaign.tracking_url = 'https://x.org';

CREATE TABLE tracking_reader (id integer PRIMARY KEY, email text, site text, pages jsonb, message text);
INSERT INTO tracking_reader VALUES
	(1, 't1@x.org', 'https://shop.example/?a=1&b=2#c', '[{"url": "https://shop.example/é"}, {"url": null}, {"url": "javascript:alert(1)"}]', 'one'),
	(2, 't2@x.org', NULL, '[]', 'two'),
	(3, 't3@x.org', 'JavaScript:alert(1)', NULL, 'three'),
	(4, 't4@x.org', E'https://x.org/\r\nSet-Cookie: a', '["https://shop.example/4"]', 'four');
SELECT campaign_dimension('tracking_reader', addresses => '{"email": "email"}');
SELECT campaign_create('tracking', dimension => 'tracking_reader');
SELECT campaign_add_audience('tracking', 'everybody');
SELECT campaign_add_email('tracking', 'mail', after => 'everybody', category => 'transactional',
	subject => 'No. {{ message.id }}',
	body => $$<a href="{{ message.link(site) }}">{{ "message" }}</a>
{{#each pages}}<a href="{{ Message.Link( item.url ) }}"></a>{{/each}}
<img src="{{message.open_url}}"><a href="{{ message.unsubscribe_url }}">no</a>{{ message.id }}$$);

-- Without a URL the check says so, and nothing is published.
SELECT severity, activity, code, message, hint FROM campaign_check('tracking') WHERE severity = 'error';
SELECT campaign_publish('tracking');
-- A number needs no URL.
SELECT campaign_create('tracking number', dimension => 'tracking_reader');
SELECT campaign_add_audience('tracking number', 'everybody');
SELECT campaign_add_email('tracking number', 'mail', after => 'everybody', category => 'transactional', subject => '{{ message.id }}', body => 'b');
SELECT count(*) FROM campaign_check('tracking number') WHERE severity = 'error';
SELECT campaign_drop('tracking number');
RESET SESSION AUTHORIZATION;
SET campaign.tracking_url = 'https://t.example.com/x/';
SET SESSION AUTHORIZATION tracking_owner;
SELECT campaign_publish('tracking');
SELECT campaign_start('tracking') AS run \gset
CALL campaign_work();
SELECT campaign_wait(:run);

-- What a message has: tokens are of 34 characters, the number stands in them.
CREATE TEMP TABLE claimed AS SELECT * FROM campaign_claim('email', 10);
CREATE FUNCTION mask(text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace($1, 't=[-_A-Za-z0-9]{34}', 't=TOKEN', 'g'), '\d{9,}', 'ID', 'g')
$$;
SELECT attributes ->> 'recipient' AS recipient, mask(subject) AS subject, mask(body) AS body, mask(attributes ->> 'unsubscribe_url') AS unsubscribe
FROM claimed ORDER BY message_id;
-- The same whenever it is handed out, and others for others.
CREATE TEMP TABLE first AS TABLE claimed;
SELECT campaign_release(lease) FROM claimed LIMIT 1;
CREATE TEMP TABLE again AS SELECT * FROM campaign_claim('email', 10);
SELECT count(*) FROM first JOIN again USING (message_id, body, attributes);
CREATE TEMP TABLE url AS
SELECT c.attributes ->> 'recipient' AS recipient, c.message_id, u.page, u.token, u.destination, n
FROM again c, ROWS FROM (regexp_matches(replace(c.body, '&amp;', '&'), 'https://t.example.com/x/(\w+)\?t=([-_A-Za-z0-9]+)(?:&u=([^"]*))?', 'g')) WITH ORDINALITY AS f (parts, n),
	LATERAL (SELECT parts[1], parts[2], parts[3]) AS u (page, token, destination);
SELECT count(*), count(DISTINCT token) FROM url;
GRANT SELECT ON url, again TO PUBLIC;

-- The token is the letter, the number, and half of an HMAC-SHA-256.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION hmac(secret bytea, data bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	inner_pad bytea := decode(repeat('36', 64), 'hex');
	outer_pad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
	FOR i IN 0 .. octet_length(secret) - 1 LOOP
		inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(secret, i));
		outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(secret, i));
	END LOOP;
	RETURN sha256(outer_pad || sha256(inner_pad || data));
END $$;
CREATE FUNCTION token(letter text, message_id bigint, destination text) RETURNS text LANGUAGE sql AS $$
	SELECT rtrim(translate(encode(d || substr(hmac(secret, d || convert_to(destination, 'UTF8')), 1, 16), 'base64'), '+/', '-_'), '=')
	FROM campaign.secret, LATERAL (SELECT convert_to(letter, 'UTF8') || int8send(message_id)) AS s (d)
$$;
SELECT recipient, page, token = token(CASE page WHEN 'open' THEN 'o' WHEN 'click' THEN 'l' ELSE 'u' END, message_id,
	CASE WHEN destination IS NULL THEN '' WHEN recipient = '4' THEN 'https://shop.example/4' WHEN n = 1 THEN 'https://shop.example/?a=1&b=2#c' ELSE 'https://shop.example/é' END) AS genuine
FROM url ORDER BY message_id, n;

-- A hit is recorded for any user, and leads where the message did.
SELECT token AS click FROM url WHERE recipient = '1' AND page = 'click' AND n = 1 \gset
SELECT token AS open FROM url WHERE recipient = '1' AND page = 'open' \gset
SELECT token AS unsubscribe FROM url WHERE recipient = '2' AND page = 'unsubscribe' \gset
SET SESSION AUTHORIZATION tracking_endpoint;
SELECT campaign_track(:'click', 'https://shop.example/?a=1&b=2#c', '{"agent": "Mozilla"}');
SELECT campaign_track(:'open'), campaign_track(:'open') = '' AS again, campaign_track(:'unsubscribe') = '' AS unsubscribed;
-- A forged one does nothing.
SELECT campaign_track(:'click', 'https://evil.example/');
SELECT campaign_track(:'click', 'https://shop.example/?a=1&b=2#C'), campaign_track(:'click'), campaign_track(:'click', '');
SELECT campaign_track(:'open', 'https://evil.example/');
SELECT campaign_track(overlay(:'click' placing CASE WHEN substr(:'click', i, 1) = 'A' THEN 'B' ELSE 'A' END from i), 'https://shop.example/?a=1&b=2#c') AS changed, count(*)
FROM generate_series(1, 34) i GROUP BY 1;
SELECT campaign_track(t) AS nothing, count(*) FROM (VALUES (NULL), (''), ('x'), (repeat('A', 34)), (repeat('é', 17)), (repeat('=', 34)), (:'open' || 'A'), (left(:'open', 33)), (' ' || :'open')) AS v (t) GROUP BY 1;
SELECT campaign_track(:'open', detail => '[]');
SELECT campaign_track(:'open', detail => '{"value": "much"}');
-- The endpoint sees nothing of it.
SELECT count(*) FROM campaign.report;
SELECT * FROM campaign.secret;
SET SESSION AUTHORIZATION tracking_outsider;
SELECT campaign_track(:'open');
SET SESSION AUTHORIZATION tracking_owner;
SELECT event, messages FROM campaign.event_counts WHERE run_id = :run ORDER BY event;
SELECT count(*) FROM campaign.suppressed WHERE address_hash = campaign.address_hash('t2@x.org');
-- The owner is who may let the address in again.
SELECT campaign_unsuppress('email', 't2@x.org');
RESET SESSION AUTHORIZATION;
SELECT event, detail FROM campaign.event e JOIN campaign.delivery d USING (delivery_id) WHERE run_id = :run AND event = 'clicked';
SELECT count(*) FROM campaign.event e JOIN campaign.delivery d USING (delivery_id) WHERE run_id = :run AND at <> date_trunc('second', at);
-- A URL that is no longer set: messages go out, links lead straight there.
SELECT campaign_release(lease) FROM again LIMIT 1;
SET campaign.tracking_url = '';
SELECT attributes ? 'unsubscribe_url' AS unsubscribe, mask(body) AS body FROM campaign_claim('email', 10) WHERE attributes ->> 'recipient' IN ('1', '4') ORDER BY message_id;
-- A channel may have one of its own.
SELECT campaign_channel('email', settings => '{"tracking_url": "javascript:"}');
SELECT campaign_channel('email', settings => '{"tracking_url": 1}');
SELECT campaign_channel('email', settings => '{"tracking_url": "https://own.example.com"}');
SELECT count(*) FROM campaign_check('tracking') WHERE severity = 'error';
BEGIN;
UPDATE campaign.chunk c SET leased_until = now() FROM campaign.delivery d WHERE d.delivery_id = c.delivery_id AND d.run_id = :run;
SELECT mask(attributes ->> 'unsubscribe_url') FROM campaign_claim('email', 10) WHERE attributes ->> 'recipient' = '1';
ROLLBACK;
SELECT campaign_channel_drop('email');
-- Without a secret nothing is genuine; there is never more than one.
BEGIN;
DELETE FROM campaign.secret;
SELECT campaign_track(:'open');
ROLLBACK;
INSERT INTO campaign.secret (secret) VALUES ('\x00');
INSERT INTO campaign.secret (secret) SELECT secret FROM campaign.secret;

-- What is refused in templates.
SET SESSION AUTHORIZATION tracking_owner;
CREATE FUNCTION try(body text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM campaign_add_email('tracking', 'try', after => 'everybody', subject => 's', body => body);
	RAISE EXCEPTION USING errcode = 'ZZZZZ';
EXCEPTION
	WHEN SQLSTATE 'ZZZZZ' THEN RETURN 'taken';
	WHEN OTHERS THEN RETURN sqlstate || ': ' || sqlerrm;
END $$;
SELECT body, try(body) FROM (VALUES
	('{{ message.link(site) }}'), ('{{{ message.link(site) }}}'), ('{{ MESSAGE.ID }}'), ('{{ message.link ((site)) }}'), ('{{ "message" }}'), ('{{ message }}'),
	('{{ message.openurl }}'), ('{{ message.id + 1 }}'), ('{{ message.link }}'), ('{{ message.link() }}'), ('{{ message.link( ) }}'), ('{{ message.link(site }}'),
	('{{ message.link(site) || (site) }}'), ('{{ message.link(nowhere) }}'), ('{{ message.link(item.url) }}'), ('{{ message.}}'), ('{{ message.idx }}'),
	('{{#if message.id}}x{{/if}}'), ('{{#each message.id}}x{{/each}}'), ('<script>{{ message.id }}</script>')) AS v (body);

SELECT campaign_stop(:run);
SELECT campaign_drop('tracking');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.parked_event;
DELETE FROM campaign.dimension WHERE name = 'tracking_reader';
DROP FUNCTION try, mask, token, hmac;
DROP TABLE tracking_reader;
DROP OWNED BY tracking_owner, tracking_endpoint, tracking_outsider;
DROP ROLE tracking_owner, tracking_endpoint, tracking_outsider;
