using System.Collections;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Processes;

/// <summary>What the arguments say beside settings: <c>--config FILE</c>, <c>--check-config</c>, <c>--help</c>, <c>--version</c>.</summary>
internal sealed record CommandLine(SettingsSources Sources, bool IsCheck, bool IsHelp, bool IsVersion)
{
    public static CommandLine Parse(IReadOnlyList<string> arguments, IDictionary environment)
    {
        var flags = new List<string>();
        var file = environment[SettingsSources.FileVariable] as string;
        for (var at = 0; at < arguments.Count; at++)
        {
            var argument = arguments[at];
            if (argument.StartsWith("--config=", StringComparison.Ordinal))
                file = argument["--config=".Length..];
            else if (argument == "--config" && at + 1 < arguments.Count)
                file = arguments[++at];
            else if (argument is not ("--check-config" or "--help" or "-h" or "--version"))
                flags.Add(argument);
        }

        var sources = new SettingsSources();
        if (file is not null || File.Exists(ProcessRunner.DefaultFile))
            sources.AddFile(file ?? ProcessRunner.DefaultFile);
        sources.AddEnvironment(environment).AddFlags(flags);
        return new CommandLine(
            sources, arguments.Contains("--check-config"), arguments.Contains("--help") || arguments.Contains("-h"), arguments.Contains("--version"));
    }
}
