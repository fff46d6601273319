/*
 * activity.h
 *		What a kind of activity is, and what it is given to execute.
 *
 * A kind is one file with one CampaignKind in it and one row in the table of
 * activity.c.  Everything about its options is said in its array of options;
 * checking, campaign_kinds() and the documentation read it from there.
 *
 * There are three families, told apart by what run() does:
 *	- a selecting kind writes a SELECT over its inbound populations and hands
 *	  it to a sink (audience, split);
 *	- an acting kind has an effect on the way and passes its inbound population
 *	  on (email); where task->run->test it counts what it would do, and does
 *	  nothing;
 *	- a controlling kind moves no rows at all: it passes populations on, at
 *	  once or when a time has come (fork, join, wait, end).
 */
#ifndef CAMPAIGN_ACTIVITY_H
#define CAMPAIGN_ACTIVITY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "set/counter.h"
#include "set/population.h"
#include "set/sink.h"
#include "set/target.h"
#include "set/variable.h"
#include "store/graph.h"
#include "store/run.h"
#include "store/task.h"

/* What an option's value is; campaign_kinds() shows these names. */
typedef enum CampaignOptionType
{
	CAMPAIGN_OPTION_TEXT,
	CAMPAIGN_OPTION_BOOLEAN,
	CAMPAIGN_OPTION_INTERVAL,
	CAMPAIGN_OPTION_TIME,		/* timestamptz */
	CAMPAIGN_OPTION_CONDITION,	/* boolean SQL expression over the row */
	CAMPAIGN_OPTION_VALUE,		/* SQL expression over the row */
	CAMPAIGN_OPTION_MOMENT,		/* such an expression, or a literal time */
	CAMPAIGN_OPTION_DIMENSION,	/* name of a dimension */
	CAMPAIGN_OPTION_CHOICE,		/* one of the words in choices */
	CAMPAIGN_OPTION_TEMPLATE,	/* text with {{ expressions }} over the row */
	CAMPAIGN_OPTION_TEMPLATES,	/* object: name -> such a text */
	CAMPAIGN_OPTION_OUTCOMES,	/* array of objects, checked by the kind */
	CAMPAIGN_OPTION_TRANSITION,	/* an inbound transition: activity.outcome */
	CAMPAIGN_OPTION_TRANSITIONS,	/* several, with commas between */
	CAMPAIGN_OPTION_COUNT,		/* whole number, at least 1 */
	CAMPAIGN_OPTION_NUMBER,		/* number, at least 0 */
	CAMPAIGN_OPTION_VALUES,		/* SQL expressions to compare rows by, with
								 * commas between */
	CAMPAIGN_OPTION_ORDER,		/* what may follow ORDER BY, over the row */
	CAMPAIGN_OPTION_WAVES,		/* array of objects, or one object */
	CAMPAIGN_OPTION_OBJECT,		/* object, checked by the kind */
	CAMPAIGN_OPTION_OBJECTS,		/* array of objects, checked by the kind */
	CAMPAIGN_OPTION_RUN_CONDITION,	/* boolean SQL expression over the run */
	CAMPAIGN_OPTION_RUN_INSTANT,	/* one that gives a time */
	CAMPAIGN_OPTION_MESSAGE		/* text with {{ expressions }} over the run */
} CampaignOptionType;

typedef struct CampaignOption
{
	const char *name;
	CampaignOptionType type;
	bool		required;
	const char *fallback;		/* the default, as text; NULL: none */
	const char *meaning;
	const char *choices;		/* with commas; for CAMPAIGN_OPTION_CHOICE */
} CampaignOption;

/* Where an activity stands while it is checked or executed. */
typedef struct CampaignScope
{
	CampaignGraph *graph;
	CampaignActivity *activity;
	CampaignTarget *target;		/* of the rows it sees */
	CampaignTarget *result;		/* of the rows of its first outcome, if it is
								 * a kind that changes them; or NULL */
	CampaignTarget *person;		/* of the persons they lead to, if it is a
								 * channel and these are known; or NULL */
	const CampaignVariables *variables;
	/* columns that activities before it added to the key */
	List	   *inbound;		/* of each inbound transition: lists of
								 * CampaignColumn * */
	List	   *added;			/* of the rows it sees, of CampaignColumn * */
} CampaignScope;

/* A run to be started by a task. */
typedef struct CampaignLaunch
{
	const char *campaign;
	Jsonb	   *variables;		/* values of its variables */
	bool		attached;		/* the task waits for its end */
} CampaignLaunch;

