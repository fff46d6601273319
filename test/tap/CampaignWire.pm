# A connection at the level of bytes, for what psql does not let a test do: to
# go away in the middle of a COMMIT, or to have two answers outstanding.
package CampaignWire;

use strict;
use warnings FATAL => 'all';

use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);

# A session of that role; undef if the server does not let it in.
sub new
{
	my ($class, $node, $role, $database) = @_;
	my $self = bless { buffer => '' }, $class;
	my $start = join "\0", 'user', $role, 'database', $database // 'postgres', '', '';

	$self->{socket} = IO::Socket::UNIX->new(Type => SOCK_STREAM,
		Peer => $node->host . '/.s.PGSQL.' . $node->port)
	  or return;
	$self->write_bytes(pack('N N', 8 + length $start, 196608) . $start);
	my $answer = $self->read_answer;
	return $self if $answer && !$answer->{error};
	return;
}

# Process id of the backend.
sub pid
{
	my ($self) = @_;

	return $self->{pid};
}

# The message that has the server execute a script.
sub query_message
{
	my ($sql) = @_;

	return pack('a N Z*', 'Q', 5 + length $sql, $sql);
}

# Writes as it is; false if the server is gone.
sub write_bytes
{
	my ($self, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';

	while (length $bytes)
	{
		my $written = syswrite $self->{socket}, $bytes;

		return 0 unless $written;
		substr($bytes, 0, $written, '');
	}
	return 1;
}

sub send_query
{
	my ($self, $sql) = @_;

	return $self->write_bytes(query_message($sql));
}

# The type and the content of the next message; nothing if the server is gone.
sub read_message
{
	my ($self) = @_;

	while (1)
	{
		if (length $self->{buffer} >= 5)
		{
			my ($type, $size) = unpack 'a N', $self->{buffer};

			if (length $self->{buffer} > $size)
			{
				my $content = substr $self->{buffer}, 5, $size - 4;

				substr($self->{buffer}, 0, $size + 1, '');
				return ($type, $content);
			}
		}
		sysread $self->{socket}, $self->{buffer}, 1 << 16, length $self->{buffer}
		  or return;
	}
}

# What the server says until it is ready again: {sets}, a list of rows for each
# statement that gives rows, and {error}, an SQLSTATE.  Undef if it went away.
sub read_answer
{
	my ($self) = @_;
	my %answer = (sets => []);

	while (my ($type, $content) = $self->read_message)
	{
		if ($type eq 'Z') { return \%answer; }
		elsif ($type eq 'T') { push @{ $answer{sets} }, []; }
		elsif ($type eq 'D') { push @{ $answer{sets}[-1] }, [ unpack 'x2 (N/a)*', $content ]; }
		elsif ($type eq 'K') { $self->{pid} = unpack 'N', $content; }
		elsif ($type eq 'E')
		{
			($answer{error}) = $content =~ /(?:^|\0)C([^\0]+)/;
			($answer{message}) = $content =~ /\0M([^\0]+)/;
		}
	}
	return;
}

# A script and its answer.
sub ask
{
	my ($self, $sql) = @_;

	return $self->send_query($sql) ? $self->read_answer : undef;
}

# Goes away without a word.
sub cut
{
	my ($self) = @_;

	close $self->{socket};
}

1;
