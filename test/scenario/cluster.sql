-- What the extension asks of a cluster, without one: tables that are called
-- distributed stay where they are, but count as such.  To be read by a
-- superuser; drop_cluster.sql takes it away.
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass PRIMARY KEY, partmethod "char" NOT NULL, partkey text NOT NULL, beside text);
CREATE TABLE pg_catalog.pg_dist_local_group (groupid integer NOT NULL);
INSERT INTO pg_catalog.pg_dist_local_group VALUES (0);
CREATE FUNCTION pg_catalog.column_to_column_name(regclass, text) RETURNS text LANGUAGE sql AS 'SELECT $2';
-- As in a cluster, only the owner may do it, and only with an empty table.
CREATE FUNCTION pg_catalog.create_distributed_table(table_name regclass, distribution_column text, colocate_with text DEFAULT 'default') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
	filled boolean;
BEGIN
	IF (SELECT relowner FROM pg_class WHERE oid = table_name) <> session_user::regrole THEN
		RAISE insufficient_privilege USING MESSAGE = format('must be owner of table %s', table_name);
	END IF;
	EXECUTE format('SELECT EXISTS (SELECT FROM %s)', table_name) INTO filled;
	IF filled OR colocate_with NOT IN ('default', 'none') AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass) THEN
		RAISE feature_not_supported USING MESSAGE = format('cannot distribute table %s', table_name);
	END IF;
	INSERT INTO pg_dist_partition VALUES (table_name, 'h', distribution_column, colocate_with);
END $$;
GRANT SELECT ON pg_catalog.pg_dist_partition, pg_catalog.pg_dist_local_group TO PUBLIC;
RESET allow_system_table_mods;
