-- A row matched to the wrong person, or to two people unasked, is a message to
-- a stranger: every policy, and every row that comes in, comes out once.
\set VERBOSITY terse
CREATE ROLE regress_reconcile LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_reconcile;
CREATE SCHEMA reconcile AUTHORIZATION regress_reconcile;
SET SESSION AUTHORIZATION regress_reconcile;
SET search_path = reconcile, public;
CREATE TABLE customers (id bigint PRIMARY KEY, email text, zip text, since date);
CREATE TABLE leads (line int PRIMARY KEY, email varchar(40), zip int, voucher text);
INSERT INTO customers VALUES (1, 'Ann@example.com', '75001', '2020-01-01'), (2, 'bob@example.com', '75002', '2021-01-01'),
	(3, 'BOB@example.com', '75003', '2019-01-01'), (4, NULL, '75004', '2018-01-01'), (5, 'eve@example.com', '75001', '2017-01-01');
INSERT INTO leads VALUES (1, 'ann@example.com', 75001, 'a'), (2, 'bob@example.com', 75002, 'b'), (3, 'nobody@example.com', 1, 'c'),
	(4, NULL, 75004, 'd'), (5, 'ANN@example.com', 75001, 'e'), (6, 'eve@example.com', 0, 'f');
SELECT campaign_dimension('customers'), campaign_dimension('leads');

CREATE FUNCTION reconciled(options jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM campaign_drop('reconcile') WHERE EXISTS (SELECT FROM campaign.run_progress WHERE campaign = 'reconcile');
	PERFORM campaign_create('reconcile', 'leads', settings => '{"keep_populations": true}');
	PERFORM campaign_add_audience('reconcile', 'all');
	PERFORM campaign_add('reconcile', 'it', 'reconcile', reconciled.options || '{"dimension": "customers"}', after => 'all');
	PERFORM campaign_add_audience('reconcile', 'after_' || o, after => 'it.' || o) FROM unnest('{result,duplicates,unmatched,ambiguous}'::text[]) o;
	PERFORM campaign_publish('reconcile');
END $$;
CREATE FUNCTION came_out(run bigint) RETURNS TABLE (outcome text, rows bigint, content text) LANGUAGE plpgsql AS $$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT c.outcome, c.rows, p.relname FROM campaign.flow_counts c
		LEFT JOIN pg_class p ON p.relnamespace = 'campaign_data'::regnamespace
			AND p.relname = format('r%s_2_%s', run, array_position('{result,duplicates,unmatched,ambiguous}', c.outcome))
		WHERE c.run_id = run AND c.source = 'it' ORDER BY p.relname
	LOOP
		outcome := f.outcome;
		rows := f.rows;
		EXECUTE format('SELECT string_agg(p::text, '' '' ORDER BY p::text COLLATE "C") FROM campaign_data.%I p', f.relname) INTO content;
		RETURN NEXT;
	END LOOP;
END $$;

-- K1: by equalities; of several matches the first by an order.
SELECT reconciled('{"pairs": [{"source": "lower(email)", "target": "lower(email)"}], "sort_by": "customers.since, leads.line", "columns": {"voucher": "voucher", "line": "line"}}');
SELECT campaign_start('reconcile') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- K1: several equalities of different types, and which rows are tried.
SELECT reconciled('{"pairs": [{"source": "lower(email)", "target": "lower(email)"}, {"source": "zip", "target": "zip::int"}], "filter": "line <> 2"}');
SELECT campaign_start('reconcile') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- K1: ambiguous rows are rejected.
SELECT reconciled('{"pairs": [{"source": "lower(email)", "target": "lower(email)"}], "ambiguous": "reject", "columns": {"voucher": "voucher"}}');
SELECT campaign_start('reconcile') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- K1: all matches; who is matched by nobody else's better row is no duplicate.
SELECT reconciled('{"pairs": [{"source": "lower(email)", "target": "lower(email)"}], "ambiguous": "all", "sort_by": "leads.line DESC", "columns": {"voucher": "voucher"}}');
SELECT campaign_start('reconcile') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- K1: by a rule, the best match first.
SELECT reconciled('{"match": "left(leads.email, 2) = left(customers.email, 2) OR customers.zip = leads.zip::text", "sort_by": "(customers.zip = leads.zip::text) DESC, length(customers.email)", "columns": {"voucher": "voucher"}}');
SELECT campaign_start('reconcile') AS run \gset
SELECT campaign_wait(:run);
SELECT * FROM came_out(:run);
-- Nothing is ever inserted.
SELECT count(*) FROM customers;

-- Wrong options.
SELECT campaign_create('wrong', 'leads');
SELECT campaign_add_audience('wrong', 'all');
SELECT campaign_add_reconcile('wrong', 'a', 'customers', after => 'all');
SELECT campaign_add_reconcile('wrong', 'b', 'leads', match => 'true', after => 'all');
SELECT campaign_add_reconcile('wrong', 'c', 'customers', pairs => '[{"source": "email"}]', after => 'all');
SELECT campaign_add_reconcile('wrong', 'd', 'customers', pairs => '[{"source": "email", "target": "email", "x": 1}]', after => 'all');
SELECT campaign_add_reconcile('wrong', 'e', 'customers', pairs => '[{"source": "since", "target": "email"}]', after => 'all');
SELECT campaign_add_reconcile('wrong', 'f', 'customers', pairs => '[{"source": "zip", "target": "since"}]', after => 'all');
SELECT campaign_add_reconcile('wrong', 'g', 'customers', match => 'leads.line', after => 'all');
SELECT campaign_add_reconcile('wrong', 'h', 'customers', match => 'email = email', after => 'all');
SELECT campaign_add_reconcile('wrong', 'i', 'customers', match => 'true', columns => '{"zip": "leads.zip"}', after => 'all');
SELECT campaign_add_reconcile('wrong', 'j', 'customers', match => 'true', ambiguous => 'last', after => 'all');
SELECT campaign_add_reconcile('wrong', 'k', 'customers', match => 'true', filter => 'since IS NULL', after => 'all');
SELECT campaign_add_reconcile('wrong', 'l', 'customers', pairs => '[{"source": "email) = (email", "target": "email"}]', after => 'all');

SELECT campaign_drop('reconcile'), campaign_drop('wrong');
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP SCHEMA reconcile CASCADE;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_reconcile';
DROP OWNED BY regress_reconcile;
DROP ROLE regress_reconcile;
