using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Hosting.Processes;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Client;

namespace RobustMQ.GatewayKit.Identity.Stored;

/// <summary>
/// Users and grants that are made at run time, kept in a topic that every gateway process follows: what one changes holds in all of them, a moment later. One part a process, for all its gateways. Where
/// no users are configured there is nobody whom they would be an exception from, and none of it is looked at.
/// </summary>
public sealed partial class UserStore : IProcessPart
{
    /// <summary>Made at run time, and as many names again that have grants: every process knows all of them.</summary>
    internal const int UsersMax = 10_000;

    /// <summary>Others that change the same record at the same moment.</summary>
    private const int TriesMax = 20;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly IdentityProvider _users;
    private readonly Func<IStorageClient> _connect;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IStorageClient? _storage;
    private UserLog? _log;
    private Task _following = Task.CompletedTask;

    public UserStore(IdentityProvider users, Func<IStorageClient> connect, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(users);
        _users = users;
        _connect = connect;
        _time = time;
        _logger = loggers.CreateLogger<UserStore>();
        users.Attach(this);
    }

    /// <summary>Where they are kept, in the default namespace. No client of any protocol may come near it.</summary>
    public static TopicName Topic => StoredRecord.Topic;

    public string Name => "users";

    public IReadOnlyList<ListenerEndPoint> Listeners => [];

    public IReadOnlyList<HealthReport> Health =>
        !_users.HasUsers ? [] : [new HealthReport("users:store", IsKnown, IsKnown ? "users are known" : "users are not known yet: nobody logs in")];

    /// <summary>Completes when everything that was stored is known for the first time.</summary>
    public Task Known => _known.Task;

