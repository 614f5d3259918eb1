using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Leases;
using RobustMQ.Storage.Tests.Metadata;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Leases;

public sealed class LeaseTableTests : IAsyncLifetime
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);

    private readonly KeptMetadata _metadata = new();
    private TestNode _test = null!;

    private LeaseTable Leases => _test.Node.Leases;

    public async Task InitializeAsync() => _test = await TestNode.OpenAsync(metadata: _metadata);

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task A_lease_has_one_holder()
    {
        var mine = await AcquireAsync("l", "me");
        var theirs = await Leases.AcquireAsync("l", "them", default, Ttl);
        Assert.Equal(ErrorCode.LeaseHeld, theirs.Error);
        Assert.Equal("me", theirs.Lease!.Holder);
        Assert.Equal(mine.Revision, (await Leases.GetAsync("l")).Lease!.Revision);
    }

    [Fact]
    public async Task Of_many_that_want_a_lease_one_gets_it()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Leases.AcquireAsync("l", $"h{i}", default, Ttl).AsTask()));
        Assert.Single(results, result => result.Succeeded);
    }

    [Fact]
    public async Task Acquiring_ones_own_lease_again_fences_the_older_token()
    {
        var first = await AcquireAsync("l", "me");
        var second = await AcquireAsync("l", "me");
        Assert.True(second.Revision > first.Revision);
        Assert.Equal(ErrorCode.Fenced, (await Leases.RenewAsync("l", first.Revision)).Error);
        Assert.Equal(ErrorCode.Fenced, (await Leases.ReleaseAsync("l", first.Revision)).Error);
        Assert.True((await Leases.RenewAsync("l", second.Revision)).Succeeded);
    }

    [Fact]
    public async Task A_stolen_lease_fences_its_holder()
    {
        var mine = await AcquireAsync("l", "me");
        Assert.True((await Leases.AcquireAsync("l", "thief", default, Ttl, steal: true)).Succeeded);
        var renewal = await Leases.RenewAsync("l", mine.Revision);
        Assert.Equal(ErrorCode.Fenced, renewal.Error);
        Assert.Equal("thief", renewal.Lease!.Holder);
    }

    [Fact]
    public async Task Renewing_keeps_a_lease_and_silence_ends_it()
    {
        var lease = await AcquireAsync("l", "me");
        for (var i = 0; i < 5; i++)
        {
            _test.Time.Advance(TimeSpan.FromSeconds(9));
            Assert.True((await Leases.RenewAsync("l", lease.Revision)).Succeeded);
        }
        _test.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.True((await Leases.GetAsync("l")).Succeeded);
        _test.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ErrorCode.NotFound, (await Leases.GetAsync("l")).Error);
        await Eventually.TrueAsync(() => Leases.Count == 0, "the timer's removal");
        Assert.Equal(ErrorCode.NotFound, (await Leases.RenewAsync("l", lease.Revision)).Error);
        Assert.True((await Leases.AcquireAsync("l", "them", default, Ttl)).Succeeded);
    }

    [Fact]
    public async Task A_new_value_is_a_change_and_a_renewal_without_one_is_not()
    {
        var lease = await AcquireAsync("l", "me");
        var changed = await Leases.RenewAsync("l", lease.Revision, Encoding.UTF8.GetBytes("new"));
        Assert.True(changed.Lease!.Revision > lease.Revision);
        Assert.Equal("new", Encoding.UTF8.GetString(changed.Lease.Value.Span));
        var commits = _metadata.Commits;
        Assert.Equal(changed.Lease.Revision, (await Leases.RenewAsync("l", changed.Lease.Revision)).Lease!.Revision);
        Assert.Equal(commits, _metadata.Commits);
    }

    [Fact]
    public async Task Leases_and_ever_growing_revisions_survive_a_restart()
    {
        var kept = await AcquireAsync("kept", "me");
        var released = await AcquireAsync("released", "me");
        await Leases.ReleaseAsync("released", released.Revision);
        await _test.DisposeAsync();
        _test = await TestNode.OpenAsync(metadata: _metadata);
        Assert.Equal(kept.Revision, (await Leases.GetAsync("kept")).Lease!.Revision);
        Assert.Equal(ErrorCode.NotFound, (await Leases.GetAsync("released")).Error);
        Assert.True((await AcquireAsync("released", "me")).Revision > released.Revision + 1);
        _test.Time.Advance(Ttl);
        await Eventually.TrueAsync(() => Leases.Count == 0, "expiry after the restart");
    }

    [Fact]
    public async Task A_watch_tells_leases_under_its_prefix_and_every_change()
    {
        await AcquireAsync("gateways/a", "a");
        await AcquireAsync("other", "x");
        await using var watch = Leases.WatchAsync("gateways/").GetAsyncEnumerator();
        Assert.Equal("Put gateways/a", await NextAsync(watch));
        Assert.Equal("CaughtUp ", await NextAsync(watch));
        var lease = await AcquireAsync("gateways/b", "b");
        Assert.Equal("Put gateways/b", await NextAsync(watch));
        await Leases.ReleaseAsync("gateways/b", lease.Revision);
        Assert.Equal("Released gateways/b", await NextAsync(watch));
        _test.Time.Advance(Ttl);
        Assert.Equal("Expired gateways/a", await NextAsync(watch));
    }

    [Fact]
    public async Task What_is_too_long_or_too_large_is_refused()
    {
        Assert.Equal(ErrorCode.InvalidArgument, (await Leases.AcquireAsync("", "me", default, Ttl)).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await Leases.AcquireAsync(new string('x', 513), "me", default, Ttl)).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await Leases.AcquireAsync("l", "", default, Ttl)).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await Leases.AcquireAsync("l", "me", default, TimeSpan.Zero)).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await Leases.AcquireAsync("l", "me", new byte[(64 << 10) + 1], Ttl)).Error);
        await using var small = await TestNode.OpenAsync(new StorageOptions { LeasesMax = 1 });
        Assert.True((await small.Node.Leases.AcquireAsync("a", "me", default, Ttl)).Succeeded);
        Assert.Equal(ErrorCode.LimitExceeded, (await small.Node.Leases.AcquireAsync("b", "me", default, Ttl)).Error);
    }

    private async Task<Lease> AcquireAsync(string name, string holder)
    {
        var result = await Leases.AcquireAsync(name, holder, Encoding.UTF8.GetBytes("value"), Ttl);
        Assert.Equal(ErrorCode.None, result.Error);
        return result.Lease!;
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<LeaseEvent> watch)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Eventually.Deadline));
        return $"{watch.Current.Kind} {watch.Current.Lease?.Name}";
    }
}
