using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.Hosting.Tests")]
