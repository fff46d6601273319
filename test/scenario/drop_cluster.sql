SET allow_system_table_mods = on;
DROP FUNCTION pg_catalog.create_distributed_table, pg_catalog.column_to_column_name;
DROP TABLE pg_catalog.pg_dist_partition, pg_catalog.pg_dist_local_group;
RESET allow_system_table_mods;
