using System.Buffers.Text;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>How a message is to be kept, from the <c>mq9-</c> headers of a SEND. Names are compared without regard to case, since some HTTP-minded clients raise it.</summary>
internal ref struct SendOptions
{
    /// <summary>Seconds; a hundred years: beyond it a clock's arithmetic would overflow.</summary>
    private const long SecondsMax = 3_155_760_000;

    /// <summary>Bytes. A key is an entry of an index.</summary>
    private const int KeyBytesMax = 1024;

    private long? _delaySeconds;

    /// <summary>Null: the sender said none.</summary>
    public MailPriority? Priority { get; private set; }

    /// <summary>Empty: none.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>0: as long as the mailbox.</summary>
    public long TtlSeconds { get; private set; }

    /// <summary>0: visible at once.</summary>
    public readonly long DelaySeconds => _delaySeconds ?? 0;

    /// <param name="block">NATS header block; the options' spans are slices of it.</param>
    /// <param name="error">The answer to the sender where a header does not parse.</param>
    public static bool TryParse(ReadOnlySpan<byte> block, out SendOptions options, out string error)
    {
        options = default;
        error = string.Empty;
        if (block.IsEmpty)
            return true;
        foreach (var header in new NatsHeaderBlock(block))
        {
            if (header.Name.Length > 4 && (header.Name[0] | 0x20) == 'm' && options.Take(header) is { } mistake)
            {
                error = mistake;
                return false;
            }
        }
        return true;
    }

    private string? Take(NatsHeader header)
    {
        if (Is(header.Name, "mq9-priority"))
            return TakePriority(header.Value);
        if (Is(header.Name, "mq9-key"))
            return TakeKey(header.Value);
        if (Is(header.Name, "mq9-ttl"))
            return TakeTtl(header.Value);
        return Is(header.Name, "mq9-delay") ? TakeDelay(header.Value) : null;
    }

    private string? TakePriority(ReadOnlySpan<byte> value)
    {
        if (!MailPriorities.TryParseCurrent(value, out var priority))
            return Mq9Errors.InvalidHeader("mq9-priority", "must be critical, urgent or normal");
        if (Priority is not null)
            return Mq9Errors.InvalidHeader("mq9-priority", "given twice");
        Priority = priority;
        return null;
    }

    private string? TakeKey(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.Length > KeyBytesMax)
            return Mq9Errors.InvalidHeader("mq9-key", $"must have 1 to {KeyBytesMax} bytes");
        if (!Key.IsEmpty)
            return Mq9Errors.InvalidHeader("mq9-key", "given twice");
        Key = value;
        return null;
    }

    private string? TakeTtl(ReadOnlySpan<byte> value)
    {
        if (TtlSeconds != 0)
            return Mq9Errors.InvalidHeader("mq9-ttl", "given twice");
        if (!TryParseSeconds(value, out var seconds) || seconds == 0)
            return Mq9Errors.InvalidHeader("mq9-ttl", "must be a whole number of seconds, 1 or more");
        TtlSeconds = seconds;
        return null;
    }

    private string? TakeDelay(ReadOnlySpan<byte> value)
    {
        if (_delaySeconds is not null)
            return Mq9Errors.InvalidHeader("mq9-delay", "given twice");
        if (!TryParseSeconds(value, out var seconds))
            return Mq9Errors.InvalidHeader("mq9-delay", "must be a whole number of seconds, 0 or more");
        _delaySeconds = seconds;
        return null;
    }

    private static bool TryParseSeconds(ReadOnlySpan<byte> value, out long seconds) =>
        Utf8Parser.TryParse(value, out seconds, out var used) && used == value.Length && value[0] != '+' && seconds is >= 0 and <= SecondsMax;

    private static bool Is(ReadOnlySpan<byte> name, string expected) => System.Text.Ascii.EqualsIgnoreCase(name, expected);
}
