/*
 * experiment.c
 *		Which of several contents did best, and who gets it.
 *
 * The edition of a chunk says which variant its messages get, so figures come
 * from chunks and events, and deciding is one update of the chunks kept back:
 * their edition is negative and still says which language they are in.
 */
#include "postgres.h"

#include <math.h>

#include "base/errors.h"
#include "base/sql.h"
#include "queue/experiment.h"
#include "queue/figure.h"
#include "queue/lane.h"

CAMPAIGN_STATEMENT(plan_decision,
				   "UPDATE campaign.delivery SET decide_at = $2"
				   " WHERE delivery_id = $1");

CAMPAIGN_STATEMENT(find_decision,
				   "SELECT decide_at FROM campaign.delivery"
				   " WHERE delivery_id = $1");

CAMPAIGN_STATEMENT(count_variants,
				   "SELECT coalesce(s.sent, 0)::bigint,"
				   " coalesce(p.people, 0)::bigint"
				   " FROM generate_series(0, $2 - 1) AS v (variant)"
				   " LEFT JOIN (SELECT c.edition / $3 AS variant,"
				   " sum(campaign.count_results(c.results, 's')) AS sent"
				   " FROM campaign.chunk c"
				   " WHERE c.delivery_id = $1 AND c.edition >= 0"
				   " GROUP BY 1) s USING (variant)"
				   " LEFT JOIN (SELECT c.edition / $3 AS variant,"
				   " count(DISTINCT e.message_id) AS people"
				   " FROM campaign.chunk c CROSS JOIN LATERAL"
				   " (SELECT e.message_id FROM campaign.event e"
				   " WHERE e.message_id BETWEEN c.first_id AND c.last_id"
				   " AND e.event = $4 OFFSET 0) e"
				   " WHERE c.delivery_id = $1 AND c.edition >= 0"
				   " GROUP BY 1) p USING (variant)"
				   " ORDER BY v.variant");

CAMPAIGN_STATEMENT(give_winner,
				   "UPDATE campaign.chunk"
				   " SET edition = ($2 * $3 - 1 - edition)::smallint"
				   " WHERE delivery_id = $1 AND edition < 0 AND NOT settled");

CAMPAIGN_STATEMENT(note_winner,
				   "UPDATE campaign.delivery"
				   " SET winner = $2::smallint, decide_at = NULL"
				   " WHERE delivery_id = $1");

/* When the winner is to be chosen. */
void
campaign_experiment_plan(int64 delivery_id, TimestampTz decide_at)
{
	campaign_execute(&plan_decision, campaign_int8(delivery_id),
					 campaign_time(decide_at));
}

/* When it still is to be. */
TimestampTz
campaign_experiment_due(int64 delivery_id)
{
	CampaignRows *rows = campaign_query(&find_decision,
										campaign_int8(delivery_id));

	return rows->count == 0 ? 0 : campaign_row_time(rows, 0, 1);
}

/* The share of people; nothing sent has none. */
static double
rate_of(const CampaignScore *score)
{
	return score->sent == 0 ? 0 : (double) score->people / score->sent;
}

/* The pooled z-test of two proportions. */
double
campaign_two_proportions(int64 people1, int64 sent1, int64 people2,
						 int64 sent2)
{
	double		pooled;
	double		error;
	double		difference;

	if (sent1 <= 0 || sent2 <= 0 || people1 < 0 || people2 < 0 ||
		people1 > sent1 || people2 > sent2)
		return 1;
	pooled = ((double) people1 + people2) / ((double) sent1 + sent2);
	error = sqrt(pooled * (1 - pooled) * (1.0 / sent1 + 1.0 / sent2));
	difference = fabs((double) people1 / sent1 - (double) people2 / sent2);
	return error == 0 ? 1 : erfc(difference / error / sqrt(2));
}

/* Reads what the variants have come to. */
static CampaignScore *
read_scores(int64 delivery_id, const CampaignQuestion *question)
{
	CampaignRows *rows = campaign_query(&count_variants,
										campaign_int8(delivery_id),
										campaign_int4(question->variants),
										campaign_int4(question->languages),
										campaign_text(question->event));
	CampaignScore *scores = palloc(sizeof(CampaignScore) * rows->count);

	campaign_ensure(rows->count == question->variants,
					"there are %d variants and not %d", rows->count,
					question->variants);
	for (int i = 0; i < rows->count; i++)
	{
		scores[i].sent = campaign_row_int8(rows, i, 1);
		/* An event may come for a message that is not known as sent. */
		scores[i].people = Min(campaign_row_int8(rows, i, 2),
								scores[i].sent);
	}
	return scores;
}

/* The best variant, if it is better than the second for sure. */
static void
judge(CampaignVerdict *verdict, const CampaignQuestion *question)
{
	const CampaignScore *scores = verdict->scores;
	int			best = 0;
	int			second = -1;

	for (int i = 1; i < question->variants; i++)
	{
		if (rate_of(&scores[i]) > rate_of(&scores[best]))
		{
			second = best;
			best = i;
		}
		else if (second < 0 || rate_of(&scores[i]) > rate_of(&scores[second]))
			second = i;
	}
	verdict->p_value = second < 0 ? 1 :
		campaign_two_proportions(scores[best].people, scores[best].sent,
								 scores[second].people, scores[second].sent);
	verdict->significant = verdict->p_value <= 1 - question->confidence;
	verdict->winner = verdict->significant ? best : question->otherwise;
}

/* Chooses the winner and gives its content to who was kept back. */
CampaignVerdict *
campaign_experiment_decide(int64 delivery_id, const CampaignQuestion *question)
{
	CampaignVerdict *verdict = palloc0(sizeof(CampaignVerdict));

	campaign_figures_lock(delivery_id);
	campaign_lanes_reopen(delivery_id);
	verdict->scores = read_scores(delivery_id, question);
	judge(verdict, question);
	campaign_execute(&give_winner, campaign_int8(delivery_id),
					 campaign_int4(verdict->winner),
					 campaign_int4(question->languages));
	campaign_figures_decide(delivery_id, verdict->winner, question->languages);
	campaign_execute(&note_winner, campaign_int8(delivery_id),
					 campaign_int4(verdict->winner));
	return verdict;
}
