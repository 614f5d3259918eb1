using RobustMQ.Nats.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Live;

/// <summary>
/// Turns a NATS reply subject and header block into record headers. A block that could not be rebuilt from names and values byte for byte (a status line, unusual
/// spacing) is kept whole beside nothing else, so that a NATS client gets it back exactly.
/// </summary>
internal sealed class RecordHeaderEncoder
{
    private readonly RecordHeadersBuilder _builder = new();

    public int Count => _builder.Count;

    public ReadOnlySpan<byte> Encoded => _builder.Encoded;

    public void Encode(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> block)
    {
        _builder.Clear();
        if (!reply.IsEmpty)
            _builder.Add(RecordHeaderNames.ReplyTo, reply);
        if (block.IsEmpty)
            return;
        if (!NatsHeaderBlock.IsCanonical(block))
        {
            _builder.Add(RecordHeaderNames.NatsHeaderBlock, block);
            return;
        }
        foreach (var header in new NatsHeaderBlock(block))
            _builder.Add(header.Name, header.Value);
    }

    /// <summary>Adds one more behind what <see cref="Encode"/> wrote.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => _builder.Add(name, value);
}
