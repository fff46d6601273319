-- Would fail if NULL for any argument of any function were something else than
-- an answer or an error that says what is wrong.
SET client_min_messages = warning;
CREATE ROLE regress_nulls LOGIN;
GRANT USAGE ON SCHEMA campaign TO regress_nulls;
CREATE SCHEMA nulls AUTHORIZATION regress_nulls;
SET SESSION AUTHORIZATION regress_nulls;
SET search_path = nulls, public;
CREATE TABLE people (id bigint PRIMARY KEY, email text);
SELECT campaign_dimension('people', addresses => '{"email": "email"}');
SELECT campaign_create('nulls', 'people');
SELECT campaign_add_audience('nulls', 'everybody');
SELECT campaign_add_fork('nulls', 'both', after => 'everybody');

-- A value that would do, for every parameter by its type and name.
CREATE FUNCTION fitting(function text, name text, type regtype) RETURNS text LANGUAGE sql AS $$
	SELECT CASE
		WHEN type = 'text'::regtype THEN CASE name WHEN 'campaign' THEN CASE WHEN function ~ 'create' THEN '''fresh''' ELSE '''nulls''' END WHEN 'dimension' THEN '''people''' WHEN 'activity' THEN CASE WHEN function ~ 'add' THEN '''fresh''' ELSE '''everybody''' END
			WHEN 'attribute' THEN '''id''' WHEN 'condition' THEN '''true''' WHEN 'cardinality' THEN '''many'''
			WHEN 'source' THEN CASE WHEN function ~ 'link' THEN '''people''' ELSE '''everybody''' END WHEN 'until' THEN '''everybody''' WHEN 'target' THEN CASE WHEN function ~ 'link|update_data' THEN '''people''' ELSE '''both''' END WHEN 'after' THEN '''everybody''' WHEN 'kind' THEN '''end''' WHEN 'format' THEN '''text'''
			WHEN 'channel' THEN '''email''' WHEN 'key' THEN '''id''' WHEN 'filter' THEN '''true''' WHEN 'time_zone' THEN '''email''' WHEN 'profile' THEN '''email''' WHEN 'language' THEN '''email'''
			WHEN 'roles' THEN '''regress_nulls''' WHEN 'answers' THEN '''x''' WHEN 'operation' THEN CASE WHEN function ~ 'update_data' THEN '''upsert''' ELSE '''union''' END WHEN 'mode' THEN '''append''' WHEN 'nulls' THEN '''keep''' WHEN 'sort_by' THEN '''id''' WHEN 'query' THEN '''SELECT 1 AS id''' WHEN 'priority' THEN '''everybody'''
			WHEN 'ambiguous' THEN '''all''' WHEN 'collect' THEN '''all''' WHEN 'match' THEN '''true''' WHEN 'by' THEN '''id''' WHEN 'keep' THEN '''id DESC''' WHEN 'changed_by' THEN '''id''' WHEN 'date_field' THEN '''now()'''
			WHEN 'event' THEN '''opened''' WHEN 'category' THEN '''marketing''' WHEN 'template' THEN 'NULL' WHEN 'profile_dimension' THEN 'NULL' WHEN 'primary_set' THEN '''everybody''' WHEN 'address' THEN '''email''' ELSE '''x''' END
		WHEN type = 'jsonb'::regtype THEN CASE name
			WHEN 'columns' THEN '''{"one": "1"}''' WHEN 'links' THEN '''[]''' WHEN 'rules' THEN '''[]''' WHEN 'pairs' THEN '''[{"source": "id", "target": "id"}]''' WHEN 'lines' THEN '''{"id": "id"}'''
			WHEN 'fields' THEN '''[{"column": "email", "value": "email"}]''' WHEN 'by' THEN '''{"id": "id"}'''
			WHEN 'prefer' THEN '''[{"expression": "id"}]''' WHEN 'records' THEN '''[{"columns": {"one": "1"}}]'''
			WHEN 'schedule' THEN '''{"frequency": "daily", "at": "09:00", "time_zone": "UTC"}'''
			WHEN 'feedback' THEN '''{"campaign": "x", "delivery": "mail", "is": "sent"}'''
			WHEN 'outcomes' THEN CASE WHEN function ~ 'test' THEN '''[{"name": "a", "condition": "true"}]''' ELSE '''[{"name": "a"}]''' END WHEN 'definition' THEN '''{"name": "other", "dimension": "people"}''' ELSE '''{}''' END
		WHEN type = 'text[]'::regtype THEN '''{x}''' WHEN type = 'bigint[]'::regtype THEN '''{1}'''
		WHEN type = 'regclass'::regtype THEN '''nulls.people'''
		WHEN type = 'bytea'::regtype THEN '''\x73'''
		WHEN type = 'interval'::regtype THEN '''1 hour'''
		WHEN type = 'timestamptz'::regtype THEN '''2030-01-01'''
		WHEN type = 'uuid'::regtype THEN '''00000000-0000-0000-0000-000000000000'''
		WHEN name = 'overlap' THEN 'false'
		WHEN type = 'boolean'::regtype THEN 'true'
		WHEN type = 'text[]'::regtype THEN '''{x}''' WHEN type = 'bigint[]'::regtype THEN '''{1}'''
		WHEN name = 'version' AND function ~ 'read' THEN '1'
		WHEN name IN ('n', 'size', 'keep', 'max_rows', 'max_segments', 'quorum', 'versions', 'max_errors', 'version1', 'version2') THEN '1'
		ELSE '0' END || '::' || type
