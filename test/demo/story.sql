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
SELECT campaign_create('spring sale', dimension => 'customers');
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
         body    => '<p>You have {{ score }} points.</p>');
SELECT campaign_add_email('spring sale', 'mail_b', after => 'ab.b',
         subject => '{{ coalesce(first_name, ''A'') }}, a word',
         body    => '<p>Your points: {{ score }}</p>');
\echo
\echo '-- After text a the graph forks: one branch counts the regulars …'
SELECT campaign_add_fork('spring sale', 'next', after => 'mail_a');
SELECT campaign_add_audience('spring sale', 'regulars', after => 'next',
         filter => '(SELECT count(*) FROM orders o WHERE o.customer_id = customers.id) >= 5');
\echo
\echo '-- … the other waits (three days in real life) and writes again to who has not come by.'
SELECT campaign_add_wait('spring sale', 'pause', after => 'next', duration => '2 seconds');
SELECT campaign_add_audience('spring sale', 'silent', after => 'pause',
         filter => $$ NOT EXISTS (SELECT FROM visits v WHERE v.customer_id = customers.id
                                    AND v.visited_at > now() - interval '30 days') $$);
SELECT campaign_add_email('spring sale', 'reminder', after => 'silent',
         subject => 'Last day, {{ coalesce(first_name, ''friend'') }}!',
         body    => '<p>Your {{ score }} points end today.</p>');
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
\echo '-- What the planner thinks of it, and what a test of all of it on the real data comes to.'
SELECT activity, outcome, estimated_rows, cost, advice FROM campaign_explain('spring sale');
\echo 'SELECT campaign_test(''spring sale'') AS test \\gset'
\set ECHO none
SELECT campaign_test('spring sale') AS test \gset
\set ECHO queries
SELECT campaign_wait(:test);
SELECT activity, state, rows_in, rows_out, elapsed FROM campaign.run_progress WHERE run_id = :test;
SELECT activity, status, count(*) FROM campaign.message WHERE run_id = :test GROUP BY 1, 2;

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
\echo '── 6. Watch it (campaign.run_progress, a sign per activity) ─────────────────────────'
\timing off
\set shown ''
\ir progress.sql
\set ECHO queries
\timing on
\echo
SELECT activity, kind, state, rows_in, rows_out, elapsed, bar
FROM campaign.run_progress WHERE run_id = :run;

\echo
\echo '── 7. The same graph, with what went through it ─────────────────────────────────────'
\pset tuples_only on
\pset format unaligned
SELECT campaign_graph('spring sale', run => :run);
\pset format aligned
\pset tuples_only off

\echo
\echo '── 8. A sender claims messages, rendered: here five, given back unsent ─────────────'
CREATE TEMPORARY TABLE sample AS SELECT * FROM campaign_claim('email', 5);
SELECT address, subject, body FROM sample;
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
\echo '── 10. What became of everybody ─────────────────────────────────────────────────────'
SELECT activity, status, attempts, error, count(*) AS messages
FROM campaign.message WHERE run_id = :run
GROUP BY activity, status, attempts, error ORDER BY activity, messages DESC;

SELECT activity, reason, count(*) AS people
FROM campaign.excluded WHERE run_id = :run
GROUP BY activity, reason ORDER BY activity, people DESC;
\echo
\echo '-- Nobody is lost: each one targeted is excluded for a reason or has a message, sent or failed.'
SELECT p.activity, p.rows_in AS targeted, e.excluded, m.queued, m.sent, m.failed,
       p.rows_in = e.excluded + m.queued AND m.queued = m.sent + m.failed AS adds_up
FROM campaign.run_progress p,
     LATERAL (SELECT count(*) AS excluded FROM campaign.excluded x
              WHERE x.run_id = p.run_id AND x.activity = p.activity) e,
     LATERAL (SELECT count(*) AS queued, count(*) FILTER (WHERE status = 'sent') AS sent,
                     count(*) FILTER (WHERE status = 'failed') AS failed
              FROM campaign.message x WHERE x.run_id = p.run_id AND x.activity = p.activity) m
WHERE p.run_id = :run AND p.kind = 'email';
\echo
\echo '-- The extension proves its promises from the data; what is broken would be a row.'
SELECT * FROM campaign_verify(:run);

\echo
\echo '── 11. What people do with their messages comes back as events; reports are views ───'
\echo
\echo '-- Providers call campaign_feedback; here chance does: opened, and a link clicked.'
SELECT recorded FROM campaign_feedback((
  SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', e.event,
                                      'at', clock_timestamp(), 'detail', e.detail))
  FROM campaign.message, LATERAL (VALUES
    ('delivered', NULL::jsonb, 1), ('opened', NULL, 3),
    ('clicked', jsonb_build_object('link', 'https://shop.example.org/' || message_id % 3), 9)
  ) AS e (event, detail, one_in)
  WHERE run_id = :run AND activity = 'reminder' AND status = 'sent'
    AND hashint8(message_id) % e.one_in = 0));
SELECT activity, targeted, excluded, queued, sent, delivered, opened_rate, clicked_rate
FROM campaign.report WHERE run_id = :run;
SELECT domain, queued, sent, failed, opened_rate FROM campaign.report_by_domain
WHERE run_id = :run AND activity = 'reminder' ORDER BY queued DESC LIMIT 5;
SELECT link, messages, clicks, clicked_rate FROM campaign.report_by_link WHERE run_id = :run ORDER BY link;
SELECT activity, queued, pending, leased, sent, failed FROM campaign.queue_status WHERE run_id = :run;

-- A demo that shows something wrong fails.
\set ECHO none
\timing off
SELECT (SELECT count(*) FROM campaign_verify(:run)) = 0 AND bool_and(state = 'succeeded') AS holds
FROM campaign.run_progress WHERE run_id = :run \gset
\if :holds
\else
DO 'BEGIN RAISE ''the run failed, or campaign_verify reports violations''; END';
\endif
