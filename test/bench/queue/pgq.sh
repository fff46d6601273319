# PgQ: events between two ticks are a batch, and a consumer finishes batches in
# order; nothing is known about a single event.  So a consumer is one process,
# and for batches of a size the queue is filled with a tick after so many.
title=PgQ
senders=1
own_fill=1

available() {
	[ "$(value "SELECT count(*) FROM pg_available_extensions WHERE name = 'pgq'")" = 1 ] || debian "postgresql-$PGVERSION-pgq3"
}

install() {
	sql <<-'SQL'
		CREATE EXTENSION pgq;
		SELECT pgq.create_queue('q');
		SELECT pgq.set_queue_config('q', 'ticker_max_count', '1'), pgq.set_queue_config('q', 'ticker_max_lag', '0'),
			pgq.set_queue_config('q', 'ticker_idle_period', '0');
		SELECT pgq.register_consumer('q', 'c');
	SQL
}

enqueue() {
	sql -c "SELECT count(pgq.insert_event('q', 'm', payload::text)) FROM message WHERE id BETWEEN $1 AND $2" -c "SELECT pgq.ticker('q')"
}

fill() {
	sql <<-SQL
		SELECT pgq.unregister_consumer('q', 'c'), pgq.ticker('q');
		SELECT pgq.register_consumer('q', 'c');
		DO \$\$
		BEGIN
			FOR low IN $2 .. $3 BY $1 LOOP
				PERFORM pgq.insert_event('q', 'm', payload::text) FROM message WHERE id BETWEEN low AND low + $1 - 1;
				COMMIT;
				PERFORM pgq.ticker('q');
				COMMIT;
			END LOOP;
		END \$\$;
	SQL
}

claim() {
	cat <<-'SQL'
		SELECT pgq.next_batch('q', 'c') AS b \gset
		SELECT ev_id, ev_data FROM pgq.get_batch_events(:b);
		SELECT pgq.finish_batch(:b);
	SQL
}
