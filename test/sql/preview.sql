-- A preview that shows something else than would be sent misleads; one that
-- runs the owner's functions with the rights of who looks is a breach.
CREATE ROLE regress_preview_ann LOGIN;
CREATE ROLE regress_preview_bob LOGIN;
CREATE ROLE regress_preview_member LOGIN IN ROLE regress_preview_ann;
GRANT USAGE ON SCHEMA campaign TO regress_preview_ann, regress_preview_bob, regress_preview_member;
CREATE SCHEMA preview;
GRANT ALL ON SCHEMA preview TO PUBLIC;
SET search_path = preview, public;
SET SESSION AUTHORIZATION regress_preview_ann;
CREATE TABLE people (id int PRIMARY KEY, name text, email text, opt_in boolean, born date, seen timestamptz);
INSERT INTO people VALUES
	(1, 'Jean & Marie', ' jm@example.com ', true, '1990-12-31', '2026-03-29 12:00+00'),
	(2, 'none', NULL, true, NULL, NULL),
	(3, 'bad', E'x\ny', true, NULL, NULL),
	(4, 'no', 'no@example.com', false, NULL, NULL),
	(5, 'suppressed', 'gone@example.com', true, NULL, NULL),
	(6, NULL, 'six@example.com', true, NULL, NULL),
	(7, 'same', 'jm@example.com', true, NULL, NULL);
