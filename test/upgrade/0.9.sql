-- A database of version 0.9 with a finished run, whose messages were sent, failed,
-- repeated, leased and left; one that waits for a person; a schedule, an audience,
-- a draft that differs from its version.  Table expected holds what the messages
-- were.  Written by pg_dump, but for the version; role upgrade_owner must exist.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE EXTENSION campaign SCHEMA public VERSION '0.9';
COMMENT ON EXTENSION campaign IS 'campaigns over tables: audiences, graphs of activities, a queue of messages';
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE campaign_data.a1_1 (
    id bigint NOT NULL
);
ALTER TABLE campaign_data.a1_1 OWNER TO upgrade_owner;
CREATE TABLE campaign_data.dispatch_1 (
    message_id bigint NOT NULL,
    delivery_id bigint NOT NULL,
    recipient text NOT NULL COLLATE pg_catalog."C",
    person text COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    variables text[]
);
ALTER TABLE campaign_data.dispatch_1 OWNER TO postgres;
COMMENT ON COLUMN campaign_data.dispatch_1.message_id IS 'epoch * 2^36 + a number; those of a chunk are consecutive';
COMMENT ON COLUMN campaign_data.dispatch_1.recipient IS 'key of the targeted row as text';
COMMENT ON COLUMN campaign_data.dispatch_1.person IS 'key of the person behind it; NULL where that is the recipient';
COMMENT ON COLUMN campaign_data.dispatch_1.variables IS 'values of the templates'' expressions, in their order';
CREATE TABLE campaign_data.event_1 (
    message_id bigint NOT NULL,
    delivery_id bigint NOT NULL,
    event text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    event_key uuid NOT NULL,
    detail jsonb,
    CONSTRAINT event_event_check CHECK ((event = ANY (ARRAY['delivered'::text, 'bounced'::text, 'opened'::text, 'clicked'::text, 'unsubscribed'::text, 'complained'::text, 'converted'::text])))
);
ALTER TABLE campaign_data.event_1 OWNER TO postgres;
COMMENT ON COLUMN campaign_data.event_1.event IS 'delivered, bounced, opened, clicked, unsubscribed, complained or converted';
COMMENT ON COLUMN campaign_data.event_1.at IS 'when it happened';
COMMENT ON COLUMN campaign_data.event_1.event_key IS 'hash by which a repetition is known';
COMMENT ON COLUMN campaign_data.event_1.detail IS 'what was said about it: id, type, link, value and others';
CREATE TABLE campaign_data.r2_2_1 (
    id bigint NOT NULL
);
ALTER TABLE campaign_data.r2_2_1 OWNER TO upgrade_owner;
CREATE TABLE public.answers (
    run bigint
);
ALTER TABLE public.answers OWNER TO upgrade_owner;
CREATE TABLE public.customers (
    id bigint NOT NULL,
    email text,
    score integer,
    opted_in boolean
);
ALTER TABLE public.customers OWNER TO upgrade_owner;
CREATE TABLE public.expected (
    run_id bigint,
    activity text COLLATE pg_catalog."C",
    message_id bigint,
    recipient text COLLATE pg_catalog."C",
    status text COLLATE pg_catalog."C"
);
ALTER TABLE public.expected OWNER TO upgrade_owner;
ALTER TABLE ONLY campaign.dispatch ATTACH PARTITION campaign_data.dispatch_1 FOR VALUES FROM ('68719476736') TO ('137438953472');
ALTER TABLE ONLY campaign.event ATTACH PARTITION campaign_data.event_1 FOR VALUES FROM ('68719476736') TO ('137438953472');
COPY campaign.campaign (campaign_id, name, owner, owner_name, dimension, description, status, settings, created_at) FROM stdin;
1	finished	16384	upgrade_owner	customers	\N	published	{}	2026-11-22 23:21:16.365639+00
2	waiting	16384	upgrade_owner	customers	\N	published	{}	2026-11-22 23:21:16.414544+00
\.
COPY campaign.version (version_id, campaign_id, number, hash, definition, dimensions, rules, published_at, published_by) FROM stdin;
1	1	0	\N	\N	\N	\N	\N	\N
2	1	1	\\xc6b4d6f9e76d9d90cd07421e5ba5d776265fa011213f7c0a8aec32de62928c56	{"name": "finished", "settings": {}, "dimension": "customers", "activities": [{"kind": "audience", "name": "all", "options": {"filter": "score < 8"}, "search_path": "public, pg_temp"}, {"kind": "email", "name": "mail", "options": {"body": "You have {{ score }}.", "subject": "Hello {{ id }}"}, "search_path": "public, pg_temp"}], "description": null, "transitions": [{"source": "all", "target": "mail", "outcome": "result"}]}	{"customers": {"key": ["id"], "name": "customers", "owner": "16384", "consent": {"email": "opted_in"}, "profile": null, "language": null, "relation": "18307", "addresses": {"sms": "id::text", "email": "email"}, "time_zone": null, "owner_name": "upgrade_owner", "search_path": "public, pg_temp", "relation_name": "public.customers", "profile_dimension": null}}	[{"kind": "pressure", "name": "cap", "rule_id": 1, "settings": {"per": "30 days", "always": true, "messages": 9}, "search_path": "public, pg_temp"}]	2026-11-22 23:21:16.36979+00	upgrade_owner
3	2	0	\N	\N	\N	\N	\N	\N
4	2	1	\\xa684909c559baf917df3ead96168501b5060f107e69fe97bacd817bf8f4cdbd2	{"name": "waiting", "settings": {}, "dimension": "customers", "activities": [{"kind": "audience", "name": "all", "options": {"filter": "score < 6"}, "search_path": "public, pg_temp"}, {"kind": "split", "name": "ab", "options": {"outcomes": [{"name": "a", "percent": 50}, {"name": "b"}]}, "search_path": "public, pg_temp"}, {"kind": "approval", "name": "asked", "options": {"roles": "upgrade_owner", "answers": "yes, no", "question": "Go on?"}, "search_path": "public, pg_temp"}, {"kind": "email", "name": "mail_a", "options": {"body": "{{ score }}", "subject": "A"}, "search_path": "public, pg_temp"}, {"kind": "email", "name": "mail_b", "options": {"body": "{{ score }}", "subject": "B"}, "search_path": "public, pg_temp"}, {"kind": "save_audience", "name": "kept", "options": {"audience": "b_people"}, "search_path": "public, pg_temp"}], "description": null, "transitions": [{"source": "all", "target": "ab", "outcome": "result"}, {"source": "ab", "target": "asked", "outcome": "a"}, {"source": "asked", "target": "mail_a", "outcome": "yes"}, {"source": "ab", "target": "mail_b", "outcome": "b"}, {"source": "mail_b", "target": "kept", "outcome": "result"}]}	{"customers": {"key": ["id"], "name": "customers", "owner": "16384", "consent": {"email": "opted_in"}, "profile": null, "language": null, "relation": "18307", "addresses": {"sms": "id::text", "email": "email"}, "time_zone": null, "owner_name": "upgrade_owner", "search_path": "public, pg_temp", "relation_name": "public.customers", "profile_dimension": null}}	[{"kind": "pressure", "name": "cap", "rule_id": 1, "settings": {"per": "30 days", "always": true, "messages": 9}, "search_path": "public, pg_temp"}]	2026-11-22 23:21:16.418272+00	upgrade_owner
\.
COPY campaign.activity (version_id, name, "position", kind, options, search_path, objects) FROM stdin;
1	all	1	audience	{"filter": "score < 8"}	public, pg_temp	\N
1	mail	2	email	{"body": "You have {{ score }}.", "subject": "Hello {{ id }}"}	public, pg_temp	\N
2	all	1	audience	{"filter": "score < 8"}	public, pg_temp	{"relation public.customers kind r owner upgrade_owner"}
2	mail	2	email	{"body": "You have {{ score }}.", "subject": "Hello {{ id }}"}	public, pg_temp	{"relation public.customers kind r owner upgrade_owner"}
3	all	1	audience	{"filter": "score < 6"}	public, pg_temp	\N
3	ab	2	split	{"outcomes": [{"name": "a", "percent": 50}, {"name": "b"}]}	public, pg_temp	\N
3	asked	3	approval	{"roles": "upgrade_owner", "answers": "yes, no", "question": "Go on?"}	public, pg_temp	\N
3	mail_b	5	email	{"body": "{{ score }}", "subject": "B"}	public, pg_temp	\N
3	kept	6	save_audience	{"audience": "b_people"}	public, pg_temp	\N
4	all	1	audience	{"filter": "score < 6"}	public, pg_temp	{"relation public.customers kind r owner upgrade_owner"}
4	ab	2	split	{"outcomes": [{"name": "a", "percent": 50}, {"name": "b"}]}	public, pg_temp	{}
4	asked	3	approval	{"roles": "upgrade_owner", "answers": "yes, no", "question": "Go on?"}	public, pg_temp	{}
4	mail_a	4	email	{"body": "{{ score }}", "subject": "A"}	public, pg_temp	{"relation public.customers kind r owner upgrade_owner"}
4	mail_b	5	email	{"body": "{{ score }}", "subject": "B"}	public, pg_temp	{"relation public.customers kind r owner upgrade_owner"}
4	kept	6	save_audience	{"audience": "b_people"}	public, pg_temp	{}
3	mail_a	4	email	{"body": "{{ score }}", "subject": "A, again"}	public, pg_temp	\N
\.
COPY campaign.run (run_id, uuid, campaign_id, version_id, state, home, epoch, variables, started_by, started_at, ended_at, occurrence) FROM stdin;
1	45a0d40a-be8e-4ac2-a5fb-b71cd9d22cec	1	2	succeeded	7711139681303808309/17690	1	{}	upgrade_owner	2026-11-22 23:21:16.375913+00	2026-11-22 23:21:16.399358+00	\N
2	06b1fb5f-587c-464d-9e3b-c3d17ffcf161	2	4	waiting	7711139681303808309/17690	1	{}	upgrade_owner	2026-11-22 23:21:16.41951+00	\N	\N
\.
COPY campaign.approval (approval_id, run_id, activity, question, answers, roles, all_answer, asked_at, reminded_at, deadline, default_answer, votes, answer, answered_at) FROM stdin;
1	2	asked	Go on?	{yes,no}	{upgrade_owner}	f	2026-11-22 23:21:16.435616+00	2026-11-22 23:21:16.435616+00	infinity	\N	[]	\N	\N
\.
COPY campaign.audience (audience_id, name, owner, owner_name) FROM stdin;
1	b_people	16384	upgrade_owner
\.
COPY campaign.audience_version (audience_id, number, population, dimension, mode, rows, run_id, activity, campaign, saved_at) FROM stdin;
1	1	a1_1	customers	overwrite	11	2	kept	waiting	2026-11-22 23:21:16.444717+00
\.
COPY campaign.channel (name, kind, settings) FROM stdin;
\.
COPY campaign.delivery (delivery_id, run_id, activity, channel, targeted, excluded, queued, confirmed, decide_at, winner, lanes, drained, passed_due, passed_chunk) FROM stdin;
1	1	mail	email	32	4	28	t	\N	\N	{""}	f	2026-11-22 23:21:16.393506+00	1
2	2	mail_b	email	11	0	11	t	\N	\N	{""}	f	-infinity	0
\.
COPY campaign.chunk (chunk_id, delivery_id, first_id, last_id, first_recipient, last_recipient, first_block, last_block, edition, domain, send_at, due_at, expires_at, settled, lease, holder, leased_until, attempts, results) FROM stdin;
2	1	68719477736	68719477745	1	6	0	0	0		2026-11-22 23:21:16.393506+00	2026-11-22 23:21:16.393506+00	\N	t	d0b44d3b-e32f-41dc-b7f5-7f1c3f3e104d	16384	2026-11-22 23:21:16.411013+00	1	\\x72667373737373737373
3	1	68719477736	68719477736	1	1	0	0	0		2026-11-22 23:21:16.393506+00	2026-11-22 23:21:16.410881+00	\N	f	\N	\N	\N	1	\N
1	1	68719477749	68719477763	1	6	0	0	0		2026-11-22 23:21:16.393506+00	2026-11-22 23:21:16.393506+00	\N	f	\N	\N	\N	0	\N
4	1	68719477746	68719477748	1	6	0	0	0		2026-11-22 23:21:16.393506+00	2026-11-22 23:21:16.393506+00	\N	f	b446086f-c6d3-4dd0-a231-1eecb7b12955	16384	2026-11-23 00:21:16.413857+00	1	\N
5	2	68719478736	68719478746	1	5	0	0	0		2026-11-22 23:21:16.437555+00	2026-11-22 23:21:16.437555+00	\N	f	\N	\N	\N	0	\N
\.
COPY campaign.rule (rule_id, name, owner, owner_name, kind, settings, search_path) FROM stdin;
1	cap	16384	upgrade_owner	pressure	{"per": "30 days", "always": true, "messages": 9}	public, pg_temp
\.
COPY campaign.contact (rule_id, delivery_id, first_id, last_id, contacted_at, weight, subjects) FROM stdin;
1	1	68719477736	68719477763	2026-11-22 23:21:16.393506+00	100	{-8354590899877522159,-7248001555676952001,-5881686042362170951,6595650113696583936,1018350046213825740,-1979889098574066669,-3316917660552129291,-4158759439705177029,-1645330275616355780,3575327494612469186,5723188962892121339,5435250538078730812,-1894847484812845270,-1207159076162953043,-7361073123800940888,-8659807375437821000,-8829289116631135265,77408248540613921,-6618004779322905762,988711323108084426,5808158805522490105,152160730422113838,7661630156756615599,3130025233258294139,-4261710695413948062,-8412946091264250475,-6367326328215484146,-2350969482343751490}
1	2	68719478736	68719478746	2026-11-22 23:21:16.437555+00	100	{-8354590899877522159,-5881686042362170951,1018350046213825740,-3316917660552129291,-4158759439705177029,-1645330275616355780,3575327494612469186,5723188962892121339,-7361073123800940888,-8829289116631135265,-2350969482343751490}
\.
COPY campaign.dimension (dimension_id, name, owner, owner_name, relation, relation_name, key, addresses, consent, time_zone, language, profile, profile_dimension, search_path) FROM stdin;
1	customers	16384	upgrade_owner	18307	public.customers	{id}	{"sms": "id::text", "email": "email"}	{"email": "opted_in"}	\N	\N	\N	\N	public, pg_temp
\.
COPY campaign.epoch (epoch_id, month, partition) FROM stdin;
1	2026-11-01	dispatch_1
\.
COPY campaign.exclusion (delivery_id, recipient, person, reason) FROM stdin;
1	7	\N	no_consent
1	14	\N	no_consent
1	21	\N	no_consent
1	35	\N	no_consent
\.
COPY campaign.flow (run_id, source, outcome, rows, dimension, population, active) FROM stdin;
1	all	rejected	0	customers	\N	t
1	all	result	32	customers	\N	t
1	mail	result	32	customers	\N	t
2	all	rejected	0	customers	\N	t
2	ab	a	13	customers	r2_2_1	t
2	all	result	24	customers	\N	t
2	ab	b	11	customers	\N	t
2	mail_b	result	11	customers	\N	t
2	kept	result	11	customers	\N	t
\.
COPY campaign.hold (held, held_at, role_name, reason) FROM stdin;
\.
COPY campaign.log (log_id, logged_at, role_name, owner, campaign, run_id, activity, event, old_state, new_state, message, sqlstate) FROM stdin;
1	2026-11-22 23:21:16.36643+00	upgrade_owner	16384	finished	\N	\N	define	\N	\N	created	\N
2	2026-11-22 23:21:16.367524+00	upgrade_owner	16384	finished	\N	all	define	\N	\N	added	\N
3	2026-11-22 23:21:16.368627+00	upgrade_owner	16384	finished	\N	mail	define	\N	\N	added	\N
4	2026-11-22 23:21:16.371028+00	upgrade_owner	16384	finished	\N	\N	move	draft	published	\N	\N
5	2026-11-22 23:21:16.371056+00	upgrade_owner	16384	finished	\N	\N	publish	\N	\N	version 1	\N
6	2026-11-22 23:21:16.37659+00	upgrade_owner	16384	finished	1	\N	start	\N	\N	version 1	\N
7	2026-11-22 23:21:16.387421+00	upgrade_owner	16384	finished	1	\N	move	pending	running	\N	\N
8	2026-11-22 23:21:16.39121+00	upgrade_owner	16384	finished	1	all	move	ready	succeeded	\N	\N
9	2026-11-22 23:21:16.392074+00	upgrade_owner	16384	finished	1	mail	move	pending	ready	\N	\N
10	2026-11-22 23:21:16.39912+00	upgrade_owner	16384	finished	1	mail	move	ready	succeeded	\N	\N
11	2026-11-22 23:21:16.39938+00	upgrade_owner	16384	finished	1	\N	move	running	succeeded	\N	\N
12	2026-11-22 23:21:16.414724+00	upgrade_owner	16384	waiting	\N	\N	define	\N	\N	created	\N
13	2026-11-22 23:21:16.415163+00	upgrade_owner	16384	waiting	\N	all	define	\N	\N	added	\N
14	2026-11-22 23:21:16.415643+00	upgrade_owner	16384	waiting	\N	ab	define	\N	\N	added	\N
15	2026-11-22 23:21:16.416103+00	upgrade_owner	16384	waiting	\N	asked	define	\N	\N	added	\N
16	2026-11-22 23:21:16.416599+00	upgrade_owner	16384	waiting	\N	mail_a	define	\N	\N	added	\N
17	2026-11-22 23:21:16.417105+00	upgrade_owner	16384	waiting	\N	mail_b	define	\N	\N	added	\N
18	2026-11-22 23:21:16.417578+00	upgrade_owner	16384	waiting	\N	kept	define	\N	\N	added	\N
19	2026-11-22 23:21:16.419017+00	upgrade_owner	16384	waiting	\N	\N	move	draft	published	\N	\N
20	2026-11-22 23:21:16.419036+00	upgrade_owner	16384	waiting	\N	\N	publish	\N	\N	version 1	\N
21	2026-11-22 23:21:16.419804+00	upgrade_owner	16384	waiting	2	\N	start	\N	\N	version 1	\N
22	2026-11-22 23:21:16.42486+00	upgrade_owner	16384	waiting	2	\N	move	pending	running	\N	\N
23	2026-11-22 23:21:16.428897+00	upgrade_owner	16384	waiting	2	all	move	ready	succeeded	\N	\N
24	2026-11-22 23:21:16.429835+00	upgrade_owner	16384	waiting	2	ab	move	pending	ready	\N	\N
25	2026-11-22 23:21:16.432242+00	upgrade_owner	16384	waiting	2	ab	move	ready	succeeded	\N	\N
26	2026-11-22 23:21:16.43307+00	upgrade_owner	16384	waiting	2	asked	move	pending	ready	\N	\N
27	2026-11-22 23:21:16.433345+00	upgrade_owner	16384	waiting	2	mail_b	move	pending	ready	\N	\N
28	2026-11-22 23:21:16.435837+00	upgrade_owner	16384	waiting	2	asked	approval	\N	\N	Go on?	\N
29	2026-11-22 23:21:16.436257+00	upgrade_owner	16384	waiting	2	asked	move	ready	waiting	\N	\N
30	2026-11-22 23:21:16.442723+00	upgrade_owner	16384	waiting	2	mail_b	move	ready	succeeded	\N	\N
31	2026-11-22 23:21:16.44313+00	upgrade_owner	16384	waiting	2	kept	move	pending	ready	\N	\N
32	2026-11-22 23:21:16.44513+00	upgrade_owner	16384	waiting	2	kept	move	ready	succeeded	\N	\N
33	2026-11-22 23:21:16.445368+00	upgrade_owner	16384	waiting	2	\N	move	running	waiting	\N	\N
34	2026-11-22 23:21:16.451421+00	upgrade_owner	16384	finished	\N	\N	schedule	\N	\N	every day at 09:00 in UTC	\N
35	2026-11-22 23:21:16.452032+00	upgrade_owner	16384	waiting	\N	mail_a	define	\N	\N	altered	\N
\.
COPY campaign.lost_lease (lease, holder, lost_at) FROM stdin;
\.
COPY campaign.origin (system) FROM stdin;
7711139681303808309
\.
COPY campaign.outcome (message_id, attempt, delivery_id, status, reason, settled_at) FROM stdin;
68719477736	1	1	retried	full	2026-11-22 23:21:16.411013+00
68719477737	1	1	failed	gone	2026-11-22 23:21:16.411013+00
\.
COPY campaign.parked_event (parked_at, role, message_id, event, at, detail) FROM stdin;
\.
COPY campaign.schedule (campaign_id, schedule, meaning, home, next_at, launched, scheduled_at) FROM stdin;
1	{"at": "09:00", "frequency": "daily", "time_zone": "UTC"}	every day at 09:00 in UTC	7711139681303808309/17690	2026-11-23 09:00:00+00	0	2026-11-22 23:21:16.451287+00
\.
COPY campaign.secret (sole, secret) FROM stdin;
\.
COPY campaign.signal (signal_id, run_id, name, payload, sent_by, sent_at) FROM stdin;
\.
COPY campaign.soft_bounce (channel, address_hash, bounces) FROM stdin;
\.
COPY campaign.suppression (channel, address_hash, address, reason, role_name, suppressed_at) FROM stdin;
email	c393483a-e827-e691-b1f8-f8a5d93aaa5f	c4@example.com	unsubscribed	upgrade_owner	2026-11-22 23:21:16.413515+00
\.
COPY campaign.task (run_id, activity, "position", state, due_at, follow_at, hurried, attempts, rows_in, overlap, started_at, ended_at, sqlstate, error, detail, hint) FROM stdin;
1	all	1	succeeded	2026-11-22 23:21:16.376351+00	\N	f	0	\N	\N	2026-11-22 23:21:16.387518+00	2026-11-22 23:21:16.390661+00	\N	\N	\N	\N
1	mail	2	succeeded	2026-11-22 23:21:16.39173+00	\N	f	0	32	\N	2026-11-22 23:21:16.392445+00	2026-11-22 23:21:16.398744+00	\N	\N	\N	\N
2	mail_a	4	pending	\N	\N	f	0	\N	\N	\N	\N	\N	\N	\N	\N
2	all	1	succeeded	2026-11-22 23:21:16.419694+00	\N	f	0	\N	\N	2026-11-22 23:21:16.424963+00	2026-11-22 23:21:16.428285+00	\N	\N	\N	\N
2	ab	2	succeeded	2026-11-22 23:21:16.429508+00	\N	f	0	24	\N	2026-11-22 23:21:16.43015+00	2026-11-22 23:21:16.431853+00	\N	\N	\N	\N
2	asked	3	waiting	infinity	\N	f	0	13	\N	2026-11-22 23:21:16.435022+00	\N	\N	\N	\N	\N
2	mail_b	5	succeeded	2026-11-22 23:21:16.433104+00	\N	f	0	11	\N	2026-11-22 23:21:16.436481+00	2026-11-22 23:21:16.442598+00	\N	\N	\N	\N
2	kept	6	succeeded	2026-11-22 23:21:16.443041+00	\N	f	0	11	\N	2026-11-22 23:21:16.443412+00	2026-11-22 23:21:16.445019+00	\N	\N	\N	\N
\.
COPY campaign.template (template_id, name, number, owner, owner_name, channel, parts, description, created_at) FROM stdin;
1	word	1	16384	upgrade_owner	\N	{"body": "a word"}	\N	2026-11-22 23:21:16.364579+00
\.
COPY campaign.throttle (bucket, slice, counts) FROM stdin;
\.
COPY campaign.transition (version_id, source, outcome, target, "position") FROM stdin;
1	all	result	mail	1
2	all	result	mail	1
3	all	result	ab	1
3	ab	a	asked	2
3	asked	yes	mail_a	3
3	ab	b	mail_b	4
3	mail_b	result	kept	5
4	all	result	ab	1
4	ab	a	asked	2
4	asked	yes	mail_a	3
4	ab	b	mail_b	4
4	mail_b	result	kept	5
\.
COPY campaign_data.a1_1 (id) FROM stdin;
1
3
5
10
11
12
13
15
22
24
40
\.
COPY campaign_data.dispatch_1 (message_id, delivery_id, recipient, person, address, variables) FROM stdin;
68719477736	1	1	\N	c1@example.com	{1,1}
68719477737	1	2	\N	c2@example.com	{2,2}
68719477738	1	3	\N	c3@example.com	{3,3}
68719477739	1	4	\N	c4@example.com	{4,4}
68719477740	1	5	\N	c5@example.com	{5,5}
68719477741	1	6	\N	c6@example.com	{6,6}
68719477742	1	10	\N	c10@example.com	{10,0}
68719477743	1	11	\N	c11@example.com	{11,1}
68719477744	1	12	\N	c12@example.com	{12,2}
68719477745	1	13	\N	c13@example.com	{13,3}
68719477746	1	15	\N	c15@example.com	{15,5}
68719477747	1	16	\N	c16@example.com	{16,6}
68719477748	1	17	\N	c17@example.com	{17,7}
68719477749	1	20	\N	c20@example.com	{20,0}
68719477750	1	22	\N	c22@example.com	{22,2}
68719477751	1	23	\N	c23@example.com	{23,3}
68719477752	1	24	\N	c24@example.com	{24,4}
68719477753	1	25	\N	c25@example.com	{25,5}
68719477754	1	26	\N	c26@example.com	{26,6}
68719477755	1	27	\N	c27@example.com	{27,7}
68719477756	1	30	\N	c30@example.com	{30,0}
68719477757	1	31	\N	c31@example.com	{31,1}
68719477758	1	32	\N	c32@example.com	{32,2}
68719477759	1	33	\N	c33@example.com	{33,3}
68719477760	1	34	\N	c34@example.com	{34,4}
68719477761	1	36	\N	c36@example.com	{36,6}
68719477762	1	37	\N	c37@example.com	{37,7}
68719477763	1	40	\N	c40@example.com	{40,0}
68719478736	2	1	\N	c1@example.com	{1}
68719478737	2	3	\N	c3@example.com	{3}
68719478738	2	5	\N	c5@example.com	{5}
68719478739	2	10	\N	c10@example.com	{0}
68719478740	2	11	\N	c11@example.com	{1}
68719478741	2	12	\N	c12@example.com	{2}
68719478742	2	13	\N	c13@example.com	{3}
68719478743	2	15	\N	c15@example.com	{5}
68719478744	2	22	\N	c22@example.com	{2}
68719478745	2	24	\N	c24@example.com	{4}
68719478746	2	40	\N	c40@example.com	{0}
\.
COPY campaign_data.event_1 (message_id, delivery_id, event, at, event_key, detail) FROM stdin;
68719477738	1	opened	2026-11-22 23:21:16.411544+00	87f25a0d-985a-48fd-f1a7-4cb5cb99940e	\N
68719477739	1	unsubscribed	2026-11-22 23:21:16.411544+00	c0419061-0546-bd1d-befc-c4b0949d82cc	\N
\.
COPY campaign_data.r2_2_1 (id) FROM stdin;
2
4
14
20
21
23
25
30
31
32
33
34
35
\.
COPY public.answers (run) FROM stdin;
\.
COPY public.customers (id, email, score, opted_in) FROM stdin;
1	c1@example.com	1	t
2	c2@example.com	2	t
3	c3@example.com	3	t
4	c4@example.com	4	t
5	c5@example.com	5	t
6	c6@example.com	6	t
7	c7@example.com	7	f
8	c8@example.com	8	t
9	c9@example.com	9	t
10	c10@example.com	0	t
11	c11@example.com	1	t
12	c12@example.com	2	t
13	c13@example.com	3	t
14	c14@example.com	4	f
15	c15@example.com	5	t
16	c16@example.com	6	t
17	c17@example.com	7	t
18	c18@example.com	8	t
19	c19@example.com	9	t
20	c20@example.com	0	t
21	c21@example.com	1	f
22	c22@example.com	2	t
23	c23@example.com	3	t
24	c24@example.com	4	t
25	c25@example.com	5	t
26	c26@example.com	6	t
27	c27@example.com	7	t
28	c28@example.com	8	f
29	c29@example.com	9	t
30	c30@example.com	0	t
31	c31@example.com	1	t
32	c32@example.com	2	t
33	c33@example.com	3	t
34	c34@example.com	4	t
35	c35@example.com	5	f
36	c36@example.com	6	t
37	c37@example.com	7	t
38	c38@example.com	8	t
39	c39@example.com	9	t
40	c40@example.com	0	t
\.
COPY public.expected (run_id, activity, message_id, recipient, status) FROM stdin;
1	mail	68719477736	1	pending
1	mail	68719477737	2	failed
1	mail	68719477738	3	sent
1	mail	68719477739	4	sent
1	mail	68719477740	5	sent
1	mail	68719477741	6	sent
1	mail	68719477742	10	sent
1	mail	68719477743	11	sent
1	mail	68719477744	12	sent
1	mail	68719477745	13	sent
1	mail	68719477746	15	leased
1	mail	68719477747	16	leased
1	mail	68719477748	17	leased
1	mail	68719477749	20	pending
1	mail	68719477750	22	pending
1	mail	68719477751	23	pending
1	mail	68719477752	24	pending
1	mail	68719477753	25	pending
1	mail	68719477754	26	pending
1	mail	68719477755	27	pending
1	mail	68719477756	30	pending
1	mail	68719477757	31	pending
1	mail	68719477758	32	pending
1	mail	68719477759	33	pending
1	mail	68719477760	34	pending
1	mail	68719477761	36	pending
1	mail	68719477762	37	pending
1	mail	68719477763	40	pending
2	mail_b	68719478736	1	pending
2	mail_b	68719478737	3	pending
2	mail_b	68719478738	5	pending
2	mail_b	68719478739	10	pending
2	mail_b	68719478740	11	pending
2	mail_b	68719478741	12	pending
2	mail_b	68719478742	13	pending
2	mail_b	68719478743	15	pending
2	mail_b	68719478744	22	pending
2	mail_b	68719478745	24	pending
2	mail_b	68719478746	40	pending
\.
SELECT pg_catalog.setval('campaign.approval_approval_id_seq', 1, true);
SELECT pg_catalog.setval('campaign.audience_audience_id_seq', 1, true);
SELECT pg_catalog.setval('campaign.campaign_campaign_id_seq', 2, true);
SELECT pg_catalog.setval('campaign.chunk_chunk_id_seq', 5, true);
SELECT pg_catalog.setval('campaign.delivery_delivery_id_seq', 2, true);
SELECT pg_catalog.setval('campaign.dimension_dimension_id_seq', 1, true);
SELECT pg_catalog.setval('campaign.epoch_epoch_id_seq', 1, true);
SELECT pg_catalog.setval('campaign.log_log_id_seq', 35, true);
SELECT pg_catalog.setval('campaign.message_number', 2, true);
SELECT pg_catalog.setval('campaign.rule_rule_id_seq', 1, true);
SELECT pg_catalog.setval('campaign.run_run_id_seq', 2, true);
SELECT pg_catalog.setval('campaign.signal_signal_id_seq', 1, false);
SELECT pg_catalog.setval('campaign.template_template_id_seq', 1, true);
SELECT pg_catalog.setval('campaign.version_version_id_seq', 4, true);
ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);
CREATE INDEX dispatch_1_message_id_idx ON campaign_data.dispatch_1 USING brin (message_id) WITH (pages_per_range='32');
CREATE INDEX event_1_delivery_id_event_message_id_idx ON campaign_data.event_1 USING btree (delivery_id, event, message_id);
CREATE UNIQUE INDEX event_1_message_id_event_event_key_idx ON campaign_data.event_1 USING btree (message_id, event, event_key);
ALTER TABLE campaign_data.dispatch_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaign_data.event_1 ENABLE ROW LEVEL SECURITY;
GRANT CREATE ON SCHEMA public TO upgrade_owner;
GRANT USAGE ON SCHEMA campaign TO upgrade_owner;
