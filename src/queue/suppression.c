/*
 * suppression.c
 *		Addresses that must not be contacted.
 *
 * The list is one for the whole database, because a person who asks not to be
 * contacted does not care whose campaign it was.  Comparison is by a hash, so
 * that campaigns can honour the list without being able to read it, and an
 * address can be erased while its suppression stays.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "base/hash.h"
#include "base/identity.h"
#include "base/sql.h"
#include "queue/suppression.h"

/* The hash is stored: neither the key nor the rules may ever change. */
static const pg_uuid_t fingerprint_key = {{
		'c', 'a', 'm', 'p', 'a', 'i', 'g', 'n',
		'-', 'a', 'd', 'd', 'r', 'e', 's', 's'
}};

CAMPAIGN_STATEMENT(insert_suppression,
				   "INSERT INTO campaign.suppression"
				   " (channel, address_hash, address, reason, role_name)"
				   " VALUES ($1, campaign.address_hash($2), $2, $3, $4)"
				   " ON CONFLICT (channel, address_hash, role_name)"
				   " DO NOTHING");

CAMPAIGN_STATEMENT(lock_suppression,
				   "SELECT role_name FROM campaign.suppression"
				   " WHERE channel = $1"
				   " AND address_hash = campaign.address_hash($2)"
				   " FOR UPDATE");

CAMPAIGN_STATEMENT(delete_suppression,
				   "DELETE FROM campaign.suppression"
				   " WHERE channel = $1"
				   " AND address_hash = campaign.address_hash($2)"
				   " AND role_name = ANY ($3)");

CAMPAIGN_STATEMENT(forget_bounces,
				   "DELETE FROM campaign.soft_bounce"
				   " WHERE channel = $1"
				   " AND address_hash = campaign.address_hash($2)");

/* Blanks of ASCII only: what counts must not depend on a locale. */
static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * True if a control character begins here: of ASCII, or one of the few that
 * only Unicode has and that software takes for a line break.
 */
static bool
is_control(const unsigned char *byte, int length)
{
	if (byte[0] < 0x20 || byte[0] == 0x7f)
		return true;
	if (byte[0] < 0x80 || GetDatabaseEncoding() != PG_UTF8)
		return false;
	if (length >= 2 && byte[0] == 0xc2)
		return byte[1] < 0xa0;
	return length >= 3 && byte[0] == 0xe2 && byte[1] == 0x80 &&
		(byte[2] == 0xa8 || byte[2] == 0xa9);
}

/* Why nothing can be sent to a trimmed address, or NULL. */
const char *
campaign_address_problem(const char *address, int length)
{
	if (length == 0)
		return "no_address";
	for (int i = 0; i < length; i++)
	{
		if (is_control((const unsigned char *) address + i, length - i))
			return "malformed_address";
	}
	return NULL;
}

/* Hashes the address, trimmed and with ASCII letters in lower case. */
void
campaign_address_fingerprint(const char *address, int length,
							 pg_uuid_t *result)
{
	char	   *plain;

	while (length > 0 && is_blank(address[0]))
	{
		address++;
		length--;
	}
	while (length > 0 && is_blank(address[length - 1]))
		length--;
	plain = palloc(length + 1);
	for (int i = 0; i < length; i++)
		plain[i] = pg_ascii_tolower((unsigned char) address[i]);
	campaign_hash_uuid(&fingerprint_key, plain, length, result);
	pfree(plain);
}

/* Adds an address for the current user; only he may take that back. */
bool
campaign_suppression_add(const char *channel, const char *address,
						 const char *reason)
{
	char	   *role = GetUserNameFromId(GetUserId(), false);

	return campaign_execute(&insert_suppression, campaign_text(channel),
							campaign_text(address), campaign_text(reason),
							campaign_text(role)) > 0;
}

/* Of the roles that suppressed it, those whose rights the current user has. */
static List *
own_roles(const CampaignRows *rows)
{
	List	   *roles = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		char	   *role = campaign_row_text(rows, i, 1);

		if (campaign_acts_for(get_role_oid(role, true)))
			roles = lappend(roles, role);
	}
	return roles;
}

/*
 * Takes back what the current user, or who he acts for, has suppressed; what
 * others have stays.
 */
bool
campaign_suppression_remove(const char *channel, const char *address)
{
	CampaignRows *rows = campaign_query(&lock_suppression,
										campaign_text(channel),
										campaign_text(address));
	List	   *roles = own_roles(rows);

	if (rows->count == 0)
		return false;
	if (roles == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for a suppression of another role"),
				 errdetail("The address was suppressed by role \"%s\".",
						   campaign_row_text(rows, 0, 1)),
				 errhint("Ask that role, or one that has its rights, to remove it.")));
	if (list_length(roles) == rows->count)
		campaign_execute(&forget_bounces, campaign_text(channel),
						 campaign_text(address));
	return campaign_execute(&delete_suppression, campaign_text(channel),
							campaign_text(address),
							campaign_text_array(roles)) > 0;
}