SELECT campaign_dimension('people', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
SELECT campaign_suppress('email', 'gone@example.com');
SELECT campaign_template('footer', body => '<p>{{ vars.sender }}, {{ born }}</p>');
SELECT campaign_create('preview', dimension => 'people',
	settings => '{"variables": {"sender": {"type": "text", "default": "the shop"}}}');
SELECT campaign_add_audience('preview', 'few', filter => 'id < 7');
SELECT campaign_add_email('preview', 'mail', 'Hello {{ name }}', '<p title="{{ name }}">{{#if opt_in}}yes{{else}}no{{/if}}</p>{{> footer }}', after => 'few');
SELECT campaign_add_end('preview', 'done', after => 'mail');

-- ---------------------------------------------------------------------------
-- The message, or why there is none
-- ---------------------------------------------------------------------------

SELECT k, p.* FROM generate_series(1, 7) k, campaign_preview('preview', 'mail', k::text) p ORDER BY k;
SELECT body FROM campaign_preview('preview', 'mail', '1', variables => '{"sender": "O<b>"}');
-- The formats are those of messages, whatever the session's are.
SET datestyle = 'SQL, DMY';
SELECT body FROM campaign_preview('preview', 'mail', '1');
SHOW datestyle;
RESET datestyle;
-- It is what is sent then.
SELECT campaign_publish('preview');
SELECT campaign_start('preview') AS run \gset
SELECT campaign_wait(:run);
SELECT count(*), bool_and((c.address, c.subject, c.body, c.attributes) = (p.address, p.subject, p.body, p.attributes)) AS same
FROM campaign_claim('email') c, campaign_preview('preview', 'mail', c.attributes ->> 'recipient') p;
SELECT recipient, e.reason = p.reason AS same FROM campaign.excluded e, campaign_preview('preview', 'mail', e.recipient) p
WHERE run_id = :run ORDER BY recipient;
-- Nothing was enqueued but that.
SELECT count(*) FROM campaign.message WHERE run_id = :run;
-- The draft changes, the version does not.
SELECT campaign_alter('preview', 'mail', '{"subject": "New {{ id }}"}');
SELECT (SELECT subject FROM campaign_preview('preview', 'mail', '1')) AS draft,
	(SELECT subject FROM campaign_preview('preview', 'mail', '1', version => 1)) AS version;

-- ---------------------------------------------------------------------------
-- Wrong questions
-- ---------------------------------------------------------------------------

DO $$
DECLARE
	q text;
BEGIN
	FOREACH q IN ARRAY ARRAY[
		$q$'preview', 'mail', '8'$q$, $q$'preview', 'mail', '01'$q$, $q$'preview', 'mail', ''$q$,
		$q$'preview', 'mail', 'x; DROP TABLE people'$q$, $q$'preview', 'mail', '1''; --'$q$,
		$q$'preview', 'mail', repeat('9', 100000)$q$,
		$q$'preview', 'mial', '1'$q$, $q$'preview', 'few', '1'$q$, $q$'nothing', 'mail', '1'$q$,
		$q$'preview', 'mail', '1', 2$q$, $q$'preview', 'mail', '1', NULL$q$, $q$'preview', 'mail', NULL$q$,
		$q$'preview', NULL, '1'$q$, $q$NULL, 'mail', '1'$q$,
		$q$'preview', 'mail', '1', 0, '{"sendr": 1}'$q$, $q$'preview', 'mail', '1', 0, '[]'$q$]
	LOOP
		BEGIN
			EXECUTE 'SELECT * FROM campaign_preview(' || q || ')';
			RAISE NOTICE '%: done', q;
		EXCEPTION WHEN OTHERS THEN
			RAISE NOTICE '%: % %', q, sqlstate, left(sqlerrm, 100);
		END;
	END LOOP;
END $$;

-- ---------------------------------------------------------------------------
-- Other keys
-- ---------------------------------------------------------------------------

CREATE TABLE pairs (a text, b timestamptz, email text, PRIMARY KEY (a, b));
INSERT INTO pairs VALUES ('x,\', '2026-03-29 12:00+00', 'pair@example.com');
CREATE TABLE times (at timestamptz PRIMARY KEY, email text);
INSERT INTO times VALUES ('2026-03-29 12:00+00', 'time@example.com');
CREATE TABLE twice (id text, email text);
INSERT INTO twice VALUES ('a', 'twice@example.com'), ('a', 'twice@example.com');
SELECT campaign_dimension('pairs', addresses => '{"email": "email"}');
SELECT campaign_dimension('times', addresses => '{"email": "email"}');
SELECT campaign_dimension('twice', key => 'id', addresses => '{"email": "email"}');
SELECT campaign_create(d, dimension => d), campaign_add_audience(d, 'all'),
	campaign_add_email(d, 'mail', 'x', 'x', category => 'transactional', after => 'all') FROM unnest('{pairs,times,twice}'::text[]) d;
SET timezone = 'Asia/Tokyo';
SELECT address, attributes FROM campaign_preview('pairs', 'mail', 'x\,\\,2026-03-29 12:00:00');
SELECT address, attributes FROM campaign_preview('times', 'mail', '2026-03-29 12:00:00');
SELECT address, attributes, reason FROM campaign_preview('twice', 'mail', 'a');
RESET timezone;

-- ---------------------------------------------------------------------------
-- Whose rights, and what is left
-- ---------------------------------------------------------------------------

CREATE TABLE written (who text);
CREATE FUNCTION write(text) RETURNS text LANGUAGE plpgsql AS
$$BEGIN INSERT INTO preview.written VALUES (current_user); RETURN $1 || ' by ' || current_user || ' of ' || session_user; END$$;
SELECT campaign_alter('preview', 'mail', '{"subject": "{{ write(name) }}", "body": "x"}');
SELECT subject FROM campaign_preview('preview', 'mail', '1');
SELECT count(*) FROM written;
SET SESSION AUTHORIZATION regress_preview_member;
SELECT subject FROM campaign_preview('preview', 'mail', '1');
SELECT current_user;
SET SESSION AUTHORIZATION regress_preview_bob;
SELECT subject FROM campaign_preview('preview', 'mail', '1');
RESET SESSION AUTHORIZATION;
SELECT subject = 'Jean & Marie by regress_preview_ann of ' || session_user AS same FROM campaign_preview('preview', 'mail', '1');
SELECT current_user = session_user AS same;
-- Neither does a function get out: no SET ROLE, no settings left behind.
SET SESSION AUTHORIZATION regress_preview_ann;
CREATE OR REPLACE FUNCTION write(text) RETURNS text LANGUAGE plpgsql AS
$$BEGIN PERFORM set_config('role', 'none', false); RETURN 'out'; END$$;
SET SESSION AUTHORIZATION regress_preview_member;
SELECT subject FROM campaign_preview('preview', 'mail', '1');
SET SESSION AUTHORIZATION regress_preview_ann;
CREATE OR REPLACE FUNCTION write(text) RETURNS text LANGUAGE plpgsql AS
$$BEGIN PERFORM set_config('search_path', 'elsewhere', false), set_config('datestyle', 'german', false); RETURN 'set'; END$$;
SELECT subject FROM campaign_preview('preview', 'mail', '1');
SHOW search_path;
SHOW datestyle;
CREATE OR REPLACE FUNCTION write(text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE 'no' USING errcode = 'P4321'; END$$;
SELECT subject FROM campaign_preview('preview', 'mail', '1');
-- Not for who gets none.
SELECT reason FROM campaign_preview('preview', 'mail', '2');
-- What was drafted without looking is looked at here.
SELECT campaign_define(jsonb_set(campaign_export('preview'), '{activities, 1, options, subject}', '"{{ count(*) }}"'));
SELECT subject FROM campaign_preview('preview', 'mail', '1');
SELECT campaign_define(jsonb_set(campaign_export('preview'), '{activities, 1, options, subject}', '"{{> nothing }}"'));
SELECT subject FROM campaign_preview('preview', 'mail', '1');
RESET SESSION AUTHORIZATION;

SET client_min_messages = warning;
SELECT campaign_drop(c) FROM unnest('{preview,pairs,times,twice}'::text[]) c;
SELECT campaign_unsuppress('email', 'gone@example.com');
DELETE FROM campaign.template WHERE owner_name LIKE 'regress_preview_%';
DELETE FROM campaign.dimension WHERE owner_name LIKE 'regress_preview_%';
DROP SCHEMA preview CASCADE;
DROP OWNED BY regress_preview_ann, regress_preview_bob, regress_preview_member;
DROP ROLE regress_preview_ann, regress_preview_bob, regress_preview_member;
