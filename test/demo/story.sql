-- What the demo shows: psql echoes each statement, answers it and times it.
\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off
\pset null '-'
\set ECHO queries
\timing on

\echo
\echo '── 1. What is targeted: a table of ours, declared once ──────────────────────────────'
SELECT campaign_dimension('customers',
         addresses => '{"email": "email", "sms": "phone"}',
         consent   => '{"email": "email_opt_in"}',
         time_zone => 'tz');

\echo
\echo '── 2. Design: a graph of activities, one call each ──────────────────────────────────'
\t on
SELECT campaign_create('spring sale', dimension => 'customers', settings => '{"keep_populations": true}');
\echo '-- Who ordered during the last 90 days; any condition in SQL will do.'
SELECT campaign_add_audience('spring sale', 'buyers',
         filter => $$ EXISTS (SELECT FROM orders o WHERE o.customer_id = customers.id
                                AND o.placed_at > now() - interval '90 days') $$);
\echo
\echo '-- A tenth hears nothing, so that the effect can be measured; the rest see one of two texts.'
SELECT campaign_add_split('spring sale', 'ab', after => 'buyers',
         outcomes => '[{"name": "control", "percent": 10}, {"name": "a", "percent": 45}, {"name": "b"}]');
\echo
\echo '-- Whatever stands between the braces is SQL about the customer, and is escaped where it lands.'
SELECT campaign_add_email('spring sale', 'mail_a', after => 'ab.a',
         subject => 'Hello {{ coalesce(first_name, ''friend'') }}',
         body    => '<p>You have {{ score }} points.</p><a href="https://shop.example.org/unsubscribe/{{ id }}">No more</a>');
SELECT campaign_add_email('spring sale', 'mail_b', after => 'ab.b',
         subject => '{{ coalesce(first_name, ''A'') }}, a word',
         body    => '<p>Your points: {{ score }}</p><a href="https://shop.example.org/unsubscribe/{{ id }}">No more</a>');
\echo
\echo '-- After text a the graph forks: one branch counts the regulars …'
SELECT campaign_add_fork('spring sale', 'next', after => 'mail_a');
SELECT campaign_add_audience('spring sale', 'regulars', after => 'next',
         filter => '(SELECT count(*) FROM orders o WHERE o.customer_id = customers.id) >= 5');
\echo
\echo '-- … the other waits (three days in real life) and writes again to who has few points and has not come by.'
SELECT campaign_add_wait('spring sale', 'pause', after => 'next', duration => '2 seconds');
SELECT campaign_add_audience('spring sale', 'silent', after => 'pause',
         filter => $$ score < 500 AND NOT EXISTS (SELECT FROM visits v WHERE v.customer_id = customers.id
                                    AND v.visited_at > now() - interval '30 days') $$);
SELECT campaign_add_email('spring sale', 'reminder', after => 'silent',
         subject => 'Last day, {{ coalesce(first_name, ''friend'') }}!',
         body    => '<p>Your {{ score }} points end today.</p><a href="https://shop.example.org/unsubscribe/{{ id }}">No more</a>');
\echo
\echo '-- The join waits for every branch and goes on with one of the populations.'
SELECT campaign_add_join('spring sale', 'all', after => 'reminder, regulars, mail_b',
         primary_set => 'reminder');
SELECT campaign_add_end('spring sale', 'done', after => 'all');
\t off

\echo
\echo '── 3. Look at it and check it: no rows, no problems ─────────────────────────────────'
\pset tuples_only on
\pset format unaligned
SELECT campaign_graph('spring sale');
\pset format aligned
\pset tuples_only off
SELECT * FROM campaign_check('spring sale');
\echo
\echo '-- Tried on the real data without any effect: what the planner expects, and what comes out.'
SELECT activity, outcome, estimated_rows, actual_rows, elapsed
FROM campaign_explain('spring sale', analyzed => true) WHERE actual_rows IS NOT NULL;

\echo
\echo '── 4. Some addresses must never be written to, whoever asks ─────────────────────────'
SELECT count(campaign_suppress('email', email, 'unsubscribed')) AS suppressed
FROM customers WHERE id % 199 = 0 AND email IS NOT NULL;

\echo
\echo '── 5. Publish: this version is frozen.  Start: background workers take over ─────────'
SELECT campaign_publish('spring sale');
\echo 'SELECT campaign_start(''spring sale'') AS run \\gset'
\set ECHO none
SELECT campaign_start('spring sale') AS run, clock_timestamp() AS began \gset

\echo
\echo '── 6. Watch it: campaign.run_progress, a sign and a bar per activity ────────────────'
\timing off
\set shown ''
\ir progress.sql
\set ECHO queries
\timing on
\echo
SELECT activity, state, rows_in, rows_out, elapsed, rate FROM campaign.run_progress WHERE run_id = :run;

