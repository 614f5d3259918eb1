using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;

namespace RobustMQ.Storage.Tests.Engines;

public sealed class RocksDbLogEngineTests : LogEngineContract, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private protected override ValueTask<ILogEngine> OpenEngineAsync() => new(new RocksDbLogEngine(_directory));
}
