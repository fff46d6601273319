# CampaignBrowser: a page in headless Chromium, for tests of pages.
#
# Chromium is spoken to through two pipes, in which JSON objects end with a zero
# byte: there is no port, no driver, and every message of the console, every
# request and every script error comes as an event.
package CampaignBrowser;

use strict;
use warnings;
use IO::Select;
use JSON::PP;
use POSIX ();

# How long an answer may take, in seconds.
my $PATIENCE = 60;

my $json = JSON::PP->new->utf8;

# The path of the browser; undef: there is none.
sub program
{
	return (grep { -x } map { "$_/chromium" } split /:/, "$ENV{PATH}:/usr/bin")[0];
}

# Starts a browser with an empty profile below that folder.
sub new
{
	my ($class, $folder) = @_;
	my $self = bless { next => 0, buffer => '', events => [] }, $class;
	# Its ends must not get the numbers that the browser finds them at.
	local $^F = 20;
	my @spare = map { POSIX::dup(0) } 1 .. 8;
	pipe(my $command_out, $self->{out}) or die "pipe: $!";
	pipe($self->{in}, my $answer_in) or die "pipe: $!";
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0)
	{
		setpgrp;
		POSIX::dup2(fileno $command_out, 3);
		POSIX::dup2(fileno $answer_in, 4);
		POSIX::close($_) for 5 .. 40;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$folder/chromium.log";
		open STDERR, '>&', \*STDOUT;
		$ENV{HOME} = $folder;
		delete @ENV{qw(DBUS_SESSION_BUS_ADDRESS DISPLAY)};
		exec program(), qw(--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
		  --disable-background-networking --disable-component-update --disable-sync --disable-extensions
		  --disable-dev-shm-usage --disable-crash-reporter --disable-breakpad --hide-scrollbars
		  --remote-debugging-pipe), "--user-data-dir=$folder/profile", 'about:blank'
		  or POSIX::_exit(127);
	}
	close $command_out;
	close $answer_in;
	POSIX::close($_) for @spare;
	$self->{out}->autoflush(1);
	$self->attach;
	return $self;
}

# Takes hold of the one page there is, and asks for what happens in it.
sub attach
{
	my ($self) = @_;
	my ($page) = grep { $_->{type} eq 'page' } @{ $self->ask('Target.getTargets')->{targetInfos} };
	$self->{session} = $self->ask('Target.attachToTarget', targetId => $page->{targetId}, flatten => JSON::PP::true)->{sessionId};
	$self->ask("$_.enable") for qw(Page Runtime Network Log);
	return;
}

