using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.Kafka.Gateway.Tests")]
[assembly: InternalsVisibleTo("RobustMQ.Fuzz")]
