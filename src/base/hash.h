/*
 * hash.h
 *		A keyed hash that gives the same on every machine and version.
 *
 * The server's own hash functions may change between major versions and
 * differ by byte order; who is in which sample, and a message's idempotency
 * key, must not.
 */
#ifndef CAMPAIGN_HASH_H
#define CAMPAIGN_HASH_H

#include "postgres.h"

#include "utils/uuid.h"

/* SipHash-2-4 of data under a key of two words. */
extern uint64 campaign_siphash(uint64 key0, uint64 key1,
							   const void *data, Size length);
/* 128 bits of it, under the 16 bytes of a uuid as the key. */
extern void campaign_hash_uuid(const pg_uuid_t *key, const void *data,
							   Size length, pg_uuid_t *result);

#endif							/* CAMPAIGN_HASH_H */
