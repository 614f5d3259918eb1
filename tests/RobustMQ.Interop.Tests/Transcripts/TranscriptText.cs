using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RobustMQ.Interop.Tests.Transcripts;

/// <summary>Bytes as readable text: UTF-8 with <c>\r \n \t \0 \\ \xNN</c>; a line that is no UTF-8 has <c>\xNN</c> for every byte above ASCII.</summary>
internal static partial class TranscriptText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes out runs: <c>&lt;a*5000&gt;</c> is 5000 times a.</summary>
    public static string ExpandRuns(string text) =>
        Run().Replace(text, static run => new string(run.Groups[1].Value[0], int.Parse(run.Groups[2].Value, CultureInfo.InvariantCulture)));

    public static byte[] Decode(string text)
    {
        var bytes = new List<byte>();
        var at = 0;
        foreach (Match escape in Escape().Matches(text))
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(text[at..escape.Index]));
            bytes.Add(Unescape(escape.Value));
            at = escape.Index + escape.Length;
        }
        bytes.AddRange(Encoding.UTF8.GetBytes(text[at..]));
        return [.. bytes];
    }

    public static string Encode(byte[] bytes)
    {
        var isUtf8 = TryDecodeUtf8(bytes, out var text);
        var encoded = new StringBuilder();
        foreach (var letter in text)
            Append(encoded, letter, isUtf8);
        return encoded.ToString();
    }

    private static void Append(StringBuilder encoded, char letter, bool isUtf8)
    {
        var escape = letter switch
        {
            '\\' => @"\\",
            '\r' => @"\r",
            '\n' => @"\n",
            '\t' => @"\t",
            _ when letter < ' ' || letter == 127 || (letter > 127 && !isUtf8) => $"\\x{(int)letter:x2}",
            _ => null,
        };
        if (escape is null)
            encoded.Append(letter);
        else
            encoded.Append(escape);
    }

    private static bool TryDecodeUtf8(byte[] bytes, out string text)
    {
        try
        {
            text = StrictUtf8.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = Encoding.Latin1.GetString(bytes);
            return false;
        }
    }

    private static byte Unescape(string escape) => escape[1] switch
    {
        'r' => (byte)'\r',
        'n' => (byte)'\n',
        't' => (byte)'\t',
        '0' => 0,
        '\\' => (byte)'\\',
        _ => byte.Parse(escape.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"<(.)\*([0-9]+)>")]
    private static partial Regex Run();

    [GeneratedRegex(@"\\(x[0-9a-fA-F]{2}|[rnt0\\])")]
    private static partial Regex Escape();
}
