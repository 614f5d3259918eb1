using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.Nats.Gateway.Tests")]
[assembly: InternalsVisibleTo("RobustMQ.Benchmarks")]
[assembly: InternalsVisibleTo("RobustMQ.Fuzz")]
