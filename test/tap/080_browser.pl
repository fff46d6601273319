# If this failed, the page of a run would not work in a browser, would ask for
# something outside of it, or would execute what a user has written.
use strict;
use warnings;
use lib 'test/tap';
use CampaignBrowser;
use CampaignServer;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no chromium: pages are not tested' unless CampaignBrowser::program();

my $folder = PostgreSQL::Test::Utils::tempdir('browser');
my $browser = CampaignBrowser->new($folder);
my $node = start_server('browser');

# Writes a page to a file and gives its path.
sub write_page
{
	my ($name, $arguments) = @_;
	my $path = "$folder/$name.html";
	open my $file, '>:raw', $path or die "$path: $!";
	print $file $node->safe_psql('shop', "SET SESSION AUTHORIZATION owner; SELECT campaign_graph($arguments)");
	close $file;
	return $path;
}

# Where the middle of an element is.
sub middle
{
	my ($selector) = @_;
	return @{ $browser->value("(() => { const at = document.querySelector('$selector').getBoundingClientRect();
		return [at.x + at.width / 2, at.y + at.height / 2]; })()") };
}

# The activity that is shown: what the part of the page says that is not hidden.
sub shown
{
	return $browser->value(q{[...document.querySelectorAll('#details section')].filter(s => s.offsetParent)
		.map(s => s.innerText).join('|')});
}

# What of the page can be seen of the picture: x, y, width, height.
sub view { return split / /, $browser->value(q{document.querySelector('svg').getAttribute('viewBox')}) }

# Activities that are not wholly in the frame.
my $outside = q{(() => { const all = document.querySelector('#frame').getBoundingClientRect();
	return [...document.querySelectorAll('[data-activity]')].filter(box => { const at = box.getBoundingClientRect();
		return at.left < all.left || at.right > all.right || at.top < all.top || at.bottom > all.bottom; }).length; })()};

