-- Would fail if a statement of ours had a shape that cannot be executed where
-- the rows of a distributed table are (docs/scaling.md), of any kind of
-- activity and of graphs nobody thought of.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE shapes_owner LOGIN;
GRANT USAGE ON SCHEMA campaign TO shapes_owner;
GRANT CREATE ON SCHEMA public TO shapes_owner;
SET SESSION AUTHORIZATION shapes_owner;
\getenv source PG_ABS_SRCDIR
\set tables :source '/scenario/tables.sql'
\set campaigns :source '/scenario/campaigns.sql'
\set take_away :source '/scenario/drop.sql'
\set grow :source '/scenario/grow.sql'
\set ECHO none
\i :tables
\o /dev/null
\i :campaigns
\o
\set ECHO all

-- What the scenario leaves out.
CREATE TABLE lead (id bigint PRIMARY KEY, mail text, town integer);
CREATE TABLE lead_copy (id bigint, mail text);
SELECT campaign_dimension('lead');
SELECT campaign_create('further', 'person', settings => '{"variables": {"town": {"type": "integer", "default": 50}}}');
SELECT campaign_add_audience('further', 'everybody');
SELECT campaign_add_audience('further', 'leads', dimension => 'lead');
SELECT campaign_add_reconcile('further', 'known', 'person', pairs => '[{"source": "mail", "target": "email"}]', columns => '{"lead_town": "lead.town"}', after => 'leads');
SELECT campaign_add_reconcile('further', 'near', 'person', match => 'person.town = lead.town AND lower(person.email) = lower(lead.mail)', ambiguous => 'first', sort_by => 'person.id', after => 'leads');
SELECT campaign_add_update_data('further', 'changed', operation => 'update', fields => '[{"column": "mark", "value": "town::text"}]', after => 'everybody');
SELECT campaign_add_update_data('further', 'copied', operation => 'upsert', target => 'lead_copy', by => '{"id": "id"}', fields => '[{"column": "mail", "value": "mail"}]', after => 'leads');
SELECT campaign_add_combine('further', 'by_town', operation => 'exclusion', by => 'town', after => 'everybody, near');
SELECT campaign_add_audience('further', 'large', dimension => 'purchase', filter => 'total > 50');
SELECT campaign_add_combine('further', 'bought', operation => 'intersection', rules => '[{"transition": "large", "link": "buyer"}]', after => 'everybody, large');
SELECT campaign_add_deduplicate('further', 'merged', by => 'lower(email)', merge => true, records => '[{"columns": {"any_phone": "phone"}, "sort_by": "id DESC"}]', after => 'everybody');
SELECT campaign_add_split('further', 'exact', '[{"name": "a", "percent": 25}, {"name": "b", "percent": 25}, {"name": "c"}]', exact => true, after => 'everybody');
SELECT campaign_add_split('further', 'sorted', '[{"name": "best", "number": 150, "sort_by": "score DESC"}, {"name": "oldest", "number": 100, "sort_by": "id"}]', after => 'everybody');
SELECT campaign_add_split('further', 'segments', $$[{"name": "low", "filter": "town < 10", "percent": 50, "of": "segment"}, {"name": "rest"}]$$, after => 'everybody');
SELECT campaign_add_split('further', 'overlapping', '[{"name": "low", "filter": "town < 60"}, {"name": "high", "filter": "town > 40"}]', overlap => true, after => 'everybody');
SELECT campaign_add_email('further', 'mail', subject => 'Hello {{ town }}', body => '{{ score }} unsubscribe', languages => '{"fr": {"subject": "Bonjour"}}', options => '{"variants": [{"name": "a", "percent": 10}, {"name": "b", "percent": 10, "subject": "B"}], "winner": {"by": "opened", "after": "1 hour"}, "one_per_person": true}', after => 'everybody');
SELECT campaign_add_push('further', 'push', title => 't', body => 'b', address => 'phone', options => '{"send_at": "timestamptz ''2030-01-01 12:00+0''"}', after => 'everybody');
SELECT campaign_add_direct_mail('further', 'letter', attributes => '{"a": "{{ town }}"}', address => 'email', one_per_address => false, after => 'everybody');
SELECT campaign_add_custom('further', 'other', attributes => '{"a": "{{ town }}"}', address => 'email', after => 'everybody');
SELECT campaign_add_extract_file('further', 'extracted', relation => 'lead_copy', columns => '[{"name": "id"}, {"name": "mail", "value": "email"}]', after => 'everybody');

