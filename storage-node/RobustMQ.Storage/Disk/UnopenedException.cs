namespace RobustMQ.Storage.Disk;

/// <summary>A directory could not be opened to be synced, most likely because the process may open no more files.</summary>
internal sealed class UnopenedException(string message) : IOException(message);
