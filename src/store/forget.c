/*
 * forget.c
 *		Taking a person out of what runs were told.
 *
 * Payloads and comments have no declared meaning, so whoever is forgotten is
 * known by his key and his addresses alone.  A number that is the key by chance
 * is blanked with it: to forget too much is the lesser evil.  Variables may say
 * whose keys they hold; those that do not are blanked for a key that they may
 * have by chance only when nothing is computed with them any more.
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

/* Where somebody is looked for. */
typedef struct Search
{
	const CampaignPerson *person;
	const Jsonb *declared;		/* of variables; NULL: of nothing */
	bool		ended;			/* nobody computes with them any more */
} Search;

/* The dimension whose keys the variable holds; NULL: it does not say. */
static char *
key_of(const Jsonb *declared, const char *variable)
{
	Jsonb	   *declaration = campaign_object_document(declared, variable);

	return declaration == NULL ? NULL :
		campaign_object_text(&declaration->root, "key_of");
}

/* True if that text or number, in that member, is the person. */
static bool
is_person(const Search *search, const char *member, const char *text)
{
	const CampaignPerson *person = search->person;
	char	   *dimension;

	if (campaign_list_has(person->addresses, text))
		return true;
	if (strcmp(text, person->key) != 0)
		return false;
	if (search->declared == NULL)
		return true;
	dimension = member == NULL ? NULL : key_of(search->declared, member);
	return dimension == NULL ? search->ended :
		strcmp(dimension, person->dimension) == 0;
}

/* The document without the person, null where he was; *blanked: there was one. */
static Jsonb *
blank(const Jsonb *document, const Search *search, bool *blanked)
{
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) &document->root);
	JsonbParseState *state = NULL;
	JsonbValue *result = NULL;
	JsonbValue	value;
	JsonbIteratorToken token;
	const char *member = NULL;
	int			depth = 0;

	*blanked = false;
	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		depth += token == WJB_BEGIN_OBJECT || token == WJB_BEGIN_ARRAY;
		depth -= token == WJB_END_OBJECT || token == WJB_END_ARRAY;
		if (token == WJB_KEY && depth == 1)
			member = pnstrdup(value.val.string.val, value.val.string.len);
		if ((token == WJB_VALUE || token == WJB_ELEM) &&
			(value.type == jbvString || value.type == jbvNumeric) &&
			is_person(search, member, campaign_scalar_text(&value)))
		{
			value.type = jbvNull;
			*blanked = true;
		}
		result = pushJsonbValue(&state, token, token == WJB_KEY ||
								token == WJB_VALUE || token == WJB_ELEM ||
								(token == WJB_BEGIN_ARRAY &&
								 value.val.array.rawScalar) ?
								&value : NULL);
	}
	return JsonbValueToJsonb(result);
}

/* All that a person is known by. */
static CampaignValue
words_of(const CampaignPerson *person)
{
	return campaign_text_array(lappend(list_copy(person->addresses),
									   (void *) person->key));
}

/*
 * Writes the blanked documents: number, document, declarations and whether the
 * run has ended in each row.
 */
static int64
write_blanked(const CampaignRows *rows, CampaignStatement *update,
			  const CampaignPerson *person)
{
	int64		written = 0;

	for (int i = 0; i < rows->count; i++)
	{
		Search		search = {
			person, campaign_row_jsonb(rows, i, 3),
			campaign_row_bool(rows, i, 4)
		};
		bool		blanked;
		Jsonb	   *document = blank(campaign_row_jsonb(rows, i, 2), &search,
									 &blanked);

		if (!blanked)
			continue;
		campaign_execute(update, campaign_int8(campaign_row_int8(rows, i, 1)),
						 campaign_jsonb(document));
		written++;
	}
	return written;
}

/* Blanks payloads of signals. */
static int64
blank_signals(Oid owner, const CampaignPerson *person)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT s.signal_id, s.payload, NULL::jsonb, true"
					   " FROM campaign.signal s"
					   " JOIN campaign.run r ON r.run_id = s.run_id"
					   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
					   " WHERE g.owner = $1 AND" HAS_WORD("s.payload")
					   " ORDER BY s.signal_id FOR NO KEY UPDATE OF s");
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.signal SET payload = $2"
					   " WHERE signal_id = $1");

	return write_blanked(campaign_query(&find, campaign_oid(owner),
										words_of(person)),
						 &update, person);
}

/* Blanks variables of runs. */
static int64
blank_variables(Oid owner, const CampaignPerson *person)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT r.run_id, r.variables,"
					   " coalesce(v.definition #> '{settings,variables}', '{}'),"
					   " r.state IN ('succeeded', 'stopped', 'missed')"
					   " FROM campaign.run r"
					   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
					   " JOIN campaign.version v ON v.version_id = r.version_id"
					   " WHERE g.owner = $1 AND" HAS_WORD("r.variables")
					   " ORDER BY r.run_id FOR NO KEY UPDATE OF r");
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.run SET variables = $2"
					   " WHERE run_id = $1");

	return write_blanked(campaign_query(&find, campaign_oid(owner),
										words_of(person)),
						 &update, person);
}

/* Blanks comments to answers. */
static int64
blank_comments(Oid owner, const CampaignPerson *person)
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
									words_of(person));
}

/* Takes a person out of signals, variables and comments. */
int64
campaign_store_forget(Oid owner, const CampaignPerson *person)
{
	return blank_signals(owner, person) + blank_variables(owner, person) +
		blank_comments(owner, person);
}
