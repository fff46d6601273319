/*
 * bucket.h
 *		Messages that other servers of a cluster keep, by bucket.
 */
#ifndef CAMPAIGN_BUCKET_H
#define CAMPAIGN_BUCKET_H

#include "postgres.h"

#include "base/sql.h"

/*
 * A table of this server's that takes messages as campaign.dispatch does; it
 * must be moved before the transaction ends.
 */
extern Oid	campaign_bucket_stage(void);
/* Moves what is in it to where it belongs, and drops it. */
extern void campaign_bucket_move(void);
/* Has who misses messages of the delivery wait until this has committed. */
extern void campaign_bucket_guard(int64 delivery_id);
/* Waits for who has guarded the delivery. */
extern void campaign_bucket_await(int64 delivery_id);

/* The last message number in the bucket of a number. */
extern int64 campaign_bucket_end(int64 message_id);
/*
 * Messages between two numbers of one bucket: message_id, recipient, address,
 * variables.  One server is asked.
 */
extern CampaignRows *campaign_bucket_read(int64 first_id, int64 last_id);
/*
 * Gives each message of a delivery between two numbers to the function, in any
 * order: message_id, recipient, person, address.
 */
extern void campaign_bucket_each(int64 delivery_id, int64 first_id,
								 int64 last_id, CampaignRowFunction function,
								 void *arg);
/* Recipients of a delivery behind whom the person is. */
extern CampaignRows *campaign_bucket_recipients(int64 delivery_id,
												const char *person);
/* Of so many numbers those that are there: message_id, delivery_id, address. */
extern CampaignRows *campaign_bucket_addresses(Datum *message_ids, int count);

/* Takes address and variables away; says how many messages that were. */
extern uint64 campaign_bucket_blank(int64 message_id);
/* Deletes messages of a delivery between two numbers. */
extern void campaign_bucket_delete(int64 delivery_id, int64 first_id,
								   int64 last_id);
/* Deletes all messages of a campaign. */
extern void campaign_bucket_erase(int64 campaign_id);

#endif							/* CAMPAIGN_BUCKET_H */
