\echo Use "CREATE EXTENSION campaign" to load this file. \quit

SET LOCAL search_path = pg_catalog, pg_temp;

-- The functions live where the caller can see them, the tables in a schema of
-- their own; the two must not be the same.
CREATE FUNCTION @extschema@.campaign_install_check(schema text)
RETURNS void
AS 'MODULE_PATHNAME', 'campaign_install_check'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
SELECT @extschema@.campaign_install_check('@extschema@');
DROP FUNCTION @extschema@.campaign_install_check(text);

CREATE SCHEMA campaign;
COMMENT ON SCHEMA campaign IS 'campaigns: definitions, runs, the dispatch queue; USAGE makes a role a user of the extension';
CREATE SCHEMA campaign_data;
COMMENT ON SCHEMA campaign_data IS 'populations of runs and partitions of the dispatch queue';
