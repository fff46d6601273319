# pg-boss: jobs are inserted by its own insert(), ten thousand a call; the
# statements by which it fetches and completes are asked from the package.
title=pg-boss

available() { npm_package pg-boss@10 pg@8; }

boss() {
	node_as -e "
		const PgBoss = require('pg-boss'), { Client } = require('pg');
		(async () => {
			const boss = new PgBoss({ supervise: false, schedule: false });
			const client = new Client();
			await boss.start();
			await client.connect();
			$1
			await client.end();
			await boss.stop({ graceful: false });
			process.exit(0);
		})().catch(e => { console.error(e); process.exit(1); });"
}

install() { boss "await boss.createQueue('q');"; }

enqueue() {
	boss "
		for (let first = $1; first <= $2; first += 10000) {
			const last = Math.min($2, first + 9999);
			const { rows } = await client.query('SELECT payload FROM message WHERE id BETWEEN \$1 AND \$2 ORDER BY id', [first, last]);
			await boss.insert(rows.map(row => ({ name: 'q', data: row.payload })));
		}"
}

claim() {
	node_as -e "
		const plans = require('pg-boss/src/plans.js');
		const fill = (text, ...values) => text.replace(/--.*/g, '').replace(/[\$](\d)/g, (all, n) => values[n - 1]).trim();
		console.log(fill(plans.fetchNextJob('pgboss')({}), \"'q'\", ':batch').replace('UPDATE pgboss.job j', ', taken AS (UPDATE pgboss.job j'));
		console.log(') SELECT id, data, NULL AS ids FROM taken');
		console.log(\"UNION ALL SELECT NULL, NULL, quote_literal(coalesce(array_agg(id)::text, '{}')) FROM taken \\\\aset\");
		console.log(fill(plans.completeJobs('pgboss'), \"'q'\", ':ids', 'NULL') + ';');"
}

left_query="SELECT count(*) FROM pgboss.job WHERE name = 'q' AND state <> 'completed'"
first_claim="UPDATE pgboss.job SET state = 'active', started_on = now() WHERE name = 'q' AND id = (
	SELECT id FROM pgboss.job WHERE name = 'q' AND state < 'active' AND start_after < now()
	ORDER BY priority DESC, created_on, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
