using System.Diagnostics;
using RobustMQ.Storage.Client.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Commands;

/// <summary>The <c>robustmq</c> command of the same build as these tests, as a user runs it.</summary>
internal static class Command
{
    public sealed record Result(int Exit, string Output, string Error);

    public static async Task<Result> RunAsync(params string[] arguments)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var command = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "RobustMQ", configuration, "robustmq.dll"));
        var start = new ProcessStartInfo("dotnet", [command, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Limits.Deadline);
        return new Result(process.ExitCode, await output, await error);
    }
}
