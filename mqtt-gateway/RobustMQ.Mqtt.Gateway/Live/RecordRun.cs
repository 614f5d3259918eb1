using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Records.Batches;

namespace RobustMQ.Mqtt.Gateway.Live;

/// <summary>Builds a <see cref="PublishRun"/> from records: consecutive ones of one subject, QoS and retain flag. Not thread-safe.</summary>
internal sealed class RecordRun
{
    private const int MessagesMax = 256;
    private const int SourceBytesTarget = 64 * 1024;

    private readonly RunMessage[] _messages = new RunMessage[MessagesMax];
    private readonly RecordProperties _properties = new();
    private byte[] _subject = new byte[128];
    private int _subjectLength;
    private byte[] _topic = new byte[128];
    private int _topicLength;
    private byte[] _source = new byte[4096];
    private int _sourceLength;
    private int _count;
    private byte _qos;
    private bool _retain;
    private bool _hasTopic;

    public bool IsEmpty => _count == 0;

    public ReadOnlySpan<byte> Subject => _subject.AsSpan(0, _subjectLength);

    public PublishRun Run => new()
    {
        Source = _source.AsSpan(0, _sourceLength),
        Topic = _topic.AsSpan(0, _topicLength),
        Subject = Subject,
        Messages = _messages.AsSpan(0, _count),
        Qos = _qos,
        Retain = _retain,
        IsV5 = true,
        CanCopy = false,
    };

    /// <summary>Begins with a subject. False where it is no topic's: MQTT clients never see it.</summary>
    public bool Begin(ReadOnlySpan<byte> subject)
    {
        Clear();
        if (_subject.Length < subject.Length)
            _subject = new byte[subject.Length * 2];
        if (_topic.Length < subject.Length)
            _topic = new byte[subject.Length * 2];
        subject.CopyTo(_subject);
        _subjectLength = subject.Length;
        return _hasTopic = TopicMapping.TryToTopic(subject, _topic, out _topicLength) && _topicLength <= ushort.MaxValue;
    }

    public void Clear()
    {
        _count = 0;
        _sourceLength = 0;
    }

    /// <summary>Adds a record of the present subject.</summary>
    /// <returns>False where the run must be delivered first.</returns>
    public bool TryAdd(in Record record, long nowMs)
    {
        if (_count == MessagesMax || _sourceLength >= SourceBytesTarget)
            return false;
        if (!_hasTopic || !_properties.TryBuild(record, nowMs))
            return true;
        if (_count > 0 && (_properties.Qos != _qos || _properties.Retain != _retain))
            return false;
        _qos = _properties.Qos;
        _retain = _properties.Retain;
        var properties = _properties.Encoded;
        var needed = properties.Length + record.Value.Length;
        if (_source.Length - _sourceLength < needed)
            Array.Resize(ref _source, Math.Max(_source.Length * 2, _sourceLength + needed));
        properties.CopyTo(_source.AsSpan(_sourceLength));
        record.Value.CopyTo(_source.AsSpan(_sourceLength + properties.Length));
        _messages[_count++] = new RunMessage
        {
            PacketStart = 0,
            PacketLength = 0,
            PropertiesStart = _sourceLength,
            PropertiesLength = properties.Length,
            PayloadStart = _sourceLength + properties.Length,
            PayloadLength = record.Value.Length,
            AliasAt = -1,
            ExpiryAt = _properties.Expires ? 1 : 0,
        };
        _sourceLength += needed;
        return true;
    }
}
