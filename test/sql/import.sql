-- The classic import: a file comes, its lines are matched to customers, a table
-- is brought up to date, and a message goes out.  A line lost on the way, or
-- counted nowhere, is what this shows.
\set VERBOSITY terse
\getenv abs_builddir PG_ABS_BUILDDIR
SELECT :'abs_builddir' || '/results/import' AS root \gset
SELECT format('rm -rf %1$L; mkdir -p %1$L/in', :'root') AS make \gset
COPY (SELECT) TO PROGRAM :'make';
CREATE ROLE regress_import LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_import;
GRANT pg_read_server_files TO regress_import;
CREATE SCHEMA import AUTHORIZATION regress_import;
SELECT format('ALTER ROLE regress_import SET campaign.file_root = %L', :'root') AS set \gset
:set;
SET search_path = import, public;
SET SESSION AUTHORIZATION regress_import;
CREATE TABLE customers (id bigint PRIMARY KEY, email text UNIQUE, name text);
INSERT INTO customers SELECT g, 'c' || g || '@example.org', 'N' || g FROM generate_series(1, 6) g;
CREATE TABLE cards (card_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL UNIQUE REFERENCES customers,
	points int CHECK (points < 1000), source text DEFAULT 'import', changed int DEFAULT 0);
INSERT INTO cards (customer_id, points, source) VALUES (1, 10, 'shop'), (2, 20, 'shop'), (6, 60, 'shop');
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.changed := OLD.changed + 1; RETURN NEW; END$$;
CREATE TRIGGER counted BEFORE UPDATE ON cards FOR EACH ROW EXECUTE FUNCTION count_change();
SELECT campaign_dimension('customers', addresses => '{"email": "email"}'), campaign_dimension('cards');

-- From lines to customers, to what is known of them, to their cards, and back.
SELECT campaign_create('import', dimension => 'customers', settings => '{"variables": {"day": {"type": "text"}}}');
SELECT campaign_add_load_file('import', 'load', file => 'in/{{ vars.day }}.csv',
	columns => '[{"name": "mail", "trim": true, "letters": "lower"}, {"name": "points", "type": "int"}]');
SELECT campaign_add_reconcile('import', 'match', 'customers', pairs => '[{"source": "mail", "target": "email"}]', sort_by => 'file.line DESC',
	columns => '{"points": "points"}', after => 'load');
SELECT campaign_add_update_data('import', 'store', 'upsert', target => 'cards', by => '{"customer_id": "id"}', auto_map => true, after => 'match');
SELECT campaign_add_change_dimension('import', 'to_cards', 'cards', link => 'cards', after => 'store');
SELECT campaign_add_change_dimension('import', 'to_owners', 'customers', link => 'customer', columns => '{"balance": "points", "origin": "source"}', after => 'to_cards');
SELECT campaign_add_email('import', 'mail', after => 'to_owners', subject => '{{ name }}: {{ balance }} ({{ origin }})', body => 'x');
SELECT severity, activity, code, message FROM campaign_check('import') WHERE severity = 'error';
SELECT campaign_publish('import');
RESET SESSION AUTHORIZATION;
SELECT format('COPY (SELECT unnest(%L::text[])) TO %L', '{"mail,points",c1@example.org\,10," C2@example.org\,25",c3@example.org\,30,c3@example.org\,33,c4@example.org\,1000,nobody@example.org\,5,c5@example.org\,many,c5@example.org\,50}', :'root' || '/in/monday.csv') AS write \gset
:write;
SET SESSION AUTHORIZATION regress_import;
SELECT campaign_start('import', '{"day": "monday"}') AS run \gset
SELECT campaign_wait(:run);
SELECT activity, sqlstate, error FROM campaign.run_progress WHERE run_id = :run AND error IS NOT NULL;
SELECT source, outcome, max(rows) AS rows FROM campaign.flow_counts WHERE run_id = :run GROUP BY 1, 2 ORDER BY 1, 2;
SELECT activity, recipient, sqlstate, error FROM campaign.refused WHERE run_id = :run;
SELECT message FROM campaign.log WHERE run_id = :run AND event = 'effect';
SELECT customer_id, points, source, changed FROM cards ORDER BY customer_id;
SELECT address, subject FROM campaign_claim('email', 10) ORDER BY address;
-- The same file again changes nothing.
SELECT campaign_start('import', '{"day": "monday"}') AS run \gset
SELECT campaign_wait(:run);
SELECT message FROM campaign.log WHERE run_id = :run AND event = 'effect';
SELECT sum(changed) FROM cards;
SELECT count(*) AS violations FROM campaign_verify(:run);

-- Clean up.
SELECT campaign_drop('import');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_import';
DROP SCHEMA import CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_import;
DROP ROLE regress_import;
