-- Differences between the newest run and that round of the others: none.
-- Variable: round.
CREATE TEMPORARY TABLE theirs AS
SELECT activity, recipient::bigint, address AS what FROM campaign.message
WHERE run_id = (SELECT max(run_id) FROM campaign.run_progress)
UNION ALL
SELECT activity, recipient::bigint, reason FROM campaign.excluded
WHERE run_id = (SELECT max(run_id) FROM campaign.run_progress);
CREATE TEMPORARY VIEW script AS
SELECT mailing, recipient, address FROM jobs WHERE round = :round
UNION ALL SELECT mailing, recipient, reason FROM left_out WHERE round = :round;
CREATE TEMPORARY VIEW single AS
SELECT mailing, recipient, address FROM single_jobs WHERE round = :round
UNION ALL SELECT mailing, recipient, reason FROM single_left_out WHERE round = :round;
SELECT (SELECT count(*) FROM (TABLE theirs EXCEPT ALL TABLE script) AS d)
	+ (SELECT count(*) FROM (TABLE script EXCEPT ALL TABLE theirs) AS d)
	+ (SELECT count(*) FROM (TABLE theirs EXCEPT ALL TABLE single) AS d)
	+ (SELECT count(*) FROM (TABLE single EXCEPT ALL TABLE theirs) AS d);
