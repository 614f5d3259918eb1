using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.Kafka.Gateway.Tests")]
