/*
 * delivery.c
 *		SQL-callable functions for those who send messages.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "api/argument.h"
#include "base/cluster.h"
#include "base/compat.h"
#include "base/identity.h"
#include "base/seen.h"
#include "base/settings.h"
#include "queue/acknowledge.h"
#include "queue/channel.h"
#include "queue/claim.h"
#include "queue/contact.h"
#include "queue/lease.h"
#include "queue/recheck.h"
#include "queue/suppression.h"
#include "set/sms.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_claim);
CAMPAIGN_FUNCTION(campaign_ack);
CAMPAIGN_FUNCTION(campaign_release);
CAMPAIGN_FUNCTION(campaign_extend);
CAMPAIGN_FUNCTION(campaign_recheck);
CAMPAIGN_FUNCTION(campaign_suppress);
CAMPAIGN_FUNCTION(campaign_unsuppress);
CAMPAIGN_FUNCTION(campaign_channel);
CAMPAIGN_FUNCTION(campaign_channel_drop);
CAMPAIGN_FUNCTION(campaign_address_first);
CAMPAIGN_FUNCTION(campaign_address_hash);
CAMPAIGN_FUNCTION(campaign_subject_hash);
CAMPAIGN_FUNCTION(campaign_sms_segments_of);
CAMPAIGN_FUNCTION(campaign_address_fault);

/* The channel, which every function names first. */
static char *
channel_argument(FunctionCallInfo fcinfo)
{
	return campaign_argument_filled(fcinfo, 0, "channel",
						 "Name the channel of the messages, such as 'email'.");
}

/* The lease a function is about. */
static pg_uuid_t *
lease_argument(FunctionCallInfo fcinfo)
{
	campaign_argument_require_hinted(fcinfo, 0, "lease",
					 "Pass the lease that campaign_claim returned with the messages.");
	return PG_GETARG_UUID_P(0);
}

/*
 * Refuses isolation levels at which a claim would judge suppression and pauses
 * by a snapshot taken before it began.
 */
static void
require_read_committed(const char *function)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s must not be called above isolation level READ COMMITTED",
						function),
				 errdetail("The transaction's snapshot may be older than a suppression or a pause."),
				 errhint("Begin the transaction with BEGIN ISOLATION LEVEL READ COMMITTED.")));
}

/* campaign_claim(channel, size, lease): leases messages that are due. */
Datum
campaign_claim(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Interval	standard = {.time = campaign_lease_duration * USECS_PER_SEC};
	char	   *channel;
	int			size;

	require_read_committed("campaign_claim");
	campaign_origin_require_user();
	channel = channel_argument(fcinfo);
	campaign_argument_require_hinted(fcinfo, 1, "size", "Leave it out to claim up to 1000 messages.");
	size = PG_GETARG_INT32(1);
	if (size < 1 || size > CAMPAIGN_CLAIM_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("size must be between 1 and %d", CAMPAIGN_CLAIM_LIMIT),
				 errhint("Leave it out to claim up to 1000 messages.")));
	ForceSyncCommit();
	InitMaterializedSRF(fcinfo, 0);
	campaign_claim_messages(channel, size,
							PG_ARGISNULL(2) ? &standard :
							PG_GETARG_INTERVAL_P(2),
							result->setResult, result->setDesc);
	return (Datum) 0;
}

/* campaign_ack(lease, failed): settles the messages of a lease. */
Datum
campaign_ack(PG_FUNCTION_ARGS)
{
	CampaignAcknowledged acknowledged;
	TupleDesc	desc;
	Datum		values[4];
	bool		isnull[4] = {false};

	campaign_origin_require_user();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	ForceSyncCommit();
	campaign_acknowledge(lease_argument(fcinfo),
						 PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1),
						 &acknowledged);
	values[0] = CStringGetTextDatum(acknowledged.result);
	values[1] = Int64GetDatum(acknowledged.sent);
	values[2] = Int64GetDatum(acknowledged.failed);
	values[3] = Int64GetDatum(acknowledged.retried);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values,
											 isnull));
}

/* campaign_release(lease): gives messages back without having tried. */
Datum
campaign_release(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	PG_RETURN_INT64(campaign_lease_release(lease_argument(fcinfo)));
}

/* campaign_extend(lease, duration): keeps a lease for longer. */
Datum
campaign_extend(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *lease;

	campaign_origin_require_user();
	lease = lease_argument(fcinfo);
	campaign_argument_require_hinted(fcinfo, 1, "duration",
					 "Say for how long from now the lease is needed, such as '5 minutes'.");
	ForceSyncCommit();
	PG_RETURN_INT64(campaign_lease_extend(lease, PG_GETARG_INTERVAL_P(1)));
}

