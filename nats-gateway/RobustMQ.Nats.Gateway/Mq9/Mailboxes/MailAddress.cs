using System.Security.Cryptography;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>
/// Where a mailbox is reached: 1 to 128 of <c>a-z 0-9 .</c>, a letter or digit at both ends, no two dots in a row. Whoever knows a generated one may use the mailbox, so it cannot be
/// guessed.
/// </summary>
internal static class MailAddress
{
    public const int LengthMax = 128;

    /// <summary>The protocol's: 103 bits, all of them random, are beyond guessing over a network.</summary>
    private const int GeneratedLength = 20;

    private const string Alphanumerics = "abcdefghijklmnopqrstuvwxyz0123456789";

    public static string Generate() => RandomNumberGenerator.GetString(Alphanumerics, GeneratedLength);

    public static bool IsValid(string text) => FindMistake(text) is null;

    /// <summary>In the protocol's words; null where the name is an address.</summary>
    public static string? FindMistake(string text)
    {
        if (text.Length is 0 or > LengthMax)
            return Mq9Errors.NameLength;
        foreach (var character in text)
        {
            if (character != '.' && !char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character))
                return Mq9Errors.NameCharacters;
        }
        return text[0] == '.' || text[^1] == '.' || text.Contains("..", StringComparison.Ordinal) ? Mq9Errors.NamePosition : null;
    }
}
