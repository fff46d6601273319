-- Rows that a run writes into the extension's tables and into the server's
-- catalogs, once the server has counted them.
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del) FILTER (WHERE schemaname = 'campaign'), 0) AS own,
	coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del) FILTER (WHERE schemaname = 'pg_catalog'), 0) AS catalog
FROM pg_stat_all_tables;
