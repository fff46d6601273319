/*
 * throttle.c
 *		Limits on how many messages are handed out in a period.
 *
 * A period is divided into slices, and a row per limit counts what was handed
 * out in the present slice and in as many before it as make a period.  Any
 * stretch of time as long as the period lies within those slices at the moment
 * it ends, so their sum is never too small: a limit is kept in every stretch,
 * not only from one full hour to the next, for the price of one update per
 * claim and of the last slice's width.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/json.h"
#include "base/sql.h"
#include "queue/throttle.h"

#define SLICES_PER_PERIOD	60
#define SLICE_COUNT			(SLICES_PER_PERIOD + 1)

/* Beside the classes 1 and 2 of pg_advisory_lock(). */
#define NAME_LOCK_CLASS		3

#define LONGEST_PERIOD		(31 * USECS_PER_DAY)
#define MOST_MESSAGES		INT64CONST(1000000000)

#define LIMIT_HINT \
	"Write it as {\"messages\": 1000, \"per\": \"1 minute\"}, with at most a thousand million messages per a second to 31 days."

struct CampaignThrottle
{
	char	   *bucket;
	CampaignLimit limit;
	int64		slice;			/* number of the newest */
	int32		counts[SLICE_COUNT];	/* from the newest to the oldest */
	bool		changed;
};

/* --------------------------------- limits ------------------------------- */

/* Refuses what is no limit. */
static void
refuse_limit(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s is not a limit", what),
			 errhint(LIMIT_HINT)));
}

/* The number of messages; 0 if it is none that can be. */
static int64
read_messages(const JsonbValue *value)
{
	Numeric		number;
	bool		error = false;
	int32		messages;

	if (value == NULL || value->type != jbvNumeric)
		return 0;
	number = value->val.numeric;
	messages = numeric_int4_opt_error(number, &error);
	return error || messages < 0 || messages > MOST_MESSAGES ? 0 : messages;
}

/* The period in microseconds; 0 if it is none that can be. */
static int64
read_period(const JsonbValue *value)
{
	Interval   *interval;
	char	   *text;
	int64		period;

	if (value == NULL || value->type != jbvString)
		return 0;
	text = pnstrdup(value->val.string.val, value->val.string.len);
	interval = DatumGetIntervalP(DirectFunctionCall3(interval_in,
													 CStringGetDatum(text),
													 ObjectIdGetDatum(InvalidOid),
													 Int32GetDatum(-1)));
	if (interval->month != 0 || interval->day < 0 || interval->day > 31 ||
		interval->time < 0 || interval->time > LONGEST_PERIOD)
		return 0;
	period = interval->day * USECS_PER_DAY + interval->time;
	return period < USECS_PER_SEC || period > LONGEST_PERIOD ? 0 : period;
}

/* Reads a limit strictly. */
CampaignLimit
campaign_limit_parse(const JsonbValue *value, const char *what)
{
	CampaignLimit limit = {0};
	JsonbContainer *object;

	if (value == NULL || value->type == jbvNull)
		return limit;
	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		refuse_limit(what);
	object = value->val.binary.data;
	limit.messages = read_messages(campaign_object_member(object, "messages"));
	limit.period = read_period(campaign_object_member(object, "per"));
	if (limit.messages == 0 || limit.period == 0 ||
		JsonContainerSize(object) != 2)
		refuse_limit(what);
	return limit;
}

/* -------------------------------- counting ------------------------------ */

CAMPAIGN_STATEMENT(insert_throttle,
				   "INSERT INTO campaign.throttle (bucket, slice, counts)"
				   " VALUES ($1, 0, '{}') ON CONFLICT (bucket) DO NOTHING");

CAMPAIGN_STATEMENT(lock_throttle,
				   "SELECT slice, counts FROM campaign.throttle"
				   " WHERE bucket = $1 FOR NO KEY UPDATE");

CAMPAIGN_STATEMENT(try_throttle,
				   "SELECT slice, counts FROM campaign.throttle"
				   " WHERE bucket = $1 FOR NO KEY UPDATE SKIP LOCKED");

CAMPAIGN_STATEMENT(read_throttle,
				   "SELECT slice, counts FROM campaign.throttle"
				   " WHERE bucket = $1");

CAMPAIGN_STATEMENT(find_throttle,
				   "SELECT true FROM campaign.throttle WHERE bucket = $1");

CAMPAIGN_STATEMENT(update_throttle,
				   "UPDATE campaign.throttle SET slice = $2, counts = $3"
				   " WHERE bucket = $1");

