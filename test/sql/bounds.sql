-- Would fail if an index over ranges of blocks did not cover a row that was
-- written with many others, or a range were left that every claim reads.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_bounds LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_bounds;
CREATE SCHEMA bounds AUTHORIZATION regress_bounds;
SET search_path = bounds, public;
-- An index keeps the least and the greatest value of each column in a range: it
-- covers all rows if it finds the rows that have these.  Whether they are in the
-- table is what a scan without the index says.
CREATE FUNCTION bounds.missed(relation regclass, index regclass, pages int, VARIADIC columns text[], OUT filled boolean, OUT missed bigint, OUT unsummarized int)
LANGUAGE plpgsql AS $$
DECLARE
	given text := array_to_string(columns, ', ');
BEGIN
	EXECUTE format('CREATE TEMP TABLE ends AS SELECT %1$s FROM (SELECT %1$s, false', given)
		|| (SELECT string_agg(format(' OR %1$s IN (min(%1$s) OVER r, max(%1$s) OVER r)', c), '') FROM unnest(columns) AS c)
		|| format(' AS is_end FROM %s WINDOW r AS (PARTITION BY (ctid::text::point)[0]::bigint / %s)) AS t WHERE is_end', relation, pages);
	EXECUTE format('SELECT count(*) > 5000 FROM %s', relation) INTO filled;
	PERFORM set_config('enable_seqscan', 'off', true);
	EXECUTE format('SELECT count(*) FROM ends AS e WHERE NOT EXISTS (SELECT FROM %s AS t WHERE (%s) = (%s) OFFSET 0)', relation,
		(SELECT string_agg('t.' || c, ', ') FROM unnest(columns) AS c), (SELECT string_agg('e.' || c, ', ') FROM unnest(columns) AS c)) INTO missed;
	PERFORM set_config('enable_seqscan', 'on', true);
	DROP TABLE ends;
	unsummarized := brin_summarize_new_values(index);
END $$;
CREATE FUNCTION bounds.missed(OUT relation text, OUT filled boolean, OUT missed bigint, OUT unsummarized int) RETURNS SETOF record
LANGUAGE sql AS $$
	SELECT 'messages', m.* FROM (SELECT 'campaign_data.dispatch_' || max(epoch_id) AS name FROM campaign.epoch) AS e,
		missed(e.name::regclass, (e.name || '_message_id_idx')::regclass, 32, 'message_id') AS m
	UNION ALL SELECT 'exclusions', m.* FROM missed('campaign.exclusion', 'campaign.exclusion_delivery', 8, 'delivery_id', 'recipient') AS m
$$;

-- A partition for this alone.
CREATE TABLE bounds.epoch_before AS SELECT epoch_id, month FROM campaign.epoch WHERE month = date_trunc('month', now() AT TIME ZONE 'UTC')::date;
UPDATE campaign.epoch SET month = '1998-01-01' WHERE epoch_id IN (SELECT epoch_id FROM bounds.epoch_before);
SET SESSION AUTHORIZATION regress_bounds;

-- Keys in no order of bytes, and rows that are left out between the others.
CREATE TABLE reader (id text PRIMARY KEY, email text, broken boolean DEFAULT false);
INSERT INTO reader SELECT left(md5(g::text), 3 + g % 5) || g, CASE WHEN g % 3 > 0 THEN g || '@x.org' END FROM generate_series(1, 20000) AS g;
SELECT campaign_dimension('reader', addresses => '{"email": "email"}');
CREATE FUNCTION bounds.send(name text, filter text, body text DEFAULT '{{ repeat(id, 5) }}') RETURNS bigint LANGUAGE sql AS $$
	SELECT campaign_create(name, dimension => 'reader');
	SELECT campaign_add_audience(name, 'all', filter => filter);
	SELECT campaign_add_email(name, 'mail', 's', body, category => 'transactional', after => 'all');
	SELECT campaign_publish(name);
	SELECT campaign_start(name);
$$;

-- Few rows at once, many, again and again, and of several deliveries by turns;
-- with nobody else to summarize.
SELECT bounds.send('bounds one', 'id = (SELECT max(id) FROM reader)') AS run \gset
SELECT campaign_wait(:run);
RESET SESSION AUTHORIZATION;
SELECT 'dispatch_' || max(epoch_id) AS messages FROM campaign.epoch \gset
ALTER TABLE campaign_data.:"messages" SET (autovacuum_enabled = off);
ALTER TABLE campaign.exclusion SET (autovacuum_enabled = off);
SET SESSION AUTHORIZATION regress_bounds;
SELECT bounds.send('bounds all', 'true') AS run \gset
SELECT campaign_wait(:run);
CREATE TABLE runs AS SELECT bounds.send('bounds few ' || n, format('id LIKE ''%%%s7''', n)) AS run FROM generate_series(1, 9) AS n;
SELECT count(campaign_wait(run)) FROM runs;
SELECT campaign_create('bounds parted', dimension => 'reader');
SELECT campaign_add_audience('bounds parted', 'all');
SELECT campaign_add_split('bounds parted', 'parted', outcomes => '[{"name": "a", "filter": "id LIKE ''%3''"}, {"name": "b", "filter": "id LIKE ''%4''"}, {"name": "c"}]', after => 'all');
SELECT campaign_add_email('bounds parted', 'mail_' || o, 's', '{{ id }}', category => 'transactional', after => 'parted.' || o) FROM unnest('{a,b,c}'::text[]) o;
SELECT campaign_publish('bounds parted');
SELECT campaign_start('bounds parted') AS run \gset
SELECT campaign_wait(:run);
RESET SESSION AUTHORIZATION;
SELECT * FROM missed();