/* A task in execution: what it is given, and what it gives. */
typedef struct CampaignTask
{
	CampaignScope scope;
	CampaignRun *run;
	List	   *inbound;		/* of CampaignFlow * */
	bool		due;			/* it was waiting; its time may have come */
	bool		hurried;		/* the time it was waiting for counts as come */
	TimestampTz since;			/* when it was executed the first time */
	bool		rehearsal;		/* all of it will be undone */
	bool		together;		/* what is executed in one statement with it is to
								 * be planned, as a run would execute it */
	bool		keep;			/* write populations that nobody reads, too */
	const char *key;			/* of the one row a preview is about, or NULL */
	const struct CampaignSieve *sieve;	/* rows to be evaluated; NULL: all */
	const char *fetched;		/* has the rows of the first population, which
								 * are elsewhere, with their dimension's
								 * columns; or NULL */
	CampaignPopulation *stream; /* its only inbound population, if that was not
								 * written; or NULL */
	const struct CampaignFan *fan;	/* what it is executed for together with
									 * others; or NULL */
	/* results */
	List	   *outbound;		/* of CampaignFlow * */
	TimestampTz follow_at;		/* not 0: when follow() is to be called */
	TimestampTz wait_until;		/* not 0: nothing came out yet */
	Jsonb	   *variables;		/* of the run, to be set; may be NULL */
	CampaignLaunch *launch;		/* may be NULL */
	Jsonb	   *overlaps;		/* rows by the sets they were in; may be NULL */
} CampaignTask;

/* One of several tasks that take the rows of an activity's outcomes. */
typedef struct CampaignBranch
{
	int			outcome;		/* its number, from 0 */
	CampaignTask *task;
} CampaignBranch;

/* All of them, and what they share. */
typedef struct CampaignFan CampaignFan;
struct CampaignFan
{
	void		(*gather) (CampaignFan *fan);	/* executes them */
	CampaignPopulation *stream; /* rows of all outcomes */
	int			number;			/* of its column that tells them apart, from 0 */
	List	   *branches;		/* of CampaignBranch *, by outcome */
	int			noutcomes;		/* with those that nothing follows */
	double		most_rows;		/* that come, as far as is known */
	int64	   *rows;			/* of each outcome, set by gather() */
	/* for the engine, see engine/fan.c */
	CampaignTask *task;			/* whose outcomes they are */
	struct CampaignLane *lanes; /* of each outcome */
	List	   *tasks;			/* those behind it, in the order to be recorded */
	List	   *counters;		/* that all rows pass, of CampaignCounter * */
	bool		pays;			/* something is computed once for several */
};

/* A doubt about an activity, as campaign_check() shows it. */
typedef struct CampaignWarning
{
	const char *code;
	const char *message;
	const char *hint;
} CampaignWarning;

