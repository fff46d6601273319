# meta: META.json has what PGXN requires and says what campaign.control says.
use strict;
use warnings;
use lib 'test/lint';
use JSON::PP qw(decode_json);
use Tree;

my $path = 'META.json';
my $meta = eval { decode_json(read_file($path)) };
my ($version) = read_file('campaign.control') =~ /^default_version *= *'(.*)'/m;
my $semver = $version . '.0' x (2 - ($version =~ tr/.//));

sub wrong { return problem($path, 1, $_[0]) }

# Numbers of a version as PGXN reads them.
sub is_semver { return defined $_[0] && $_[0] =~ /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[A-Za-z][0-9A-Za-z-]*)?$/ }

if (ref $meta ne 'HASH')
{
	wrong('is no JSON object');
	finish();
}
for (qw(name version abstract maintainer license provides meta-spec))
{
	wrong("has no \"$_\"") unless $meta->{$_};
}
wrong("is of version " . ($meta->{version} // '') . ", not $semver") unless ($meta->{version} // '') eq $semver;
wrong('has no "meta-spec" of version 1.0.0') unless ($meta->{'meta-spec'}{version} // '') eq '1.0.0';
wrong('has an invalid "release_status"') unless ($meta->{release_status} // 'stable') =~ /^(stable|testing|unstable)$/;

my $campaign = $meta->{provides}{campaign} // {};
wrong('does not provide sql/campaign--' . $version . '.sql of version ' . $semver)
  unless ($campaign->{file} // '') eq "sql/campaign--$version.sql" && ($campaign->{version} // '') eq $semver;
wrong('is stable, but the version is not in sql/frozen')
  if ($meta->{release_status} // 'stable') eq 'stable' && read_file('sql/frozen') !~ m{ sql/campaign--\Q$version\E\.sql$}m;

for my $phase (sort keys %{ $meta->{prereqs} // {} })
{
	wrong("has an invalid phase \"$phase\"") unless $phase =~ /^(configure|build|test|runtime|develop)$/;
	for my $relation (sort keys %{ $meta->{prereqs}{$phase} })
	{
		my $needs = $meta->{prereqs}{$phase}{$relation};

		wrong("has an invalid relation \"$relation\"") unless $relation =~ /^(requires|recommends|suggests|conflicts)$/;
		wrong("needs $_ of an invalid version") for grep { !is_semver($needs->{$_}) } sort keys %$needs;
	}
}
wrong('does not require PostgreSQL') unless $meta->{prereqs}{runtime}{requires}{PostgreSQL};
finish();
