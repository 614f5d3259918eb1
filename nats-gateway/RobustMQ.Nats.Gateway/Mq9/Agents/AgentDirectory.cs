using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>
/// The agents of one namespace. The truth is a topic with a record for each registration and each report; what is kept here is read from there, and before every answer what is new is read,
/// so all gateways give the same answers. Any thread; one at a time.
/// </summary>
/// <remarks>
/// Removals are records without a value that expire after <see cref="RemovalKeptFor"/>. A directory that has not read for longer might have missed one, and starts over.
/// </remarks>
internal sealed class AgentDirectory(KeyedTopic topic, Namespace ns, TimeProvider time) : IDisposable
{
    private const string RegistrationPrefix = "a:";
    private const string ReportPrefix = "r:";

    private static readonly TimeSpan RemovalKeptFor = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly SortedDictionary<string, AgentEntry> _agents = new(StringComparer.Ordinal);
    private Offset _next = Offset.None;
    private long _readAt;
    private long _bytes;

    /// <summary>Every agent, in the order of their ids, as of now.</summary>
    public async ValueTask<(ErrorCode Error, IReadOnlyList<AgentEntry> Agents)> ListAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var error = await CatchUpAsync(cancellationToken).ConfigureAwait(false);
            return (error, error == ErrorCode.None ? [.. _agents.Values] : []);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <param name="bytesMax">Of all agents together; <see cref="ErrorCode.LimitExceeded"/> beyond it.</param>
    public async ValueTask<ErrorCode> RegisterAsync(string id, byte[] registration, long bytesMax)
    {
        var (error, agents) = await ListAsync(CancellationToken.None).ConfigureAwait(false);
        if (error != ErrorCode.None)
            return error;
        var present = agents.FirstOrDefault(agent => agent.Id == id);
        var size = AgentEntry.SizeOf(registration, present?.Report);
        return HasRoom(size - (present?.SizeBytes ?? 0), bytesMax) ? await topic.PutAsync(ns, RegistrationPrefix + id, registration).ConfigureAwait(false) : ErrorCode.LimitExceeded;
    }

    /// <summary>The agent that a request names; null: there is none.</summary>
    public async ValueTask<(ErrorCode Error, AgentEntry? Agent)> FindAsync(string? mailbox, string? name, CancellationToken cancellationToken)
    {
        var (error, agents) = await ListAsync(cancellationToken).ConfigureAwait(false);
        if (error != ErrorCode.None)
            return (error, null);
        var agent = agents.FirstOrDefault(agent => agent.Id == (mailbox ?? name)) ?? agents.FirstOrDefault(agent => mailbox is null && agent.Name == name);
        return (ErrorCode.None, agent);
    }

    public async ValueTask<ErrorCode> UnregisterAsync(string id)
    {
        var until = (time.GetUtcNow() + RemovalKeptFor).ToUnixTimeMilliseconds();
        var error = await topic.PutAsync(ns, RegistrationPrefix + id, null, until).ConfigureAwait(false);
        return error == ErrorCode.None ? await topic.PutAsync(ns, ReportPrefix + id, null, until).ConfigureAwait(false) : error;
    }

    /// <param name="bytesMax">As for <see cref="RegisterAsync"/>.</param>
    public async ValueTask<ErrorCode> ReportAsync(AgentEntry agent, byte[] report, long bytesMax) =>
        HasRoom(report.Length - (agent.Report?.Length ?? 0), bytesMax) ? await topic.PutAsync(ns, ReportPrefix + agent.Id, report).ConfigureAwait(false) : ErrorCode.LimitExceeded;

    public void Dispose() => _turn.Dispose();

    /// <summary>What takes no more than it did always has.</summary>
    private bool HasRoom(long bytes, long bytesMax) => bytes <= 0 || Interlocked.Read(ref _bytes) + bytes <= bytesMax;

    private async ValueTask<ErrorCode> CatchUpAsync(CancellationToken cancellationToken)
    {
        if (_next != Offset.None && time.GetElapsedTime(_readAt) > RemovalKeptFor / 2)
            StartOver();
        while (true)
        {
            if (_next == Offset.None)
            {
                var offsets = await topic.OffsetsAsync(ns, cancellationToken).ConfigureAwait(false);
                // The registry comes into being with its first agent.
                if (offsets.Error == ErrorCode.NotFound)
                    return ErrorCode.None;
                if (offsets.Error != ErrorCode.None)
                    return offsets.Error;
                _next = offsets.Start;
            }
            using var page = await topic.ReadAsync(ns, _next, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            if (page.Error is ErrorCode.NotFound or ErrorCode.OffsetOutOfRange)
            {
                StartOver();
                continue;
            }
            if (!page.Succeeded)
                return page.Error;
            _readAt = time.GetTimestamp();
            _next = page.NextOffset;
            Take(page.Batches);
            if (_next >= page.LogEndOffset)
                return ErrorCode.None;
        }
    }

    private void StartOver()
    {
        _agents.Clear();
        _bytes = 0;
        _next = Offset.None;
    }

    private void Take(ReadOnlyMemory<byte> batches)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            var records = new RecordReader(reader.Current.Span);
            while (records.MoveNext())
                Take(System.Text.Encoding.UTF8.GetString(records.Current.Key), records.Current);
        }
    }

    private void Take(string key, in Record record)
    {
        if (key.Length < RegistrationPrefix.Length)
            return;
        var id = key[RegistrationPrefix.Length..];
        if (key.StartsWith(RegistrationPrefix, StringComparison.Ordinal))
        {
            var before = _agents.GetValueOrDefault(id);
            _bytes -= before?.SizeBytes ?? 0;
            _agents.Remove(id);
            if (!record.HasValue || AgentEntry.TryCreate(id, record.Value.ToArray()) is not { } entry)
                return;
            entry.Report = before?.Report;
            entry.ReportedMs = before?.ReportedMs ?? 0;
            _agents[id] = entry;
            _bytes += entry.SizeBytes;
        }
        else if (key.StartsWith(ReportPrefix, StringComparison.Ordinal) && _agents.TryGetValue(id, out var agent))
        {
            _bytes -= agent.SizeBytes;
            agent.Report = record.HasValue ? record.Value.ToArray() : null;
            agent.ReportedMs = record.TimestampMs;
            _bytes += agent.SizeBytes;
        }
    }
}
