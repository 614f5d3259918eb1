using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.GatewayKit.Tests")]
