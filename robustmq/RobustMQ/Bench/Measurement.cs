using System.CommandLine;
using System.ComponentModel;
using System.Net.Sockets;
using Confluent.Kafka;
using RobustMQ.Records;

namespace RobustMQ.Bench;

/// <summary>What all measurements do alike when they are run as a command.</summary>
internal static class Measurement
{
    /// <summary>Makes a command run a measurement. What a server, the machine or the network refused is told in one line and ends with code 1.</summary>
    /// <param name="run">Measures, writes its report and returns the exit code.</param>
    public static void Measures(this Command command, Func<ParseResult, Task<int>> run) => command.SetAction(async (parse, _) =>
    {
        try
        {
            return await run(parse).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or Win32Exception or StorageException or KafkaException)
        {
            await Console.Error.WriteLineAsync($"robustmq bench: {error.Message}").ConfigureAwait(false);
            return 1;
        }
    });

    /// <inheritdoc cref="Measures(Command, Func{ParseResult, Task{int}})"/>
    public static void Measures(this Command command, Func<ParseResult, int> run) => command.Measures(parse => Task.FromResult(run(parse)));
}
