namespace RobustMQ.Nats.Protocol;

/// <summary>Which subjects nats-server takes. Bytes above ASCII are not looked at.</summary>
public static class NatsSubjects
{
    /// <summary>For SUB: no empty token, and <c>&gt;</c> only as the last one.</summary>
    public static bool IsFilter(ReadOnlySpan<byte> subject)
    {
        if (subject.IsEmpty)
            return false;
        foreach (var range in subject.Split((byte)'.'))
        {
            var token = subject[range];
            if (token.IsEmpty || (token.SequenceEqual(">"u8) && range.End.GetOffset(subject.Length) != subject.Length))
                return false;
        }
        return true;
    }

    public static bool HasEmptyToken(ReadOnlySpan<byte> subject) =>
        subject.IsEmpty || subject[0] == '.' || subject[^1] == '.' || subject.IndexOf(".."u8) >= 0;

    /// <summary>For PUB: no empty token and no wildcard.</summary>
    public static bool IsLiteral(ReadOnlySpan<byte> subject)
    {
        if (subject.IsEmpty)
            return false;
        foreach (var range in subject.Split((byte)'.'))
        {
            var token = subject[range];
            if (token.IsEmpty || token.SequenceEqual("*"u8) || token.SequenceEqual(">"u8))
                return false;
        }
        return true;
    }
}
