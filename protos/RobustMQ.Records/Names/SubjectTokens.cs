namespace RobustMQ.Records;

/// <summary>Walks the tokens of a subject or filter from the first one. A copy is a bookmark.</summary>
internal ref struct SubjectTokens
{
    private const byte Separator = (byte)'.';

    private ReadOnlySpan<byte> _rest;

    public SubjectTokens(ReadOnlySpan<byte> text)
    {
        _rest = text;
        IsEnd = text.IsEmpty;
        Take();
    }

    /// <summary>True behind the last token.</summary>
    public bool IsEnd { get; private set; }

    /// <summary>Empty at the end.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public void Advance()
    {
        if (Current.Length == _rest.Length)
        {
            IsEnd = true;
            Current = default;
            return;
        }
        _rest = _rest[(Current.Length + 1)..];
        Take();
    }

    private void Take()
    {
        var at = _rest.IndexOf(Separator);
        Current = at < 0 ? _rest : _rest[..at];
    }
}
