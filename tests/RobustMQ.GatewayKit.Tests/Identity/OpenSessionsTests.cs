using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Tests.Identity;

/// <summary>How a session stands after its user has changed, and that somebody looks.</summary>
public sealed class OpenSessionsTests : IDisposable
{
    private static readonly Grant Read = new(GrantResource.Topic, "t", IsPrefix: false, GrantOperation.Read, IsDenied: false);
    private static readonly Grant Write = Read with { Operation = GrantOperation.Write };

    private readonly IdentityProvider _users = new(
        new AuthOptions { Users = [new UserOptions { Name = "root", Password = "r" }, new UserOptions { Name = "far", Password = "f", Namespace = Namespace.Parse("far") }] },
        TimeProvider.System,
        NullLogger<IdentityProvider>.Instance);

    private long _at;

    public void Dispose() => _users.Dispose();

    public static TheoryData<SessionStanding, Grant[], Grant[]> Changes => new()
    {
        { SessionStanding.MayDoMore, [Read], [Read, Write] },
        { SessionStanding.MayDoMore, [Read, Write with { IsDenied = true }], [Read] },
        { SessionStanding.MayDoLess, [Read, Write], [Read] },
        { SessionStanding.MayDoLess, [Read], [Read, Write with { IsDenied = true }] },
        { SessionStanding.MayDoLess, [Read], [Write] },
        // Nothing that a session publishes or subscribes to.
        { SessionStanding.Unchanged, [Read], [Read, Read with { Resource = GrantResource.Group }] },
        { SessionStanding.Unchanged, [Read], [Read, Read with { Operation = GrantOperation.Describe, IsDenied = true }] },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Grants_that_change_are_more_or_less(SessionStanding standing, Grant[] before, Grant[] after)
    {
        Put("bob", "b");
        GrantTo("bob", before);
        var identity = _users.Known.Find("bob")!.Identity;

        GrantTo("bob", after);

        Assert.Equal(standing, OpenSessions.Judge(_users, identity, out var current));
        Assert.Same(_users.Current(identity), current);
        Assert.Equal(SessionStanding.Unchanged, OpenSessions.Judge(_users, current, out _));
    }

    [Fact]
    public void Who_logs_in_with_something_else_or_not_at_all_is_told_apart()
    {
        Put("bob", "b");
        var identity = _users.Known.Find("bob")!.Identity;
        Put("bob", "c");
        Assert.Equal(SessionStanding.HasOldCredentials, OpenSessions.Judge(_users, identity, out _));
        Apply(StoredRecord.KeyOf("bob"), []);
        Assert.Equal(SessionStanding.IsGone, OpenSessions.Judge(_users, identity, out _));
        // Another one of the same name.
        Put("bob", "b");
        Assert.Equal(SessionStanding.HasOldCredentials, OpenSessions.Judge(_users, identity, out _));
    }

    [Fact]
    public void A_further_way_to_log_in_leaves_who_has_logged_in()
    {
        var verifier = ScramVerifier.Create(ScramMechanism.Sha256, "b");
        Put("bob", verifier);
        var identity = _users.Known.Find("bob")!.Identity;
        Put("bob", verifier, ScramVerifier.Create(ScramMechanism.Sha512, "c"));
        Assert.Equal(SessionStanding.MayDoMore, OpenSessions.Judge(_users, identity, out _));
    }

    [Fact]
    public void What_everybody_is_granted_is_everybodys_of_one_namespace()
    {
        var (root, far) = (_users.Known.Find("root")!.Identity, _users.Known.Find("far")!.Identity);
        GrantTo(StoredGrants.Everybody, [Write with { IsDenied = true }]);
        Assert.Equal(SessionStanding.MayDoLess, OpenSessions.Judge(_users, root, out _));
        Assert.Same(far, _users.Current(far));
    }

    [Fact]
    public async Task Sessions_are_looked_at_after_every_change_and_never_by_whoever_tells_of_it()
    {
        using var stop = new CancellationTokenSource();
        var looking = new SemaphoreSlim(0);
        var goOn = new SemaphoreSlim(0);
        var looks = 0;
        var following = OpenSessions.FollowAsync(
            _users,
            () =>
            {
                looks++;
                looking.Release();
                goOn.Wait();
            },
            NullLogger.Instance,
            stop.Token);

        Put("bob", "b");
        await looking.WaitAsync();
        // One who looks holds nobody up; what changes meanwhile is looked at once more, together.
        Put("bob", "c");
        Put("bob", "d");
        goOn.Release();
        await looking.WaitAsync();
        goOn.Release();
        await stop.CancelAsync();
        await following;
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task A_look_that_fails_is_not_the_last()
    {
        using var stop = new CancellationTokenSource();
        var log = new LogLines<OpenSessionsTests>();
        var looking = new SemaphoreSlim(0);
        var following = OpenSessions.FollowAsync(
            _users,
            () =>
            {
                looking.Release();
                throw new InvalidOperationException("one of them");
            },
            log,
            stop.Token);
        for (var change = 0; change < 3; change++)
        {
            Put("bob", $"{change}");
            await looking.WaitAsync();
        }
        await stop.CancelAsync();
        await following;
        Assert.Equal(3, log.Lines.Count);
    }

    private void Put(string user, string password) => Put(user, ScramVerifier.Create(ScramMechanism.Sha256, password));

    private void Put(string user, params ScramVerifier[] verifiers) => Apply(StoredRecord.KeyOf(user), StoredRecord.Write(new StoredUser(user, Namespace.Default, verifiers)));

    private void GrantTo(string user, Grant[] grants) =>
        Apply(StoredRecord.KeyOf(Namespace.Default, user), StoredRecord.Write(new StoredGrants(Namespace.Default, user, grants)));

    private void Apply(string key, byte[] value) => Assert.True(_users.Known.Apply(key, value, new Offset(++_at)));
}
