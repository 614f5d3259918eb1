using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Mqtt.Gateway;

/// <summary>Sends clients to another server.</summary>
/// <param name="Server">As clients of 5.0 are told: <c>host</c> or <c>host:port</c>, several with spaces between.</param>
public sealed record RedirectOptions(string Server, RedirectMode Mode)
{
    /// <summary>Null unless a server is configured.</summary>
    public static RedirectOptions? ReadOptional(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var server = settings.OptionalText("mqtt:redirect:server", "another server for clients, host or host:port, several with spaces between; those of 5.0 are told");
        var mode = settings.Choice(
            "mqtt:redirect:mode", RedirectMode.Stopping, "who is sent there: whoever is connected when this gateway stops, or everybody who connects, until further notice or for good");
        if (server is null && mode != RedirectMode.Stopping)
            settings.Refuse("mqtt:redirect:mode", "needs mqtt:redirect:server");
        return server is null ? null : new RedirectOptions(server, mode);
    }
}
