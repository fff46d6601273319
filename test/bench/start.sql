-- A run of a campaign, from start to the last message enqueued.
-- Variable: campaign.
\set ON_ERROR_STOP on
SELECT campaign_start(:'campaign') AS run \gset
SELECT campaign_wait(:run, '1 hour') = 'succeeded' AS done \gset
\if :done
\else
TABLE campaign.run_progress;
DO 'BEGIN RAISE ''the run has not succeeded''; END';
\endif