# The next object from the browser; dies when it does not come.
sub read_object
{
	my ($self) = @_;
	my $end;
	while (($end = index $self->{buffer}, "\0") < 0)
	{
		IO::Select->new($self->{in})->can_read($PATIENCE) or die 'the browser does not answer';
		sysread($self->{in}, $self->{buffer}, 1 << 20, length $self->{buffer}) or die 'the browser has ended';
	}
	my $text = substr $self->{buffer}, 0, $end + 1, '';
	chop $text;
	# A picture is one long string, which the parser takes its time for.
	return { id => $1, result => { data => $2 } } if $text =~ /\A\{"id":(\d+),"result":\{"data":"([A-Za-z0-9+\/=]*)"\}/;
	return $json->decode($text);
}

# Sends a command and gives its result; events that come meanwhile are kept.
sub ask
{
	my ($self, $method, %arguments) = @_;
	my $id = ++$self->{next};
	my $command = { id => $id, method => $method, params => \%arguments };
	$command->{sessionId} = $self->{session} if defined $self->{session};
	print { $self->{out} } $json->encode($command), "\0";
	while (1)
	{
		my $object = $self->read_object;
		if (!defined $object->{id})
		{
			push @{ $self->{events} }, $object;
		}
		elsif ($object->{id} == $id)
		{
			die "$method: $object->{error}{message}" if $object->{error};
			return $object->{result};
		}
	}
}

# Waits until an event of that kind has come.
sub wait_event
{
	my ($self, $method) = @_;
	until (grep { $_->{method} eq $method } @{ $self->{events} })
	{
		my $object = $self->read_object;
		push @{ $self->{events} }, $object unless defined $object->{id};
	}
	return;
}

# Makes the window that large, and pages think of that medium:
# media => "print", scheme => "dark", motion => "reduce".
sub look
{
	my ($self, $width, $height, %as) = @_;
	$self->ask('Emulation.setDeviceMetricsOverride', width => 0 + $width, height => 0 + $height, deviceScaleFactor => 1,
		mobile => JSON::PP::false);
	$self->ask('Emulation.setEmulatedMedia', media => $as{media} // '', features => [
		{ name => 'prefers-color-scheme', value => $as{scheme} // 'light' },
		{ name => 'prefers-reduced-motion', value => $as{motion} // 'no-preference' }]);
	return;
}

# Loads a file; what happened before is forgotten.
sub load
{
	my ($self, $path) = @_;
	$self->{events} = [];
	$self->ask('Page.navigate', url => "file://$path");
	$self->wait_event('Page.loadEventFired');
	return;
}

# The value of an expression in the page.
sub value
{
	my ($self, $expression) = @_;
	my $answer = $self->ask('Runtime.evaluate', expression => $expression, returnByValue => JSON::PP::true,
		awaitPromise => JSON::PP::true);
	die "$expression: $answer->{exceptionDetails}{exception}{description}" if $answer->{exceptionDetails};
	return $answer->{result}{value};
}

# Presses a key, or a mouse button at a place.
sub press
{
	my ($self, $key, %more) = @_;
	my %codes = (Enter => 13, Tab => 9, Escape => 27, ArrowRight => 39, ArrowDown => 40);
	my %event = (key => $key, code => $key, modifiers => $more{shift} ? 8 : 0);
	$event{windowsVirtualKeyCode} = $codes{$key} if $codes{$key};
	$event{text} = $key eq 'Enter' ? "\r" : $key if $key eq 'Enter' || length $key == 1;
	$self->ask('Input.dispatchKeyEvent', %event, type => 'keyDown');
	$self->ask('Input.dispatchKeyEvent', %event, type => 'keyUp');
	return;
}

sub mouse
{
	my ($self, $type, $x, $y, %more) = @_;
	$self->ask('Input.dispatchMouseEvent', type => $type, x => $x, y => $y, button => 'left', clickCount => 1,
		$type eq 'mouseWheel' ? (button => 'none') : (), %more);
	return;
}

sub click
{
	my ($self, $x, $y) = @_;
	$self->mouse('mousePressed', $x, $y);
	$self->mouse('mouseReleased', $x, $y);
	return;
}

# What the console has said since the page was loaded, errors of scripts and
# refusals of the policy among it.
sub complaints
{
	my ($self) = @_;
	$self->value('1');
	return map {
		$_->{method} eq 'Runtime.consoleAPICalled' ? join ' ', map { $_->{value} // $_->{description} } @{ $_->{params}{args} }
		  : $_->{method} eq 'Runtime.exceptionThrown' ? $_->{params}{exceptionDetails}{exception}{description} // 'an exception'
		  : $_->{method} eq 'Log.entryAdded' ? $_->{params}{entry}{text}
		  : $_->{method} eq 'Page.javascriptDialogOpening' ? "dialog: $_->{params}{message}"
		  : ()
	} @{ $self->{events} };
}

# The addresses of what was asked for since the page was loaded, itself too.
sub requests
{
	my ($self) = @_;
	return map { $_->{params}{request}{url} } grep { $_->{method} eq 'Network.requestWillBeSent' } @{ $self->{events} };
}

# Writes a picture of the window, or of the whole page.
sub picture
{
	my ($self, $path, %option) = @_;
	my $data = $self->ask('Page.captureScreenshot', format => 'png', $option{whole} ? (captureBeyondViewport => JSON::PP::true,
		clip => { x => 0, y => 0, scale => 1, width => $self->value('innerWidth'),
			height => $self->value('document.documentElement.scrollHeight') }) : ())->{data};
	require MIME::Base64;
	open my $file, '>:raw', $path or die "$path: $!";
	print $file MIME::Base64::decode_base64($data);
	close $file;
	return;
}

# Ends the browser with all its processes.
sub DESTROY
{
	my ($self) = @_;
	local ($?, $@);
	return unless $self->{pid};
	kill 'KILL', -$self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

1;