/* Takes the stored counts over, as far as they are of this period. */
static void
read_counts(CampaignThrottle *throttle, const CampaignRows *rows,
			int64 present)
{
	bool		isnull;
	ArrayType  *array = DatumGetArrayTypeP(campaign_row_datum(rows, 0, 2, &isnull));
	int			stored = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const int32 *counts = (const int32 *) ARR_DATA_PTR(array);
	int64		slice = campaign_row_int8(rows, 0, 1);
	int64		shift;

	/* A clock that was set back must not make room. */
	throttle->slice = Max(slice, present);
	shift = throttle->slice - slice;
	for (int i = 0; i < stored && i + shift < SLICE_COUNT; i++)
		throttle->counts[i + shift] = counts[i];
}

/*
 * Locks a bucket's name until the end of the transaction, so that others need
 * not wait for its row to be added; false if somebody else has it.  SQL cannot
 * take locks of this class.
 */
static bool
lock_name(const char *bucket)
{
	uint64		hash = DatumGetUInt64(hash_any_extended((const unsigned char *) bucket,
														(int) strlen(bucket), 0));
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (hash >> 32),
						 (uint32) hash, NAME_LOCK_CLASS);
	return LockAcquire(&tag, ExclusiveLock, false, true) !=
		LOCKACQUIRE_NOT_AVAIL;
}

/* The row, locked; NULL if somebody else has it. */
static CampaignRows *
lock_row(const char *bucket, bool wait)
{
	CampaignRows *rows = wait ?
		campaign_query(&lock_throttle, campaign_text(bucket)) :
		campaign_query(&try_throttle, campaign_text(bucket));

	if (rows->count > 0)
		return rows;
	if (campaign_query(&find_throttle, campaign_text(bucket))->count > 0)
		return NULL;
	if (!lock_name(bucket) && !wait)
		return NULL;
	campaign_execute(&insert_throttle, campaign_text(bucket));
	rows = campaign_query(&try_throttle, campaign_text(bucket));
	return rows->count == 0 ? NULL : rows;
}

/* The bucket's row: slices are as long as the period says, so another period counts anew. */
static char *
row_name(const char *bucket, const CampaignLimit *limit)
{
	return psprintf("%s per " INT64_FORMAT, bucket, limit->period);
}

/* Locks the counts of a limit. */
CampaignThrottle *
campaign_throttle_lock(const char *bucket, const CampaignLimit *limit,
					   TimestampTz now, bool wait)
{
	char	   *name = row_name(bucket, limit);
	CampaignRows *rows = lock_row(name, wait);
	CampaignThrottle *throttle;

	if (rows == NULL)
		return NULL;
	throttle = palloc0(sizeof(CampaignThrottle));
	throttle->bucket = name;
	throttle->limit = *limit;
	read_counts(throttle, rows,
				now / Max(limit->period / SLICES_PER_PERIOD, 1));
	return throttle;
}

/* What the limit leaves at this moment, read without a lock. */
int64
campaign_throttle_left(const char *bucket, const CampaignLimit *limit,
					   TimestampTz now)
{
	CampaignRows *rows = campaign_query(&read_throttle,
										campaign_text(row_name(bucket, limit)));
	CampaignThrottle throttle = {.limit = *limit};

	if (rows->count > 0)
		read_counts(&throttle, rows,
					now / Max(limit->period / SLICES_PER_PERIOD, 1));
	return campaign_throttle_room(&throttle);
}

/* What the limit leaves. */
int64
campaign_throttle_room(const CampaignThrottle *throttle)
{
	int64		taken = 0;

	for (int i = 0; i < SLICE_COUNT; i++)
		taken += throttle->counts[i];
	return Max(throttle->limit.messages - taken, 0);
}

/* Counts messages in the present slice. */
void
campaign_throttle_take(CampaignThrottle *throttle, int64 count)
{
	throttle->counts[0] += (int32) count;
	throttle->changed = throttle->changed || count > 0;
}

/* Writes the counts, if they have changed. */
void
campaign_throttle_write(CampaignThrottle *throttle)
{
	Datum		elements[SLICE_COUNT];
	ArrayType  *array;

	if (!throttle->changed)
		return;
	for (int i = 0; i < SLICE_COUNT; i++)
		elements[i] = Int32GetDatum(throttle->counts[i]);
	array = construct_array(elements, SLICE_COUNT, INT4OID, sizeof(int32),
							true, TYPALIGN_INT);
	(void) campaign_execute(&update_throttle,
							campaign_text(throttle->bucket),
							campaign_int8(throttle->slice),
							(CampaignValue) {INT4ARRAYOID, PointerGetDatum(array), false});
	throttle->changed = false;
}
