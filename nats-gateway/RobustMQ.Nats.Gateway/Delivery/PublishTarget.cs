using RobustMQ.GatewayKit.Live;
using RobustMQ.Nats.Gateway.Services;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>What a connection knows about one subject that it publishes to: may it, who listens, where is it stored.</summary>
internal sealed class PublishTarget
{
    private byte[] _subject = [];
    private int _length = -1;

    public ReadOnlySpan<byte> Subject => _subject.AsSpan(0, Math.Max(_length, 0));

    public bool IsAllowed { get; set; }

    /// <summary>Who answers here and gets what is published, instead of subscribers; null: nobody owns the subject.</summary>
    public IRequestService? Service { get; set; }

    /// <summary>False where the publisher is told about each message: an empty token, or one that is a wildcard.</summary>
    public bool IsLiteral { get; private set; }

    /// <summary>Reaches nobody, not even those who subscribed to everything.</summary>
    public bool HasEmptyToken { get; private set; }

    public MatchResult Match { get; set; } = MatchResult.Nobody;

    public long MatchGeneration { get; set; } = -1;

    /// <summary>Null where the subject can be no record's: delivered here, stored nowhere.</summary>
    public TopicRoute? Route { get; set; }

    public long RouteGeneration { get; set; } = -1;

    public bool Is(ReadOnlySpan<byte> subject) => subject.Length == _length && subject.SequenceEqual(_subject.AsSpan(0, _length));

    public void Rename(ReadOnlySpan<byte> subject)
    {
        if (_subject.Length < subject.Length)
            _subject = new byte[Math.Max(32, subject.Length)];
        subject.CopyTo(_subject);
        _length = subject.Length;
        IsLiteral = NatsSubjects.IsLiteral(subject);
        HasEmptyToken = !IsLiteral && NatsSubjects.HasEmptyToken(subject);
        MatchGeneration = -1;
        RouteGeneration = -1;
    }
}
