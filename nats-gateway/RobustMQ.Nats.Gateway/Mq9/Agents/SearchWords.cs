using System.Text;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>Cuts text into words: runs of letters and digits in lower case; each character of scripts that write without spaces is a word of its own.</summary>
internal static class SearchWords
{
    private const int WordLengthMax = 64;

    public static IEnumerable<string> Of(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsWordOfItsOwn(rune))
            {
                if (word.Length > 0)
                    yield return Take(word);
                yield return rune.ToString();
            }
            else if (Rune.IsLetterOrDigit(rune))
            {
                word.Append(Rune.ToLowerInvariant(rune).ToString());
                if (word.Length >= WordLengthMax)
                    yield return Take(word);
            }
            else if (word.Length > 0)
            {
                yield return Take(word);
            }
        }
        if (word.Length > 0)
            yield return Take(word);
    }

    /// <summary>Kana, Han, and Hangul syllables.</summary>
    private static bool IsWordOfItsOwn(Rune rune) =>
        rune.Value is (>= 0x3040 and <= 0x30FF) or (>= 0x3400 and <= 0x9FFF) or (>= 0xAC00 and <= 0xD7AF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);

    private static string Take(StringBuilder word)
    {
        var taken = word.ToString();
        word.Clear();
        return taken;
    }
}
