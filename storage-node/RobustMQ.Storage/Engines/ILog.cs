using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Engines;

/// <summary>
/// One append-only sequence of records. Changes (append, delete, truncate, retention) are made by one caller at a time: the log's writer. Reads may run beside them
/// on any thread and see whole batches only.
/// </summary>
public interface ILog : IAsyncDisposable
{
    LogId Id { get; }

    /// <summary>First record that is still there.</summary>
    Offset StartOffset { get; }

    /// <summary>Offset that the next record will get.</summary>
    Offset EndOffset { get; }

    long SizeBytes { get; }

    long RecordCount { get; }

    /// <summary>Greatest index of the replication group whose operation this log has taken in; 0 where it is not tracked.</summary>
    long AppliedIndex { get; }

    /// <summary>
    /// Copies a validated batch to the end of the log and stamps the copy with its base offset and the epoch. In memory afterwards (<see cref="Durability.Accepted"/>).
    /// </summary>
    /// <returns>The batch's base offset.</returns>
    /// <exception cref="StorageException">The log refuses: disk failure. Nothing was appended.</exception>
    Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index);

    /// <summary>Brings everything appended before the call to this level; one flush serves all that wait.</summary>
    /// <exception cref="StorageException">The device refused: the log takes no more appends until it is opened again.</exception>
    ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default);

    /// <summary>Writes whole batches to <paramref name="destination"/>, as <see cref="LogRead"/> asks. Never waits for records to come.</summary>
    ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default);

    /// <summary>First record at or after a Unix time in ms; <see cref="Offset.None"/> where there is none.</summary>
    ValueTask<(Offset Offset, long TimestampMs)> FindTimeAsync(long timeMs, CancellationToken cancellationToken = default);

    /// <summary>Newest offset of a record with this key; <see cref="Offset.None"/> where there is none.</summary>
    ValueTask<Offset> FindLastOfKeyAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default);

    /// <summary>Removes every record before an offset. Returns the number of records removed.</summary>
    ValueTask<long> DeleteBeforeAsync(Offset offset, CancellationToken cancellationToken = default);

    /// <summary>Removes single records; offsets that are not there are no error. Returns the number removed.</summary>
    ValueTask<long> DeleteAsync(IReadOnlyList<Offset> offsets, CancellationToken cancellationToken = default);

    /// <summary>Removes records from an offset to the end, so that the next append gets it.</summary>
    ValueTask TruncateToAsync(Offset endOffset, CancellationToken cancellationToken = default);

    /// <summary>Applies retention as of a Unix time in ms. Returns the number of records removed.</summary>
    ValueTask<long> ApplyRetentionAsync(long nowMs, CancellationToken cancellationToken = default);

    void Configure(LogOptions options);

    /// <summary>What a copy of this log needs to know before it reads ranges.</summary>
    LogManifest GetManifest();
}
