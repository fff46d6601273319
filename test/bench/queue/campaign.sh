# A campaign with one e-mail to everybody of a range of people.  The audience
# is computed before the clock starts: what is measured is the e-mail activity
# alone, from the end of a pause to the return of campaign_wait.
title=campaign

install() { echo "CREATE EXTENSION campaign; SELECT campaign_dimension('people', addresses => '{\"email\": \"address\"}')" | sql; }

prepare() {
	sql -v first="$1" -v last="$2" <<-'SQL'
		SELECT campaign_create('mail ' || :first, dimension => 'people');
		SELECT campaign_add_audience('mail ' || :first, 'everybody', filter => format('id BETWEEN %s AND %s', :first, :last));
		SELECT campaign_add_wait('mail ' || :first, 'a_moment', duration => '1 second', after => 'everybody');
		SELECT campaign_add_email('mail ' || :first, 'letter', subject => 'A letter', body => '{{ content }}', after => 'a_moment');
		SELECT campaign_publish('mail ' || :first);
		SELECT campaign_start('mail ' || :first) AS run \gset
		SELECT campaign_wait(:run) = 'waiting' AS waiting \gset
		\if :waiting
		\else
		DO 'BEGIN RAISE ''the run does not wait''; END';
		\endif
		SELECT campaign_pause(:run), pg_sleep(1.2);
	SQL
}

# Resumed, the run may still be seen to wait for its timer.
enqueue() {
	local run state
	run=$(value 'SELECT max(run_id) FROM campaign.run_progress')
	sql -c "SELECT campaign_resume($run)"
	while state=$(value "SELECT campaign_wait($run)") && [ "$state" = waiting ]; do :; done
	[ "$state" = succeeded ]
}

claim() {
	cat <<-'SQL'
		SELECT quote_literal(lease) AS lease, message_id, address, subject, body FROM campaign_claim('email', :batch) \aset
		SELECT campaign_ack(:lease);
	SQL
}

left_query="SELECT count(*) FROM campaign.message WHERE status <> 'sent'"
first_claim="SELECT message_id FROM campaign_claim('email', 1)"
