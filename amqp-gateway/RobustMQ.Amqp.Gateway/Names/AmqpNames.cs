using System.Buffers;
using System.Globalization;
using System.Text;

namespace RobustMQ.Amqp.Gateway.Names;

/// <summary>
/// Routing keys and binding patterns as subjects and filters, and back: a bijection on routing keys. A word is a token; an empty word is <c>/</c>, a <c>/</c> inside a word is <c>//</c> (so that
/// an MQTT topic meets the key that RabbitMQ would give it: <c>a/b.c</c> is <c>a.b/c</c>), and what a token cannot hold is <c>/x</c> with two hexadecimal digits for each byte.
/// </summary>
internal static class AmqpNames
{
    private const byte Separator = (byte)'.';
    private const byte Escape = (byte)'/';

    /// <summary>Bytes that stand for themselves in any word, so that most keys are copied.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:;,+@!?$%&()[]{}=~'^|"u8);

    /// <summary>Longest text that <see cref="Encode"/> makes of this many bytes.</summary>
    public static int EncodedBytesMax(int bytes) => bytes * 4 + 1;

    /// <summary>A routing key's subject. The target has <see cref="EncodedBytesMax"/> bytes.</summary>
    public static int Encode(ReadOnlySpan<byte> key, Span<byte> target)
    {
        var length = 0;
        while (true)
        {
            var dot = key.IndexOf(Separator);
            length += EncodeWord(dot < 0 ? key : key[..dot], target[length..]);
            if (dot < 0)
                return length;
            target[length++] = Separator;
            key = key[(dot + 1)..];
        }
    }

    public static byte[] Encode(ReadOnlySpan<byte> key)
    {
        var target = new byte[EncodedBytesMax(key.Length)];
        return target[..Encode(key, target)];
    }

    /// <summary>The routing key of a subject. The target is at least as long as the subject.</summary>
    public static int Decode(ReadOnlySpan<byte> subject, Span<byte> target)
    {
        var length = 0;
        while (true)
        {
            var dot = subject.IndexOf(Separator);
            length += DecodeToken(dot < 0 ? subject : subject[..dot], target[length..]);
            if (dot < 0)
                return length;
            target[length++] = Separator;
            subject = subject[(dot + 1)..];
        }
    }

    /// <summary>The filter of a topic exchange's binding: <c>*</c> one word, <c>#</c> any number of words.</summary>
    public static byte[] Filter(ReadOnlySpan<byte> pattern)
    {
        var target = new byte[EncodedBytesMax(pattern.Length)];
        var length = 0;
        while (true)
        {
            var dot = pattern.IndexOf(Separator);
            var word = dot < 0 ? pattern : pattern[..dot];
            if (word.SequenceEqual("*"u8))
                target[length++] = (byte)'*';
            else if (word.SequenceEqual("#"u8))
                length += Put("**"u8, target.AsSpan(length));
            else
                length += EncodeWord(word, target.AsSpan(length));
            if (dot < 0)
                return target[..length];
            target[length++] = Separator;
            pattern = pattern[(dot + 1)..];
        }
    }

    /// <summary>A queue's or exchange's name as one token of a subject.</summary>
    public static string Token(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var target = new byte[EncodedBytesMax(bytes.Length)];
        var length = EncodeWord(bytes, target, escapesDots: true);
        return Encoding.UTF8.GetString(target, 0, length);
    }

    private static int EncodeWord(ReadOnlySpan<byte> word, Span<byte> target, bool escapesDots = false)
    {
        if (word.IsEmpty)
            return Put("/"u8, target);
        if (!word.ContainsAnyExcept(Plain))
            return Put(word, target);
        if (word.SequenceEqual("*"u8))
            return Put("/x2a"u8, target);
        if (word.SequenceEqual("**"u8))
            return Put("/x2a*"u8, target);
        if (word.SequenceEqual(">"u8))
            return Put("/x3e"u8, target);
        var length = 0;
        while (!word.IsEmpty)
        {
            var isValid = Rune.DecodeFromUtf8(word, out _, out var bytes) == OperationStatus.Done;
            if (!isValid || IsForbidden(word[0]) || (escapesDots && word[0] == Separator))
            {
                length += PutHex(word[0], target[length..]);
                bytes = 1;
            }
            else
            {
                length += word[0] == Escape ? Put("//"u8, target[length..]) : Put(word[..bytes], target[length..]);
            }
            word = word[bytes..];
        }
        return length;
    }

    private static bool IsForbidden(byte value) => value is <= 0x20 or 0x7f;

    private static int DecodeToken(ReadOnlySpan<byte> token, Span<byte> target)
    {
        if (!token.Contains(Escape))
            return Put(token, target);
        if (token.Length == 1)
            return 0;
        var length = 0;
        for (var at = 0; at < token.Length;)
        {
            if (token[at] != Escape)
            {
                target[length++] = token[at++];
            }
            else if (at + 3 < token.Length && token[at + 1] == 'x' && byte.TryParse(token.Slice(at + 2, 2), NumberStyles.AllowHexSpecifier, null, out var value))
            {
                target[length++] = value;
                at += 4;
            }
            else
            {
                // A single escape before anything else is another protocol's: it stays.
                target[length++] = Escape;
                at += at + 1 < token.Length && token[at + 1] == Escape ? 2 : 1;
            }
        }
        return length;
    }

    private static int Put(ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        bytes.CopyTo(target);
        return bytes.Length;
    }

    private static int PutHex(byte value, Span<byte> target)
    {
        target[0] = Escape;
        target[1] = (byte)'x';
        value.TryFormat(target[2..], out _, "x2");
        return 4;
    }
}
