/*
 * integers.c
 *		A set of integers that is filled, then asked.
 *
 * Numbers of rows mostly lie close together: then a bit for each value between
 * the least and the greatest takes less memory than the values, fits into the
 * processor's caches and needs no sort.  Otherwise the values are sorted.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/memutils.h"

#include "base/integers.h"

/* So many bits take as much memory as a value. */
#define BITS_PER_VALUE	64

struct CampaignIntegers
{
	MemoryContext context;
	int64	   *values;
	int64		count;
	int64		size;			/* for so many there is room */
	int64		least;
	int64		greatest;
	uint64	   *bits;			/* from least on, or NULL */
	bool		ready;
};

/* Makes room for a few thousand. */
CampaignIntegers *
campaign_integers_new(MemoryContext context)
{
	CampaignIntegers *set = MemoryContextAllocZero(context,
												   sizeof(CampaignIntegers));

	set->context = context;
	set->size = 8192;
	set->values = MemoryContextAlloc(context, sizeof(int64) * set->size);
	set->least = PG_INT64_MAX;
	set->greatest = PG_INT64_MIN;
	return set;
}

/* Adds a value, which may be there already. */
void
campaign_integers_add(CampaignIntegers *set, int64 value)
{
	Assert(!set->ready);
	if (set->count == set->size)
	{
		set->size *= 2;
		set->values = repalloc_huge(set->values, sizeof(int64) * set->size);
	}
	set->values[set->count++] = value;
	set->least = Min(set->least, value);
	set->greatest = Max(set->greatest, value);
}

/* For qsort. */
static int
compare_values(const void *a, const void *b)
{
	int64		left = *(const int64 *) a;
	int64		right = *(const int64 *) b;

	return left < right ? -1 : left > right;
}

/* Readies the set for questions. */
static void
prepare(CampaignIntegers *set)
{
	uint64		span = (uint64) set->greatest - (uint64) set->least;

	set->ready = true;
	if (set->count == 0)
		return;
	if (span / BITS_PER_VALUE > (uint64) set->count)
	{
		qsort(set->values, set->count, sizeof(int64), compare_values);
		return;
	}
	set->bits = MemoryContextAllocExtended(set->context,
										   sizeof(uint64) * (span / 64 + 1),
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int64 i = 0; i < set->count; i++)
	{
		uint64		place = (uint64) set->values[i] - (uint64) set->least;

		set->bits[place / 64] |= UINT64CONST(1) << (place % 64);
	}
	pfree(set->values);
	set->values = NULL;
}

/* True if the value is in the set. */
bool
campaign_integers_has(CampaignIntegers *set, int64 value)
{
	uint64		place;

	if (!set->ready)
		prepare(set);
	if (set->count == 0 || value < set->least || value > set->greatest)
		return false;
	if (set->bits == NULL)
		return bsearch(&value, set->values, set->count, sizeof(int64),
					   compare_values) != NULL;
	place = (uint64) value - (uint64) set->least;
	return (set->bits[place / 64] >> (place % 64)) & 1;
}

/*
 * Reads a number, as a negative one, of which there is one more.  Other ways of
 * writing it are another text.
 */
bool
campaign_integer_read(const char *text, int length, int64 *value)
{
	bool		negative = length > 0 && text[0] == '-';
	int64		number = 0;
	int			first = negative ? 1 : 0;

	if (length == first || length > 20 ||
		(text[first] == '0' && length > 1))
		return false;
	for (int i = first; i < length; i++)
	{
		int			digit = text[i] - '0';

		if (digit < 0 || digit > 9 ||
			pg_mul_s64_overflow(number, 10, &number) ||
			pg_sub_s64_overflow(number, digit, &number))
			return false;
	}
	if (!negative && number == PG_INT64_MIN)
		return false;
	*value = negative ? number : -number;
	return true;
}
