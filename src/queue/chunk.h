/*
 * chunk.h
 *		Rows of campaign.chunk: neighbouring messages, leased and settled
 *		together.
 */
#ifndef CAMPAIGN_CHUNK_H
#define CAMPAIGN_CHUNK_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "base/sql.h"
#include "base/writer.h"

/* Messages of a full chunk; numbers of messages are handed out by so many. */
#define CAMPAIGN_CHUNK_SIZE 1000

/* Where messages are written that are in no block of this server's. */
#define CAMPAIGN_BLOCK_ELSEWHERE INT64CONST(-1)

/* What a byte of the results says about a message. */
#define CAMPAIGN_RESULT_OPEN		'.'
#define CAMPAIGN_RESULT_SENT		's'
#define CAMPAIGN_RESULT_FAILED		'f'
#define CAMPAIGN_RESULT_WITHDRAWN	'w'
#define CAMPAIGN_RESULT_EXPIRED		'e'
#define CAMPAIGN_RESULT_RETRIED		'r'
#define CAMPAIGN_RESULT_TESTED		't'

typedef struct CampaignChunk
{
	int64		chunk_id;
	int64		delivery_id;
	int64		first_id;
	int64		last_id;
	char	   *first_recipient;
	char	   *last_recipient;
	int64		first_block;	/* in the partition, a hint; or elsewhere */
	int64		last_block;
	int			edition;
	char	   *domain;			/* empty: not limited */
	TimestampTz send_at;
	TimestampTz due_at;
	TimestampTz expires_at;		/* 0: never */
	bool		settled;
	pg_uuid_t  *lease;			/* NULL: never claimed */
	Oid			holder;
	TimestampTz leased_until;	/* of a settled chunk: when it was settled */
	int			attempts;
	char	   *results;		/* a byte per message; never NULL here */
} CampaignChunk;

/* The columns a statement must give, in this order, for campaign_chunk_read. */
#define CAMPAIGN_CHUNK_COLUMNS \
	"c.chunk_id, c.delivery_id, c.first_id, c.last_id, c.first_recipient, " \
	"c.last_recipient, c.first_block, c.last_block, c.edition, c.domain, " \
	"c.send_at, c.due_at, c.expires_at, c.settled, c.lease, c.holder, " \
	"c.leased_until, c.attempts, c.results"

extern CampaignChunk *campaign_chunk_read(const CampaignRows *rows, int row);
extern int	campaign_chunk_size(const CampaignChunk *chunk);
/* True if its messages are in campaign.dispatch_bucket. */
extern bool campaign_chunk_elsewhere(const CampaignChunk *chunk);
/* How many of its messages are open. */
extern int	campaign_chunk_open(const CampaignChunk *chunk);
/* Gives the open ones of its first messages that result; says how many. */
extern int	campaign_chunk_mark(CampaignChunk *chunk, int count, char result);
/* Settles a chunk that has no open message left. */
extern void campaign_chunk_settle(CampaignChunk *chunk, TimestampTz now);

/* Writes everything that may change of a row that is there. */
extern void campaign_chunk_update(const CampaignChunk *chunk);
/* New rows: open, add with an id each, close. */
extern CampaignWriter *campaign_chunk_writer(void);
extern void campaign_chunk_add(CampaignWriter *writer, int64 chunk_id,
							   const CampaignChunk *chunk);
/* One new row, with the next id. */
extern void campaign_chunk_insert(const CampaignChunk *chunk);

/*
 * Settles chunks of a stopped run that no sender holds.  Their messages stay
 * open and count as withdrawn; those that are held now come with their lease.
 */
extern void campaign_chunks_withdraw(int64 run_id, TimestampTz now);

/*
 * A section, ended by campaign_settings_leave, in which statements are
 * planned with index scans, whatever statistics and settings say: the tables
 * of the queue change too fast for statistics.  Without sort, an order comes
 * from an index, so that a LIMIT does not read all there is.
 */
extern int	campaign_chunk_planning_enter(bool sort);
/* Within such a section: by block only, which no index can do. */
extern void campaign_chunk_planning_blocks(void);

/* Relation or sequence of schema campaign. */
extern Oid	campaign_queue_relation(const char *name);

#endif							/* CAMPAIGN_CHUNK_H */
