namespace RobustMQ.Hosting.Configuration;

/// <summary>The configuration cannot be used; the message has one line for each mistake, with where it stands.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> mistakes) : Exception(string.Join(Environment.NewLine, mistakes))
{
    public IReadOnlyList<string> Mistakes { get; } = mistakes;
}
