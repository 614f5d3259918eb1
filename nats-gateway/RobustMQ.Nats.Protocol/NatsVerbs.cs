using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace RobustMQ.Nats.Protocol;

/// <summary>Tells a command by its first bytes, in any case of letters.</summary>
internal static class NatsVerbs
{
    private const uint LowerCaseBits = 0x20202020;

    private static uint Word(ReadOnlySpan<byte> text) => BinaryPrimitives.ReadUInt32LittleEndian(text) | LowerCaseBits;

    private static readonly uint PubBlank = Word("pub "u8);
    private static readonly uint HPub = Word("hpub"u8);
    private static readonly uint SubBlank = Word("sub "u8);
    private static readonly uint Unsu = Word("unsu"u8);
    private static readonly uint Ping = Word("ping"u8);
    private static readonly uint Pong = Word("pong"u8);
    private static readonly uint Conn = Word("conn"u8);
    private static readonly uint Info = Word("info"u8);
    private static readonly uint Err = Word("-err"u8);

    /// <param name="input">Four bytes or more.</param>
    /// <param name="argumentsStart">Behind the verb and the blanks that follow it.</param>
    /// <returns><see cref="NatsCommandKind.None"/>: not a verb, or not enough of it yet (<see cref="CanBecomeOne"/>).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NatsCommandKind Recognize(ReadOnlySpan<byte> input, out int argumentsStart)
    {
        // The case bits turn NUL into a blank as well, so the blank is looked at itself.
        if (Word(input) == PubBlank && input[3] == ' ')
        {
            argumentsStart = SkipBlanks(input, 4);
            return argumentsStart < input.Length ? NatsCommandKind.Pub : NatsCommandKind.None;
        }
        return RecognizeOther(input, out argumentsStart);
    }

    /// <summary>Whether more bytes could make these a verb with its arguments.</summary>
    public static bool CanBecomeOne(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return true;
        return IsPrefix(input, "pub "u8) || IsPrefix(input, "hpub "u8) || IsPrefix(input, "sub "u8) || IsPrefix(input, "unsub "u8)
            || IsPrefix(input, "connect"u8) || IsPrefix(input, "ping"u8) || IsPrefix(input, "pong"u8) || IsPrefix(input, "info"u8)
            || IsPrefix(input, "-err "u8) || IsPrefix(input, "+ok"u8);
    }

    private static NatsCommandKind RecognizeOther(ReadOnlySpan<byte> input, out int argumentsStart)
    {
        argumentsStart = 4;
        var word = Word(input);
        if (word == Ping)
            return NatsCommandKind.Ping;
        if (word == Pong)
            return NatsCommandKind.Pong;
        if (input[0] == '+')
        {
            argumentsStart = 3;
            return IsPrefix(input[..3], "+ok"u8) ? NatsCommandKind.Ignored : NatsCommandKind.None;
        }
        var (kind, verb) = word switch
        {
            _ when word == HPub => (NatsCommandKind.HPub, 4),
            _ when word == SubBlank || (IsPrefix(input[..3], "sub"u8) && input[3] == '\t') => (NatsCommandKind.Sub, 3),
            _ when IsPrefix(input[..3], "pub"u8) && input[3] == '\t' => (NatsCommandKind.Pub, 3),
            _ when word == Unsu && IsPrefix(input, "unsub"u8) => (NatsCommandKind.Unsub, 5),
            _ when word == Conn && IsPrefix(input, "connect"u8) => (NatsCommandKind.Connect, 7),
            _ when word == Err && input[0] == '-' => (NatsCommandKind.Error, 4),
            _ when word == Info => (NatsCommandKind.Ignored, 4),
            _ => (NatsCommandKind.None, 0),
        };
        // Of all verbs only CONNECT and INFO need no blank behind them.
        var needsBlank = kind is not (NatsCommandKind.Connect or NatsCommandKind.Ignored);
        if (kind == NatsCommandKind.None || input.Length <= verb || (needsBlank && input[verb] is not ((byte)' ' or (byte)'\t')))
            return NatsCommandKind.None;
        argumentsStart = SkipBlanks(input, verb);
        return argumentsStart < input.Length ? kind : NatsCommandKind.None;
    }

    private static int SkipBlanks(ReadOnlySpan<byte> input, int at)
    {
        while (at < input.Length && input[at] is (byte)' ' or (byte)'\t')
            at++;
        return at;
    }

    /// <summary>Whether the input begins with the lower-case word, or is the beginning of it; a blank in the word stands for any run of blanks and tabs.</summary>
    private static bool IsPrefix(ReadOnlySpan<byte> input, ReadOnlySpan<byte> word)
    {
        var length = Math.Min(input.Length, word.Length);
        for (var at = 0; at < length; at++)
        {
            var expected = word[at];
            var actual = input[at];
            var same = expected switch
            {
                (byte)' ' => actual is (byte)' ' or (byte)'\t',
                >= (byte)'a' and <= (byte)'z' => (byte)(actual | 0x20) == expected,
                _ => actual == expected,
            };
            if (!same)
                return false;
        }
        return true;
    }
}