-- Graphs by chance.
\set ECHO none
\i :grow
\set ECHO all
SELECT pg_temp.grow('grown_' || i, 12) FROM generate_series(1, 15) i;

CREATE TEMP TABLE statement AS
SELECT c.name AS campaign, k.kind, e.activity, s.sql FROM unnest('{targeting,reading,delivering,delivering_purchases,further}'::text[] || ARRAY(SELECT 'grown_' || i FROM generate_series(1, 15) i)) c (name),
LATERAL campaign_explain(c.name) e JOIN LATERAL (SELECT a.kind FROM jsonb_to_recordset(campaign_export(c.name) -> 'activities') a (name text, kind text) WHERE a.name = e.activity) k ON true,
LATERAL unnest(string_to_array(e.sql, E';\n')) s (sql)
WHERE e.sql IS NOT NULL;
SELECT kind, count(*) > 0 AS explained FROM statement GROUP BY kind ORDER BY kind;
SELECT count(*) > 150 AS many FROM statement WHERE campaign LIKE 'grown%';

CREATE TEMP TABLE rule (rule text, pattern text);
INSERT INTO rule VALUES
	('no INTERSECT, no EXCEPT', '\m(INTERSECT|EXCEPT)\M'),
	('no NOT IN (subquery)', '<> ALL|NOT \(?[^()]* IN \( *SELECT'),
	('no FULL JOIN', '\mFULL JOIN\M'),
	('no WITH', '^ *WITH\M|\mMATERIALIZED\M'),
	('no UNION but in a subquery', '^[^(]*\mUNION\M'),
	('no GROUPING SETS', '\m(GROUPING SETS|ROLLUP|CUBE|RECURSIVE)\M'),
	('no row locks', '\mFOR (NO KEY UPDATE|UPDATE|SHARE|KEY SHARE)\M'),
	('nothing that another server would say otherwise', '\m(now|random|current_setting|clock_timestamp|statement_timestamp|transaction_timestamp|pg_backend_pid|nextval|inet_server_addr|CURRENT_[A-Z]+|LOCALTIME[A-Z]*|SESSION_USER)\M'),
	('the key as it is', '^ *SELECT *(CASE(?:[^C]|C(?!ASE))*? END[^,]*, *)?[^,]*(id|"campaign.1")::');
SELECT r.rule, s.kind, count(*), min(s.campaign || '.' || s.activity) AS example FROM rule r JOIN statement s ON s.sql ~ r.pattern GROUP BY 1, 2 ORDER BY 1, 2;
-- The patterns find what they are for.
SELECT rule FROM rule WHERE NOT EXISTS (SELECT FROM unnest(ARRAY['SELECT 1 INTERSECT SELECT 2', 'SELECT 1 WHERE NOT (a IN ( SELECT 2))',
	'SELECT a FROM b FULL JOIN c', 'WITH a AS (SELECT 1) SELECT', 'SELECT 1 UNION SELECT 2', 'SELECT a GROUP BY ROLLUP(a)', 'SELECT a FOR UPDATE',
	'SELECT now()', 'SELECT id::int FROM a']) s (sql) WHERE s.sql ~ rule.pattern);

-- No function is called that could give another value each time, or whose
-- value depends on what else it was called for, but by deliveries, which
-- compare addresses here.
SELECT DISTINCT s.kind, f[1] AS function FROM statement s, regexp_matches(s.sql, '\m((?:[a-z_]+\.)?[a-z_0-9]+)\(', 'g') f
JOIN pg_proc p ON p.oid = ANY (SELECT q.oid FROM pg_proc q WHERE q.proname = split_part(f[1], '.', CASE WHEN f[1] ~ '\.' THEN 2 ELSE 1 END)
	AND q.pronamespace = CASE WHEN f[1] ~ '\.' THEN split_part(f[1], '.', 1) ELSE 'pg_catalog' END::regnamespace)
WHERE p.provolatile = 'v' ORDER BY 1, 2;

\set ECHO none
\o /dev/null
SELECT campaign_drop('grown_' || i) FROM generate_series(1, 15) i;
SELECT campaign_drop('further');
\i :take_away
\o
\set ECHO all
DROP TABLE lead, lead_copy;
RESET SESSION AUTHORIZATION;
DROP OWNED BY shapes_owner;
DROP ROLE shapes_owner;
