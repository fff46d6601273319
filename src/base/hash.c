/*
 * hash.c
 *		SipHash-2-4, read and computed in little-endian words everywhere.
 *
 * The algorithm is Aumasson and Bernstein's; test vectors of theirs are in the
 * regression tests.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "base/hash.h"

typedef struct SipState
{
	uint64		v0;
	uint64		v1;
	uint64		v2;
	uint64		v3;
} SipState;

/* Rotates left; a count of 0 or 64 is not meant. */
static inline uint64
rotate(uint64 word, int bits)
{
	return (word << bits) | (word >> (64 - bits));
}

/* One SipRound. */
static inline void
sip_round(SipState *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

/* Reads up to eight bytes as a little-endian word. */
static inline uint64
load_word(const unsigned char *data, int length)
{
	uint64		word = 0;

	for (int i = 0; i < length; i++)
		word |= (uint64) data[i] << (8 * i);
	return word;
}

/* Takes one word in. */
static inline void
compress(SipState *s, uint64 word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

/* SipHash-2-4 of data under the key. */
uint64
campaign_siphash(uint64 key0, uint64 key1, const void *data, Size length)
{
	const unsigned char *bytes = data;
	SipState	s = {
		key0 ^ UINT64CONST(0x736f6d6570736575),
		key1 ^ UINT64CONST(0x646f72616e646f6d),
		key0 ^ UINT64CONST(0x6c7967656e657261),
		key1 ^ UINT64CONST(0x7465646279746573)
	};
	Size		whole = length & ~((Size) 7);

	for (Size i = 0; i < whole; i += 8)
		compress(&s, load_word(bytes + i, 8));
	compress(&s, load_word(bytes + whole, (int) (length - whole)) |
			 ((uint64) length << 56));

	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* Writes a word in big-endian order, so that the text reads like the number. */
static void
store_word(unsigned char *target, uint64 word)
{
	for (int i = 7; i >= 0; i--)
	{
		target[i] = (unsigned char) word;
		word >>= 8;
	}
}

/* Two hashes under two keys derived from the uuid; 128 bits as a uuid. */
void
campaign_hash_uuid(const pg_uuid_t *key, const void *data, Size length,
				   pg_uuid_t *result)
{
	uint64		key0 = load_word(key->data, 8);
	uint64		key1 = load_word(key->data + 8, 8);

	store_word(result->data, campaign_siphash(key0, key1, data, length));
	store_word(result->data + 8,
			   campaign_siphash(~key0, ~key1, data, length));
}