$$;

-- Every function of the extension that the role may execute, every argument
-- NULL in turn, then all of them; everything is undone.
CREATE TEMP TABLE answer (n bigserial, function text, argument text, answer text);
DO $$
DECLARE
	f record;
	i integer;
	said text;
	call text;
BEGIN
	FOR f IN
		SELECT p.oid, p.pronamespace::regnamespace || '.' || p.proname AS name, p.prokind, p.pronargs::integer,
			coalesce(p.proargnames[:p.pronargs], '{}') AS names, p.proargtypes::regtype[] AS types
		FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_extension'::regclass
		JOIN pg_extension e ON e.oid = d.refobjid
		WHERE e.extname = 'campaign' AND p.pronargs > 0 AND has_function_privilege(p.oid, 'EXECUTE')
		ORDER BY p.proname COLLATE "C", p.pronargs
	LOOP
		FOR i IN 1 .. f.pronargs + CASE WHEN f.pronargs > 1 THEN 1 ELSE 0 END LOOP
			SELECT format(CASE f.prokind WHEN 'p' THEN 'CALL %s(%s)' ELSE 'SELECT * FROM %s(%s)' END, f.name,
				string_agg(CASE WHEN i IN (n, f.pronargs + 1) THEN 'NULL::' || type ELSE nulls.fitting(f.name, f.names[n], type) END, ', ' ORDER BY n))
			INTO call FROM unnest(f.types) WITH ORDINALITY AS t (type, n);
			BEGIN
				EXECUTE call;
				said := 'ok';
				RAISE EXCEPTION 'undone' USING ERRCODE = 'CA000';
			EXCEPTION WHEN OTHERS THEN
				IF SQLSTATE <> 'CA000' THEN
					said := SQLSTATE || ' ' || SQLERRM;
				END IF;
			END;
			INSERT INTO answer (function, argument, answer) VALUES (f.name, CASE WHEN i > f.pronargs THEN '(all)' ELSE f.names[i] END, said);
		END LOOP;
	END LOOP;
END $$;
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE answer LIKE 'XX%') AS internal FROM answer;
\pset format unaligned
\pset tuples_only on
SELECT function, argument, answer FROM answer ORDER BY n;
\pset tuples_only off
\pset format aligned
DROP TABLE answer;

-- Clean up.
SELECT campaign_drop('nulls');
RESET SESSION AUTHORIZATION;
DELETE FROM campaign.dimension WHERE owner_name = 'regress_nulls';
DROP SCHEMA nulls CASCADE;
REVOKE USAGE ON SCHEMA campaign FROM regress_nulls;
DROP ROLE regress_nulls;
