using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.StorageNode.Tests")]
[assembly: InternalsVisibleTo("RobustMQ.Storage.Client.Tests")]
