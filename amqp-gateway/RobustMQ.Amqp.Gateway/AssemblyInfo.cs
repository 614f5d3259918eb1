using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.Amqp.Gateway.Tests")]
[assembly: InternalsVisibleTo("RobustMQ.Fuzz")]
