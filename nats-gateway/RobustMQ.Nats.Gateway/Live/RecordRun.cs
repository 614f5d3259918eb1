using RobustMQ.Nats.Gateway.Delivery;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Live;

/// <summary>Builds a <see cref="PublishRun"/> from records that came over the live feed: consecutive records of one subject, laid out as a client would have sent them.</summary>
internal sealed class RecordRun
{
    private const int MessagesMax = 256;
    private const int SourceBytesTarget = 64 * 1024;

    private readonly RunMessage[] _messages = new RunMessage[MessagesMax];
    private readonly HeaderBlockBuilder _headers = new();
    private byte[] _subject = new byte[128];
    private int _subjectLength;
    private byte[] _source = new byte[4096];
    private int _sourceLength;
    private int _count;

    public bool IsEmpty => _count == 0;

    public ReadOnlySpan<byte> Subject => _subject.AsSpan(0, _subjectLength);

    public PublishRun Run => new(_source.AsSpan(0, _sourceLength), Subject, _messages.AsSpan(0, _count));

    /// <summary>Whether a record of this subject can join.</summary>
    public bool Accepts(ReadOnlySpan<byte> subject) =>
        _count > 0 && _count < MessagesMax && _sourceLength < SourceBytesTarget && subject.SequenceEqual(Subject);

    public void Begin(ReadOnlySpan<byte> subject)
    {
        _count = 0;
        _sourceLength = 0;
        if (_subject.Length < subject.Length)
            _subject = new byte[subject.Length * 2];
        subject.CopyTo(_subject);
        _subjectLength = subject.Length;
    }

    public void Add(in Record record)
    {
        _headers.Build(record.Headers, out var reply);
        var block = _headers.Block;
        var bodyLength = block.Length + record.Value.Length;
        Reserve(reply.Length + bodyLength + 2);

        var replyStart = _sourceLength;
        Put(reply);
        var bodyStart = _sourceLength;
        Put(block);
        Put(record.Value);
        Put("\r\n"u8);
        _messages[_count++] = new RunMessage(replyStart, reply.Length, bodyStart, block.Length, bodyLength);
    }

    public void Clear() => _count = 0;

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_source.AsSpan(_sourceLength));
        _sourceLength += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        if (_source.Length - _sourceLength < bytes)
            Array.Resize(ref _source, Math.Max(_source.Length * 2, _sourceLength + bytes));
    }
}
