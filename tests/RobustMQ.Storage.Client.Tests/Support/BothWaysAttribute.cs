using System.Reflection;
using Xunit.Sdk;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>Runs a theory in the process and over gRPC, in memory and on a disk: for what does not depend on the engine.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BothWaysAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Adapter.Embedded], [Adapter.TcpRocksDb]];
}
