/*
 * seen.c
 *		A set of hashes that have been met.
 *
 * Open addressing with linear probing.  Two bytes of a hash stand apart from
 * the rest, in a table a processor can keep near: most hashes are new, and then
 * the large table is written only, which nobody has to wait for.
 */
#include "postgres.h"

#include "base/seen.h"
#include "utils/memutils.h"

/* Places at the beginning; always a power of two. */
#define FIRST_BITS 10
#define FIRST_PLACES (UINT64CONST(1) << FIRST_BITS)

/* So many places are in use at most; then their number doubles. */
#define FULL(places) ((places) / 8 * 7)

/* What a place takes. */
#define PLACE_BYTES (sizeof(pg_uuid_t) + sizeof(uint16))

struct CampaignSeen
{
	MemoryContext context;
	pg_uuid_t  *places;
	uint16	   *tags;			/* of the hash in a place; 0: it is free */
	uint64		size;			/* of both */
	int			shift;			/* from mixed bits to the number of a place */
	uint64		used;
};

/* Makes both tables for so many places, all free. */
static void
make_tables(CampaignSeen *seen, uint64 size, int shift)
{
	seen->size = size;
	seen->shift = shift;
	seen->places = MemoryContextAllocHuge(seen->context,
										  size * sizeof(pg_uuid_t));
	seen->tags = MemoryContextAllocExtended(seen->context,
											size * sizeof(uint16),
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* An empty set. */
CampaignSeen *
campaign_seen_new(MemoryContext context)
{
	CampaignSeen *seen = MemoryContextAllocZero(context, sizeof(CampaignSeen));

	seen->context = context;
	make_tables(seen, FIRST_PLACES, 64 - FIRST_BITS);
	return seen;
}

/* The bits of the hash; not every uuid is random in its first ones. */
static inline uint64
mix(const pg_uuid_t *hash)
{
	uint64		words[2];

	memcpy(words, hash, sizeof(words));
	return (words[0] ^ words[1]) * UINT64CONST(0x9e3779b97f4a7c15);
}

/*
 * Puts the hash into a place; false if it is in one.  The upper bits number the
 * place, so that twice as many are filled in the order of the old ones.
 */
static bool
put(CampaignSeen *seen, const pg_uuid_t *hash)
{
	uint64		bits = mix(hash);
	uint64		place = bits >> seen->shift;
	uint16		tag = (uint16) (bits >> 8) | 1;

	while (seen->tags[place] != 0)
	{
		if (seen->tags[place] == tag &&
			memcmp(&seen->places[place], hash, sizeof(pg_uuid_t)) == 0)
			return false;
		place = (place + 1) & (seen->size - 1);
	}
	seen->tags[place] = tag;
	seen->places[place] = *hash;
	return true;
}

/* Doubles the number of places. */
static void
grow(CampaignSeen *seen)
{
	CampaignSeen old = *seen;

	make_tables(seen, old.size * 2, old.shift - 1);
	for (uint64 i = 0; i < old.size; i++)
	{
		if (old.tags[i] != 0)
			(void) put(seen, &old.places[i]);
	}
	pfree(old.places);
	pfree(old.tags);
}

/* Adds the hash; true if it was not in the set. */
bool
campaign_seen_add(CampaignSeen *seen, const pg_uuid_t *hash)
{
	if (!put(seen, hash))
		return false;
	if (++seen->used > FULL(seen->size))
		grow(seen);
	return true;
}

/* While it grows, a set has its old places and twice as many new ones. */
double
campaign_seen_capacity(Size memory_limit)
{
	uint64		places = FIRST_PLACES;

	while (places * 3 * PLACE_BYTES <= memory_limit)
		places *= 2;
	return (double) FULL(places);
}
