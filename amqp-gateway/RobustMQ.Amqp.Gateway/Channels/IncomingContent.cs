using System.Buffers;
using RobustMQ.Amqp.Gateway.Publishing;

namespace RobustMQ.Amqp.Gateway.Channels;

/// <summary>A message that is coming in: its method, its header, then its body in frames, gathered in pooled memory where it is more than one.</summary>
internal sealed class IncomingContent : IDisposable
{
    private const int FirstBytes = 4096;

    private byte[] _properties = new byte[256];
    private int _propertiesLength;
    private byte[] _body = [];
    private int _received;

    public PublishAddress? Address { get; private set; }

    public bool IsMandatory { get; private set; }

    /// <summary>A method came that has a content, and not all of it is here.</summary>
    public bool IsExpected => Address is not null;

    public bool HasHeader { get; private set; }

    public long BodyBytes { get; private set; }

    public ReadOnlySpan<byte> Properties => _properties.AsSpan(0, _propertiesLength);

    public bool HasBegun => _received > 0;

    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _received);

    public long Missing => BodyBytes - _received;

    public void Begin(PublishAddress address, bool isMandatory)
    {
        Address = address;
        IsMandatory = isMandatory;
    }

    public void SetHeader(ReadOnlySpan<byte> properties, long bodyBytes)
    {
        if (_properties.Length < properties.Length)
            _properties = new byte[properties.Length * 2];
        properties.CopyTo(_properties);
        _propertiesLength = properties.Length;
        BodyBytes = bodyBytes;
        HasHeader = true;
    }

    /// <summary>Memory grows with what has come: a large announced size costs nothing by itself.</summary>
    public void Add(ReadOnlySpan<byte> piece)
    {
        var needed = _received + piece.Length;
        if (_body.Length < needed)
            Grow(needed);
        piece.CopyTo(_body.AsSpan(_received));
        _received = needed;
    }

    /// <summary>Ready for the next message.</summary>
    public void Clear()
    {
        if (_body.Length > 0)
            ArrayPool<byte>.Shared.Return(_body);
        _body = [];
        _received = 0;
        Address = null;
        HasHeader = false;
        BodyBytes = 0;
    }

    public void Dispose() => Clear();

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(BodyBytes, needed), Math.Max(Math.Max(needed, FirstBytes), _body.Length * 2L)));
        Body.CopyTo(larger);
        if (_body.Length > 0)
            ArrayPool<byte>.Shared.Return(_body);
        _body = larger;
    }
}
