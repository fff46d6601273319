/*
 * bucket.c
 *		SQL functions for messages that other servers keep.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/supportnodes.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "base/identity.h"
#include "queue/bucket.h"
#include "queue/delivery.h"
#include "queue/partition.h"

/* What plans expect of a delivery whose messages other servers keep. */
#define EXPECTED_MESSAGES 1000

CAMPAIGN_FUNCTION(campaign_distribute_queue);
CAMPAIGN_FUNCTION(campaign_distributed_messages);
CAMPAIGN_FUNCTION(campaign_distributed_messages_support);

/* campaign_distribute_queue() */
Datum
campaign_distribute_queue(PG_FUNCTION_ARGS)
{
	campaign_require_user();
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to distribute the queue"),
				 errhint("Only a superuser may do that.")));
	PG_RETURN_BOOL(campaign_queue_distribute());
}

/* Puts a message into the result. */
static void
give_message(TupleTableSlot *row, void *arg)
{
	ReturnSetInfo *result = arg;

	slot_getallattrs(row);
	tuplestore_putvalues(result->setResult, result->setDesc,
						 row->tts_values, row->tts_isnull);
}

/* campaign.distributed_messages(delivery_id, first_id, last_id) */
Datum
campaign_distributed_messages(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	if (campaign_delivery_visible(PG_GETARG_INT64(0)))
		campaign_bucket_each(PG_GETARG_INT64(0), PG_GETARG_INT64(1),
							 PG_GETARG_INT64(2), give_message,
							 fcinfo->resultinfo);
	return (Datum) 0;
}

/* Where all messages are here, plans are made as if it were not there. */
Datum
campaign_distributed_messages_support(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);

	if (!IsA(request, SupportRequestRows))
		PG_RETURN_POINTER(NULL);
	request->rows = campaign_queue_distributed() ? EXPECTED_MESSAGES : 1;
	PG_RETURN_POINTER(request);
}