# Texts with too little contrast, by the formula of WCAG 2.1.
my $faint = q{(() => {
	const rgb = text => text.match(/[\d.]+/g).map(Number);
	const light = text => rgb(text).slice(0, 3).map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const ground = e => { for (; e; e = e.parentElement) {
		const box = e.matches('.c-activity') && e.querySelector('.c-box');
		const colour = box ? getComputedStyle(box).fill : getComputedStyle(e).backgroundColor;
		if (rgb(colour)[3] !== 0) return colour; } return 'rgb(255, 255, 255)'; };
	const faint = new Set;
	document.querySelectorAll('[data-details]').forEach(s => s.hidden = false);
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement, style = getComputedStyle(e);
		if (!texts.currentNode.data.trim() || ['script', 'style', 'title', 'desc'].includes(e.localName)) continue;
		const [a, b] = [light(e instanceof SVGElement ? style.fill : style.color), light(ground(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) faint.add(`${e.className.baseVal ?? e.className} ${ratio.toFixed(2)} ${texts.currentNode.data.slice(0, 20)}`);
	}
	return [...faint].join(', '); })()};

my $hostile = qq{x "</script><script>window.run = 1; console.log('ran')</script> <img src=x onerror=window.run=1> '&amp; ]]> --> }
  . qq{\xe2\x80\xae\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xf0\x9f\x98\x80 <a href=javascript:window.run=1>};
(my $quoted = $hostile) =~ s/'/''/g;

$node->safe_psql('shop', <<"SQL");
SET client_min_messages = warning;
SET SESSION AUTHORIZATION owner;
SELECT campaign_create('$quoted', dimension => 'customers', description => '$quoted');
SELECT campaign_add_audience('$quoted', 'everybody', filter => \$f\$true /* $hostile */ AND '$quoted' <> ''\$f\$);
SELECT campaign_add_split('$quoted', 'parts', after => 'everybody', outcomes => '[{"name": "few", "percent": 50}, {"name": "others"}]');
SELECT campaign_add_email('$quoted', 'mail', after => 'parts.few', category => 'transactional', subject => \$f\$$hostile\$f\$, body => repeat('long <b> ', 12000));
SELECT campaign_add_wait('$quoted', 'pause', after => 'mail', duration => '1 year');
SELECT campaign_add_audience('$quoted', 'broken', after => 'parts.others', filter => \$f\$(id || '$quoted')::integer > 0\$f\$);
SELECT campaign_add_join('$quoted', 'both', after => 'pause, broken');
SELECT campaign_publish('$quoted');
SQL
my $run = start_run($node, $quoted);
wait_for($node, $run, 'failed', 'a run that fails');
$node->safe_psql('shop', <<"SQL");
SET SESSION AUTHORIZATION owner;
CREATE TEMPORARY TABLE batch AS SELECT * FROM campaign_claim('email', 10);
SELECT campaign_ack(lease) FROM (SELECT DISTINCT lease FROM batch) b;
SELECT campaign_feedback((SELECT jsonb_agg(jsonb_build_object('message_id', message_id, 'event', 'clicked',
	'detail', jsonb_build_object('link', 'https://example.com/' || \$f\$$hostile\$f\$))) FROM batch));
SELECT campaign_define(jsonb_build_object('name', 'wide', 'dimension', 'customers',
	'activities', (SELECT jsonb_agg(jsonb_build_object('name', 'activity_' || n, 'kind', CASE n WHEN 1 THEN 'audience' ELSE 'fork' END)) FROM generate_series(1, 200) n),
	'transitions', (SELECT jsonb_agg(jsonb_build_object('source', 'activity_' || greatest(1, n - 1 - n * 7919 % 9), 'outcome', 'result', 'target', 'activity_' || n)) FROM generate_series(2, 200) n)));
SQL

my %page = (run => write_page('run', "'$quoted', 'html', $run"), wide => write_page('wide', "'wide', 'html'"));
my %activities = (run => 6, wide => 200);
my %scheme = (390 => 'light', 900 => 'dark', 1440 => 'light');
my %height = (390 => 800, 900 => 1100, 1440 => 900);

foreach my $name (sort keys %page)
{
	foreach my $width (sort { $a <=> $b } keys %scheme)
	{
		$browser->look($width, $height{$width}, scheme => $scheme{$width});
		$browser->load($page{$name});
		is(join("\n", $browser->complaints), '', "$name at $width: the console is silent");
		is(join(' ', $browser->requests), "file://$page{$name}", "$name at $width: nothing else is asked for");
		is($browser->value(q{document.documentElement.scrollWidth - innerWidth}), 0, "$name at $width: nothing sticks out");
		is($browser->value(q{document.querySelectorAll('svg .c-activity').length + ' ' + document.querySelectorAll('[data-details]').length}),
			"$activities{$name} $activities{$name}", "$name at $width: all activities");
		is($browser->value($faint), '', "$name at $width: what is written can be read, $scheme{$width}");
	}
}

note 'the page of a run';
$browser->look(1440, 900);
$browser->load($page{run});
is($browser->value('window.run === undefined'), 1, 'nothing of what users wrote is executed');
is($browser->value('document.title + document.querySelectorAll("script, img, a").length'),
	$browser->value('document.querySelector("h1").textContent') . " (run $run)1", 'it is text');
like($browser->value('document.querySelector("h1").textContent'), qr/^x "<\/script><script>.*onerror/, 'as it was written');
is($browser->value(q{[...document.querySelectorAll('table')].map(t => t.id + (t.tBodies[0].rows.length > 0)).join(' ')}),
	'deliveriestrue funneltrue hourstrue linkstrue flowtrue timelinetrue', 'its tables have rows');
is($browser->value(q{[...document.querySelectorAll('th')].filter(h => !h.textContent || h.scope !== 'col').length}), 0,
	'all of their columns have names');
is($browser->value(q{[...document.querySelectorAll('button, [role=button], [role=region], [role=group]')].filter(e =>
	!e.textContent.trim() && !e.getAttribute('aria-label')).length}), 0, 'what can be chosen has a name');
ok($browser->value(q{document.querySelector('svg > title').textContent.length > 0 && /broken \(audience\), failed/.test(document.querySelector('svg > desc').textContent)}),
	'the picture is there in words');
like(shown(), qr/^broken\n/, 'what has failed is shown first');

note 'a click';
$browser->click(middle('[data-activity="0"]'));
like(shown(), qr/^everybody\n.*kind\naudience\nstate\n\S+ succeeded\n.*duration\n.*rows out: result\n10\n.*Options\nfilter\n.*SQL\n.*FROM customers/s
	=> 'an activity shows kind, state, times, rows, options and SQL');
$browser->click(middle('.c-failed'));
like(shown(), qr/^broken\n.*failed attempts\n1\nrows in\n\d+\n.*invalid input syntax for type integer: .*SQLSTATE\n22P02.*SQL\n.*campaign_data."parts.others"/s,
	'one that has failed shows its error');

note 'keys';
$browser->value('document.querySelector("#frame").focus()');
$browser->press('Tab') for 1 .. 2;
is($browser->value('document.activeElement.dataset.activity'), 1, 'the key Tab goes from activity to activity');
$browser->press('Enter');
like(shown(), qr/^parts\n/, 'Enter opens it');
is($browser->value('document.activeElement.dataset.details'), 1, 'and goes there');
$browser->press('Escape');
is(shown() . $browser->value('document.activeElement.dataset.activity + document.querySelector("#hint").hidden'), '1false',
	'Escape closes it and goes back');
my @before = view();
$browser->press('ArrowRight');
my @after = view();
ok($after[0] > $before[0] && $after[2] == $before[2], 'arrows move the picture');
$browser->press('+');
ok((view())[2] < $after[2], '+ makes it larger');

note 'the mouse';
@before = view();
$browser->click(middle('#smaller'));
ok((view())[2] > $before[2], 'a button makes it smaller');
@before = view();
$browser->mouse('mouseWheel', middle('#frame'), deltaX => 0, deltaY => -200);
$browser->value('new Promise(done => requestAnimationFrame(() => setTimeout(done)))');
ok((view())[2] < $before[2], 'the wheel makes it larger');
@before = view();
my ($x, $y) = middle('#frame');
$browser->mouse('mousePressed', $x + 200, $y);
$browser->mouse('mouseMoved', $x + 200 - 10 * $_, $y, buttons => 1) for 1 .. 5;
$browser->mouse('mouseReleased', $x + 150, $y);
ok((view())[0] > $before[0], 'it is dragged');
$browser->click(middle('#whole'));
is($browser->value($outside), 0, 'all of it is shown');

note 'other ways to look';
is($browser->value(q{document.getAnimations().length + [...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).transitionDuration)).length}),
	0, 'nothing moves by itself');
$browser->look(800, 1100, media => 'print');
is($browser->value(q{[...document.querySelectorAll('#details section')].filter(s => s.offsetParent).length}), 6, 'all activities are printed');
is($browser->value(q{getComputedStyle(document.querySelector('#tools')).display}), 'none', 'buttons are not');
$browser->look(1440, 900);
is($browser->value(q{new Promise(done => { document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective));
	document.body.appendChild(new Image).src = 'http://192.0.2.1/x.png'; })}), 'img-src', 'the page forbids itself to load anything');

note 'a large one';
$browser->load($page{wide});
$browser->value('document.querySelector("#larger").focus()');
$browser->press('Tab', shift => 1);
is($browser->value(q{(() => { const box = document.activeElement, at = box.getBoundingClientRect(), all = document.querySelector('#frame').getBoundingClientRect();
	return box.dataset.activity + (at.left >= all.left && at.right <= all.right && at.top >= all.top && at.bottom <= all.bottom); })()}),
	'199true', 'an activity out of sight comes into sight by keyboard');
$browser->click(middle('#whole'));
is($browser->value($outside), 0, 'two hundred activities are shown at once');

$browser->ask('Emulation.setScriptExecutionDisabled', value => JSON::PP::true);
$browser->load($page{run});
is($browser->value(q{[...document.querySelectorAll('#details section')].filter(s => s.offsetParent).length + getComputedStyle(document.querySelector('#tools')).display}),
	'6none', 'without scripts everything is there, and no button that does nothing');

undef $browser;
$node->stop('fast');
done_testing();
