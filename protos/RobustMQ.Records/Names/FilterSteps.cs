namespace RobustMQ.Records;

/// <summary>The tokens of a filter with a last <c>&gt;</c> as two steps: one token, then any number.</summary>
internal ref struct FilterSteps(ReadOnlySpan<byte> filter)
{
    private SubjectTokens _tokens = new(filter);
    private bool _isBehindRest;

    public readonly bool IsEnd => _tokens.IsEnd;

    public readonly ReadOnlySpan<byte> Token => _tokens.Current;

    /// <summary>Zero or more tokens.</summary>
    public readonly bool IsAny => _isBehindRest || Token.SequenceEqual("**"u8);

    /// <summary>Exactly one token, whatever it is.</summary>
    public readonly bool IsOne => Token.SequenceEqual("*"u8) || (!_isBehindRest && Token.SequenceEqual(">"u8));

    public void Advance()
    {
        if (!_isBehindRest && Token.SequenceEqual(">"u8))
        {
            _isBehindRest = true;
            return;
        }
        _isBehindRest = false;
        _tokens.Advance();
    }
}
