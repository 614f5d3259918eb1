using System.Reflection;
using Xunit.Sdk;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>Runs a theory once for each <see cref="Adapter"/>: what a client sees must not depend on the way.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EveryAdapterAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => Enum.GetValues<Adapter>().Select(static adapter => new object[] { adapter });
}
