namespace RobustMQ.Records.Batches;

/// <summary>The encoded headers of one record; enumerating them decodes one at a time. Malformed bytes end the enumeration (a validated batch has none).</summary>
public readonly ref struct RecordHeaders(ReadOnlySpan<byte> encoded, int count)
{
    public int Count { get; } = count;

    /// <summary>As <see cref="RecordHeadersBuilder.Encoded"/>.</summary>
    public ReadOnlySpan<byte> Encoded { get; } = encoded;

    public Enumerator GetEnumerator() => new(Encoded, Count);

    /// <summary>First header of that exact name.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        foreach (var header in this)
        {
            if (header.Name.SequenceEqual(name))
            {
                value = header.Value;
                return header.HasValue;
            }
        }
        value = default;
        return false;
    }

    /// <summary>Whether the bytes are as many headers as the count says, and nothing else.</summary>
    internal bool AreWhole()
    {
        var headers = GetEnumerator();
        while (headers.MoveNext())
        {
        }
        return headers.IsAtEnd;
    }

    public ref struct Enumerator(ReadOnlySpan<byte> encoded, int count)
    {
        private readonly ReadOnlySpan<byte> _encoded = encoded;
        private int _left = count;
        private int _position;

        public RecordHeader Current { get; private set; }

        internal readonly bool IsAtEnd => _left == 0 && _position == _encoded.Length;

        public bool MoveNext()
        {
            if (_left <= 0 || !TryReadBytes(out var name, out var hasName) || !hasName || !TryReadBytes(out var value, out var hasValue))
                return false;
            _left--;
            Current = new RecordHeader { Name = name, Value = value, HasValue = hasValue };
            return true;
        }

        private bool TryReadBytes(out ReadOnlySpan<byte> bytes, out bool present)
        {
            bytes = default;
            present = false;
            if (!Varint.TryRead(_encoded, ref _position, out int length) || length < -1 || length > _encoded.Length - _position)
                return false;
            if (length < 0)
                return true;
            present = true;
            bytes = _encoded.Slice(_position, length);
            _position += length;
            return true;
        }
    }
}
