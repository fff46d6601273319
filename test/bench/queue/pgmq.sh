# pgmq, by its own functions, ten thousand messages a call.  It is there if the
# server has the extension, or if PGMQ_SQL names the file with its functions.
title=pgmq

available() {
	[ -n "${PGMQ_SQL:-}" ] && [ ! -r "$PGMQ_SQL" ] && { echo "$PGMQ_SQL cannot be read"; return 1; }
	[ -n "${PGMQ_SQL:-}" ] || [ "$(value "SELECT count(*) FROM pg_available_extensions WHERE name = 'pgmq'")" = 1 ] ||
		{ echo "not among the server's extensions, and PGMQ_SQL does not name its SQL file"; return 1; }
}

install() {
	if [ -n "${PGMQ_SQL:-}" ]; then sql <"$PGMQ_SQL"; else sql -c 'CREATE EXTENSION pgmq'; fi && sql -c "SELECT pgmq.create('q')"
}

enqueue() {
	by_ten_thousand "$1" "$2" "SELECT count(*) FROM pgmq.send_batch('q', ARRAY(SELECT payload FROM message WHERE id BETWEEN %s AND %s ORDER BY id))"
}

claim() {
	cat <<-'SQL'
		WITH taken AS MATERIALIZED (SELECT * FROM pgmq.read('q', 300, :batch))
		SELECT msg_id, message, NULL AS ids FROM taken
		UNION ALL SELECT NULL, NULL, quote_literal(coalesce(array_agg(msg_id)::text, '{}')) FROM taken \aset
		SELECT count(*) FROM pgmq.delete('q', :ids::bigint[]);
	SQL
}

left_query='SELECT count(*) FROM pgmq.q_q'
first_claim="SELECT msg_id FROM pgmq.read('q', 300, 1)"
