/*
 * forget.c
 *		Taking a person out of what runs were told.
 *
 * Payloads, variables and comments have no declared meaning, so whoever is
 * forgotten is known by his key and his addresses alone.  A number that is the
 * key by chance is blanked with it: to forget too much is the lesser evil.
 */
#include "postgres.h"

#include "utils/jsonb.h"

#include "base/json.h"
#include "base/sql.h"
#include "base/text.h"
#include "store/forget.h"

/* A document has one of the words of $2, as a text or a number. */
#define HAS_WORD(document) \
	" EXISTS (SELECT FROM jsonb_path_query(" document "," \
	" 'strict $.** ? (@.type() == \"string\" || @.type() == \"number\")') v" \
	" WHERE v #>> '{}' = ANY ($2))"

/* A text as words with single blanks between and around. */
#define AS_WORDS(text) \
	"' ' || regexp_replace(lower(" text "), '[^[:alnum:]]+', ' ', 'g') || ' '"

/* A vote has a comment in which one of the words of $2 stands. */
#define NAMED_IN(vote) \
	" EXISTS (SELECT FROM unnest($2) w WHERE w ~ '[[:alnum:]]'" \
	" AND position(" AS_WORDS("w") " IN " AS_WORDS(vote " ->> 'comment'") ") > 0)"

/* The document without the words: null stands where they were. */
static Jsonb *
blank(const Jsonb *document, List *words)
{
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) &document->root);
	JsonbParseState *state = NULL;
	JsonbValue *result = NULL;
	JsonbValue	value;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		if ((token == WJB_VALUE || token == WJB_ELEM) &&
			(value.type == jbvString || value.type == jbvNumeric) &&
			campaign_list_has(words, campaign_scalar_text(&value)))
			value.type = jbvNull;
		result = pushJsonbValue(&state, token, token == WJB_KEY ||
								token == WJB_VALUE || token == WJB_ELEM ||
								(token == WJB_BEGIN_ARRAY &&
								 value.val.array.rawScalar) ?
								&value : NULL);
	}
	return JsonbValueToJsonb(result);
}

/* Writes the blanked documents, number and document in each row. */
static int64
write_blanked(const CampaignRows *rows, CampaignStatement *update,
			  List *words)
{
	for (int i = 0; i < rows->count; i++)
		campaign_execute(update, campaign_int8(campaign_row_int8(rows, i, 1)),
						 campaign_jsonb(blank(campaign_row_jsonb(rows, i, 2),
											  words)));
	return rows->count;
}

/* Blanks payloads of signals. */
static int64
blank_signals(Oid owner, List *words)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT s.signal_id, s.payload FROM campaign.signal s"
					   " JOIN campaign.run r ON r.run_id = s.run_id"
					   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
					   " WHERE g.owner = $1 AND" HAS_WORD("s.payload")
					   " ORDER BY s.signal_id FOR UPDATE OF s");
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.signal SET payload = $2"
					   " WHERE signal_id = $1");

	return write_blanked(campaign_query(&find, campaign_oid(owner),
										campaign_text_array(words)),
						 &update, words);
}

/* Blanks variables of runs that do not read them any more. */
static int64
blank_variables(Oid owner, List *words)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT r.run_id, r.variables FROM campaign.run r"
					   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
					   " WHERE g.owner = $1"
					   " AND r.state IN ('succeeded', 'stopped', 'missed')"
					   " AND" HAS_WORD("r.variables")
					   " ORDER BY r.run_id FOR UPDATE OF r");
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.run SET variables = $2"
					   " WHERE run_id = $1");

	return write_blanked(campaign_query(&find, campaign_oid(owner),
										campaign_text_array(words)),
						 &update, words);
}

/* Blanks comments to answers. */
static int64
blank_comments(Oid owner, List *words)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.approval a SET votes ="
					   " (SELECT jsonb_agg(CASE WHEN" NAMED_IN("v")
					   " THEN v || '{\"comment\": null}' ELSE v END ORDER BY n)"
					   " FROM jsonb_array_elements(a.votes)"
					   " WITH ORDINALITY AS e (v, n))"
					   " FROM campaign.run r"
					   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
					   " WHERE r.run_id = a.run_id AND g.owner = $1"
					   " AND EXISTS (SELECT FROM jsonb_array_elements(a.votes) v"
					   " WHERE" NAMED_IN("v") ")");

	return (int64) campaign_execute(&update, campaign_oid(owner),
									campaign_text_array(words));
}

/* Takes a person out of signals, variables and comments. */
int64
campaign_store_forget(Oid owner, List *words)
{
	return blank_signals(owner, words) + blank_variables(owner, words) +
		blank_comments(owner, words);
}
