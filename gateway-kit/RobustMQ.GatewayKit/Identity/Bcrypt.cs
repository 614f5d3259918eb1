using BCrypt.Net;
using Library = BCrypt.Net.BCrypt;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>The bcrypt library, with a hash it cannot read counting as a wrong password.</summary>
internal static class Bcrypt
{
    public static bool Verify(string password, string hash)
    {
        try
        {
            return Library.Verify(password, hash);
        }
        catch (Exception error) when (error is SaltParseException or ArgumentException or FormatException)
        {
            return false;
        }
    }
}
