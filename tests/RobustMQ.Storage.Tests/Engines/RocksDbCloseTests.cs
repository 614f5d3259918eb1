using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>A node that stops while somebody reads: reads end with an error, not with the process.</summary>
public sealed class RocksDbCloseTests
{
    [Fact]
    public async Task A_database_is_closed_behind_those_who_read_it()
    {
        for (var round = 0; round < 10; round++)
        {
            var directory = Directory.CreateTempSubdirectory("robustmq-");
            var engine = new RocksDbLogEngine(directory.FullName, tailBytesMax: 0);
            var log = await engine.OpenAsync(new LogId(Guid.NewGuid(), 0), new LogOptions());
            for (var batch = 0; batch < 200; batch++)
                log.Append(TestBatch.Of([.. Enumerable.Range(0, 50).Select(n => $"key.{n}")]), new Epoch(1), 1);
            using var reading = new CountdownEvent(4);
            var readers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() => ReadUntilClosed(log, reading), TaskCreationOptions.LongRunning)).ToArray();
            reading.Wait();
            await engine.DisposeAsync();
            await Task.WhenAll(readers);
            directory.Delete(recursive: true);
        }
    }

    private static void ReadUntilClosed(ILog log, CountdownEvent reading)
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                bytes.ResetWrittenCount();
                Assert.Equal(ErrorCode.None, log.ReadAsync(new LogRead { From = Offset.Zero, MaxBytes = 1 << 20 }, bytes).AsTask().GetAwaiter().GetResult().Error);
                Assert.NotEqual(Offset.None, log.FindLastOfKey("key.7"u8));
            }
            catch (StorageException closed)
            {
                Assert.Equal(ErrorCode.Unavailable, closed.Code);
                return;
            }
            if (isFirst)
                reading.Signal();
        }
    }
}
