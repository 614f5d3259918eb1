using RobustMQ.GatewayKit.Live;
using RobustMQ.Mqtt.Gateway.Subscriptions;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>What a connection knows about one topic that it publishes to: its subject, may it, who listens, where is it stored.</summary>
internal sealed class PublishTarget
{
    private byte[] _topic = [];
    private int _topicLength = -1;
    private byte[]? _renamed;
    private byte[] _subject = [];
    private int _subjectLength;

    /// <summary>As receivers get it.</summary>
    public ReadOnlySpan<byte> Topic => _renamed ?? _topic.AsSpan(0, Math.Max(_topicLength, 0));

    /// <summary>Receivers get it under another name than the publisher gave.</summary>
    public bool IsRenamed => _renamed is not null;

    /// <summary>Published so many seconds later.</summary>
    public long DelaySeconds { get; set; }

    public ReadOnlySpan<byte> Subject => _subject.AsSpan(0, _subjectLength);

    /// <summary>False for what no client may publish to: no valid topic name, or one that no subject can stand for.</summary>
    public bool IsValid { get; private set; }

    public bool IsAllowed { get; set; }

    public MatchResult Match { get; set; } = MatchResult.Nobody;

    public long MatchGeneration { get; set; } = -1;

    public TopicRoute? Route { get; set; }

    public long RouteGeneration { get; set; } = -1;

    public bool Is(ReadOnlySpan<byte> topic) => topic.Length == _topicLength && topic.SequenceEqual(_topic.AsSpan(0, _topicLength));

    /// <param name="topic">As the publisher writes it.</param>
    /// <param name="name">As receivers get it.</param>
    /// <param name="subject">Empty: the topic is not valid.</param>
    public void Rename(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> name, ReadOnlySpan<byte> subject)
    {
        _renamed = topic.SequenceEqual(name) ? null : name.ToArray();
        DelaySeconds = 0;
        Copy(topic, ref _topic);
        _topicLength = topic.Length;
        Copy(subject, ref _subject);
        _subjectLength = subject.Length;
        IsValid = !subject.IsEmpty;
        MatchGeneration = -1;
        RouteGeneration = -1;
    }

    private static void Copy(ReadOnlySpan<byte> bytes, ref byte[] kept)
    {
        if (kept.Length < bytes.Length)
            kept = new byte[Math.Max(32, bytes.Length)];
        bytes.CopyTo(kept);
    }
}
