using RobustMQ.Records;

namespace RobustMQ.Storage.Disk;

/// <summary>Turns what the platform throws into what storage throws.</summary>
internal static class DiskErrors
{
    public static bool IsDiskError(Exception error) => error is IOException or UnauthorizedAccessException or ObjectDisposedException;

    /// <summary>What failed was only to open something: no byte that was written is lost by that.</summary>
    public static bool IsUnopened(StorageException error) => error.InnerException is UnopenedException;

    public static StorageException At(string path, string what, Exception error) =>
        new(ErrorCode.DiskFailure, $"cannot {what} '{path}': {error.Message}", error);
}
