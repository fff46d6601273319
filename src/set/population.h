/*
 * population.h
 *		The rows that flow along a transition: a table in campaign_data.
 *
 * It has the key columns of its dimension, then columns that activities
 * added, and belongs to the campaign's owner.
 */
#ifndef CAMPAIGN_POPULATION_H
#define CAMPAIGN_POPULATION_H

#include "postgres.h"

#include "set/target.h"

typedef struct CampaignPopulation
{
	char	   *name;			/* in schema campaign_data */
	char	   *source;			/* what stands for it in FROM */
	Oid			relation;		/* invalid: it is a subquery */
	double		expected;		/* rows, of a subquery; 0: not known */
	List	   *columns;		/* of CampaignColumn *: key first, then added */
	int			nkeys;
	bool		spread;			/* over servers, as its dimension is */
	Oid			stage;			/* see campaign_population_stage */
	/* of one that is in no table, without a name then; see set/stream.h */
	List	   *levels;			/* of its SELECT; NIL: it is in a table */
	List	   *expressions;	/* what $n is in them, of CampaignExpression * */
	List	   *counters;		/* that rows pass, of CampaignCounter * */
	struct CampaignCounter *counter;	/* the last of them, if those who made
										 * it drop rows; or NULL */
	bool		sorted;			/* they come in the order of the key */
	const int  *places;			/* of the columns of the table that who takes its
								 * rows writes, if there is one; NULL: all */
} CampaignPopulation;

/* Creates an empty one for rows of the target; replaces none. */
extern CampaignPopulation *campaign_population_create(const char *name,
													  const CampaignTarget *target,
													  List *added, Oid owner);
/* The same, on this server alone wherever the target's rows are. */
extern CampaignPopulation *campaign_population_create_here(const char *name,
														   const CampaignTarget *target,
														   List *added,
														   Oid owner);
/*
 * A table of this server with the columns of a population that is spread, for
 * rows on their way there; it is made once, is lost in a crash and has to be
 * dropped by campaign_population_unstage.
 */
extern Oid	campaign_population_stage(CampaignPopulation *population);
extern void campaign_population_unstage(CampaignPopulation *population);
/*
 * An empty table for rows on their way to populations that are spread; it is
 * spread as the target's dimension is, by that column, if it is one.  Dropped
 * with campaign_population_drop.
 */
extern CampaignPopulation *campaign_population_scratch(const char *name,
													   List *columns,
													   const char *column,
													   Oid beside, Oid owner);
/* True if it is there. */
extern bool campaign_population_exists(const char *name);
/* An existing one; refused (42P01) if somebody dropped it. */
extern CampaignPopulation *campaign_population_open(const char *name,
													const CampaignTarget *target);
/*
 * One that is not there yet: all rows of the dimension, with columns that are
 * NULL.  NULL if there are no columns: the dimension is as good then, if it has a
 * table.
 */
extern CampaignPopulation *campaign_population_declare(const CampaignTarget *target,
													   List *added);
/* The columns that activities added to it; NULL has none. */
extern List *campaign_population_added(const CampaignPopulation *population);
/* About how many rows it has. */
extern double campaign_population_rows(const CampaignPopulation *population);
/*
 * Drops it if it is there.  False if somebody is reading it, or something of
 * the owner's depends on it, such as a view: then it stays for now.
 */
extern bool campaign_population_drop(const char *name);
/* The same, for who has waited for those who were reading it. */
extern bool campaign_population_drop_after(const char *name);

#endif							/* CAMPAIGN_POPULATION_H */
