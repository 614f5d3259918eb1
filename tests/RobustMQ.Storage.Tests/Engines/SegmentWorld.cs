using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>One log of the segment engine on a disk that can fail, and short names for what the tests of recovery do.</summary>
internal sealed class SegmentWorld
{
    public static readonly LogId Id = new(Guid.Parse("00000000-0000-0000-0000-000000000001"), 0);

    private SegmentWorld(FaultyDisk disk, SegmentLogEngine engine, ILog log)
    {
        Disk = disk;
        Engine = engine;
        Log = log;
    }

    public FaultyDisk Disk { get; }

    public SegmentLogEngine Engine { get; }

    public ILog Log { get; }

    public FaultyDirectory Files => (FaultyDirectory)Disk.Root.Open(Id.ToString());

    public static async Task<SegmentWorld> OpenAsync(FaultyDisk disk, LogOptions? options = null, SegmentOptions? settings = null)
    {
        var engine = new SegmentLogEngine([disk.Root], settings ?? SmallSegments.Options, NullLogger.Instance);
        return new SegmentWorld(disk, engine, await engine.OpenAsync(Id, options ?? new LogOptions()));
    }

    /// <summary>A value that says which record it is.</summary>
    public static string ValueOf(long offset) => $"value {offset} {new string((char)('a' + offset % 26), 40)}";

    /// <summary>Appends records whose values say their offsets.</summary>
    public void Append(int records, int keys = 1_000)
    {
        var first = Log.EndOffset.Value;
        using var builder = new Records.Batches.RecordBatchBuilder();
        for (var offset = first; offset < first + records; offset++)
        {
            builder.Append(
                1_000 + offset, Records.Batches.RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes($"key.{offset % keys}"), Encoding.UTF8.GetBytes(ValueOf(offset)));
        }
        Log.Append(builder.Build().Span, new Epoch(3), 0);
    }

    public async Task CloseAsync()
    {
        await Log.DisposeAsync();
        await Engine.DisposeAsync();
    }

    /// <summary>Every record that can be read, and the offsets at which reading failed. Asserts that nothing is read that was not written.</summary>
    public async Task<(SortedSet<long> Read, List<long> Refused)> ReadAllAsync()
    {
        var read = new SortedSet<long>();
        var refused = new List<long>();
        for (var next = Log.StartOffset; next < Log.EndOffset;)
        {
            var bytes = new ArrayBufferWriter<byte>();
            try
            {
                var result = await Log.ReadAsync(new LogRead { From = next, MaxBytes = 700 }, bytes);
                Assert.Equal(ErrorCode.None, result.Error);
                foreach (var record in TestBatch.Read(bytes.WrittenSpan))
                {
                    Assert.Equal(ValueOf(record.Offset), record.Value);
                    Assert.Equal(1_000 + record.Offset, record.TimestampMs);
                    if (record.Offset >= next.Value)
                        Assert.True(read.Add(record.Offset));
                }
                Assert.True(result.Next > next);
                next = result.Next;
            }
            catch (StorageException error) when (error.Code == ErrorCode.DiskFailure)
            {
                refused.Add(next.Value);
                next += 1;
            }
        }
        return (read, refused);
    }
}
