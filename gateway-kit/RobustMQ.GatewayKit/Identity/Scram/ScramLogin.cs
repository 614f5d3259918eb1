namespace RobustMQ.GatewayKit.Identity.Scram;

/// <summary>One login by SCRAM as a gateway carries it: messages in, messages out, and an identity at the end.</summary>
public sealed class ScramLogin
{
    private readonly ScramServer _server;
    private readonly Func<string, UserIdentity?> _identify;
    private readonly Action<string> _onFailure;

    internal ScramLogin(ScramServer server, Func<string, UserIdentity?> identify, Action<string> onFailure) => (_server, _identify, _onFailure) = (server, identify, onFailure);

    /// <summary>Null until the client has proven itself.</summary>
    public UserIdentity? Identity { get; private set; }

    /// <returns>What to answer; null: refused, and it counts as a failed login.</returns>
    public byte[]? Next(ReadOnlySpan<byte> message)
    {
        var answer = _server.Next(message);
        // One user acting as another is nothing that the shared users know.
        if (answer is null || (_server.AuthorizationId.Length > 0 && _server.AuthorizationId != _server.User))
        {
            _onFailure(_server.User);
            return null;
        }
        if (_server.IsProven)
            Identity = _identify(_server.User);
        return answer;
    }
}
