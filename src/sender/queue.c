/*
 * queue.c
 *		The queue in the database, as a sender sees it.
 *
 * Each call is a statement and a transaction of its own: a claim is committed
 * before anything is sent.  A lost connection is made again by the next call;
 * what was sent meanwhile is acknowledged then, if the lease still lives.
 */
#include <stdlib.h>
#include <string.h>

#include "sender.h"

/* Makes the extension's schema the first, and has the lease understood. */
#define GREETING \
	"SELECT pg_catalog.set_config('search_path'," \
	" 'pg_catalog, ' || extnamespace::pg_catalog.regnamespace, false)," \
	" pg_catalog.date_part('epoch', $1::pg_catalog.interval)" \
	" FROM pg_catalog.pg_extension WHERE extname = 'campaign'"

/*
 * Messages with the fewest attempts come last: if the program has to stop
 * before their turn, an attempt less does not hurt them.
 */
#define CLAIM \
	"SELECT message_id, lease, idempotency_key, address, subject, body," \
	" attributes->>'text', attributes->>'unsubscribe_url'," \
	" CASE WHEN $4::boolean THEN json_build_object('message_id', message_id," \
	" 'idempotency_key', idempotency_key, 'channel', $1::text," \
	" 'address', address, 'subject', subject, 'body', body," \
	" 'attributes', attributes, 'attempt', attempt)::text END" \
	" FROM campaign_claim($1::text, $2::integer, $3::interval)" \
	" ORDER BY attempt DESC, message_id"

/* Sends a statement; NULL, and a line in the log, if it failed. */
static PGresult *
send_query(Sender *sender, const char *sql, int count,
		   const char *const *values)
{
	PGresult   *result = PQexecParams(sender->connection, sql, count, NULL,
									  values, NULL, NULL, 0);
	const char *message = PQerrorMessage(sender->connection);

	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		return result;
	sender_log("database: %.*s", (int) strcspn(message, "\n"), message);
	PQclear(result);
	return NULL;
}

/* Prepares a new connection, which may have failed. */
static bool
greet(Sender *sender)
{
	const char *values[] = {sender->options.lease};
	const char *message = PQerrorMessage(sender->connection);
	PGresult   *result;
	bool		found;

	if (PQstatus(sender->connection) != CONNECTION_OK)
	{
		sender_log("%.*s", (int) strcspn(message, "\n"), message);
		return false;
	}
	result = send_query(sender, GREETING, 1, values);
	found = result != NULL && PQntuples(result) == 1;
	if (found)
		sender->lease_seconds = atof(PQgetvalue(result, 0, 1));
	else if (result != NULL)
		sender_log("database \"%s\" has no extension campaign",
				   PQdb(sender->connection));
	PQclear(result);
	return found;
}

/* Connects, which takes 10 seconds at most if the conninfo does not differ. */
bool
sender_queue_open(Sender *sender)
{
	const char *keywords[] = {"connect_timeout", "tcp_user_timeout",
		"fallback_application_name", "dbname", "client_encoding", NULL};
	const char *values[] = {"10", "10000", "campaign-sender",
		sender->options.dbname, "UTF8", NULL};

	sender->connection = PQconnectdbParams(keywords, values, 1);
	if (!greet(sender))
		return false;
	if (sender->lease_seconds > 2 * sender->options.timeout)
		return true;
	sender_log("--lease must be longer than two times --timeout");
	return false;
}

/* Runs a statement, after connecting again if need be. */
static PGresult *
run_query(Sender *sender, const char *sql, int count,
		  const char *const *values)
{
	if (PQstatus(sender->connection) != CONNECTION_OK)
	{
		PQreset(sender->connection);
		if (!greet(sender))
			return NULL;
		sender_log("connected to the database again");
	}
	return send_query(sender, sql, count, values);
}

