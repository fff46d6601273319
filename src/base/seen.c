/*
 * seen.c
 *		A set of hashes that have been met.
 *
 * It has to hold tens of millions of them in little memory.  So nothing is
 * moved when it grows: a small table is followed by one with room for all that
 * are expected, and a hash is looked for in both.  Half of a hash stands in a
 * table, in a line of the processor's cache that the other half says, or behind
 * it if that is full.  Two hashes are taken for one if they agree in the former
 * and belong to the same few lines: among ten million that happens once in
 * hundreds of billions of sets.
 */
#include "postgres.h"

#include <sys/mman.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/seen.h"
#include "base/settings.h"

/* Hashes in a line of the cache. */
#define LINE	8

/* Of so many places some are in use at most: a search meets a free one soon. */
#define FULL(places)	((places) / 16 * 13)
#define PLACES(hashes)	((hashes) / 13 * 16 + 16)

/* The first table is for so many, or for a part of all that are expected. */
#define FIRST_HASHES	1024
#define FIRST_PART		16

/* The size of large pages, in bytes. */
#define LARGE_PAGE		(2 * 1024 * 1024)

/* A hint; what has none for it does without. */
#ifdef __GNUC__
#define prefetch(address)	__builtin_prefetch(address)
#else
#define prefetch(address)	((void) (address))
#endif

/* Each is about as large as all before, but for the second. */
#define MOST_TABLES		48

typedef struct Table
{
	uint64	   *places;			/* 0: free */
	uint64		lines;
	int64		used;
	int64		full;			/* so many are in use at most */
} Table;

struct CampaignSeen
{
	MemoryContext context;
	MemoryContextCallback callback;
	int64		expected;
	int64		room;			/* of all tables */
	int64		most;			/* so much room there may be */
	int			ntables;
	Table		tables[MOST_TABLES];
};

/*
 * Asks for large pages.  Every search is for another place; with small pages
 * the processor would look for the page longer than for what is in it.
 */
static void
want_large_pages(char *memory, Size size)
{
#ifdef MADV_HUGEPAGE
	char	   *begin = (char *) TYPEALIGN(LARGE_PAGE, memory);
	char	   *end = (char *) TYPEALIGN_DOWN(LARGE_PAGE, memory + size);

	/* Where there are none, small ones do. */
	if (begin < end)
		(void) madvise(begin, end - begin, MADV_HUGEPAGE);
#endif
}

/* The set that was made last, as long as there is one. */
static CampaignSeen *latest;

/* Adds a table for so many hashes, all free. */
static void
add_table(CampaignSeen *seen, int64 hashes)
{
	Table	   *table = &seen->tables[seen->ntables++];
	Size		size;
	char	   *memory;

	table->lines = PLACES(hashes) / LINE + 1;
	table->used = 0;
	table->full = FULL(table->lines * LINE);
	size = (table->lines + 1) * LINE * sizeof(uint64);
	memory = MemoryContextAllocHuge(seen->context, size);
	want_large_pages(memory, size);
	memset(memory, 0, size);
	table->places = (uint64 *) TYPEALIGN(LINE * sizeof(uint64), memory);
	seen->room += table->full;
}

/* How many hashes a set may have. */
int64
campaign_seen_most(void)
{
	double		bytes = Max(work_mem, campaign_work_mem) * 1024.0 *
		hash_mem_multiplier;

	return (int64) (FULL(bytes / sizeof(uint64)));
}

/* Nothing is announced to a set whose context is gone. */
static void
forget_set(void *set)
{
	if (latest == set)
		latest = NULL;
}

/* An empty set. */
CampaignSeen *
campaign_seen_new(MemoryContext context, int64 expected)
{
	CampaignSeen *seen = MemoryContextAllocZero(context, sizeof(CampaignSeen));

	seen->context = context;
	seen->expected = expected;
	seen->most = Max(expected, campaign_seen_most());
	seen->callback.func = forget_set;
	seen->callback.arg = seen;
	MemoryContextRegisterResetCallback(context, &seen->callback);
	latest = seen;
	add_table(seen, Max(expected / FIRST_PART, FIRST_HASHES));
	return seen;
}

/* Makes room for what is expected; when that is there, for as much again. */
static void
grow(CampaignSeen *seen)
{
	int64		wanted = seen->room < seen->expected ?
		seen->expected - seen->room : seen->room;

	if (seen->room >= seen->most)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("more addresses than " INT64_FORMAT " cannot be kept in memory",
						seen->room),
				 errhint("Raise campaign.work_mem, or ANALYZE the table they are in, so that it is known.")));
	add_table(seen, Min(wanted, seen->most - seen->room));
}

/*
 * The line where the search for a hash begins.  It is the same for all owners,
 * because it is asked for before the owner is known.
 */
static inline uint64
first_line(const Table *table, const pg_uuid_t *hash)
{
	uint64		half;

	memcpy(&half, hash, sizeof(half));
	half *= UINT64CONST(0xc2b2ae3d27d4eb4f);
	return ((half >> 32) * table->lines) >> 32;
}

/* Where the hash is in the table, or the free place where it would be. */
static inline uint64 *
find_place(const Table *table, const pg_uuid_t *hash, uint64 value)
{
	uint64		line = first_line(table, hash);

	for (;;)
	{
		uint64	   *places = &table->places[line * LINE];

		for (int i = 0; i < LINE; i++)
		{
			if (places[i] == value || places[i] == 0)
				return &places[i];
		}
		if (++line == table->lines)
			line = 0;
	}
}

/*
 * Has the processor fetch what a search will need.  Large sets are in no cache,
 * and who knows the hash a while before it is added needs not wait for them.
 */
void
campaign_seen_announce(const pg_uuid_t *hash)
{
	if (latest == NULL)
		return;
	for (int i = 0; i < latest->ntables; i++)
		prefetch(&latest->tables[i].places[first_line(&latest->tables[i], hash) * LINE]);
}

/* Adds the hash; true if it was not in the set. */
bool
campaign_seen_add(CampaignSeen *seen, const pg_uuid_t *hash, int32 owner)
{
	uint64		words[2];
	uint64		value;
	uint64	   *place;

	/* Not every uuid is random in each half: none gets lost in the other. */
	memcpy(words, hash, sizeof(words));
	words[0] ^= (uint64) (uint32) owner * UINT64CONST(0xd6e8feb86659fd93);
	value = words[1] ^ (words[0] * UINT64CONST(0x9e3779b97f4a7c15));
	value = value == 0 ? 1 : value;
	for (int i = 0; i < seen->ntables - 1; i++)
	{
		if (*find_place(&seen->tables[i], hash, value) == value)
			return false;
	}
	place = find_place(&seen->tables[seen->ntables - 1], hash, value);
	if (*place == value)
		return false;
	if (seen->tables[seen->ntables - 1].used ==
		seen->tables[seen->ntables - 1].full)
	{
		grow(seen);
		place = find_place(&seen->tables[seen->ntables - 1], hash, value);
	}
	*place = value;
	seen->tables[seen->ntables - 1].used++;
	return true;
}
