using System.Buffers;
using RobustMQ.Records;

namespace RobustMQ.Storage.Engines;

/// <summary>
/// One append-only sequence of records. Changes (append, delete, truncate, retention, configure) are made by one caller at a time: the log's writer.
/// Reads may run beside them on any thread and see whole batches only.
/// </summary>
public interface ILog : IAsyncDisposable
{
    LogId Id { get; }

    /// <summary>First record that is still there; <see cref="EndOffset"/> where none is.</summary>
    Offset StartOffset { get; }

    /// <summary>Offset that the next record will get. Never goes back, except by <see cref="TruncateTo"/>.</summary>
    Offset EndOffset { get; }

    /// <summary>Bytes that the log's batches take.</summary>
    long SizeBytes { get; }

    /// <summary>Records that are still there.</summary>
    long RecordCount { get; }

    /// <summary>Greatest index of the replication group whose operation this log has taken in; 0 where it is not tracked.</summary>
    long AppliedIndex { get; }

    /// <summary>
    /// Copies a validated batch to the end of the log and stamps the copy with its base offset and the epoch. In memory afterwards (<see cref="Durability.Accepted"/>).
    /// Limits in bytes and records hold again when it returns: the oldest records go first.
    /// </summary>
    /// <returns>The batch's base offset.</returns>
    /// <exception cref="StorageException">The log refuses: too large, disk failure. Nothing was appended.</exception>
    Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index);

    /// <summary>Brings everything appended before the call to this level, or to the highest that the engine has; one flush serves all that wait.</summary>
    /// <exception cref="StorageException">The device refused: the log takes no more appends until it is opened again.</exception>
    ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes whole batches to <paramref name="destination"/>, as <see cref="LogRead"/> asks. Never waits for records to come. Batches hold the records that are
    /// still there; the first one may begin before <see cref="LogRead.From"/>.
    /// </summary>
    ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default);

    /// <summary>First record at or after a Unix time in ms; <see cref="Offset.None"/> where there is none.</summary>
    ValueTask<(Offset Offset, long TimestampMs)> FindTimeAsync(long timeMs, CancellationToken cancellationToken = default);

    /// <summary>Newest offset of a record with this key; <see cref="Offset.None"/> where there is none. Called by the log's writer.</summary>
    Offset FindLastOfKey(ReadOnlySpan<byte> key);

    /// <summary>Removes every record before an offset, which becomes the start unless it lies outside the log. Returns the number of records removed.</summary>
    long DeleteBefore(Offset offset);

    /// <summary>Removes single records; offsets that are not there are no error. Returns the number removed.</summary>
    long Delete(IReadOnlyList<Offset> offsets);

    /// <summary>Removes records from an offset to the end, so that the next append gets it. An offset at or behind the end changes nothing.</summary>
    void TruncateTo(Offset endOffset);

    /// <summary>Applies retention as of a Unix time in ms. Returns the number of records removed.</summary>
    long ApplyRetention(long nowMs);

    /// <summary>Takes new options; records that no longer fit go at the next append or retention.</summary>
    void Configure(LogOptions options);

    /// <summary>
    /// Keeps, in the place of the last one, what the log's owner derived from the log up to its end. On the device when it returns, and given back only where everything that it
    /// speaks of is there too. Nothing where logs do not outlive the process.
    /// </summary>
    /// <exception cref="StorageException">The device refused.</exception>
    void SaveSnapshot(ReadOnlySpan<byte> snapshot);

    /// <summary>The last snapshot; null where there is none, or none that holds for what is in the log. Called once, when the log was opened.</summary>
    LogSnapshot? LoadSnapshot();

    /// <summary>What a copy of this log needs to know before it reads ranges.</summary>
    LogManifest GetManifest();
}
