using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Processes;

/// <summary>A process's arguments: its own three flags, and settings.</summary>
internal sealed record CommandLine(SettingsSources Sources, bool IsCheck, bool IsHelp)
{
    public static CommandLine Parse(string[] arguments)
    {
        var flags = new List<string>();
        string? file = null;
        var isCheck = false;
        var isHelp = false;
        for (var at = 0; at < arguments.Length; at++)
        {
            switch (arguments[at])
            {
                case "--check-config":
                    isCheck = true;
                    break;
                case "--help" or "-h":
                    isHelp = true;
                    break;
                case "--config" when at + 1 < arguments.Length:
                    file = arguments[++at];
                    break;
                default:
                    flags.Add(arguments[at]);
                    break;
            }
        }

        var sources = new SettingsSources();
        if (file is not null || File.Exists(ProcessRunner.DefaultFile))
            sources.AddFile(file ?? ProcessRunner.DefaultFile);
        sources.AddEnvironment(Environment.GetEnvironmentVariables()).AddFlags(flags);
        return new CommandLine(sources, isCheck, isHelp);
    }
}
