using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Live;

/// <summary>Turns a record's headers back into a NATS header block, and finds the reply subject among them.</summary>
internal sealed class HeaderBlockBuilder
{
    private static readonly SearchValues<byte> ForbiddenInValues = SearchValues.Create("\r\n"u8);
    private static readonly SearchValues<byte> ForbiddenInNames = SearchValues.Create("\r\n:"u8);

    private byte[] _block = new byte[256];
    private int _length;
    private bool _isRaw;

    /// <summary>Empty where the record has no header that a NATS client sees.</summary>
    public ReadOnlySpan<byte> Block => _block.AsSpan(0, _length);

    /// <param name="reply">A slice of the record.</param>
    public void Build(RecordHeaders headers, out ReadOnlySpan<byte> reply)
    {
        _length = 0;
        _isRaw = false;
        reply = default;
        if (headers.Count == 0)
            return;
        foreach (var header in headers)
        {
            if (!header.Name.StartsWith(RecordHeaderNames.ReservedPrefix))
                Add(header.Name, header.Value);
            else if (header.Name.SequenceEqual(RecordHeaderNames.ReplyTo))
                reply = header.Value;
            else if (header.Name.SequenceEqual(RecordHeaderNames.NatsHeaderBlock))
                Replace(header.Value);
            else if (header.Name.SequenceEqual(RecordHeaderNames.ContentType))
                Add("Content-Type"u8, header.Value);
            else if (header.Name.SequenceEqual(RecordHeaderNames.CorrelationId))
                Add("Correlation-Id"u8, header.Value);
        }
        if (_length > 0 && !_isRaw)
            Put("\r\n"u8);
    }

    private void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_length == 0)
            Put("NATS/1.0\r\n"u8);
        // Other protocols' headers may hold bytes that would end a NATS header early, or begin another one.
        PutReplacing(name, ForbiddenInNames, (byte)'_');
        Put(": "u8);
        PutReplacing(value, ForbiddenInValues, (byte)' ');
        Put("\r\n"u8);
    }

    private void PutReplacing(ReadOnlySpan<byte> bytes, SearchValues<byte> forbidden, byte replacement)
    {
        var start = _length;
        Put(bytes);
        var written = _block.AsSpan(start, bytes.Length);
        if (written.ContainsAny(forbidden))
            written.ReplaceAny(forbidden, replacement);
    }

    private void Replace(ReadOnlySpan<byte> block)
    {
        _length = 0;
        Put(block);
        _isRaw = true;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (_block.Length - _length < bytes.Length)
            Array.Resize(ref _block, Math.Max(_block.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_block.AsSpan(_length));
        _length += bytes.Length;
    }
}