/* campaign_recheck(lease): what of the lease must not be sent any more. */
Datum
campaign_recheck(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	require_read_committed("campaign_recheck");
	campaign_origin_require_user();
	(void) lease_argument(fcinfo);
	ForceSyncCommit();
	InitMaterializedSRF(fcinfo, 0);
	campaign_lease_recheck(PG_GETARG_UUID_P(0), result->setResult,
						   result->setDesc);
	return (Datum) 0;
}

/* campaign_suppress(channel, address, reason): contacts it no more. */
Datum
campaign_suppress(PG_FUNCTION_ARGS)
{
	char	   *channel;
	char	   *address;

	campaign_origin_require_user();
	channel = channel_argument(fcinfo);
	address = campaign_argument_filled(fcinfo, 1, "address",
							"Give the address as it stands in your tables.");
	(void) campaign_channel_require(channel);
	ForceSyncCommit();
	PG_RETURN_BOOL(campaign_suppression_add(channel, address,
											PG_ARGISNULL(2) ? NULL :
											text_to_cstring(PG_GETARG_TEXT_PP(2))));
}

/* campaign_unsuppress(channel, address): may be contacted again. */
Datum
campaign_unsuppress(PG_FUNCTION_ARGS)
{
	char	   *channel;

	campaign_origin_require_user();
	channel = channel_argument(fcinfo);
	PG_RETURN_BOOL(campaign_suppression_remove(channel,
											   campaign_argument_filled(fcinfo, 1, "address",
															 "Give the address that was suppressed.")));
}

/* campaign.address_hash(address): what suppressed addresses are known by. */
Datum
campaign_address_hash(PG_FUNCTION_ARGS)
{
	text	   *address = PG_GETARG_TEXT_PP(0);
	pg_uuid_t  *hash = palloc(sizeof(pg_uuid_t));

	campaign_address_fingerprint(VARDATA_ANY(address),
								 VARSIZE_ANY_EXHDR(address), hash);
	campaign_seen_announce(hash);
	PG_RETURN_UUID_P(hash);
}

/*
 * campaign.address_first(hash, delivery, expected): whether this place of the
 * statement has not been given the hash for the delivery before.  Version 0.9
 * gives the hash alone.
 */
Datum
campaign_address_first(PG_FUNCTION_ARGS)
{
	CampaignSeen *seen = fcinfo->flinfo->fn_extra;

	if (seen == NULL)
	{
		/* It would know nothing of what other servers have been given. */
		if (campaign_cluster_is_fragment())
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("addresses cannot be compared by several servers"),
					 errhint("Set \"one_per_address\" to false, and deduplicate the addresses before the delivery.")));
		seen = campaign_seen_new(fcinfo->flinfo->fn_mcxt,
								 PG_NARGS() < 3 ? 0 : PG_GETARG_INT64(2));
		fcinfo->flinfo->fn_extra = seen;
	}
	PG_RETURN_BOOL(campaign_seen_add(seen, PG_GETARG_UUID_P(0),
									 PG_NARGS() < 2 ? 0 : PG_GETARG_INT32(1)));
}

/* campaign.sms_segments(body): segments a text message takes */
Datum
campaign_sms_segments_of(PG_FUNCTION_ARGS)
{
	text	   *body = PG_GETARG_TEXT_PP(0);

	PG_RETURN_INT32(campaign_sms_segments(VARDATA_ANY(body),
										  VARSIZE_ANY_EXHDR(body)));
}

/* campaign.subject_hash(subject): what those whom rules count are known by. */
Datum
campaign_subject_hash(PG_FUNCTION_ARGS)
{
	text	   *subject = PG_GETARG_TEXT_PP(0);

	PG_RETURN_INT64(campaign_subject_number(VARDATA_ANY(subject),
											VARSIZE_ANY_EXHDR(subject)));
}

/* campaign.address_fault(address): why nothing can be sent to it */
Datum
campaign_address_fault(PG_FUNCTION_ARGS)
{
	text	   *address = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	const char *problem;

	problem = address == NULL ? "no_address" :
		campaign_address_problem(VARDATA_ANY(address),
								 VARSIZE_ANY_EXHDR(address));
	if (problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem));
}

/* campaign_channel(name, kind, settings): declares or changes a channel. */
Datum
campaign_channel(PG_FUNCTION_ARGS)
{
	char	   *name;

	campaign_origin_require_user();
	name = campaign_argument_filled(fcinfo, 0, "name",
						 "Name the channel, such as 'email'.");
	campaign_channel_define(name, PG_ARGISNULL(1) ? NULL :
							text_to_cstring(PG_GETARG_TEXT_PP(1)),
							PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2));
	PG_RETURN_TEXT_P(cstring_to_text(name));
}

/* campaign_channel_drop(name): removes what was declared for a channel. */
Datum
campaign_channel_drop(PG_FUNCTION_ARGS)
{
	char	   *name;

	campaign_origin_require_user();
	name = campaign_argument_filled(fcinfo, 0, "name",
						 "Name the channel, such as 'email'.");
	PG_RETURN_BOOL(campaign_channel_forget(name));
}
