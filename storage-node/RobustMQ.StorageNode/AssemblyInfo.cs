using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.Storage.Client.Tests")]
