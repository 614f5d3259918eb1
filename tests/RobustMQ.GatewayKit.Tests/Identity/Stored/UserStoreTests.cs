using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Records;
using RobustMQ.Storage;
using RobustMQ.Storage.Embedded;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.GatewayKit.Tests.Identity.Stored;

/// <summary>Users and grants made at run time, by gateway processes that share a storage-node.</summary>
public sealed class UserStoreTests : IAsyncLifetime
{
    private static readonly UserOptions Root = new() { Name = "root", Password = "r" };
    private static readonly UserOptions Ann = new() { Name = "ann", Password = "a", Permissions = new PermissionOptions { PublishAllow = ["ann"], SubscribeAllow = ["ann"] } };

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-users-").FullName;
    private readonly List<Process> _processes = [];
    private NodeStorage _node = null!;

    public async Task InitializeAsync() => _node = await OpenNodeAsync();

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        await _node.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_user_logs_in_everywhere_as_soon_as_it_is_made_and_nowhere_when_it_is_gone()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        Assert.Equal(AuthenticationStatus.Refused, (await LoginAsync(here, "bob", "b")).Status);

        Assert.Equal(ErrorCode.None, await PutAsync(here, "bob", "b"));
        var identity = (await LoginAsync(here, "bob", "b")).Identity;
        Assert.Equal(("bob", Namespace.Default), (identity!.Name, identity.Namespace));
        Assert.Equal(AuthenticationStatus.Refused, (await LoginAsync(here, "bob", "c")).Status);
        await Eventually.TrueAsync(async () => (await LoginAsync(there, "bob", "b")).Identity is not null, "the other process knows the user");