typedef struct CampaignKind
{
	const char *name;
	const char *category;		/* targeting, flow control, channel */
	const char *purpose;
	int			min_inbound;
	int			max_inbound;	/* -1: any number */
	const char *outcome_names;	/* for people */
	bool		divides;		/* every row comes out of exactly one outcome;
								 * with option "overlap", of at least one */
	const CampaignOption *options;
	int			noptions;
	/* names of its outcomes, of char *; reads options that were checked */
	List	   *(*outcomes) (const Jsonb *options);
	/* expressions beyond those options, of CampaignExpression *; may be NULL */
	List	   *(*expressions) (const CampaignScope *scope);
	/*
	 * Added columns of its rows, from those of each inbound transition; NULL:
	 * those of the transition whose rows go on.
	 */
	List	   *(*merge) (const CampaignActivity *activity, List *inbound);
	/* columns it adds to its rows, of CampaignColumn *; may be NULL */
	List	   *(*columns) (const CampaignScope *scope);
	/*
	 * All added columns of an outcome whose rows are of another shape, NIL for
	 * those that are not; may be NULL.
	 */
	List	   *(*shape) (const char *outcome);
	/*
	 * The rows of its first outcome are of the dimension that its option
	 * "dimension" names, with no other added columns than its own; those of
	 * other outcomes are as they came.
	 */
	bool		changes;
	/* the dimension its rows are of, if it is always the same; may be NULL */
	const char *dimension;
	/*
	 * How many of its inbound branches must have come before it is executed;
	 * NULL: all of them.
	 */
	int			(*needs) (const CampaignActivity *activity);
	/* refuses what no option alone shows; may be NULL */
	void		(*check) (const CampaignScope *scope);
	/* what is still missing before it can be published, or NULL; may be NULL */
	CampaignWarning *(*lack) (const CampaignScope *scope);
	/* doubts that do not prevent publishing, of CampaignWarning *; may be NULL */
	List	   *(*warn) (const CampaignScope *scope);
	/* sets outbound or wait_until, and follow_at if need be */
	void		(*run) (CampaignTask *task);
	/* what is left to do after it has succeeded; sets follow_at for more */
	void		(*follow) (CampaignTask *task);
	/*
	 * Gives the rows of its first outcome for the statement of the only
	 * activity that reads them, instead of running; NULL: they have to be
	 * written.  Every row that comes in must come out there, or is dropped by
	 * what has a counter.  NULL: it never does.
	 */
	CampaignPopulation *(*stream) (CampaignTask *task);
	/*
	 * True if it can take its only inbound population like that: it reads it
	 * in one statement and in one place, learns of every row, says so by
	 * campaign_task_came(), and needs not know their number before.  NULL: it
	 * never can.
	 */
	bool		(*takes) (const CampaignScope *scope);
	/*
	 * What comes out of its first outcome is what came in.  If it takes that,
	 * and something follows it, it writes it where the population says.
	 */
	bool		passes;
	/*
	 * Appends the condition for which a row of the dimension comes out of its
	 * first outcome, where that is all there is to it; false if it is not.
	 * NULL: it never is.
	 */
	bool		(*membership) (const CampaignTask *task, CampaignSelect *select);
	/*
	 * True if it can take all its inbound populations as one that is in no table,
	 * whose rows have a mask beside them (see campaign_stream_masked): bit i for
	 * the inbound transition whose number is the i-th of the list.  NULL: it never
	 * can.
	 */
	bool		(*weaves) (const CampaignScope *scope, List **numbers);
	/*
	 * Notes what the counter of the rows it has given says of them, beside their
	 * number; NULL: those that did not pass are of the second outcome, if the
	 * kind divides its rows.
	 */
	void		(*settle) (CampaignTask *task, const CampaignCounter *counter);
	/*
	 * Gives the rows of all its outcomes for one statement of the activities
	 * that read them, the last column of which is the outcome's number; whole
	 * says that something follows each.  NULL: they have to be written.  NULL: it
	 * never does.
	 */
	CampaignPopulation *(*fan) (CampaignTask *task, bool whole);
	/*
	 * True if it can take the rows of one outcome like that: others that read
	 * other outcomes, of kinds with the same gather(), are executed with it,
	 * and so many rows come to all of them at most.  NULL: it never can.
	 */
	bool		(*gathers) (const CampaignScope *scope, double rows);
	/* executes them all, as run() does one; sets the rows of the outcomes */
	void		(*gather) (CampaignFan *fan);
	/*
	 * stream() heeds the task's fan: it gives the rows of all its outcomes, and
	 * evaluates its expressions for those of the branches, which are equal.
	 * True if that saves more than to evaluate them.  NULL: it does not.
	 */
	bool		(*shares) (const CampaignScope *scope);
	/* It reads no other added columns than those its expressions name. */
	bool		reads_expressions;
} CampaignKind;

extern const CampaignKind campaign_kind_alert;
extern const CampaignKind campaign_kind_approval;
extern const CampaignKind campaign_kind_audience;
extern const CampaignKind campaign_kind_change_dimension;
extern const CampaignKind campaign_kind_combine;
extern const CampaignKind campaign_kind_custom;
extern const CampaignKind campaign_kind_deduplicate;
extern const CampaignKind campaign_kind_direct_mail;
extern const CampaignKind campaign_kind_email;
extern const CampaignKind campaign_kind_end;
extern const CampaignKind campaign_kind_enrich;
extern const CampaignKind campaign_kind_extract_file;
extern const CampaignKind campaign_kind_fork;
extern const CampaignKind campaign_kind_incremental;
extern const CampaignKind campaign_kind_join;
extern const CampaignKind campaign_kind_load_file;
extern const CampaignKind campaign_kind_push;
extern const CampaignKind campaign_kind_read_audience;
extern const CampaignKind campaign_kind_reconcile;
extern const CampaignKind campaign_kind_save_audience;
extern const CampaignKind campaign_kind_signal;
extern const CampaignKind campaign_kind_sms;
extern const CampaignKind campaign_kind_split;
extern const CampaignKind campaign_kind_sql;
extern const CampaignKind campaign_kind_sub_campaign;
extern const CampaignKind campaign_kind_test;
extern const CampaignKind campaign_kind_update_data;
extern const CampaignKind campaign_kind_wait;

