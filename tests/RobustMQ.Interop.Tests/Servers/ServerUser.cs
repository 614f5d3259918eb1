namespace RobustMQ.Interop.Tests.Servers;

/// <summary>A user with a password.</summary>
/// <param name="Permissions">Subject filters by <c>publish.allow</c>, <c>publish.deny</c>, <c>subscribe.allow</c>, <c>subscribe.deny</c>.</param>
internal sealed record ServerUser(string Name, string Password, IReadOnlyDictionary<string, string[]> Permissions)
{
    /// <summary>Reads <c>name password [kind.rule=filter,filter]...</c>.</summary>
    public static ServerUser Parse(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var permissions = words[2..].Select(static word => word.Split('=')).ToDictionary(static pair => pair[0], static pair => pair[1].Split(','));
        return new ServerUser(words[0], words[1], permissions);
    }
}
