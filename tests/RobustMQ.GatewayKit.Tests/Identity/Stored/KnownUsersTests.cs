using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Tests.Identity.Stored;

/// <summary>What becomes of records as they are told, again and in another order.</summary>
public sealed class KnownUsersTests
{
    private static readonly StoredUser Bob = new("bob", Namespace.Default, [ScramVerifier.Create(ScramMechanism.Sha512, "b")]);
    private static readonly StoredGrants BobWrites = new(Namespace.Default, "bob", [new Grant(GrantResource.Topic, "t", IsPrefix: false, GrantOperation.Write, IsDenied: false)]);

    private readonly KnownUsers _users = new(new AuthOptions { Users = [new UserOptions { Name = "root", Password = "r" }] });
    private readonly List<string?> _changed = [];

    public KnownUsersTests() => _users.Changed += _changed.Add;

    [Fact]
    public void What_is_told_again_or_is_older_changes_nothing()
    {
        Apply(Bob, 5);
        Apply(BobWrites, 6);
        Apply(Bob with { Verifiers = [] }, 3);
        Apply(Bob, 5);
        Apply(Bob, 7);
        Assert.True(_users.Find("bob")!.Identity.Permissions!.CanPublish("t"u8));
        Assert.Equal(["bob", "bob"], _changed);
    }

    [Fact]
    public void Grants_may_come_before_their_user()
    {
        Apply(BobWrites, 1);
        Assert.Null(_users.Find("bob"));
        Apply(Bob, 2);
        Assert.True(_users.Find("bob")!.Identity.Permissions!.CanPublish("t"u8));
    }

    [Fact]
    public void Told_anew_nothing_changes_but_what_is_told_no_more()
    {
        Apply(Bob, 5);
        Apply(BobWrites, 6);
        _changed.Clear();
        _users.BeginAnew();
        // As after the storage was brought back from a copy: other offsets, the same things said.
        Apply(Bob, 1);
        Assert.NotNull(_users.Find("bob"));
        Assert.True(_users.Find("bob")!.Identity.Permissions!.CanPublish("t"u8));
        Assert.Empty(_changed);
        _users.EndAnew();
        Assert.False(_users.Find("bob")!.Identity.Permissions!.CanPublish("t"u8));
        Assert.Equal(["bob"], _changed);
        Apply(BobWrites, 2);
        Assert.True(_users.Find("bob")!.Identity.Permissions!.CanPublish("t"u8));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"version":2,"grants":[]}""")]
    [InlineData("""{"version":1,"grants":[{"resource":"Topic","name":"t","operation":"Sing"}]}""")]
    [InlineData("""{"version":1,"grants":[],"more":1}""")]
    [InlineData("""{"version":1,"grants":null}""")]
    [InlineData("""{"version":1,"grants":[null]}""")]
    [InlineData("""{"version":1,"grants":[{"resource":"Topic","name":null,"operation":"Read"}]}""")]
    [InlineData("""{"version":1,"grants":[{"resource":99,"name":"t","operation":"Read"}]}""")]
    [InlineData("""{"version":1,"grants":[{"resource":"Topic","name":"t","operation":99}]}""")]
    public void Whose_grants_cannot_be_read_may_do_nothing(string value)
    {
        Apply(Bob, 1);
        Apply(BobWrites, 2);
        Assert.False(_users.Apply(StoredRecord.KeyOf(Namespace.Default, "bob"), Encoding.UTF8.GetBytes(value), new Offset(3)));
        var identity = _users.Find("bob")!.Identity;
        Assert.False(identity.Permissions!.CanPublish("t"u8));
        Assert.False(identity.Grants.Allows(GrantResource.Group, GrantOperation.Read, "g"));

        Assert.False(_users.Apply(StoredRecord.KeyOf(Namespace.Default, "root"), Encoding.UTF8.GetBytes(value), new Offset(4)));
        Assert.False(_users.Find("root")!.Identity.Permissions!.CanPublish("t"u8));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"version":1,"namespace":"default","scram":["SCRAM-SHA-1$1:a$b:c"]}""")]
    [InlineData("""{"version":1,"namespace":"","scram":[]}""")]
    [InlineData("""{"version":1,"namespace":"default","scram":[]}""")]
    [InlineData("""{"version":1,"namespace":"default","scram":null}""")]
    [InlineData("""{"version":1,"namespace":"default","scram":[null]}""")]
    [InlineData("""{"version":1,"namespace":null,"scram":["x"]}""")]
    public void Whose_credentials_cannot_be_read_is_nobody(string value)
    {
        Apply(Bob, 1);
        Assert.False(_users.Apply(StoredRecord.KeyOf("bob"), Encoding.UTF8.GetBytes(value), new Offset(2)));
        Assert.Null(_users.Find("bob"));
        Assert.Null(_users.Scram.Find("bob", ScramMechanism.Sha512));
    }

    [Theory]
    [InlineData("_auth-users")]
    [InlineData("_auth-users.user")]
    [InlineData("_auth-users.user.***")]
    [InlineData("_auth-users.other.Ym9i")]
    [InlineData("_auth-users.grants.Ym9i")]
    public void A_key_that_is_nobodys_changes_nothing(string key)
    {
        Assert.False(_users.Apply(key, "{}"u8, new Offset(1)));
        Assert.Empty(_changed);
    }

    [Fact]
    public void A_right_password_stays_known_when_grants_change()
    {
        Apply(Bob, 1);
        Assert.True(_users.Find("bob")!.Password!.VerifyHash("b"));
        Apply(BobWrites, 2);
        Assert.True(_users.Find("bob")!.Password!.IsKnown("b"));
        Apply(Bob with { Verifiers = [ScramVerifier.Create(ScramMechanism.Sha512, "c")] }, 3);
        Assert.False(_users.Find("bob")!.Password!.IsKnown("b"));
    }

    private void Apply(StoredUser user, long at) => Assert.True(_users.Apply(StoredRecord.KeyOf(user.Name), StoredRecord.Write(user), new Offset(at)));

    private void Apply(StoredGrants grants, long at) => Assert.True(_users.Apply(StoredRecord.KeyOf(grants.Namespace, grants.User), StoredRecord.Write(grants), new Offset(at)));
}
