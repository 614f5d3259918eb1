namespace RobustMQ.Nats.Gateway.Authentication.Nkeys;

/// <summary>Base 32 with the alphabet of RFC 4648 section 6, without padding.</summary>
internal static class Base32
{
    private const int BitsPerCharacter = 5;

    /// <param name="bytes">Filled whole; its length must be what the text decodes to.</param>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text.Length * BitsPerCharacter / 8 != bytes.Length)
            return false;
        var buffer = 0;
        var bits = 0;
        var at = 0;
        foreach (var character in text)
        {
            var value = character switch
            {
                >= 'A' and <= 'Z' => character - 'A',
                >= '2' and <= '7' => character - '2' + 26,
                _ => -1,
            };
            if (value < 0)
                return false;
            buffer = ((buffer << BitsPerCharacter) | value) & 0xFFF;
            bits += BitsPerCharacter;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes[at++] = (byte)(buffer >> bits);
        }
        return true;
    }
}