\echo
\echo '── 7. The same graph, with what went through it ─────────────────────────────────────'
\pset tuples_only on
\pset format unaligned
SELECT campaign_graph('spring sale', run => :run);
\pset format aligned
\pset tuples_only off
\echo '-- What waits for whom?  Messages, for a sender.'
SELECT severity, code, activity, message, hint FROM campaign_health();

\echo
\echo '── 8. A sender claims messages, rendered: here five, given back unsent ──────────────'
CREATE TEMPORARY TABLE sample AS SELECT * FROM campaign_claim('email', 5);
SELECT address, subject, left(body, 30) AS body FROM sample;
SELECT campaign_release(lease) AS released FROM sample LIMIT 1;

\echo
\echo '── 9. The loop of every sender: claim, commit, send, acknowledge ────────────────────'
\echo
\echo '-- Addresses at closed.example.org bounce for good; one message in 500 is to be tried again.'
DO $$
DECLARE
  batch record;
BEGIN
  LOOP
    SELECT lease, jsonb_agg(failure) FILTER (WHERE failure IS NOT NULL) AS failed INTO batch
    FROM campaign_claim('email', 1000), LATERAL (SELECT
      CASE WHEN address LIKE '%@closed.example.org'
             THEN jsonb_build_object('message_id', message_id, 'permanent', true,
                                     'reason', '550 no such mailbox')
           WHEN attempt = 1 AND message_id % 500 = 0
             THEN jsonb_build_object('message_id', message_id, 'delay', '0 seconds',
                                     'reason', '421 try again later') END) AS sent(failure)
    GROUP BY lease;
    EXIT WHEN NOT FOUND;
    COMMIT;                                    -- a claim counts once it is committed
    PERFORM campaign_ack(batch.lease, failed => batch.failed);
    COMMIT;
  END LOOP;
END $$;

\echo
\echo '── 10. What people do with their messages comes back as events ──────────────────────'
\echo
\echo '-- Providers call campaign_feedback; here chance does: opened, and a link clicked.'
SELECT recorded FROM campaign_feedback((
  SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', e.event,
                                      'at', clock_timestamp(), 'detail', e.detail))
  FROM campaign.message, LATERAL (VALUES
    ('delivered', NULL::jsonb, 1), ('opened', NULL, 3),
    ('clicked', jsonb_build_object('link', 'https://shop.example.org/' || message_id % 3), 9)
  ) AS e (event, detail, one_in)
  WHERE run_id = :run AND status = 'sent'
    AND hashint8(message_id) % e.one_in = 0));

\echo
\echo '── 11. Reports are views and functions, live to the last commit ─────────────────────'
\echo
\echo '-- Nobody is lost: each one targeted is excluded for a reason or has a message, sent or failed.'
SELECT activity, targeted, excluded, queued, sent, queued - sent AS failed,
       targeted = excluded + queued AS adds_up, opened_rate, clicked_rate
FROM campaign.report WHERE run_id = :run ORDER BY activity;
\timing off
\set ECHO none
\echo 'SELECT step, activity, messages FROM campaign_funnel(:run) \\crosstabview'
SELECT step, activity, messages FROM campaign_funnel(:run) \crosstabview
\echo 'SELECT reason, activity, people FROM campaign.report_exclusions WHERE run_id = :run \\crosstabview'
SELECT reason, activity, people FROM campaign.report_exclusions WHERE run_id = :run \crosstabview
-- Somebody who has the first message of text a and not the reminder.
SELECT m.recipient AS person FROM campaign.message m JOIN customers c ON c.id = m.recipient::bigint
WHERE m.run_id = :run AND m.activity = 'mail_a' AND m.status = 'sent' AND c.score < 500
	AND NOT EXISTS (SELECT FROM campaign.message r WHERE r.run_id = :run AND r.activity = 'reminder' AND r.recipient = m.recipient)
	AND NOT EXISTS (SELECT FROM campaign.excluded e WHERE e.run_id = :run AND e.activity = 'reminder' AND e.recipient = m.recipient)
ORDER BY m.recipient LIMIT 1 \gset
\timing on
\set ECHO queries

\echo
\echo '── 12. Why did this customer not hear of the last day?  What decided is named ───────'
SELECT activity, kind, fate, outcome, decided_by
FROM campaign_why(:run, :'person') WHERE met ORDER BY step;
\echo
\echo '-- The extension proves its promises from the data; what is broken would be a row.'
SELECT * FROM campaign_verify(:run);

-- A demo that shows something wrong fails.
\set ECHO none
\timing off
SELECT (SELECT count(*) FROM campaign_verify(:run)) = 0 AND bool_and(state = 'succeeded') AS holds
FROM campaign.run_progress WHERE run_id = :run \gset
\if :holds
\else
DO 'BEGIN RAISE ''the run failed, or campaign_verify reports violations''; END';
\endif
