using System.Globalization;

namespace RobustMQ.Bench;

/// <summary>Resident memory of a broker on this machine, as <c>/proc</c> has it.</summary>
/// <param name="processId">Of the broker.</param>
internal sealed class BrokerMemory(int processId)
{
    /// <summary>What a burst of opening needed is given back by then, where it is: brokers collect garbage when they like, and tell nobody.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(8);

    /// <returns>Bytes, after a while without load.</returns>
    /// <exception cref="IOException">There is no such process.</exception>
    public async Task<long> SettledBytesAsync()
    {
        await Task.Delay(Settling).ConfigureAwait(false);
        var line = File.ReadLines($"/proc/{processId}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}
