using System.Net;
using RobustMQ.Interop.Tests.Servers;

namespace RobustMQ.Interop.Tests.Transcripts;

/// <summary>Conversations recorded from nats-server 2.15, held with RobustMQ.</summary>
public sealed class TranscriptTests
{
    /// <summary>Path of a nats-server: play the transcripts to it instead, to see that they are true.</summary>
    private const string NatsServerVariable = "TRANSCRIPT_NATS_SERVER";

    /// <summary>host:port of a server with its default settings that runs already.</summary>
    private const string RunningServerVariable = "TRANSCRIPT_SERVER";

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Transcript.Directory, "*.txt").Select(static file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_server_says_what_nats_server_said(string name)
    {
        var transcript = Transcript.Load(name);
        if (Environment.GetEnvironmentVariable(RunningServerVariable) is { } running)
        {
            await PlayAsync(transcript, IPEndPoint.Parse(running));
            return;
        }
        await using var server = await StartAsync(transcript.Settings);
        await PlayAsync(transcript, server.EndPoint);
    }

    private static async Task PlayAsync(Transcript transcript, IPEndPoint endPoint)
    {
        using var player = new TranscriptPlayer(transcript, endPoint);
        await player.PlayAsync();
    }

    private static async Task<IInteropServer> StartAsync(ServerSettings settings) =>
        Environment.GetEnvironmentVariable(NatsServerVariable) is { } executable
            ? await NatsServer.StartAsync(executable, settings)
            : await RobustMqServer.StartAsync(settings);
}
