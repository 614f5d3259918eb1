using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Processes;

/// <summary><c>--help</c>: every key with its type, default and reason.</summary>
internal static class HelpText
{
    public static void Write(TextWriter output, string processName, IReadOnlyList<SettingDescription> settings)
    {
        output.WriteLine($"{processName} [--config FILE] [--check-config] [--version] [--key value]...");
        output.WriteLine("Every key may stand in the file (nested YAML), in the environment (ROBUSTMQ_NATS__PORT) and as a flag (--nats:port 4222).");
        output.WriteLine("[] stands for the index of a list item. A secret may come from a file: KEY_file.");
        output.WriteLine();
        foreach (var setting in settings)
        {
            output.WriteLine($"  --{setting.Key} <{setting.Type}>  (default {setting.Default})");
            output.WriteLine($"      {setting.Reason}");
        }
    }
}
