using System.Runtime.CompilerServices;

namespace RobustMQ.Nats.Protocol;

/// <summary>
/// Reads a client's commands from contiguous input, one a call. Pure: no state between calls, nothing allocated, a short input consumes nothing.
/// </summary>
/// <remarks>
/// The grammar is nats-server's, its liberties included: verbs in any case, runs of blanks and tabs between arguments, a line may end in LF alone, whatever follows
/// PING, PONG and +OK on their line is ignored. A payload ends in CR LF and in nothing else.
/// <code>
/// PUB  subject [reply] size            CR LF payload CR LF
/// HPUB subject [reply] headerSize size CR LF headers payload CR LF
/// SUB  subject [queue] sid CR LF | UNSUB sid [max] CR LF | CONNECT json CR LF | PING CR LF | PONG CR LF
/// </code>
/// </remarks>
public static class NatsParser
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';
    private const int ArgumentsMax = 5;

    /// <summary>Longest verb with its blank: what may precede the arguments that <see cref="NatsParserLimits.ControlLineBytesMax"/> bounds. A control line is never longer than both, CR LF apart.</summary>
    public const int VerbBytesMax = 8;

    public static ParseStatus TryParse(ReadOnlySpan<byte> input, NatsParserLimits limits, out NatsCommand command)
    {
        command = default;
        var argumentsStart = 0;
        var kind = input.Length < 4 ? NatsCommandKind.None : NatsVerbs.Recognize(input, out argumentsStart);
        if (kind == NatsCommandKind.None)
            return Unfinished(StatusOfBeginning(input, limits), input, ref command);

        var lineEnd = input[argumentsStart..].IndexOf(Lf);
        if (lineEnd < 0)
            return Unfinished(IsTooLong(argumentsStart, input.Length - argumentsStart - 1, limits) ? ParseStatus.LineTooLong : ParseStatus.NeedsLine, input, ref command);
        var line = input.Slice(argumentsStart, lineEnd);
        if (line.Length > 0 && line[^1] == Cr)
            line = line[..^1];
        if (IsTooLong(argumentsStart, line.Length, limits))
            return Unfinished(ParseStatus.LineTooLong, input, ref command);

        command.Kind = kind;
        command.TotalLength = argumentsStart + lineEnd + 1;
        return kind switch
        {
            NatsCommandKind.Pub or NatsCommandKind.HPub => ParsePublish(input, line, limits, ref command),
            NatsCommandKind.Sub => ParseSub(line, ref command),
            NatsCommandKind.Unsub => ParseUnsub(line, ref command),
            NatsCommandKind.Connect => ParseConnect(line, ref command),
            _ => ParseStatus.Command,
        };
    }

    /// <summary>Decimal number of 1-9 digits, as many as nats-server reads; -1 where it is none.</summary>
    public static int ParseSize(ReadOnlySpan<byte> digits)
    {
        if (digits.IsEmpty || digits.Length > 9)
            return -1;
        var value = 0;
        foreach (var digit in digits)
        {
            var number = (uint)(digit - '0');
            if (number > 9)
                return -1;
            value = value * 10 + (int)number;
        }
        return value;
    }

    /// <summary>Of a line that is not whole, or too long, only CONNECT is told: by its first letter, as nats-server tells it from what needs a login.</summary>
    private static ParseStatus Unfinished(ParseStatus status, ReadOnlySpan<byte> input, ref NatsCommand command)
    {
        if (!input.IsEmpty && (input[0] is (byte)'C' or (byte)'c'))
            command.Kind = NatsCommandKind.Connect;
        return status;
    }

    private static ParseStatus StatusOfBeginning(ReadOnlySpan<byte> input, NatsParserLimits limits)
    {
        if (!NatsVerbs.CanBecomeOne(input))
            return ParseStatus.UnknownOperation;
        return IsTooLong(input.Length, 0, limits) ? ParseStatus.LineTooLong : ParseStatus.NeedsLine;
    }

    /// <summary>
    /// Blanks behind a verb that are more than <see cref="VerbBytesMax"/> count as arguments: without a bound they could be any number, and the answer would depend on
    /// how the input was cut.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsTooLong(int argumentsStart, int argumentsLength, NatsParserLimits limits) =>
        Math.Max(argumentsStart - VerbBytesMax, 0) + argumentsLength > limits.ControlLineBytesMax;

    private static ParseStatus ParsePublish(ReadOnlySpan<byte> input, ReadOnlySpan<byte> line, NatsParserLimits limits, ref NatsCommand command)
    {
        Span<Range> arguments = stackalloc Range[ArgumentsMax];
        var count = Split(line, arguments);
        var sizes = command.Kind == NatsCommandKind.HPub ? 2 : 1;
        if (count != sizes + 1 && count != sizes + 2)
            return ParseStatus.BadArguments;

        command.Subject = line[arguments[0]];
        if (count == sizes + 2)
            command.ReplyTo = line[arguments[1]];
        var total = ParseSize(line[arguments[count - 1]]);
        var header = sizes == 2 ? ParseSize(line[arguments[count - 2]]) : 0;
        if (total < 0 || header < 0 || header > total)
            return ParseStatus.BadArguments;
        if (total > limits.PayloadBytesMax)
            return ParseStatus.PayloadTooLarge;

        command.BodyStart = command.TotalLength;
        command.HeaderLength = header;
        command.BodyLength = total;
        command.TotalLength += total + 2;
        return CheckPayloadEnd(input, command.BodyStart + command.BodyLength);
    }

    /// <summary>A wrong byte behind the payload is told as soon as it is there.</summary>
    private static ParseStatus CheckPayloadEnd(ReadOnlySpan<byte> input, int end)
    {
        if (input.Length >= end + 2)
            return input[end] == Cr && input[end + 1] == Lf ? ParseStatus.Command : ParseStatus.BadPayloadEnd;
        return input.Length > end && input[end] != Cr ? ParseStatus.BadPayloadEnd : ParseStatus.NeedsPayload;
    }

    private static ParseStatus ParseSub(ReadOnlySpan<byte> line, ref NatsCommand command)
    {
        Span<Range> arguments = stackalloc Range[ArgumentsMax];
        var count = Split(line, arguments);
        if (count is not (2 or 3))
            return ParseStatus.BadArguments;
        command.Subject = line[arguments[0]];
        if (count == 3)
            command.Queue = line[arguments[1]];
        command.Sid = line[arguments[count - 1]];
        return ParseStatus.Command;
    }

    private static ParseStatus ParseUnsub(ReadOnlySpan<byte> line, ref NatsCommand command)
    {
        Span<Range> arguments = stackalloc Range[ArgumentsMax];
        var count = Split(line, arguments);
        if (count is not (1 or 2))
            return ParseStatus.BadArguments;
        command.Sid = line[arguments[0]];
        // As in nats-server a maximum that is no number counts as none.
        command.MessagesMax = count == 2 ? Math.Max(0, ParseSize(line[arguments[1]])) : 0;
        return ParseStatus.Command;
    }

    private static ParseStatus ParseConnect(ReadOnlySpan<byte> line, ref NatsCommand command)
    {
        command.Json = line;
        return ParseStatus.Command;
    }

    /// <summary>Splits at blanks and tabs. Returns <see cref="ArgumentsMax"/> where there are that many or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Split(ReadOnlySpan<byte> line, Span<Range> arguments)
    {
        var count = 0;
        var at = 0;
        while (true)
        {
            while (at < line.Length && IsBlank(line[at]))
                at++;
            if (at == line.Length || count == arguments.Length)
                return count;
            var start = at;
            while (at < line.Length && !IsBlank(line[at]))
                at++;
            arguments[count++] = start..at;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';
}