/* All kinds, in order of name, of CampaignKind *. */
extern List *campaign_kinds_all(void);
/* The kind of that name; refused with the nearest names. */
extern const CampaignKind *campaign_kind_find(const char *name);
/* How many of its inbound branches must have come before it is executed. */
extern int	campaign_activity_needs(const CampaignActivity *activity);
/* The one outcome of kinds that have one: "result". */
extern List *campaign_outcome_sole(const Jsonb *options);
extern List *campaign_outcome_none(const Jsonb *options);
extern CampaignWarning *campaign_warning(const char *code, const char *message,
										 const char *hint);
/* Names of the outcomes of an activity. */
extern List *campaign_activity_outcomes(const CampaignActivity *activity);

/*
 * Refuses an option's text that names none of the inbound transitions; if
 * there are none yet, nothing is known.
 */
extern void campaign_scope_check_inbound(const CampaignScope *scope,
										 const char *option, const char *text);
/*
 * Refuses transitions by other outcomes than the first, whose rows are only
 * counted.
 */
extern void campaign_scope_check_counted(const CampaignScope *scope);
/* Refuses to begin with lines of files: only load_file has any. */
extern void campaign_activity_check_dimension(const char *dimension);
/* The dimension of the rows an activity sees, by name. */
extern char *campaign_activity_dimension(const CampaignGraph *graph,
										 const CampaignActivity *activity);
/* The dimension of the rows that come along a transition, by name. */
extern char *campaign_transition_dimension(const CampaignGraph *graph,
										   const CampaignTransition *transition);
/* The graph's dimension of that name: frozen with it, or as it is now. */
extern CampaignTarget *campaign_graph_target(const CampaignGraph *graph,
											 const char *dimension);
/* The number of the inbound transition whose rows go on. */
extern int	campaign_activity_leading(const CampaignActivity *activity);
/* The scope of an activity with its dimension, but without columns. */
extern void campaign_scope_open(CampaignScope *scope, CampaignGraph *graph,
								CampaignActivity *activity,
								const CampaignVariables *variables);
/*
 * Sets the added columns: those the activities before it declare.  They are
 * remembered in the graph, which must live as long.
 */
extern void campaign_scope_declare(CampaignScope *scope);
/* The same from the inbound populations, as long as they are there. */
extern void campaign_scope_discover(CampaignScope *scope, List *flows);
/* The number of the inbound transition that a text names; -1 if none. */
extern int	campaign_activity_inbound_number(const CampaignActivity *activity,
											 const char *text);

/* ----------------------- for the kinds' run() --------------------------- */

/* An inbound population, by number from 0. */
extern CampaignPopulation *campaign_task_population(const CampaignTask *task,
													int number);
/*
 * The first inbound population as one that is in no table, to go on with its
 * rows; NULL if they have to be read for themselves.
 */
extern CampaignPopulation *campaign_task_stream(const CampaignTask *task);
/*
 * The column with the number of the outcome that a row of the task's fan falls
 * to; and the condition that it is one of the branches', NULL if each is.
 */
extern const char *campaign_task_number(const CampaignTask *task);
extern char *campaign_task_concerned(const CampaignTask *task);
/* How many rows of a population that was not written there were. */
extern void campaign_task_came(CampaignTask *task, int64 rows);
/* A new select for the task's expressions. */
extern CampaignSelect *campaign_task_select(const CampaignTask *task);
/*
 * Where between 0 and 1 the row stands when it is drawn: the same row in the
 * same place, as long as the activity has the same option "seed".
 */
extern char *campaign_task_position(const CampaignTask *task,
									const CampaignPopulation *population);
/* The same for a draw of its own, independent of the others. */
extern char *campaign_task_position_for(const CampaignTask *task,
										const CampaignPopulation *population,
										const char *draw);
/* The text on which it draws; of a draw of its own, if that has a name. */
extern char *campaign_task_seed(const CampaignTask *task, const char *draw);
/*
 * Readies an outlet for an outcome: with a population of the columns that are
 * read there if something follows it, else counting only.
 */
extern void campaign_task_outlet(CampaignTask *task, CampaignOutlet *outlet,
								 int number, List *added);
/* Notes what came out of outcome number. */
extern void campaign_task_emit(CampaignTask *task, const CampaignOutlet *outlet,
							   int number, bool active);
/* Passes an inbound population on, without touching it. */
extern void campaign_task_pass(CampaignTask *task, int inbound);
/* Passes it on by that outcome; the branches at the others end. */
extern void campaign_task_choose(CampaignTask *task, int inbound,
								 const char *outcome);
/* True if something follows that outcome. */
extern bool campaign_task_followed(const CampaignTask *task,
								   const char *outcome);
/* True if the instant has passed, or a person says that it counts as passed. */
extern bool campaign_task_overdue(const CampaignTask *task, TimestampTz then);

#endif							/* CAMPAIGN_ACTIVITY_H */