-- Rows go where others were deleted, into ranges that have their bounds.
SET SESSION AUTHORIZATION regress_bounds;
SELECT campaign_drop('bounds all');
RESET SESSION AUTHORIZATION;
VACUUM campaign_data.:"messages", campaign.exclusion;
SET SESSION AUTHORIZATION regress_bounds;
SELECT bounds.send('bounds again', 'id LIKE ''%2''') AS run \gset
SELECT campaign_wait(:run);
RESET SESSION AUTHORIZATION;
SELECT min((m.ctid::text::point)[0]) < 32 AS first_range FROM campaign.dispatch m JOIN campaign.delivery d USING (delivery_id) WHERE d.run_id = :run;
SELECT * FROM missed();

-- What was taken back has made blocks, too, and a summary may be gone.
BEGIN;
INSERT INTO campaign_data.:"messages" SELECT message_id + 1000000, delivery_id, recipient, NULL, address FROM campaign_data.:"messages" LIMIT 5000;
INSERT INTO campaign.exclusion SELECT delivery_id + 1000, recipient, NULL, 'no_address' FROM campaign.exclusion;
ROLLBACK;
SELECT brin_desummarize_range('campaign_data.' || :'messages' || '_message_id_idx', 0), brin_desummarize_range('campaign.exclusion_delivery', 0);
SET SESSION AUTHORIZATION regress_bounds;
SELECT bounds.send('bounds after', 'id LIKE ''%9''') AS run \gset
SELECT campaign_wait(:run);
RESET SESSION AUTHORIZATION;
SELECT relation, missed FROM missed();

-- Indexes of somebody else's get what is theirs, and take nothing away.
CREATE INDEX other_multi ON campaign_data.:"messages" USING brin (message_id int8_minmax_multi_ops, delivery_id int8_bloom_ops) WITH (pages_per_range = 1);
CREATE INDEX other_part ON campaign_data.:"messages" USING brin (delivery_id) WHERE person IS NULL;
CREATE INDEX other_expression ON campaign_data.:"messages" USING brin ((message_id % 1000), address) WITH (pages_per_range = 2);
-- In an order that is not the type's: by how far from the middle of a thousand.
SELECT format('CREATE FUNCTION %s(bigint, bigint) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS %L', f, format('BEGIN RETURN abs($1 %% 1000 - 500) %s abs($2 %% 1000 - 500); END', o)),
	format('CREATE OPERATOR %s| (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = %s)', o, f)
FROM (VALUES ('below', '<'), ('upto', '<='), ('like_it', '='), ('from_it', '>='), ('above', '>')) AS v (f, o) \gexec
CREATE OPERATOR CLASS from_middle FOR TYPE bigint USING brin AS OPERATOR 1 <|, OPERATOR 2 <=|, OPERATOR 3 =|, OPERATOR 4 >=|, OPERATOR 5 >|,
	FUNCTION 1 brin_minmax_opcinfo, FUNCTION 2 brin_minmax_add_value, FUNCTION 3 brin_minmax_consistent, FUNCTION 4 brin_minmax_union;
CREATE INDEX other_order ON campaign_data.:"messages" USING brin (message_id from_middle) WITH (pages_per_range = 2);
CREATE INDEX other_columns ON campaign.exclusion USING brin (reason, recipient, person) WITH (pages_per_range = 1);
SET SESSION AUTHORIZATION regress_bounds;
SELECT bounds.send('bounds others', 'true') AS run \gset
SELECT campaign_wait(:run);
RESET SESSION AUTHORIZATION;
SELECT * FROM missed();
SELECT missed FROM missed('campaign.exclusion', 'campaign.other_columns', 1, 'reason', 'recipient');
SELECT count(*) AS in_the_middle FROM campaign_data.:"messages" WHERE message_id % 1000 = 500 \gset
SET enable_seqscan = off;
SELECT count(*) - :in_the_middle AS missed FROM campaign_data.:"messages" WHERE message_id =| 500;
RESET enable_seqscan;
DROP INDEX campaign_data.other_order, campaign_data.other_multi, campaign_data.other_part, campaign_data.other_expression, campaign.other_columns;

-- Nothing of it is left.
SET SESSION AUTHORIZATION regress_bounds;
SELECT count(campaign_drop('bounds ' || name)) FROM unnest('{one,parted,again,after,others}'::text[] || ARRAY(SELECT 'few ' || n FROM generate_series(1, 9) AS n)) AS name;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM campaign_data.:"messages";
SELECT substr(:'messages', 10) AS epoch \gset
DROP TABLE campaign_data.:"messages", campaign_data.event_:epoch;
ALTER TABLE campaign.exclusion RESET (autovacuum_enabled);
DELETE FROM campaign.epoch WHERE epoch_id = :epoch;
UPDATE campaign.epoch e SET month = b.month FROM bounds.epoch_before b WHERE b.epoch_id = e.epoch_id;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_bounds';
DROP SCHEMA bounds CASCADE;
DROP OWNED BY regress_bounds;
DROP ROLE regress_bounds;