        Assert.Equal(ErrorCode.None, await there.Store.ChangeUserAsync(Namespace.Default, "bob", static user => user! with { Verifiers = [] }));
        Assert.Equal(AuthenticationStatus.Refused, (await LoginAsync(there, "bob", "b")).Status);
        await Eventually.TrueAsync(async () => (await LoginAsync(here, "bob", "b")).Identity is null, "the other process knows that the user is gone");
        Assert.Null(here.Users.Current(identity));
    }

    [Fact]
    public async Task A_new_user_may_do_nothing_but_what_is_granted()
    {
        var process = await StartAsync();
        await PutAsync(process, "bob", "b");
        var before = (await LoginAsync(process, "bob", "b")).Identity!;
        Assert.False(before.Permissions!.CanPublish("a"u8));
        Assert.Equal(SubscribeDecision.Denied, before.Permissions.CanSubscribe("a"u8, default));
        Assert.False(before.IsAdministrator);

        Assert.Equal(ErrorCode.None, await GrantAsync(process, "bob", new Grant(GrantResource.Topic, "a", IsPrefix: false, GrantOperation.Write, IsDenied: false)));
        var after = process.Users.Current(before)!;
        Assert.True(after.Permissions!.CanPublish("a"u8));
        Assert.False(after.Permissions.CanPublish("b"u8));
        Assert.Equal(SubscribeDecision.Denied, after.Permissions.CanSubscribe("a"u8, default));
    }

    [Fact]
    public async Task Default_permissions_are_those_of_new_users_too()
    {
        var process = await StartAsync(new AuthOptions { Users = [Root], DefaultPermissions = new PermissionOptions { PublishAllow = ["%u.>"], SubscribeAllow = ["%u.>"] } });
        await PutAsync(process, "bob", "b");
        Assert.True((await LoginAsync(process, "bob", "b")).Identity!.Permissions!.CanPublish("bob.x"u8));
        // What cannot stand for one token must not stand for several.
        await PutAsync(process, "a/b", "b");
        var odd = (await LoginAsync(process, "a/b", "b")).Identity!;
        Assert.False(odd.Permissions!.CanPublish("a.b.x"u8) || odd.Permissions.CanPublish(".x"u8));
    }

    [Fact]
    public async Task Grants_reach_configured_users_and_everybody_and_administrators_stay_what_they_are()
    {
        var process = await StartAsync();
        var heard = new List<string?>();
        process.Users.Changed += heard.Add;
        await GrantAsync(process, "ann", new Grant(GrantResource.Topic, "shared", IsPrefix: false, GrantOperation.Write, IsDenied: false));
        await GrantAsync(process, StoredGrants.Everybody, new Grant(GrantResource.Topic, "secret", IsPrefix: false, GrantOperation.All, IsDenied: true));

        var ann = (await LoginAsync(process, "ann", "a")).Identity!;
        Assert.True(ann.Permissions!.CanPublish("shared"u8) && ann.Permissions.CanPublish("ann"u8));
        Assert.False(ann.Permissions.CanPublish("secret"u8));
        var root = (await LoginAsync(process, "root", "r")).Identity!;
        Assert.True(root.IsAdministrator);
        Assert.False(root.Permissions!.CanPublish("secret"u8));
        Assert.True(root.Permissions.CanPublish("anything"u8));
        Assert.Equal(["ann", null], heard);
    }

    [Fact]
    public async Task Everything_is_there_after_a_restart_and_nobody_logs_in_before_it_is_known()
    {
        var process = await StartAsync();
        await PutAsync(process, "bob", "b");
        await GrantAsync(process, "ann", new Grant(GrantResource.Topic, "ann", IsPrefix: false, GrantOperation.Write, IsDenied: true));
        await process.DisposeAsync();
        await _node.DisposeAsync();
        _node = await OpenNodeAsync();

        process = Prepare();
        var early = LoginAsync(process, "ann", "a").AsTask();
        Assert.Null(process.Users.BeginScram(ScramMechanism.Sha256, address: null));
        Assert.False(early.IsCompleted);
        await process.Store.StartAsync(CancellationToken.None);
        Assert.False((await early).Identity!.Permissions!.CanPublish("ann"u8));
        Assert.NotNull((await LoginAsync(process, "bob", "b")).Identity);
        Assert.NotNull(process.Users.BeginScram(ScramMechanism.Sha256, address: null));
    }

    [Fact]
    public async Task Names_of_the_configuration_and_of_other_namespaces_are_taken()
    {
        var process = await StartAsync();
        Assert.Equal(ErrorCode.AlreadyExists, await PutAsync(process, "ann", "x"));
        await PutAsync(process, "bob", "b");
        Assert.Equal(ErrorCode.AlreadyExists, await PutAsync(process, "bob", "x", Namespace.Parse("other")));
        Assert.NotNull((await LoginAsync(process, "bob", "b")).Identity);
        foreach (var name in new[] { string.Empty, "*", "a\nb", new string('x', StoredUser.NameBytesMax + 1) })
            Assert.Equal(ErrorCode.InvalidArgument, await PutAsync(process, name, "x"));
    }

    [Fact]
    public async Task A_user_of_the_storage_that_was_configured_since_is_the_configurations()
    {
        var process = await StartAsync();
        await PutAsync(process, "bob", "b");
        var later = await StartAsync(new AuthOptions { Users = [Root, new UserOptions { Name = "bob", Password = "c" }] });
        Assert.Null((await LoginAsync(later, "bob", "b")).Identity);
        Assert.NotNull((await LoginAsync(later, "bob", "c")).Identity);
    }

    [Fact]
    public async Task Changes_of_one_record_by_many_at_once_are_all_made()
    {
        const int Grants = 16;
        var (here, there) = (await StartAsync(), await StartAsync());
        await Task.WhenAll(Enumerable.Range(0, Grants).Select(number =>
            GrantAsync(number % 2 == 0 ? here : there, "bob", new Grant(GrantResource.Topic, $"t{number}", IsPrefix: false, GrantOperation.Read, IsDenied: false)).AsTask()));
        await Eventually.TrueAsync(() => here.Users.GrantsOf(Namespace.Default) is [{ User: "bob", Grants.Count: Grants }], "all grants are known");
    }

    [Fact]
    public async Task There_is_an_end_to_the_grants_of_a_user()
    {
        var process = await StartAsync();
        Assert.Equal(ErrorCode.LimitExceeded, await process.Store.ChangeGrantsAsync(Namespace.Default, "bob", static _ =>
            [.. Enumerable.Range(0, StoredGrants.CountMax + 1).Select(static number => new Grant(GrantResource.Topic, $"t{number}", IsPrefix: false, GrantOperation.Read, IsDenied: false))]));
        Assert.Empty(process.Users.GrantsOf(Namespace.Default));
    }

    [Fact]
    public async Task There_is_an_end_to_users_and_to_names_that_have_grants()
    {
        var process = await StartAsync();
        var verifier = ScramVerifier.Create(ScramMechanism.Sha256, "b");
        var grant = new Grant(GrantResource.Topic, "t", IsPrefix: false, GrantOperation.Read, IsDenied: false);
        // As if the records had been read: to store so many takes its time. One is stored, and may be changed.
        Assert.Equal(ErrorCode.None, await PutAsync(process, "bob", "b"));
        Assert.Equal(ErrorCode.None, await GrantAsync(process, "bob", grant));
        for (var number = 1; number < UserStore.UsersMax; number++)
        {
            process.Users.Known.Apply(StoredRecord.KeyOf($"u{number}"), StoredRecord.Write(new StoredUser($"u{number}", Namespace.Default, [verifier])), new Offset(number));
            process.Users.Known.Apply(StoredRecord.KeyOf(Namespace.Default, $"u{number}"), StoredRecord.Write(new StoredGrants(Namespace.Default, $"u{number}", [grant])), new Offset(number));
        }
        Assert.Equal(ErrorCode.LimitExceeded, await PutAsync(process, "one too many", "b"));
        Assert.Equal(ErrorCode.LimitExceeded, await GrantAsync(process, "one too many", grant));
        Assert.Equal(ErrorCode.None, await PutAsync(process, "bob", "c"));
        Assert.Equal(ErrorCode.None, await GrantAsync(process, "bob", grant with { Name = "u" }));
        Assert.Equal(ErrorCode.None, await process.Store.ChangeUserAsync(Namespace.Default, "nobody", static _ => new StoredUser("nobody", Namespace.Default, [])));
        Assert.Equal(ErrorCode.None, await process.Store.ChangeGrantsAsync(Namespace.Default, "nobody", static _ => []));
    }

    [Fact]
    public async Task Without_configured_users_nothing_is_looked_at()
    {
        var process = await StartAsync(new AuthOptions());
        Assert.Equal(ErrorCode.Unavailable, await PutAsync(process, "bob", "b"));
        Assert.Same(UserIdentity.Anybody, (await LoginAsync(process, "bob", "b")).Identity);
        Assert.Empty(process.Store.Health);
    }

    private static ValueTask<ErrorCode> PutAsync(Process process, string name, string password, Namespace? ns = null) =>
        process.Store.ChangeUserAsync(ns ?? Namespace.Default, name, _ => new StoredUser(name, ns ?? Namespace.Default, [ScramVerifier.Create(ScramMechanism.Sha256, password)]));

    private static ValueTask<ErrorCode> GrantAsync(Process process, string user, Grant grant) =>
        process.Store.ChangeGrantsAsync(Namespace.Default, user, present => [.. present, grant]);

    private static ValueTask<AuthenticationResult> LoginAsync(Process process, string user, string password) =>
        process.Users.AuthenticateAsync(new Credentials { User = user, Password = password });

    private Task<NodeStorage> OpenNodeAsync() => NodeStorage.OpenAsync(new StorageOptions { DataDirectory = _directory }, TimeProvider.System, NullLoggerFactory.Instance);

    private async Task<Process> StartAsync(AuthOptions? auth = null)
    {
        var process = Prepare(auth);
        await process.Store.StartAsync(CancellationToken.None);
        await process.Store.Known;
        return process;
    }

    private Process Prepare(AuthOptions? auth = null)
    {
        var users = new IdentityProvider(auth ?? new AuthOptions { Users = [Root, Ann] }, TimeProvider.System, NullLogger<IdentityProvider>.Instance);
        var process = new Process(users, new UserStore(users, () => new EmbeddedStorageClient(_node), TimeProvider.System, NullLoggerFactory.Instance));
        _processes.Add(process);
        return process;
    }

    /// <summary>What a gateway process has of it.</summary>
    private sealed class Process(IdentityProvider users, UserStore store) : IAsyncDisposable
    {
        private bool _isDisposed;

        public IdentityProvider Users => users;

        public UserStore Store => store;

        public async ValueTask DisposeAsync()
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            await store.DisposeAsync();
            users.Dispose();
        }
    }
}
