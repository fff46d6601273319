-- Visits of the shop's site, three times :people, skewed like the orders and
-- more of them lately.
SET max_parallel_workers_per_gather = 0;
SELECT setseed(0.24) \g /dev/null

CREATE TABLE visits (
	customer_id		bigint NOT NULL,
	visited_at		timestamptz NOT NULL,
	page			text NOT NULL
);
INSERT INTO visits
SELECT 10000001 + floor(:people * random() * random())::bigint * 15485863 % :people,
	now() - random() * random() * interval '365 days',
	'/' || ('{shop,basket,help,news}'::text[])[1 + floor(4 * random())::integer]
FROM generate_series(1, 3 * :people) AS n;

RESET max_parallel_workers_per_gather;
CREATE INDEX ON visits (customer_id, visited_at);
ANALYZE visits;
