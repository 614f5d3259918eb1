using System.Globalization;
using System.Text;

namespace RobustMQ.Fuzz;

/// <summary>
/// What mutations start from: good input of every kind, and every input that once did harm. Files end in <c>.hex</c> (bytes) or <c>.txt</c> (text, line by line joined;
/// <c>\r \n \t \0 \\ \xHH</c> stand for bytes) or are taken as they are.
/// </summary>
internal static class Corpus
{
    public static IReadOnlyList<byte[]> Read(string folder)
    {
        var prefix = $"Corpus/{folder}/";
        var names = typeof(Corpus).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return [.. names.Select(Decode)];
    }

    private static byte[] Decode(string name)
    {
        using var stream = typeof(Corpus).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        var text = reader.ReadToEnd();
        return Path.GetExtension(name) switch
        {
            ".hex" => Convert.FromHexString(text.ReplaceLineEndings(string.Empty)),
            ".txt" => Unescape(text.ReplaceLineEndings(string.Empty)),
            _ => Encoding.UTF8.GetBytes(text),
        };
    }

    private static byte[] Unescape(string text)
    {
        var bytes = new List<byte>();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '\\')
            {
                bytes.Add((byte)text[at]);
                continue;
            }
            switch (text[++at])
            {
                case 'r': bytes.Add((byte)'\r'); break;
                case 'n': bytes.Add((byte)'\n'); break;
                case 't': bytes.Add((byte)'\t'); break;
                case '0': bytes.Add(0); break;
                case 'x':
                    bytes.Add(byte.Parse(text.AsSpan(at + 1, 2), NumberStyles.HexNumber));
                    at += 2;
                    break;
                default: bytes.Add((byte)text[at]); break;
            }
        }
        return [.. bytes];
    }
}
