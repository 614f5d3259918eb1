using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RobustMQ.StorageNode.Tests")]