    public bool IsKnown => _known.Task.IsCompleted;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_users.HasUsers)
        {
            _known.TrySetResult();
            return Task.CompletedTask;
        }
        _storage = _connect();
        _log = new UserLog(_storage, _time);
        _following = RunAsync(_log, _stop.Token);
        return Task.CompletedTask;
    }

    /// <summary>Logins go on until the gateways stop.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        if (_storage is not null)
            await _storage.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Makes, changes or removes a user. It holds in this process when this completes.</summary>
    /// <param name="change">From what is stored, null for nothing, to what is to be; without verifiers there is no user. May be called more than once.</param>
    /// <returns>
    /// <see cref="ErrorCode.AlreadyExists"/>: the name is a configured user's, or one's of another namespace; <see cref="ErrorCode.InvalidArgument"/>: no name of a user;
    /// <see cref="ErrorCode.LimitExceeded"/>: there are as many as there may be; what the storage says.
    /// </returns>
    public async ValueTask<ErrorCode> ChangeUserAsync(Namespace ns, string name, Func<StoredUser?, StoredUser> change, CancellationToken cancellationToken = default)
    {
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > StoredUser.NameBytesMax || name.Any(char.IsControl) || name == StoredGrants.Everybody)
            return ErrorCode.InvalidArgument;
        if (_users.Known.IsConfigured(name))
            return ErrorCode.AlreadyExists;
        return await ChangeAsync(
            StoredRecord.KeyOf(name),
            value =>
            {
                var present = StoredRecord.ReadUser(name, value);
                if (present is not null && present.Namespace != ns)
                    return (ErrorCode.AlreadyExists, value);
                var changed = StoredRecord.Write(change(present));
                return present is null && changed.Length > 0 && _users.Known.StoredCount >= UsersMax ? (ErrorCode.LimitExceeded, value) : (ErrorCode.None, changed);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Changes what is granted to a user, who need not be there yet, or to everybody. It holds in this process when this completes.</summary>
    /// <param name="change">From the grants there are to those that are to be. May be called more than once.</param>
    /// <returns><see cref="ErrorCode.InvalidArgument"/>: no name of a user; <see cref="ErrorCode.LimitExceeded"/>: more than a user may have, or one more name than may have any; what the storage says.</returns>
    public async ValueTask<ErrorCode> ChangeGrantsAsync(
        Namespace ns, string user, Func<IReadOnlyList<Grant>, IReadOnlyList<Grant>> change, CancellationToken cancellationToken = default)
    {
        if (user.Length == 0 || Encoding.UTF8.GetByteCount(user) > StoredUser.NameBytesMax || user.Any(char.IsControl))
            return ErrorCode.InvalidArgument;
        return await ChangeAsync(
            StoredRecord.KeyOf(ns, user),
            value =>
            {
                var present = StoredRecord.ReadGrants(value);
                var grants = change(present);
                var isTooMany = grants.Count > StoredGrants.CountMax || (present.Count == 0 && grants.Count > 0 && _users.Known.GrantedCount >= UsersMax);
                return isTooMany ? (ErrorCode.LimitExceeded, value) : (ErrorCode.None, StoredRecord.Write(new StoredGrants(ns, user, grants)));
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ErrorCode> ChangeAsync(string key, Func<byte[], (ErrorCode Error, byte[] Value)> change, CancellationToken cancellationToken)
    {
        if (_log is not { } log || !IsKnown)
            return ErrorCode.Unavailable;
        try
        {
            for (var tries = 0; tries < TriesMax; tries++)
            {
                var (error, present, at) = await log.FindAsync(key, cancellationToken).ConfigureAwait(false);
                if (error != ErrorCode.None)
                    return error;
                (error, var value) = change(present);
                if (error != ErrorCode.None)
                    return error;
                if (value.AsSpan().SequenceEqual(present))
                {
                    _users.Known.Apply(key, present, at);
                    return ErrorCode.None;
                }
                var result = await log.WriteAsync(key, value, at, cancellationToken).ConfigureAwait(false);
                if (result.Succeeded)
                    _users.Known.Apply(key, value, result.BaseOffset);
                if (result.Error != ErrorCode.OffsetMismatch)
                    return result.Error;
            }
            return ErrorCode.Unavailable;
        }
        catch (FormatException error)
        {
            LogUnreadable(_logger, key, error);
            return ErrorCode.Unsupported;
        }
        catch (StorageException error)
        {
            return error.Code;
        }
    }

    private async Task RunAsync(UserLog log, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    var error = await log.CreateAsync(cancellationToken).ConfigureAwait(false);
                    if (error == ErrorCode.None)
                        error = await FollowAsync(log, cancellationToken).ConfigureAwait(false);
                    LogNotFollowed(_logger, error);
                }
                catch (StorageException error)
                {
                    LogNotFollowed(_logger, error.Code);
                }
                catch (Exception error) when (!cancellationToken.IsCancellationRequested)
                {
                    LogFollowFailed(_logger, error);
                }
                await Task.Delay(RetryAfter, _time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>From the beginning, until a read fails: what was not told again by the first end of the topic is gone.</summary>
    private async Task<ErrorCode> FollowAsync(UserLog log, CancellationToken cancellationToken)
    {
        _users.Known.BeginAnew();
        Offset? from = null;
        var isThrough = false;
        while (true)
        {
            using var read = await log.FollowAsync(from, isThrough ? Wait : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (!read.Succeeded)
                return read.Error;
            Apply(read.Batches);
            from = read.NextOffset;
            if (isThrough || read.NextOffset < read.LogEndOffset)
                continue;
            isThrough = true;
            _users.Known.EndAnew();
            _known.TrySetResult();
        }
    }

    private void Apply(ReadOnlyMemory<byte> batches)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            var records = new RecordReader(reader.Current.Span);
            while (records.MoveNext())
            {
                var key = Encoding.UTF8.GetString(records.Current.Key);
                if (!_users.Known.Apply(key, records.Current.Value, records.Current.Offset))
                    LogUnreadable(_logger, key, null);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The users that were made at run time are not followed: {Code}; it is tried again")]
    private static partial void LogNotFollowed(ILogger logger, ErrorCode code);

    [LoggerMessage(Level = LogLevel.Error, Message = "The users that were made at run time are not followed, by a fault of this process; it is tried again")]
    private static partial void LogFollowFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The record {Key} of users and grants cannot be read; its user may do nothing")]
    private static partial void LogUnreadable(ILogger logger, string key, Exception? error);
}
