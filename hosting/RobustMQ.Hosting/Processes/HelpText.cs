using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Processes;

/// <summary><c>--help</c>: every key with its type, default and reason.</summary>
internal static class HelpText
{
    public static int Print(string processName, IReadOnlyList<SettingDescription> settings)
    {
        Console.WriteLine($"{processName} [--config FILE] [--check-config] [--key value]...");
        Console.WriteLine("Every key may stand in the file (nested YAML), in the environment (ROBUSTMQ_NATS__PORT) and as a flag (--nats:port 4222).");
        Console.WriteLine();
        foreach (var setting in settings)
        {
            Console.WriteLine($"  --{setting.Key} <{setting.Type}>  (default {setting.Default})");
            Console.WriteLine($"      {setting.Reason}");
        }
        return 0;
    }
}