/* Claims a batch: how many messages, or -1 if that failed. */
int
sender_queue_claim(Sender *sender, SenderLease *lease)
{
	double		start = sender_now();
	char		size[16];
	const char *values[] = {sender->options.channel, size,
		sender->options.lease, sender->options.webhook ? "true" : "false"};

	snprintf(size, sizeof(size), "%d", sender->options.batch);
	memset(lease, 0, sizeof(*lease));
	lease->rows = run_query(sender, CLAIM, 4, values);
	if (lease->rows == NULL)
		return -1;
	lease->count = PQntuples(lease->rows);
	lease->messages = calloc(lease->count + 1, sizeof(SenderMessage));
	lease->deadline = start + sender->lease_seconds;
	for (int i = 0; i < lease->count; i++)
		lease->messages[i] = (SenderMessage) {
			.id = PQgetvalue(lease->rows, i, 0),
			.key = PQgetvalue(lease->rows, i, 2),
			.address = PQgetvalue(lease->rows, i, 3),
			.subject = PQgetvalue(lease->rows, i, 4),
			.body = PQgetvalue(lease->rows, i, 5),
			.text = PQgetvalue(lease->rows, i, 6),
			.unsubscribe = PQgetvalue(lease->rows, i, 7),
			.payload = PQgetvalue(lease->rows, i, 8),
			.delay = -1,
			.reason = "not tried"
		};
	if (lease->count > 0)
		lease->id = PQgetvalue(lease->rows, 0, 1);
	return lease->count;
}

/*
 * Has the lease begin anew; false if it is not ours any more.  The deadline
 * stays as it was if the database could not be asked.
 */
bool
sender_queue_extend(Sender *sender, const SenderLease *lease,
					double *deadline)
{
	double		start = sender_now();
	const char *values[] = {lease->id, sender->options.lease};
	PGresult   *result = run_query(sender,
								   "SELECT campaign_extend($1::uuid, $2::interval) > 0",
								   2, values);
	bool		live;

	if (result == NULL)
		return true;
	live = PQgetvalue(result, 0, 0)[0] == 't';
	if (live)
		*deadline = start + sender->lease_seconds;
	PQclear(result);
	return live;
}

/* Writes one element of what campaign_ack is told about failures. */
static void
describe_failure(FILE *out, const SenderMessage *message)
{
	fprintf(out, "{\"message_id\": %s, \"permanent\": %s", message->id,
			message->state == SENDER_PERMANENT ? "true" : "false");
	if (message->state == SENDER_UNTRIED)
		fputs(", \"delay\": \"0\"", out);
	else if (message->delay >= 0)
		fprintf(out, ", \"delay\": \"%d seconds\"", (int) message->delay);
	fputs(", \"reason\": \"", out);
	for (const char *c = message->reason; *c != '\0'; c++)
		fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	fputs("\"}", out);
}

/* An array of all that were not sent; NULL if no server had any message. */
static char *
describe_failures(const SenderLease *lease)
{
	bool		touched = false;
	const char *comma = "";
	char	   *json = NULL;
	size_t		size;
	FILE	   *out = open_memstream(&json, &size);

	fputc('[', out);
	for (int i = 0; i < lease->count; i++)
	{
		if (lease->messages[i].state > SENDER_UNREACHED)
			touched = true;
		if (lease->messages[i].state == SENDER_SENT)
			continue;
		fputs(comma, out);
		describe_failure(out, &lease->messages[i]);
		comma = ",";
	}
	fputc(']', out);
	fclose(out);
	if (touched)
		return json;
	free(json);
	return NULL;
}

/*
 * Tells the database what became of the messages; false if it could not be
 * told.  A lease of which nothing was handed over is given back, which costs
 * no attempt; otherwise what is left has to be named as failed for now.
 */
bool
sender_queue_settle(Sender *sender, const SenderLease *lease)
{
	char	   *failures = describe_failures(lease);
	const char *values[] = {lease->id, failures};
	PGresult   *result;

	if (failures == NULL)
		result = run_query(sender,
						   "SELECT format('%s given back', campaign_release($1::uuid))",
						   1, values);
	else
		result = run_query(sender,
						   "SELECT format('%s: %s sent, %s failed, %s to be tried again',"
						   " result, sent, failed, retried)"
						   " FROM campaign_ack($1::uuid, $2::jsonb)", 2, values);
	if (result != NULL)
		sender_log("lease %s: %s", lease->id, PQgetvalue(result, 0, 0));
	free(failures);
	PQclear(result);
	return result != NULL;
}
