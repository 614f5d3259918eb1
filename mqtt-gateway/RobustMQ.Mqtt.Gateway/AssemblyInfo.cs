using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.Mqtt.Gateway.Tests")]
[assembly: InternalsVisibleTo("RobustMQ.Benchmarks")]
[assembly: InternalsVisibleTo("RobustMQ.Fuzz")]
