/*
 * numbers.c
 *		Numbers of a sequence, taken in advance.
 *
 * The server refuses nextval() while a parallel plan runs, in the leader too,
 * so whoever feeds on such a plan takes all numbers it can need before.  What
 * is left over stays unused.  Others may take numbers in between; what is kept
 * is therefore a list of runs of numbers, mostly a single one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "storage/shmem.h"

#include "base/errors.h"
#include "queue/chunk.h"
#include "queue/numbers.h"

/* Numbers without a gap. */
typedef struct NumberRun
{
	int64		next;
	int64		end;			/* one after the last */
} NumberRun;

struct CampaignNumbers
{
	Oid			sequence;
	NumberRun  *runs;
	int			count;
	int			capacity;
	int			current;
};

/* Adds a number to the last run, or opens a run for it. */
static void
keep_number(CampaignNumbers *numbers, int64 number)
{
	if (numbers->count > 0 && numbers->runs[numbers->count - 1].end == number)
	{
		numbers->runs[numbers->count - 1].end++;
		return;
	}
	if (numbers->count == numbers->capacity)
	{
		numbers->capacity *= 2;
		numbers->runs = repalloc(numbers->runs,
								 mul_size(sizeof(NumberRun),
										  numbers->capacity));
	}
	numbers->runs[numbers->count++] = (NumberRun) {number, number + 1};
}

/* Takes so many more; in no parallel plan. */
void
campaign_numbers_add(CampaignNumbers *numbers, int64 count)
{
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		keep_number(numbers, nextval_internal(numbers->sequence, false));
	}
}

/* Takes so many numbers; they are not given back, whatever happens. */
CampaignNumbers *
campaign_numbers_take(const char *sequence, int64 count)
{
	CampaignNumbers *numbers = palloc0(sizeof(CampaignNumbers));

	numbers->sequence = campaign_queue_relation(sequence);
	numbers->capacity = 8;
	numbers->runs = palloc(sizeof(NumberRun) * numbers->capacity);
	campaign_numbers_add(numbers, count);
	return numbers;
}

/* The next number. */
int64
campaign_numbers_next(CampaignNumbers *numbers)
{
	while (numbers->current < numbers->count)
	{
		NumberRun  *run = &numbers->runs[numbers->current];

		if (run->next < run->end)
			return run->next++;
		numbers->current++;
	}
	campaign_ensure(!IsInParallelMode(),
					"more messages than rows flow into the activity");
	return nextval_internal(numbers->sequence, false);
}
