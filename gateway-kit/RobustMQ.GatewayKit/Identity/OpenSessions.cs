using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>Keeps the open sessions of a gateway in step with their users. Any thread.</summary>
/// <remarks>
/// A session looks once more when it has become somebody, since its user may have changed while it logged in; from then on it is one of those that are looked at.
/// </remarks>
public static partial class OpenSessions
{
    /// <summary>How a session stands, and who it is by now.</summary>
    /// <param name="identity">As the session logged in, or as it was when it was looked at last.</param>
    /// <param name="current">As given where the session is to end.</param>
    public static SessionStanding Judge(IdentityProvider users, UserIdentity identity, out UserIdentity current)
    {
        ArgumentNullException.ThrowIfNull(users);
        current = identity;
        if (users.Current(identity) is not { } now)
            return SessionStanding.IsGone;
        if (!IsSame(now.Credentials, identity.Credentials))
            return SessionStanding.HasOldCredentials;
        current = now;
        if (ReferenceEquals(now.Permissions, identity.Permissions))
            return SessionStanding.Unchanged;
        return TopicGrants.OnlyAdd(identity.Grants, now.Grants) ? SessionStanding.MayDoMore : SessionStanding.MayDoLess;
    }

    /// <summary>
    /// Has all sessions looked at after users have changed, until it is cancelled: one look for as many changes as came since the last, and never on the thread that tells of them.
    /// </summary>
    public static async Task FollowAsync(IdentityProvider users, Action look, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(users);
        ArgumentNullException.ThrowIfNull(look);
        // A change that comes while another one waits is seen by the same look.
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        users.Changed += Note;
        try
        {
            await foreach (var _ in changes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                Look();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            users.Changed -= Note;
        }

        void Note(string? name) => changes.Writer.TryWrite(true);

        void Look()
        {
            try
            {
                look();
            }
            catch (Exception error)
            {
                // Those that were not looked at are with the next change.
                LogLookFailed(logger, error);
            }
        }
    }

    /// <summary>A password that is set again has another salt, and so another key.</summary>
    private static bool IsSame(ScramVerifier? one, ScramVerifier? other) =>
        one is null || other is null ? one == other : one.StoredKey.AsSpan().SequenceEqual(other.StoredKey);

    [LoggerMessage(Level = LogLevel.Error, Message = "Open sessions could not be held to what their users may do by now, by a fault of the gateway")]
    private static partial void LogLookFailed(ILogger logger, Exception error);
}
