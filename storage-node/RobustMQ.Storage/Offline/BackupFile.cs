namespace RobustMQ.Storage.Offline;

/// <summary>One file of a backup.</summary>
/// <param name="Path">Within the backup, with slashes.</param>
/// <param name="Sha256">Of its bytes, in hex.</param>
public sealed record BackupFile(string Path, long Bytes, string Sha256);
